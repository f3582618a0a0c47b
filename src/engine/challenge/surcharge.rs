//! Surcharge: bits by which a puzzle is harder, because its network was given many lately.
//!
//! A program that asks for puzzles all the time pays more for each, and nobody is refused: a school
//! whose network is busy waits some seconds longer at most. Puzzles are counted when they are
//! given out and not when they are solved, because who knows what comes next would ask for
//! a thousand easy ones first.
//!
//! A fixed number of slots in the shared store hold [`COUNTERS_PER_SLOT`] counters each. A network has
//! the counter that a keyed hash names, without a tag of its own, so nothing is ever evicted and a
//! flood of networks cannot push out a busy one (a count-min sketch of one row: Cormode and
//! Muthukrishnan, 2005). The price: two networks that share a counter are counted together. With 28,000
//! counters at 64 MiB of state that adds less than the limit below a million puzzles a minute.
//!
//! A counter is halved each minute. At a steady rate it holds between one and two minutes' puzzles.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::Record;
use crate::state::stores::cas::CasStep;
use crate::state::{HashKey, Store, Table, Tagged};
use crate::time::Millis;

/// Counters in one slot.
const COUNTERS_PER_SLOT: usize = 494;

const HALF_LIFE_SECONDS: u32 = 60;

/// One slot here for so many of the table's: a sixteenth of the state's reserve.
const SHARE: u32 = 1024;

/// How much harder puzzles become for a network that is given many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurchargePolicy {
    /// Puzzles per minute and network (IPv4 /24, IPv6 /48) that are not harder.
    pub per_network: u8,
    /// The most bits by which a puzzle becomes harder.
    pub max_bits: u8,
}

impl Default for SurchargePolicy {
    fn default() -> Self {
        // A class of thirty, each with a mistyped password, is not slowed down. Three bits make a
        // second eight.
        Self { per_network: 60, max_bits: 3 }
    }
}

impl SurchargePolicy {
    /// The bits by which the puzzle is harder that is the `count`th of its network: one over
    /// the limit, two over twice the limit, three over four times the limit.
    fn bits(self, count: u16) -> u8 {
        let times = u32::from(count.saturating_sub(1)) / u32::from(self.per_network.max(1));
        let bits = u32::BITS - times.leading_zeros();
        u8::try_from(bits).unwrap_or(u8::MAX).min(self.max_bits)
    }
}

/// The counters of one process, as one worker sees them.
#[derive(Clone, Debug)]
pub(super) struct SurchargeCounters {
    slots: u32,
    key: HashKey,
}

impl SurchargeCounters {
    /// The counters that belong to a table; their number follows from the table's size.
    #[must_use]
    pub(super) fn of(table: &Table) -> Self {
        Self { slots: table.share(SHARE), key: table.hash_key().clone() }
    }

    /// Counts one more puzzle of a network. Returns the bits by which it is harder; none if the store
    /// fails, because nobody is refused.
    pub(super) fn count(
        &self,
        store: &impl Store,
        now: Millis,
        network: &[u8],
        policy: SurchargePolicy,
    ) -> u8 {
        let tag = u64::from(self.key.tag(Tagged::Limited, network).wide());
        // The high bits name the slot and what is left of them the counter.
        let place = tag * u64::from(self.slots);
        let (slot, rest) = (place >> 32, place & u64::from(u32::MAX));
        let counter = usize::try_from((rest * COUNTERS_PER_SLOT as u64) >> 32).unwrap_or_default();
        let minute = now.seconds() / HALF_LIFE_SECONDS;
        let count =
            SurchargeSlot::update_with(store, &format!("unstuff/hard/{slot:x}"), |stored| {
                let mut slot = stored.unwrap_or_default().at(minute);
                let Some(count) = slot.counts.get_mut(counter) else {
                    return CasStep::unchanged(0);
                };
                *count = count.saturating_add(1);
                let count = *count;
                CasStep::store(slot, count)
            });
        policy.bits(count.result)
    }
}

/// The counters of one slot.
pub(crate) struct SurchargeSlot {
    /// The minute since the epoch in which they were last halved.
    minute: u32,
    counts: [u16; COUNTERS_PER_SLOT],
}

