//! Attack mode begins once and ends once, however many workers see the attack.

use super::*;

/// A visit of a person on an unknown device.
const GOT_IN: EndpointStats = EndpointStats { unknown: 1, succeeded: 1, usernames: 1, ..NOTHING };
/// A visit of an attack with a password that no filter has.
const UNRESOLVED: EndpointStats = EndpointStats { unknown: 1, failed: 1, unresolved: 1, ..NOTHING };

/// The changes that so many workers say: half an hour of people, an attack for an hour beside them,
/// and an hour and a half of people. Workers see their first login one after the other.
fn changes(workers: u8, unresolved: &EndpointStats) -> Vec<(u64, bool)> {
    let store = MemoryStore::new();
    let workers: Vec<AttackMonitor> = (0..workers).map(worker).collect();
    let mut changes = Vec::new();
    let mut note = (0..workers.len()).cycle();
    for second in 0..3 * 3_600 {
        let now = NOW.plus_seconds(second);
        let mut at_any = |stats: &EndpointStats| {
            if let Some(worker) = note.next() {
                workers[worker].note(WEB, stats);
            }
        };
        // One visit in eight of a person stays unresolved.
        if second % 16 == 0 {
            at_any(if second % 128 == 0 { &UNRESOLVED } else { &GOT_IN });
        }
        if (1_800..5_400).contains(&second) && second % 10 == 0 {
            at_any(unresolved);
        }
        // Ticks are not at the same time: others have counted in between.
        for worker in &workers {
            let said = worker.tick(&store, now).into_iter();
            changes.extend(said.map(|change| (second, change.under_attack)));
            if second % 60 == u64::from(worker.stripe) {
                worker.note(WEB, &GOT_IN);
            }
        }
    }
    changes
}

#[test]
fn attack_mode_begins_once_and_ends_once() {
    for (workers, attack) in [(1, UNRESOLVED), (2, UNRESOLVED), (4, UNRESOLVED), (4, FAILED)] {
        let changes = changes(workers, &attack);
        let [(began, true), (ended, false)] = changes[..] else {
            panic!("{workers} workers: {changes:?}");
        };
        assert!((1_800..5_400).contains(&began), "{workers} workers: began at {began}");
        assert!(ended > 5_400, "{workers} workers: ended at {ended}");
    }
}

#[test]
fn worker_that_cannot_read_all_counts_changes_nothing() {
    let (store, one, other) = (MemoryStore::new(), worker(0), worker(1));
    // The record names a stripe that is not there.
    AttackModeRecord::name_stripe(&store, &one.endpoints[0].state.record, 7);
    for second in 0..100 {
        for worker in [&one, &other] {
            worker.note(WEB, &FAILED);
            assert_eq!(worker.tick(&store, NOW.plus_seconds(second)), []);
        }
    }
}
