//! Workers at one endpoint: what one of them sees, all know, and one of them says.

mod endpoints;
mod fleet;
mod thresholds;
mod workers;

use super::*;
use crate::state::stores::memory::MemoryStore;

const WEB: EndpointId = EndpointId::new(0);
const NOW: Millis = Millis(1_760_000_400_000);

fn worker(stripe: u8) -> AttackMonitor {
    AttackMonitor::new(&HashKey::new([1; 16]), ["web"].into_iter(), stripe)
}

/// An attempt of a device that nobody knows, with a breached password that failed.
const FAILED: EndpointStats = EndpointStats {
    unknown: 1,
    unknown_breached: 1,
    failed: 1,
    failed_breached: 1,
    unresolved: 1,
    ..NOTHING
};

const NOTHING: EndpointStats = EndpointStats {
    known: 0,
    unknown: 0,
    unknown_breached: 0,
    failed: 0,
    failed_breached: 0,
    succeeded: 0,
    usernames: 0,
    known_succeeded: 0,
    unresolved: 0,
    stopped: 0,
    known_unresolved: 0,
};

#[test]
fn attack_mode_holds_for_every_worker_and_one_of_them_says_so() {
    let (store, workers) = (MemoryStore::new(), [worker(0), worker(1), worker(2)]);
    // Too few for any worker alone.
    for worker in workers.iter().cycle().take(45) {
        worker.note(WEB, &FAILED);
    }
    // The first to tick sees the least, and the rest a second later.
    let mut changes = Vec::new();
    for now in [NOW, NOW.plus_seconds(1)] {
        workers.iter().for_each(|worker| changes.extend(worker.tick(&store, now)));
    }
    assert_eq!(changes, [ModeChange { endpoint: Some(WEB), under_attack: true }]);
    assert!(workers.iter().all(|worker| worker.view(&[WEB]).under_attack));
}

#[test]
fn a_worker_that_is_new_learns_of_an_attack_and_does_not_announce_it_again() {
    let (store, old, new) = (MemoryStore::new(), worker(0), worker(1));
    for _ in 0..45 {
        old.note(WEB, &FAILED);
    }
    assert_eq!(old.tick(&store, NOW).len(), 1);
    new.note(WEB, &FAILED);
    assert_eq!(new.tick(&store, NOW), []);
    assert!(new.view(&[WEB]).under_attack);
}
