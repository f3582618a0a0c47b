//! WaitLimiter on what costs only time: so many waits a minute are let in, for each network and
//! for each endpoint.
//!
//! Waiting in parallel is free for a bot, so that the wait alone is no price. A fixed number
//! of slots in the shared store; each holds [`COUNTERS_PER_SLOT`] counters, by keyed hash of what is
//! counted. A counter has seven buckets of ten seconds: **any** sixty seconds lie within
//! seven, so that no minute, wherever it begins, sees more than the bound. The price: a wait
//! is remembered for up to seventy.
//!
//! A counter is free when its buckets are empty. If all of a slot are taken, the newcomer
//! counts as over its bound: it waits longer, and nobody gets in by flooding.
//!
//! A slot: `"UsW"`, schema 1, then for each place tag 4, newest bucket 4, counts 7.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::stores::cas::{CasStep, Written, update_with};
use crate::state::{HashKey, Store, Table, Tagged};
use crate::time::Millis;

/// Counters in one slot.
pub const COUNTERS_PER_SLOT: usize = 66;

const HEADER: [u8; 4] = *b"UsW\x01";
const BUCKETS: usize = 7;
const BUCKET_SECONDS: u32 = 10;
const COUNTER_BYTES: usize = 8 + BUCKETS;
const SLOT_BYTES: usize = HEADER.len() + COUNTERS_PER_SLOT * COUNTER_BYTES;

/// These slots take this part of what the state's own slots take: a quarter of its reserve.
const SHARE: u32 = 256;

/// The counters of one process, as one worker sees them.
#[derive(Clone, Debug)]
pub struct WaitLimiter {
    slots: u32,
    key: HashKey,
}

impl WaitLimiter {
    /// The counters that belong to a table.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        Self { slots: table.share(SHARE), key: table.hash_key().clone() }
    }

    /// Counts one more of `what`, unless there were `bound` in the last minute; whether it
    /// was counted.
    pub fn take(&self, store: &impl Store, now: Millis, what: &[u8], bound: u8) -> bool {
        let tag = self.key.tag(Tagged::Bound, what).wide();
        let slot = (u64::from(tag) * u64::from(self.slots)) >> 32;
        let now = now.seconds() / BUCKET_SECONDS;
        let updated = update_with(store, &format!("unstuff/wait/{slot:x}"), |stored| {
            let mut slot = WaitSlot::new(stored);
            let place = slot.places().find(|(_, counter)| counter.tag == tag);
            let free = || slot.places().find(|(_, counter)| counter.at(now).sum() == 0);
            let Some((at, counter)) = place.or_else(free) else {
                return CasStep { value: None, result: false };
            };
            let mut counter = WaitCounter { tag, ..counter.at(now) };
            if counter.sum() >= u32::from(bound) {
                return CasStep { value: None, result: false };
            }
            if let Some(newest) = counter.counts.first_mut() {
                *newest = newest.saturating_add(1);
            }
            slot.put(at, &counter);
            CasStep { value: Some(slot.0), result: true }
        });
        updated.result && updated.written == Written::Stored
    }
}

/// The waits of one network or endpoint, the newest bucket first.
#[derive(Clone, Copy)]
struct WaitCounter {
    tag: u32,
    newest: u32,
    counts: [u8; BUCKETS],
}

impl WaitCounter {
    /// As it is when the newest bucket is `now`. A clock that was set back moves it along:
    /// what was counted stays counted.
    fn at(self, now: u32) -> Self {
        let age = usize::try_from(now.saturating_sub(self.newest)).unwrap_or(usize::MAX);
        let counts = std::array::from_fn(|bucket| {
            let before = bucket.checked_sub(age).and_then(|before| self.counts.get(before));
            before.copied().unwrap_or(0)
        });
        Self { newest: now, counts, ..self }
    }

    fn sum(self) -> u32 {
        self.counts.iter().copied().map(u32::from).sum()
    }
}

/// A slot's value, known to be sound in length and header; junk reads as empty.
struct WaitSlot(Vec<u8>);

