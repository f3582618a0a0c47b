//! Reproducible random numbers: every stream belongs to a seed and a name.
//!
//! Streams do not share state. So adding an attack to a trace does not change its people, and the
//! properties of a person are computed when needed and not stored. PCG and SipHash are fixed
//! algorithms; `rand` keeps its values within a minor version, which the lock file pins. The last
//! bit of a logarithm may differ between maths libraries; times are rounded to milliseconds, which
//! almost always hides the difference.

use std::hash::Hasher;

use rand::{RngExt as _, SeedableRng as _};
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_pcg::Pcg64Mcg;
use siphasher::sip::SipHasher13;

/// A hash of a seed, a name and two numbers.
pub(crate) fn tag(seed: u64, name: &str, a: u64, b: u64) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(seed, 0);
    hasher.write(name.as_bytes());
    hasher.write(&a.to_le_bytes());
    hasher.write(&b.to_le_bytes());
    hasher.finish()
}

/// A stream of random numbers.
pub(crate) struct RandomStream(Pcg64Mcg);

impl RandomStream {
    /// The stream of this seed, name and pair of numbers.
    pub(crate) fn new(seed: u64, name: &str, a: u64, b: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(tag(seed, name, a, b)))
    }

    /// A number from 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// A whole number below `limit`; 0 for a limit of 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0.random_range(0..limit.max(1))
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.random()
    }

    /// An exponential waiting time with this mean.
    pub(crate) fn wait(&mut self, mean: f64) -> f64 {
        let one: f64 = Exp1.sample(&mut self.0);
        one * mean
    }

    /// A log-normal duration: half are below `median`, two thirds within a factor of e^`spread`.
    pub(crate) fn around(&mut self, median: f64, spread: f64) -> f64 {
        let normal: f64 = StandardNormal.sample(&mut self.0);
        median * (normal * spread).exp()
    }

    /// An index, drawn by `cumulative` weights that end in 1.
    pub(crate) fn weighted(&mut self, cumulative: &[f64]) -> usize {
        let draw = self.unit();
        cumulative.partition_point(|&weight| weight <= draw).min(cumulative.len().saturating_sub(1))
    }
}

/// The running sums of weights, as [`RandomStream::weighted`] takes them.
pub(crate) fn cumulative(weights: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let total: f64 = weights.clone().sum();
    let mut sum = 0.0;
    let add = |weight| {
        sum += weight;
        sum / total
    };
    weights.map(add).collect()
}

/// The numbers below a limit in pseudo-random order, without a table of them.
///
/// A Feistel network over the next power of four; results above the limit are permuted again.
pub(crate) struct Permutation {
    seed: u64,
    limit: u64,
    half: u32,
}

impl Permutation {
    /// A permutation of the numbers below `limit` (at least one).
    pub(crate) fn new(seed: u64, limit: u64) -> Self {
        let limit = limit.max(1);
        let bits = u64::BITS - (limit - 1).leading_zeros();
        Self { seed, limit, half: bits.div_ceil(2).max(1) }
    }

    /// The number at `index`; indexes wrap around at the limit.
    pub(crate) fn at(&self, index: u64) -> u64 {
        let mut value = index % self.limit;
        loop {
            value = self.mix(value);
            if value < self.limit {
                return value;
            }
        }
    }

    fn mix(&self, value: u64) -> u64 {
        let mask = (1_u64 << self.half) - 1;
        let (mut left, mut right) = (value >> self.half, value & mask);
        for round in 0..4 {
            (left, right) = (right, left ^ (tag(self.seed, "shuffle", right, round) & mask));
        }
        left << self.half | right
    }
}

/// The whole part of a number that is not negative.
#[allow(clippy::cast_possible_truncation, reason = "saturates, which is what is wanted")]
pub(crate) fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn permutation_has_every_number_once() {
        for limit in [1, 2, 3, 4, 5, 100, 1000, 4096, 5000] {
            let shuffle = Permutation::new(7, limit);
            let met: BTreeSet<_> = (0..limit).map(|index| shuffle.at(index)).collect();
            assert_eq!(met.len() as u64, limit);
            assert!(met.iter().all(|&value| value < limit));
        }
    }

    #[test]
    fn streams_are_independent_and_reproducible() {
        let draw = |name, a| RandomStream::new(1, name, a, 0).bits();
        assert_eq!(draw("people", 1), draw("people", 1));
        assert_ne!(draw("people", 1), draw("people", 2));
        assert_ne!(draw("people", 1), draw("attack", 1));
    }

    #[test]
    fn weighted_draws_follow_their_weights() {
        let weights = cumulative([8.0, 1.0, 1.0].into_iter());
        let mut random = RandomStream::new(1, "weights", 0, 0);
        let first = (0..10_000).filter(|_| random.weighted(&weights) == 0).count();
        assert!((7_800..8_200).contains(&first), "{first}");
    }
}
