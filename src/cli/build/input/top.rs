//! Which count to cut a list at, so that the N seen most often remain.
//!
//! A first pass over the list counts how many hashes have each count. The cut is a count, not
//! a hash, because hashes must stay evenly spread: so of those that are seen equally often,
//! all are taken or none, and at most N remain.

use std::collections::BTreeMap;

use unstuff_engine::breached::hibp::{self, HibpLine, Range};

/// Counts below this have an array; nearly all are.
const SMALL: usize = 1024;

/// How many hashes have each count.
pub struct CountHistogram {
    small: Vec<u64>,
    large: BTreeMap<u64, u64>,
}

/// Where to cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountCutoff {
    /// The least count that is taken.
    pub min_count: u64,
    /// How many hashes have at least that count.
    pub keys: u64,
}

impl CountHistogram {
    /// Of nothing.
    pub fn new() -> Self {
        Self { small: vec![0; SMALL], large: BTreeMap::new() }
    }

    /// Of some lines. Bad ones are left for the second pass to report.
    pub fn read(range: Option<Range>, mut text: &[u8]) -> Self {
        let mut histogram = Self::new();
        while let Some(line) = hibp::next_line(&mut text, range) {
            if let HibpLine::Entry(_, count) = line {
                histogram.add(count, 1);
            }
        }
        histogram
    }

    /// Adds another.
    pub fn merge(&mut self, other: &Self) {
        self.small.iter_mut().zip(&other.small).for_each(|(sum, hashes)| *sum += hashes);
        other.large.iter().for_each(|(count, hashes)| self.add(*count, *hashes));
    }

    fn add(&mut self, count: u64, hashes: u64) {
        match usize::try_from(count).ok().and_then(|count| self.small.get_mut(count)) {
            Some(small) => *small += hashes,
            None => *self.large.entry(count).or_default() += hashes,
        }
    }

    /// The cut that leaves at most `top` hashes, and as many of those as it can.
    pub fn cutoff(&self, top: u64) -> CountCutoff {
        let mut cutoff = CountCutoff { min_count: u64::MAX, keys: 0 };
        let large = self.large.iter().rev().map(|(count, hashes)| (*count, *hashes));
        let small = self.small.iter().enumerate().rev();
        let small = small.map(|(count, hashes)| (count as u64, *hashes));
        // A count of 0 is a range file's padding.
        let known = large.chain(small).filter(|(count, hashes)| *count > 0 && *hashes > 0);
        for (count, hashes) in known {
            if hashes > top - cutoff.keys {
                break;
            }
            cutoff = CountCutoff { min_count: count, keys: cutoff.keys + hashes };
        }
        cutoff
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(counts: &[u64]) -> CountHistogram {
        let text: String =
            counts.iter().enumerate().map(|(n, count)| format!("{n:040x}:{count}\n")).collect();
        CountHistogram::read(None, text.as_bytes())
    }

    #[test]
    fn the_top_are_those_seen_most_often() {
        let histogram = counts(&[9_000_000, 5_000, 1_024, 1_023, 7, 2, 1, 0]);
        for (top, min_count, keys) in
            [(1, 9_000_000, 1), (2, 5_000, 2), (3, 1_024, 3), (4, 1_023, 4), (7, 1, 7), (100, 1, 7)]
        {
            assert_eq!(histogram.cutoff(top), CountCutoff { min_count, keys }, "top {top}");
        }
    }

    #[test]
    fn equals_are_taken_together_or_not_at_all() {
        assert_eq!(counts(&[9, 5, 5, 5, 1]).cutoff(3), CountCutoff { min_count: 9, keys: 1 });
        assert_eq!(counts(&[9, 5, 5, 5, 1]).cutoff(4), CountCutoff { min_count: 5, keys: 4 });
        assert_eq!(counts(&[5, 5]).cutoff(1).keys, 0);
    }

    #[test]
    fn parts_add_up() {
        let mut sum = counts(&[3, 3, 5_000]);
        sum.merge(&counts(&[3, 5_000, 7_000]));
        assert_eq!(sum.cutoff(3), CountCutoff { min_count: 5_000, keys: 3 });
        assert_eq!(sum.cutoff(6), CountCutoff { min_count: 3, keys: 6 });
    }
}