impl WaitSlot {
    fn new(stored: Option<Vec<u8>>) -> Self {
        Self(super::slot_or_empty(stored, &HEADER, SLOT_BYTES))
    }

    fn places(&self) -> impl Iterator<Item = (usize, WaitCounter)> {
        let starts = (HEADER.len()..SLOT_BYTES).step_by(COUNTER_BYTES);
        starts.filter_map(|at| {
            let mut from = ByteReader(self.0.get(at..)?);
            Some((at, WaitCounter { tag: from.u32(), newest: from.u32(), counts: from.take() }))
        })
    }

    fn put(&mut self, at: usize, counter: &WaitCounter) {
        let mut to = ByteWriter(self.0.get_mut(at..).unwrap_or_default());
        to.u32(counter.tag);
        to.u32(counter.newest);
        to.put(counter.counts);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::stores::host_bytes;
    use crate::state::stores::memory::MemoryStore;
    use crate::state::table::sizing::reserve_bytes;
    use crate::state::{Expected, StateSize};

    const START: u64 = 1_760_000_000_000;

    fn bounds(slots: u32) -> WaitLimiter {
        WaitLimiter { slots, key: HashKey::new([5; 16]) }
    }

    #[test]
    fn each_has_a_bound_of_its_own() {
        let (store, bounds) = (MemoryStore::new(), bounds(2));
        let take = |what: &[u8]| bounds.take(&store, Millis(START), what, 2);
        assert_eq!([take(b"a"), take(b"a"), take(b"a")], [true, true, false]);
        assert!(take(b"b"));
        let later = Millis(START).plus_seconds(70);
        assert!(bounds.take(&store, later, b"a", 2), "after a minute there is room again");
    }

    #[test]
    fn a_clock_set_back_lets_nobody_in_twice() {
        let (store, bounds) = (MemoryStore::new(), bounds(1));
        assert!(bounds.take(&store, Millis(START), b"a", 1));
        let back = Millis(START - 3_600_000);
        assert!(!bounds.take(&store, back, b"a", 1));
        assert!(bounds.take(&store, back.plus_seconds(4_000), b"a", 1));
    }

    #[test]
    fn a_flood_of_networks_lets_nobody_in() {
        let (store, bounds) = (MemoryStore::new(), bounds(1));
        let let_in = (0..1_000_u32)
            .filter(|n| bounds.take(&store, Millis(START), &n.to_le_bytes(), 3))
            .count();
        assert_eq!(let_in, COUNTERS_PER_SLOT);
    }

    #[test]
    fn junk_is_an_empty_slot() {
        let (store, bounds) = (MemoryStore::new(), bounds(1));
        store.write("unstuff/wait/0", b"junk", Expected::Absent).unwrap();
        assert!(bounds.take(&store, Millis(START), b"a", 1));
        assert!(!bounds.take(&store, Millis(START), b"a", 1));
    }

    fn reserve(table: &Table) -> u64 {
        reserve_bytes(table.share(1).into())
    }

    #[test]
    fn it_fits_in_the_reserve_of_the_state() {
        for size in [StateSize::MIN, StateSize::DEFAULT, StateSize::MAX] {
            let table = Table::open(&MemoryStore::new(), size, [1; 16]).unwrap();
            let bytes = u64::from(WaitLimiter::of(&table).slots) * host_bytes(SLOT_BYTES);
            assert!(bytes <= reserve(&table) / 4, "{size:?}: {bytes}");
        }
    }

    proptest! {
        #[test]
        fn no_minute_sees_more_than_the_bound(steps in proptest::collection::vec(0_u64..20_000, 1..80),
                                              bound in 1_u8..6) {
            let (store, bounds) = (MemoryStore::new(), bounds(1));
            let mut now = START;
            let mut let_in = Vec::new();
            for step in steps {
                now += step;
                if bounds.take(&store, Millis(now), b"a", bound) {
                    let_in.push(now);
                }
            }
            for first in &let_in {
                let within = let_in.iter().filter(|at| (*first..first + 60_000).contains(at)).count();
                prop_assert!(within <= usize::from(bound), "{within}");
            }
        }
    }
}
