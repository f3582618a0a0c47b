//! Estimates: the number of keys to come, and whether the filter has become what was planned.
//!
//! SHA-1 spreads keys evenly over the range of hashes. So the position of the n-th key of a sorted
//! list gives the length of the list, and a gap at either end means that a part of the list is
//! missing.

use unstuff_engine::breached::{FilterShape, Sha1Digest};

use crate::format;

/// The relative error of the number of keys from which a warning is printed.
const TOLERANCE: f64 = 0.05;

/// The gap at an end of the range of hashes, in mean distances between keys, that occurs by chance
/// once in 5e8 lists.
const SUSPICIOUS_GAP: f64 = 20.0;

/// The number of keys that the filter is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyEstimate {
    /// Counted before the first key was written.
    Counted(u64),
    /// Extrapolated from the position of the first keys.
    Extrapolated(u64),
    /// Given by the user.
    Given(u64),
}

impl KeyEstimate {
    /// Extrapolates from the first keys of a sorted list.
    pub(crate) fn extrapolated(first: &[Sha1Digest]) -> Self {
        let reached = first.last().map_or(1.0, position);
        Self::Extrapolated(format::whole(first.len() as f64 / reached.max(f64::MIN_POSITIVE)))
    }

    /// The number of keys.
    pub(crate) fn keys(self) -> u64 {
        match self {
            Self::Counted(keys) | Self::Extrapolated(keys) | Self::Given(keys) => keys,
        }
    }
}

/// Statistics of a filled filter.
#[derive(Debug, Default)]
pub(crate) struct FillStatistics {
    /// Distinct keys.
    pub keys: u64,
    /// Lowest and highest key, as positions from 0 to 1 in the range of hashes.
    ends: Option<(f64, f64)>,
    /// The sum of all shards' rates of false positives.
    rates: f64,
    shards: u64,
}

impl FillStatistics {
    /// Adds the first and last key of a run.
    pub(crate) fn add_ends(&mut self, ends: (Sha1Digest, Sha1Digest)) {
        let low = self.ends.map_or_else(|| position(&ends.0), |(low, _)| low);
        self.ends = Some((low, position(&ends.1)));
    }

    /// Adds a finished shard.
    pub(crate) fn add_shard(&mut self, shape: &FilterShape, keys: u64) {
        self.rates += shape.rate_of_shard(keys as f64);
        self.shards += 1;
    }

    /// The rate of false positives, from the number of keys in each shard.
    pub(crate) fn fp_rate(&self) -> f64 {
        self.rates / self.shards.max(1) as f64
    }

    /// Warnings about the filter.
    pub(crate) fn warnings(&self, expected: KeyEstimate, target: f64) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.keys == 0 {
            // The build ends for this, with a reason that helps.
            return warnings;
        }
        let planned = expected.keys().max(1) as f64;
        let off = self.keys as f64 / planned - 1.0;
        if off.abs() > TOLERANCE {
            warnings.push(format!(
                "{} keys, {:.0} % {} than the {} {}: expect {} false positives instead of \
                 {}; build again with --keys {}",
                format::count(self.keys),
                off.abs() * 100.0,
                if off > 0.0 { "more" } else { "fewer" },
                format::count(expected.keys()),
                match expected {
                    KeyEstimate::Extrapolated(_) => "extrapolated from the first million",
                    KeyEstimate::Given(_) => "of --keys",
                    KeyEstimate::Counted(_) => "that were counted",
                },
                format::rate(self.fp_rate()),
                format::rate(target),
                self.keys,
            ));
        }
        if let Some(missing) = self.missing() {
            warnings.push(format!(
                "{missing}, so it looks cut short: its shards are filled unevenly \
                 (expect {} false positives instead of {})",
                format::rate(self.fp_rate()),
                format::rate(target)
            ));
        }
        warnings
    }

    /// A part of the range of hashes that has no keys and should have some.
    fn missing(&self) -> Option<String> {
        let (low, high) = self.ends?;
        let (gap, where_it_is) = if low > 1.0 - high {
            (low, format!("the first {:.1} % of the range of hashes are missing", low * 100.0))
        } else {
            let gap = 1.0 - high;
            (gap, format!("the list ends at {:.1} % of the range of hashes", high * 100.0))
        };
        (gap * self.keys as f64 > SUSPICIOUS_GAP).then_some(where_it_is)
    }
}

/// A key's position in the range of hashes, from 0 to 1.
fn position(digest: &Sha1Digest) -> f64 {
    digest.leading() as f64 / 2_f64.powi(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(count: u64) -> Vec<Sha1Digest> {
        let mut keys: Vec<_> = (0..count).map(|n| Sha1Digest::of(&n.to_le_bytes())).collect();
        keys.sort_unstable();
        keys
    }

    fn filled(keys: &[Sha1Digest]) -> FillStatistics {
        let mut fill = FillStatistics { keys: keys.len() as u64, ..FillStatistics::default() };
        fill.add_ends((keys[0], keys[keys.len() - 1]));
        fill
    }

    #[test]
    fn length_of_a_list_is_extrapolated_from_its_beginning() {
        let keys = sorted(500_000);
        let estimate = KeyEstimate::extrapolated(&keys[..100_000]).keys();
        assert!((495_000..505_000).contains(&estimate), "{estimate}");
    }

    #[test]
    fn list_cut_short_at_either_end_is_noticed() {
        for count in [1, 2, 10, 1_000, 500_000] {
            let keys = sorted(count);
            let whole = filled(&keys).warnings(KeyEstimate::Counted(count), 1e-3);
            assert!(whole.is_empty(), "{count}: {whole:?}");
        }
        let keys = sorted(10_000);
        for part in [&keys[..9_900], &keys[100..]] {
            let warnings = filled(part).warnings(KeyEstimate::Counted(part.len() as u64), 1e-3);
            assert!(warnings.iter().any(|warning| warning.contains("cut short")), "{warnings:?}");
        }
    }

    #[test]
    fn no_keys_are_no_wrong_estimate() {
        for expected in [KeyEstimate::Given(100), KeyEstimate::Counted(0)] {
            assert!(FillStatistics::default().warnings(expected, 1e-3).is_empty());
        }
    }

    #[test]
    fn five_per_cent_more_or_fewer_keys_give_a_warning() {
        let keys = sorted(10_000);
        for (expected, warned) in [(10_400, false), (9_600, false), (11_000, true), (9_000, true)] {
            let warnings = filled(&keys).warnings(KeyEstimate::Given(expected), 1e-3);
            assert_eq!(!warnings.is_empty(), warned, "{expected}: {warnings:?}");
        }
    }
}
