//! One worker's counts at an endpoint: over ten minutes, an hour and a day, each in two
//! generations.
//!
//! Generations begin at multiples of their width since the epoch. So generations of all
//! workers begin together and can be added. After a clock step beyond the next generation, in
//! either direction, the counts begin at zero: shares recover within minutes.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::{Record, SCHEMA};
use crate::state::stores::cas::CasStep;
use crate::state::{Store, Tag};
use crate::time::{Millis, Window};

use super::stats::{EndpointStats, VisitTotals};

/// Bytes of one window: the generation's number, then the counts of both generations.
const GENERATIONS_BYTES: usize = 4 + 2 * 4 * EndpointStats::LENGTH;

/// What one worker counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stripe {
    pub(crate) minutes: Generations,
    pub(crate) hour: Generations,
    pub(crate) day: Generations,
    pub(crate) totals: VisitTotals,
}

/// Counts in a sliding window, in two generations.
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
            totals: VisitTotals::default(),
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
            stripe.totals = stripe.totals.plus(&stats.into());
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
    const PAYLOAD_BYTES: usize = 3 * GENERATIONS_BYTES + 4 * VisitTotals::LENGTH;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        for generations in [&self.minutes, &self.hour, &self.day] {
            out.u32(generations.number);
            for stats in [&generations.current, &generations.previous] {
                stats.list().into_iter().for_each(|count| out.i32(count));
            }
        }
        self.totals.list().into_iter().for_each(|count| out.i32(count));
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        let mut stripe = Self::empty();
        for generations in stripe.all() {
            generations.number = from.u32();
            generations.current = read_stats(from);
            generations.previous = read_stats(from);
        }
        stripe.totals = VisitTotals::of(std::array::from_fn(|_| from.i32()));
        Some(stripe)
    }
}

/// Out of line: six copies of an unrolled loop are 6 KB of the module.
#[inline(never)]
fn read_stats(from: &mut ByteReader<'_>) -> EndpointStats {
    EndpointStats::of(std::array::from_fn(|_| from.i32()))
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

    /// A count over the last width: the current generation and the faded previous one.
    pub(crate) fn slide(&self, now: Millis, count: fn(&EndpointStats) -> i32) -> f64 {
        let elapsed = f64::from(now.seconds() % self.width.max(1)) / f64::from(self.width.max(1));
        f64::from(count(&self.current)) + f64::from(count(&self.previous)) * (1.0 - elapsed)
    }
}

/// The key of a stripe, such as `unstuff/s/1a2b3c4d/f`. It fits the host's string object.
pub(crate) fn key(endpoint: Tag, index: u8) -> String {
    format!("unstuff/s/{:08x}/{index:x}", endpoint.wide())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::memory::MemoryStore;
    use crate::state::{HashKey, Tagged};

    const NOW: Millis = Millis(1_760_000_400_000);

    fn key(index: u8) -> String {
        super::key(HashKey::new([1; 16]).tag(Tagged::Endpoint, b"web"), index)
    }

    fn failed(stripe: &Stripe, now: Millis) -> f64 {
        stripe.minutes.slide(now, |stats| stats.failed)
    }

    #[test]
    fn counts_are_read_and_fade_over_two_widths() {
        let store = MemoryStore::new();
        let stats = EndpointStats { failed: 100, ..EndpointStats::default() };
        Stripe::add(&store, &key(3), &stats, NOW);
        let read = |now| failed(&Stripe::at(&store, &key(3), now).unwrap(), now);
        assert!((read(NOW) - 100.0).abs() < 0.1);
        assert!(read(NOW.plus_seconds(600)) > 0.0);
        assert!(read(NOW.plus_seconds(1_200)) == 0.0);
        assert!(read(Millis(0)) == 0.0, "a clock set far back begins at zero");
    }

    #[test]
    fn keys_fit_the_hosts_string_object() {
        assert!(key(15).len() <= 22);
    }
}
