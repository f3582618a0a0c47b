//! A rate limit on waits: so many a minute are admitted per network and per endpoint.
//!
//! A bot can wait in parallel for free, so the wait alone is no price. A fixed number of
//! slots in the shared store hold [`COUNTERS_PER_SLOT`] counters each, found by keyed hash
//! of what is limited. A counter has [`BUCKETS`] buckets of [`BUCKET_SECONDS`] seconds.
//! **Any** minute lies within seven of them, so no minute sees more waits than the limit,
//! wherever it begins. The price: a wait is remembered for up to seventy seconds.
//!
//! A counter is free when its buckets are empty. If no counter of a slot is free, the new
//! one counts as over its limit: its client waits longer, and a flood admits nobody.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::Record;
use crate::state::stores::cas::{CasStep, Written};
use crate::state::{HashKey, Store, Table, Tagged};
use crate::time::Millis;

/// Counters in one slot.
const COUNTERS_PER_SLOT: usize = 66;

const BUCKETS: usize = 7;
const BUCKET_SECONDS: u32 = 10;

/// One slot here for so many of the table's: a quarter of the state's reserve.
const SHARE: u32 = 256;

/// The counters of one process, as one worker sees them.
#[derive(Clone, Debug)]
pub(crate) struct WaitLimiter {
    slots: u32,
    key: HashKey,
}

impl WaitLimiter {
    /// The counters that belong to a table; their number follows from the table's size.
    #[must_use]
    pub(crate) fn of(table: &Table) -> Self {
        Self { slots: table.share(SHARE), key: table.hash_key().clone() }
    }

    /// Counts one more wait of `what`, unless there were `limit` in the last minute. Returns
    /// whether it was counted.
    pub(crate) fn take(&self, store: &impl Store, now: Millis, what: &[u8], limit: u8) -> bool {
        let tag = self.key.tag(Tagged::Limited, what).wide();
        let slot = (u64::from(tag) * u64::from(self.slots)) >> 32;
        let now = now.seconds() / BUCKET_SECONDS;
        let updated = WaitSlot::update_with(store, &format!("unstuff/wait/{slot:x}"), |stored| {
            let mut slot = stored.unwrap_or_default();
            let known = slot.0.iter().position(|counter| counter.tag == tag);
            let free = || slot.0.iter().position(|counter| counter.at(now).sum() == 0);
            let position = known.or_else(free);
            let Some(held) = position.and_then(|position| slot.0.get_mut(position)) else {
                return CasStep::unchanged(false);
            };
            let mut counter = WaitCounter { tag, ..held.at(now) };
            if counter.sum() >= u32::from(limit) {
                return CasStep::unchanged(false);
            }
            if let Some(newest) = counter.counts.first_mut() {
                *newest = newest.saturating_add(1);
            }
            *held = counter;
            CasStep::store(slot, true)
        });
        updated.result && updated.written == Written::Stored
    }
}

/// The waits of one network or endpoint, the newest bucket first.
#[derive(Clone, Copy, Default)]
struct WaitCounter {
    tag: u32,
    newest: u32,
    counts: [u8; BUCKETS],
}

impl WaitCounter {
    /// The counter when the newest bucket is `now`. If the clock was set back, the counter
    /// moves with it: what was counted stays counted.
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

/// The counters of one slot.
pub(crate) struct WaitSlot([WaitCounter; COUNTERS_PER_SLOT]);

impl Default for WaitSlot {
    fn default() -> Self {
        Self([WaitCounter::default(); COUNTERS_PER_SLOT])
    }
}

/// For each counter: tag (4 bytes), newest bucket (4), counts (7).
impl Record for WaitSlot {
    const MAGIC: [u8; 3] = *b"UsW";
    const SCHEMA: u8 = 1;
    const PAYLOAD_BYTES: usize = (4 + 4 + BUCKETS) * COUNTERS_PER_SLOT;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        for counter in &self.0 {
            out.u32(counter.tag);
            out.u32(counter.newest);
            out.put(counter.counts);
        }
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        Some(Self(std::array::from_fn(|_| WaitCounter {
            tag: from.u32(),
            newest: from.u32(),
            counts: from.take(),
        })))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::StateSize;
    use crate::state::stores::host_bytes;
    use crate::state::stores::memory::MemoryStore;
    use crate::state::table::sizing::reserve_bytes;

    const START: u64 = 1_760_000_000_000;

    fn limiter(slots: u32) -> WaitLimiter {
        WaitLimiter { slots, key: HashKey::new([5; 16]) }
    }

    #[test]
    fn each_name_has_a_limit_of_its_own() {
        let (store, limiter) = (MemoryStore::new(), limiter(2));
        let take = |what: &[u8]| limiter.take(&store, Millis(START), what, 2);
        assert_eq!([take(b"a"), take(b"a"), take(b"a")], [true, true, false]);
        assert!(take(b"b"));
        let almost = Millis(START).plus_seconds(69);
        assert!(!limiter.take(&store, almost, b"a", 2), "a wait is remembered for seven buckets");
        let later = Millis(START).plus_seconds(70);
        assert!(limiter.take(&store, later, b"a", 2), "after a minute there is room again");
    }

    #[test]
    fn clock_set_back_admits_nobody_twice() {
        let (store, limiter) = (MemoryStore::new(), limiter(1));
        assert!(limiter.take(&store, Millis(START), b"a", 1));
        let back = Millis(START - 3_600_000);
        assert!(!limiter.take(&store, back, b"a", 1));
        assert!(limiter.take(&store, back.plus_seconds(4_000), b"a", 1));
    }

    #[test]
    fn flood_of_networks_fills_one_slot_and_no_more() {
        let (store, limiter) = (MemoryStore::new(), limiter(1));
        let admitted = (0..1_000_u32)
            .filter(|n| limiter.take(&store, Millis(START), &n.to_le_bytes(), 3))
            .count();
        assert_eq!(admitted, COUNTERS_PER_SLOT);
    }

    fn reserve(table: &Table) -> u64 {
        reserve_bytes(table.share(1).into())
    }

    #[test]
    fn counters_fit_in_a_quarter_of_the_reserve() {
        for size in [StateSize::MIN, StateSize::DEFAULT, StateSize::MAX] {
            let table = Table::open(&MemoryStore::new(), size, [1; 16]).unwrap();
            let bytes =
                u64::from(WaitLimiter::of(&table).slots) * host_bytes(WaitSlot::FORMAT.length);
            assert!(bytes <= reserve(&table) / 4, "{size:?}: {bytes}");
            assert!(size == StateSize::MIN || bytes > reserve(&table) / 5, "{size:?}: {bytes}");
        }
    }

    proptest! {
        #[test]
        fn no_minute_sees_more_than_the_limit(steps in proptest::collection::vec(0_u64..20_000, 1..80),
                                              limit in 1_u8..6) {
            let (store, limiter) = (MemoryStore::new(), limiter(1));
            let mut now = START;
            let mut admitted = Vec::new();
            for step in steps {
                now += step;
                if limiter.take(&store, Millis(now), b"a", limit) {
                    admitted.push(now);
                }
            }
            for first in &admitted {
                let within = admitted.iter().filter(|at| (*first..first + 60_000).contains(at)).count();
                prop_assert!(within <= usize::from(limit), "{within}");
            }
        }
    }
}
