//! One worker's tallies as they are stored: over ten minutes, an hour and a day, each in two
//! generations.
//!
//! Generations begin at multiples of their width since the epoch, so that those of all
//! workers begin together and can be added. A clock that steps further than into the next
//! generation, in either direction, begins anew: shares recover within minutes.
//!
//! Its value: `"UsS"`, schema (1), then for each width the generation's number (4) and both
//! tallies (7 × 4 each).

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::{Record, SCHEMA};
use crate::state::stores::cas::CasStep;
use crate::state::{Store, Tag};
use crate::time::{Millis, Window};

use super::stats::EndpointStats;

/// Bytes of one window: the generation's number, and the counts of two generations.
const GENERATIONS_BYTES: usize = 4 + 2 * 4 * EndpointStats::COUNTS;

/// What one worker saw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stripe {
    pub minutes: Generations,
    pub hour: Generations,
    pub day: Generations,
}

/// A stats in a sliding window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Generations {
    width: u32,
    number: u32,
    current: EndpointStats,
    previous: EndpointStats,
}

impl Stripe {
    fn empty() -> Self {
        Self {
            minutes: Generations::empty(Window::TenMinutes),
            hour: Generations::empty(Window::Hour),
            day: Generations::empty(Window::Day),
        }
    }

    /// A stripe as of `now`, if there is one.
    pub(crate) fn at(store: &impl Store, key: &str, now: Millis) -> Option<Self> {
        let mut stripe = Self::read(store, key)?;
        stripe.advance(now);
        Some(stripe)
    }

    /// Adds to a stripe and returns it.
    pub(crate) fn add(store: &impl Store, key: &str, stats: &EndpointStats, now: Millis) -> Self {
        let updated = Self::update_with(store, key, |stored| {
            let mut stripe = stored.unwrap_or_else(Self::empty);
            stripe.advance(now);
            for generations in stripe.all() {
                generations.current = generations.current.plus(stats);
            }
            CasStep::store(stripe, stripe)
        });
        updated.result
    }

    fn all(&mut self) -> [&mut Generations; 3] {
        [&mut self.minutes, &mut self.hour, &mut self.day]
    }

    fn advance(&mut self, now: Millis) {
        self.all().into_iter().for_each(|generations| generations.advance(now.seconds()));
    }
}

impl Record for Stripe {
    const MAGIC: [u8; 3] = *b"UsS";
    const SCHEMA: u8 = SCHEMA;
    const PAYLOAD_BYTES: usize = 3 * GENERATIONS_BYTES;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        for generations in [&self.minutes, &self.hour, &self.day] {
            out.u32(generations.number);
            generations.current.counts().into_iter().for_each(|count| out.u32(count));
            generations.previous.counts().into_iter().for_each(|count| out.u32(count));
        }
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        let mut stripe = Self::empty();
        for generations in stripe.all() {
            generations.number = from.u32();
            generations.current = EndpointStats::of(std::array::from_fn(|_| from.u32()));
            generations.previous = EndpointStats::of(std::array::from_fn(|_| from.u32()));
        }
        Some(stripe)
    }
}

impl Generations {
    fn empty(window: Window) -> Self {
        let stats = EndpointStats::default();
        Self { width: window.seconds(), number: 0, current: stats, previous: stats }
    }

    fn advance(&mut self, now: u32) {
        let number = now / self.width.max(1);
        if number == self.number {
            return;
        }
        let next = number == self.number.saturating_add(1);
        self.previous = if next { self.current } else { EndpointStats::default() };
        (self.number, self.current) = (number, EndpointStats::default());
    }

    /// A count over the last width: the current generation and what is left of the previous.
    pub fn slide(&self, now: Millis, count: fn(&EndpointStats) -> u32) -> f64 {
        let elapsed = f64::from(now.seconds() % self.width.max(1)) / f64::from(self.width.max(1));
        f64::from(count(&self.current)) + f64::from(count(&self.previous)) * (1.0 - elapsed)
    }
}

/// The key of a stripe, such as `unstuff/s/1a2b3c4d/f`: at most 22 bytes, see `state::table`.
pub(crate) fn key(endpoint: Tag, index: u8) -> String {
    format!("unstuff/s/{:08x}/{index:x}", endpoint.wide())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::memory::MemoryStore;
    use crate::state::{Expected, HashKey, Tagged};

    const NOW: Millis = Millis(1_760_000_400_000);

    fn key(index: u8) -> String {
        super::key(HashKey::new([1; 16]).tag(Tagged::Endpoint, b"web"), index)
    }

    fn failed(stripe: &Stripe, now: Millis) -> f64 {
        stripe.minutes.slide(now, |stats| stats.failed)
    }

    #[test]
    fn what_is_added_is_read_and_fades_over_two_widths() {
        let store = MemoryStore::new();
        let stats = EndpointStats { failed: 100, ..EndpointStats::default() };
        Stripe::add(&store, &key(3), &stats, NOW);
        let read = |now| failed(&Stripe::at(&store, &key(3), now).unwrap(), now);
        assert!((read(NOW) - 100.0).abs() < 0.1);
        assert!(read(NOW.plus_seconds(600)) > 0.0);
        assert!(read(NOW.plus_seconds(1_200)) == 0.0);
        assert!(read(Millis(0)) == 0.0, "a clock set far back begins anew");
    }

    #[test]
    fn junk_reads_as_nothing_and_is_replaced() {
        let store = MemoryStore::new();
        store.write(&key(0), b"junk", Expected::Absent).unwrap();
        assert!(Stripe::at(&store, &key(0), NOW).is_none());
        let stats = EndpointStats { failed: 1, ..EndpointStats::default() };
        assert!(failed(&Stripe::add(&store, &key(0), &stats, NOW), NOW) > 0.9);
    }

    #[test]
    fn keys_fit_the_hosts_short_strings() {
        assert!(key(15).len() <= 22);
    }
}
