//! The lowest count to take from a list for `--top N`.
//!
//! A first pass over the list counts how many hashes have each count. The cutoff is a count, not a
//! hash, because hashes must stay evenly spread. So of the hashes with the same count, all are
//! taken or none, and at most N remain.

use std::collections::BTreeMap;

use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::breached::hibp::{self, HibpLine, Range};

/// Counts below this are kept in an array; nearly all are.
const SMALL: usize = 1024;

/// The number of hashes with each count. Of lines in a row with the same hash, the highest count
/// holds, also where one part of a list ends and the next begins.
pub(crate) struct CountHistogram {
    small: Vec<u64>,
    large: BTreeMap<u64, u64>,
    /// The first and the last hash, which are not in the counts yet: they may occur again in the
    /// part before and the part after.
    first: Option<(Sha1Digest, u64)>,
    last: Option<(Sha1Digest, u64)>,
}

/// The lowest count to take, and what remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CountCutoff {
    /// The lowest count that is taken.
    pub min_count: u64,
    /// The number of hashes with at least this count.
    pub keys: u64,
}

impl CountHistogram {
    /// The histogram of an empty list.
    pub(crate) fn new() -> Self {
        Self { small: vec![0; SMALL], large: BTreeMap::new(), first: None, last: None }
    }

    /// The histogram of some lines. The second pass reports the bad ones.
    pub(crate) fn read(range: Option<Range>, mut text: &[u8]) -> Self {
        let mut histogram = Self::new();
        while let Some(line) = hibp::next_line(&mut text, range) {
            if let HibpLine::Entry(digest, count) = line {
                histogram.push((digest, count));
            }
        }
        histogram
    }

    /// The histogram of sorted keys.
    pub(crate) fn of(keys: impl IntoIterator<Item = (Sha1Digest, u64)>) -> Self {
        let mut histogram = Self::new();
        keys.into_iter().for_each(|key| histogram.push(key));
        histogram
    }

    /// Adds the next hash.
    fn push(&mut self, next: (Sha1Digest, u64)) {
        match &mut self.last {
            Some((digest, count)) if *digest == next.0 => *count = next.1.max(*count),
            _ => {
                let closed = self.last.replace(next);
                match (closed, self.first) {
                    (Some((_, count)), Some(_)) => self.add(count, 1),
                    (closed, _) => self.first = closed,
                }
            }
        }
    }

    /// Adds the histogram of the next part.
    pub(crate) fn merge(&mut self, other: &Self) {
        [other.first, other.last].into_iter().flatten().for_each(|key| self.push(key));
        self.add_counts(other);
    }

    fn add_counts(&mut self, other: &Self) {
        self.small.iter_mut().zip(&other.small).for_each(|(sum, hashes)| *sum += hashes);
        other.large.iter().for_each(|(count, hashes)| self.add(*count, *hashes));
    }

    fn add(&mut self, count: u64, hashes: u64) {
        match usize::try_from(count).ok().and_then(|count| self.small.get_mut(count)) {
            Some(small) => *small += hashes,
            None => *self.large.entry(count).or_default() += hashes,
        }
    }

    /// The cutoff that leaves as many hashes as possible, but at most `top`.
    pub(crate) fn cutoff(&self, top: u64) -> CountCutoff {
        let mut all = Self::new();
        all.add_counts(self);
        [self.first, self.last].into_iter().flatten().for_each(|(_, count)| all.add(count, 1));
        let mut cutoff = CountCutoff { min_count: u64::MAX, keys: 0 };
        let large = all.large.iter().rev().map(|(count, hashes)| (*count, *hashes));
        let small = all.small.iter().enumerate().rev();
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
    fn top_keeps_the_most_frequent_hashes() {
        let histogram = counts(&[9_000_000, 5_000, 1_024, 1_023, 7, 2, 1, 0]);
        for (top, min_count, keys) in
            [(1, 9_000_000, 1), (2, 5_000, 2), (3, 1_024, 3), (4, 1_023, 4), (7, 1, 7), (100, 1, 7)]
        {
            assert_eq!(histogram.cutoff(top), CountCutoff { min_count, keys }, "top {top}");
        }
    }

    #[test]
    fn hashes_with_the_same_count_are_taken_all_or_none() {
        assert_eq!(counts(&[9, 5, 5, 5, 1]).cutoff(3), CountCutoff { min_count: 9, keys: 1 });
        assert_eq!(counts(&[9, 5, 5, 5, 1]).cutoff(4), CountCutoff { min_count: 5, keys: 4 });
        assert_eq!(counts(&[5, 5]).cutoff(1).keys, 0);
    }

    #[test]
    fn hash_that_occurs_in_a_row_counts_once_with_its_highest_count() {
        let line = |hash: u64, count: u64| format!("{hash:040x}:{count}\n");
        let lines = [line(1, 9), line(1, 3), line(2, 5), line(3, 5), line(3, 5), line(3, 8)];
        let whole = lines.concat();
        for cut in 0..=lines.len() {
            for second in cut..=lines.len() {
                let mut sum = CountHistogram::new();
                for part in [&lines[..cut], &lines[cut..second], &lines[second..]] {
                    sum.merge(&CountHistogram::read(None, part.concat().as_bytes()));
                }
                for top in 1..4 {
                    let expected = CountHistogram::read(None, whole.as_bytes()).cutoff(top);
                    assert_eq!(sum.cutoff(top), expected, "cut at {cut} and {second}, top {top}");
                    assert_eq!(expected.keys, top);
                }
            }
        }
    }

    #[test]
    fn merged_histograms_add_up() {
        let mut sum = counts(&[3, 3, 5_000]);
        let later = [3, 5_000, 7_000].iter().zip(100_u64..);
        let later: String = later.map(|(count, n)| format!("{n:040x}:{count}\n")).collect();
        sum.merge(&CountHistogram::read(None, later.as_bytes()));
        assert_eq!(sum.cutoff(3), CountCutoff { min_count: 5_000, keys: 3 });
        assert_eq!(sum.cutoff(6), CountCutoff { min_count: 3, keys: 6 });
    }
}
