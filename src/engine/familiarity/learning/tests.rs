//! When a region may call anything unfamiliar.

use super::*;
use crate::state::stores::memory::{CountingStore, MemoryStore};
use SuccessShape::{Elsewhere, Ordinary, Roaming, Stranger};

const NOW: Millis = Millis(1_760_000_400_000);
const HOUR: u64 = 3_600;

fn day(days: u64) -> Millis {
    NOW.plus_seconds(days * 24 * HOUR)
}

/// A worker that sees so many successes of a shape every hour, from `from` to `to`.
fn see(
    worker: &FamiliarityMonitor,
    store: &impl Store,
    hours: std::ops::Range<u64>,
    seen: &[(u32, SuccessShape)],
) {
    for hour in hours {
        for (count, shape) in seen {
            (0..*count).for_each(|_| worker.note(SuccessCounts::one(*shape, false), true));
        }
        worker.tick(store, NOW.plus_seconds(hour * HOUR));
    }
}

/// Whether origins and accounts may be called unfamiliar.
fn values(worker: &FamiliarityMonitor, now: Millis) -> (bool, bool) {
    let Learnt { origins, accounts, .. } = worker.learnt(now, 3);
    (origins, accounts)
}

#[test]
fn a_day_of_successes_is_needed_to_call_anything_unfamiliar() {
    let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
    see(&worker, &store, 0..24, &[(10, Ordinary)]);
    assert_eq!(values(&worker, NOW.plus_seconds(23 * HOUR)), (false, false));
    see(&worker, &store, 24..25, &[(10, Ordinary)]);
    assert_eq!(values(&worker, day(1)), (true, true));
}

#[test]
fn too_few_successes_say_nothing() {
    let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
    see(&worker, &store, 0..29, &[(1, Ordinary)]);
    assert_eq!(values(&worker, day(3)), (false, false));
}

#[test]
fn accounts_without_an_entry_are_unknown_while_people_come_without_one() {
    let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
    see(&worker, &store, 0..48, &[(90, Ordinary), (10, Stranger)]);
    assert_eq!(values(&worker, day(2)), (true, false));
    see(&worker, &store, 48..144, &[(500, Ordinary), (10, Stranger)]);
    assert_eq!(values(&worker, day(6)), (true, true));
}

#[test]
fn known_devices_are_no_strangers() {
    let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
    (0..100).for_each(|_| worker.note(SuccessCounts::one(Stranger, true), true));
    worker.tick(&store, NOW);
    assert_eq!(values(&worker, day(1)), (true, true));
}

#[test]
fn nothing_is_unfamiliar_while_people_come_from_everywhere() {
    let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
    see(&worker, &store, 0..48, &[(94, Ordinary), (6, Elsewhere)]);
    assert_eq!(values(&worker, day(2)), (false, true));
}

#[test]
fn all_workers_learn_together_and_a_new_one_knows_at_its_first_tick() {
    let (store, workers) = (MemoryStore::new(), [(); 3].map(|()| FamiliarityMonitor::default()));
    for hour in 0..25 {
        for worker in &workers {
            worker.note(SuccessCounts::one(Ordinary, false), true);
            worker.tick(&store, NOW.plus_seconds(hour * HOUR));
        }
    }
    let new = FamiliarityMonitor::default();
    new.tick(&store, day(1));
    assert_eq!(values(&new, day(1)), (true, true));
}

#[test]
fn what_is_learnt_outlives_a_week_in_which_nothing_counts() {
    let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
    see(&worker, &store, 0..48, &[(10, Ordinary)]);
    see(&worker, &store, 216..217, &[(1, Stranger)]);
    assert_eq!(values(&worker, day(9)), (true, true));
}

#[test]
fn an_exchange_costs_one_update_in_ten_seconds_and_none_without_news() {
    let (store, worker) = (CountingStore::new(MemoryStore::new()), FamiliarityMonitor::default());
    worker.tick(&store, NOW);
    assert_eq!(store.take(), (1, 0));
    for second in 1..=20 {
        worker.note(SuccessCounts::one(Ordinary, false), true);
        worker.tick(&store, NOW.plus_seconds(second));
    }
    assert_eq!(store.take(), (2, 2));
}

