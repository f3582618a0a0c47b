//! An attack over many endpoints, none of which it stands out at.

use super::*;

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

fn monitor() -> AttackMonitor {
    AttackMonitor::new(&HashKey::new([1; 16]), NAMES.into_iter(), 0)
}

fn at(index: usize) -> EndpointId {
    EndpointId::new(index)
}

#[test]
fn attack_over_eight_endpoints_holds_for_all_of_them_and_is_said_once() {
    let (store, monitor) = (MemoryStore::new(), monitor());
    // Five failures at each are too few for any of them.
    (0..40).for_each(|n| monitor.note(at(n % 8), &FAILED));
    let changes = monitor.tick(&store, NOW);
    assert_eq!(changes, [ModeChange { endpoint: None, under_attack: true }]);
    assert!((0..8).all(|n| monitor.view(&[at(n)]).under_attack));
    assert_eq!(monitor.tick(&store, NOW.plus_seconds(1)), []);
}

#[test]
fn attack_at_one_endpoint_is_none_at_the_others() {
    let (store, monitor) = (MemoryStore::new(), monitor());
    for second in 0..7_200 {
        if second % 4 == 0 {
            monitor.note(at(3), &FAILED);
        }
        monitor.tick(&store, NOW.plus_seconds(second));
    }
    let attacked: Vec<usize> = (0..8).filter(|n| monitor.view(&[at(*n)]).under_attack).collect();
    assert_eq!(attacked, [3]);
}

#[test]
fn visits_without_a_success_at_eight_endpoints_are_one_evidence() {
    let (store, monitor) = (MemoryStore::new(), monitor());
    let unresolved = EndpointStats { unknown: 1, unresolved: 1, ..NOTHING };
    let mut changes = Vec::new();
    // A minute apart, because the records are written once a minute.
    for minute in 0..30 {
        (0..2).for_each(|n| monitor.note(at((minute + n) % 8), &unresolved));
        changes.extend(monitor.tick(&store, NOW.plus_seconds(60 * minute as u64)));
    }
    assert_eq!(changes, [ModeChange { endpoint: None, under_attack: true }]);
}