impl Default for SurchargeSlot {
    fn default() -> Self {
        Self { minute: 0, counts: [0; COUNTERS_PER_SLOT] }
    }
}

impl SurchargeSlot {
    /// The counters in this minute. A clock that was set back halves nothing until it has caught up.
    fn at(self, minute: u32) -> Self {
        let passed = minute.saturating_sub(self.minute);
        let halved = |count: u16| count.checked_shr(passed).unwrap_or(0);
        Self { minute: self.minute.max(minute), counts: self.counts.map(halved) }
    }
}

/// The minute (4 bytes), then each count (2).
impl Record for SurchargeSlot {
    const MAGIC: [u8; 3] = *b"UsH";
    const SCHEMA: u8 = 1;
    const PAYLOAD_BYTES: usize = 4 + 2 * COUNTERS_PER_SLOT;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.u32(self.minute);
        self.counts.iter().for_each(|count| out.u16(*count));
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        Some(Self { minute: from.u32(), counts: std::array::from_fn(|_| from.u16()) })
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

    const START: u64 = 1_760_000_040_000;
    const POLICY: SurchargePolicy = SurchargePolicy { per_network: 10, max_bits: 3 };

    fn counters(slots: u32) -> SurchargeCounters {
        SurchargeCounters { slots, key: HashKey::new([5; 16]) }
    }

    fn after(seconds: u64) -> Millis {
        Millis(START).plus_seconds(seconds)
    }

    #[test]
    fn puzzles_over_the_limit_are_harder_up_to_the_bound() {
        let (store, counters) = (MemoryStore::new(), counters(4));
        let bits: Vec<u8> =
            (0..200).map(|_| counters.count(&store, after(0), b"a", POLICY)).collect();
        let first = |wanted| bits.iter().position(|bits| *bits == wanted);
        assert_eq!([0, 1, 2, 3].map(first), [Some(0), Some(10), Some(20), Some(40)]);
        assert_eq!(bits.last(), Some(&3), "no harder than the bound, and never refused");
        assert_eq!(counters.count(&store, after(0), b"b", POLICY), 0, "another network");
    }

    #[test]
    fn network_that_rests_is_given_easy_puzzles_again() {
        let (store, counters) = (MemoryStore::new(), counters(4));
        let harder = |seconds| counters.count(&store, after(seconds), b"a", POLICY);
        let busy = (0..80).map(|_| harder(0)).max();
        assert_eq!(busy, Some(3));
        let rested = [0, 60, 120, 180, 240].map(harder);
        assert_eq!(rested, [3, 3, 2, 1, 0]);
    }

    #[test]
    fn clock_that_is_set_back_keeps_what_was_counted() {
        let (store, counters) = (MemoryStore::new(), counters(4));
        let harder = |seconds| counters.count(&store, after(seconds), b"a", POLICY);
        let busy = (0..50).map(|_| harder(600)).max();
        assert_eq!((busy, harder(0)), (Some(3), 3));
    }

    #[test]
    fn counters_fit_in_a_sixteenth_of_the_reserve() {
        for size in [StateSize::MIN, StateSize::DEFAULT, StateSize::MAX] {
            let table = Table::open(&MemoryStore::new(), size, [1; 16]).unwrap();
            let slots = SurchargeCounters::of(&table).slots;
            let bytes = u64::from(slots) * host_bytes(SurchargeSlot::FORMAT.length);
            let reserve = reserve_bytes(table.share(1).into());
            assert!(slots >= 1 && bytes <= reserve / 7, "{size:?}: {bytes} of {reserve}");
            assert!(size == StateSize::MIN || bytes <= reserve / 15, "{size:?}: {bytes}");
        }
    }

    proptest! {
        #[test]
        fn bits_never_fall_as_the_count_rises(per_network in 1_u8.., max_bits in 0_u8..8, count: u16) {
            let policy = SurchargePolicy { per_network, max_bits };
            let bits = policy.bits(count);
            prop_assert!(bits <= max_bits);
            prop_assert!(bits <= policy.bits(count.saturating_add(1)));
            prop_assert!(count > u16::from(per_network) || bits == 0);
        }
    }
}