#[test]
fn counts_that_cannot_be_are_junk() {
    let fading = |written, counts| FadingSuccesses { written, counts: SuccessCounts::of(counts) };
    let calm = fading(2, [3.0, 2.0, 1.0, 0.5]);
    let record = LearningRecord { began: 1, calm, in_attack: fading(7, [9.0, 0.0, 4.0, 0.1]) };
    assert_eq!(LearningRecord::from_bytes(&record.to_bytes()), Some(record));
    for junk in [f64::NAN, f64::INFINITY, -1.0] {
        let junk = fading(2, [3.0, junk, 1.0, 0.0]);
        for junk in
            [LearningRecord { calm: junk, ..record }, LearningRecord { in_attack: junk, ..record }]
        {
            assert_eq!(LearningRecord::from_bytes(&junk.to_bytes()), None);
        }
    }
}

#[test]
fn reach_is_the_widest_that_the_budget_allows() {
    let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
    see(&worker, &store, 0..25, &[(930, Ordinary), (20, Elsewhere), (20, Stranger), (30, Roaming)]);
    for (budget, reach) in [
        (0, Reach::Nothing),
        (1, Reach::Nothing),
        (2, Reach::Unfamiliar),
        (4, Reach::Unfamiliar),
        (5, Reach::Networks),
        (100, Reach::Networks),
    ] {
        assert_eq!(worker.learnt(day(1), budget).reach, reach, "{budget} %");
    }
}

#[test]
fn known_devices_do_not_use_the_budget() {
    for (known, reach) in [(false, Reach::Unfamiliar), (true, Reach::Networks)] {
        let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
        (0..900).for_each(|_| worker.note(SuccessCounts::one(Ordinary, false), true));
        (0..100).for_each(|_| worker.note(SuccessCounts::one(Roaming, known), true));
        worker.tick(&store, NOW);
        assert_eq!(worker.learnt(day(1), 5).reach, reach, "{known}");
    }
}

#[test]
fn nothing_is_unexpected_before_anything_is_learnt() {
    let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
    see(&worker, &store, 0..23, &[(10, Ordinary)]);
    assert_eq!(worker.learnt(NOW.plus_seconds(22 * HOUR), 100).reach, Reach::Nothing);
}

#[test]
fn people_who_come_from_elsewhere_in_an_attack_narrow_it_and_teach_nothing() {
    for (elsewhere, reach) in [(0, Reach::Networks), (20, Reach::Networks), (80, Reach::Nothing)] {
        let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
        see(&worker, &store, 0..25, &[(100, Ordinary)]);
        for n in 0..1_000 {
            let shape = if n < elsewhere { Elsewhere } else { Ordinary };
            worker.note(SuccessCounts::one(shape, false), false);
        }
        worker.tick(&store, day(2));
        assert_eq!(worker.learnt(day(2), 3).reach, reach, "{elsewhere}");
        assert_eq!(values(&worker, day(2)), (true, true));
    }
}

#[test]
fn nothing_is_learnt_from_an_attack() {
    let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
    for hour in 0..48 {
        (0..100).for_each(|_| worker.note(SuccessCounts::one(Ordinary, false), false));
        worker.tick(&store, NOW.plus_seconds(hour * HOUR));
    }
    assert_eq!(values(&worker, day(2)), (false, false));
}

#[test]
fn small_site_calls_a_place_unfamiliar_although_two_of_its_people_travelled() {
    for (elsewhere, origins) in [(0, true), (2, true), (4, true), (9, false)] {
        let (store, worker) = (MemoryStore::new(), FamiliarityMonitor::default());
        see(&worker, &store, 0..24, &[(2, Ordinary)]);
        (0..elsewhere).for_each(|_| worker.note(SuccessCounts::one(Elsewhere, false), true));
        worker.tick(&store, day(1));
        assert_eq!(values(&worker, day(1)).0, origins, "{elsewhere}");
    }
}
