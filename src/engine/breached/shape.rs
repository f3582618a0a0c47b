//! The shape of a filter: the number and the length of its shards, and the shard of a key.
//!
//! Shards of about 2,000 keys: 3.6 KiB at one false positive in a thousand, so a lookup
//! copies what `memory.init` copies in a tenth of a microsecond, and a builder fills one
//! inside the first-level cache. Sharding by hash leaves the shards unevenly full (Poisson),
//! which costs 0.8 % of the rate at 1e-3 and 1.8 % at 1e-4; smaller shards would cost more.

use std::ops::RangeInclusive;

use bloomfilter::Bloom;

use super::digest::Sha1Digest;
use super::error::FilterError;
use super::format::{FP_RATES, LEN, PREFIX_LEN};

/// The most keys of a shard.
pub const KEYS_PER_SHARD: u64 = 2_000;

/// The length of a shard, in bytes: at least 8 bits after the prefix, because their number is a
/// divisor, and not so long that a header makes a reader allocate much.
const SHARD_LENS: RangeInclusive<u32> = 46..=64 * 1024;
/// The most hash functions: a rate of 1e-6 needs 20.
const MAX_HASHES: u32 = 64;

/// The keys of the two SipHashes: the fraction of π, a number that nobody chose. Every filter has
/// the same, so equal input gives equal bytes. The halves must differ: equal halves make both
/// hashes equal and raise the measured rate from 0.1 % to 2.4 %.
const SEED: [u8; 32] = [
    0x24, 0x3f, 0x6a, 0x88, 0x85, 0xa3, 0x08, 0xd3, 0x13, 0x19, 0x8a, 0x2e, 0x03, 0x70, 0x73, 0x44,
    0xa4, 0x09, 0x38, 0x22, 0x29, 0x9f, 0x31, 0xd0, 0x08, 0x2e, 0xfa, 0x98, 0xec, 0x4e, 0x6c, 0x89,
];

/// The division of a filter into shards and their layout.
///
/// Every value of this type can be read and built without a panic, because decoding checks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilterShape {
    shard_len: u32,
    shard_count: u64,
    hashes: u32,
    seed: [u8; 32],
}

impl FilterShape {
    /// The shape for a number of keys and a target rate of false positives.
    pub fn for_keys(keys: u64, fp_rate: f64) -> Result<Self, FilterError> {
        if !FP_RATES.contains(&fp_rate) {
            return Err(FilterError::FpRate);
        }
        let keys = keys.max(1);
        let shard_count = keys.div_ceil(KEYS_PER_SHARD);
        let per_shard =
            usize::try_from(keys.div_ceil(shard_count)).map_err(|_| FilterError::TooManyKeys)?;
        let bits_len = Bloom::<Sha1Digest>::compute_bitmap_size(per_shard, fp_rate);
        let hashes = Bloom::<Sha1Digest>::new_with_seed(bits_len, per_shard, &SEED)
            .map_err(|_| FilterError::FpRate)?
            .number_of_hash_functions();
        let shard_len =
            u32::try_from(PREFIX_LEN + bits_len).map_err(|_| FilterError::TooManyKeys)?;
        Self::new(shard_len, shard_count, hashes, SEED)
    }

    /// A shape with these numbers, if they are valid.
    pub(super) fn new(
        shard_len: u32,
        shard_count: u64,
        hashes: u32,
        seed: [u8; 32],
    ) -> Result<Self, FilterError> {
        let field = |ok: bool, name| if ok { Ok(()) } else { Err(FilterError::Field { name }) };
        field(SHARD_LENS.contains(&shard_len), "shard length")?;
        let total = u64::from(shard_len).checked_mul(shard_count);
        let fits = total.and_then(|shards| shards.checked_add(LEN as u64)).is_some();
        field(shard_count > 0 && fits, "shard count")?;
        field((1..=MAX_HASHES).contains(&hashes), "number of hash functions")?;
        let (first, second) = seed.split_at(16);
        field(first != second, "seed")?;
        Ok(Self { shard_len, shard_count, hashes, seed })
    }

    /// Bytes of one shard.
    pub const fn shard_len(&self) -> u32 {
        self.shard_len
    }

    /// Number of shards.
    pub const fn shard_count(&self) -> u64 {
        self.shard_count
    }

    /// Bits tested for a key, Bloom's k.
    pub const fn hashes(&self) -> u32 {
        self.hashes
    }

    /// Keys of the two SipHashes.
    pub const fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// Bytes of a filter with this shape, header included.
    pub const fn file_len(&self) -> u64 {
        LEN as u64 + self.shard_count * self.shard_len as u64
    }

    /// The index of a key's shard. It is monotone in the digest for any number of shards, so sorted
    /// keys fill one shard after the other.
    pub const fn shard_of(&self, digest: &Sha1Digest) -> u64 {
        ((digest.leading() as u128 * self.shard_count as u128) >> 64) as u64
    }

    /// The offset of a shard, in bytes from the start of the filter.
    pub const fn offset(&self, shard: u64) -> u64 {
        LEN as u64 + shard * self.shard_len as u64
    }

    /// Bits of one shard.
    pub const fn bits(&self) -> u64 {
        (self.shard_len as u64 - PREFIX_LEN as u64) * 8
    }

    /// The prefix of every shard.
    pub(super) fn prefix(&self) -> [u8; PREFIX_LEN] {
        let bits_len = u64::from(self.shard_len) - PREFIX_LEN as u64;
        let mut prefix = [0; PREFIX_LEN];
        let fields = [1]
            .into_iter()
            .chain(bits_len.to_le_bytes())
            .chain(self.hashes.to_le_bytes())
            .chain(self.seed);
        prefix.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        prefix
    }

    /// Bloom's rate of false positives in a shard with this many keys.
    pub fn rate_of_shard(&self, keys: f64) -> f64 {
        let hashes = f64::from(self.hashes);
        (1.0 - (-hashes * keys / self.bits() as f64).exp()).powf(hashes)
    }

    /// The expected rate of false positives with this many keys: that of a shard, averaged over the
    /// Poisson-distributed fill of the shards.
    pub fn expected_fp_rate(&self, keys: u64) -> f64 {
        let mean = keys as f64 / self.shard_count as f64;
        let rate = self.rate_of_shard(mean);
        if self.shard_count == 1 || mean < 1.0 {
            return rate;
        }
        // The mean of a function of a Poisson variable, to second order: ample for shards
        // whose fill deviates by a few percent.
        let deviation = mean.sqrt();
        let around = self.rate_of_shard(mean + deviation) + self.rate_of_shard(mean - deviation);
        rate + (around - 2.0 * rate) / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_hundred_million_keys_at_a_thousandth_take_174_mib() {
        let shape = FilterShape::for_keys(100_000_000, 1e-3).unwrap();
        assert_eq!((shape.shard_count(), shape.shard_len()), (50_000, 3_640));
        assert_eq!(shape.file_len() >> 20, 173);
    }

    #[test]
    fn few_keys_get_one_small_shard() {
        let shape = FilterShape::for_keys(10, 1e-3).unwrap();
        assert_eq!((shape.shard_count(), shape.shard_len()), (1, 63));
        assert_eq!(FilterShape::for_keys(0, 1e-3).unwrap().shard_count(), 1);
    }

    #[test]
    fn rates_outside_the_range_are_refused() {
        for rate in [0.0, 1e-7, 0.6, 1.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(FilterShape::for_keys(10, rate), Err(FilterError::FpRate), "{rate}");
        }
    }

    #[test]
    fn expected_rate_is_the_target_plus_the_measured_skew() {
        for (rate, skew) in [(1e-2, 1.002), (1e-3, 1.008), (1e-4, 1.018)] {
            let shape = FilterShape::for_keys(10_000_000, rate).unwrap();
            let ratio = shape.expected_fp_rate(10_000_000) / rate;
            assert!((ratio / skew - 1.0).abs() < 0.01, "{rate}: {ratio}");
        }
    }

    #[test]
    fn prefix_equals_that_of_the_bloomfilter_crate() {
        for (keys, rate) in [(10, 0.1), (2_000, 1e-3), (100_000, 1e-6)] {
            let shape = FilterShape::for_keys(keys, rate).unwrap();
            let per_shard = usize::try_from(keys.div_ceil(shape.shard_count())).unwrap();
            let bloom =
                Bloom::<Sha1Digest>::new_for_fp_rate_with_seed(per_shard, rate, &SEED).unwrap();
            assert_eq!(bloom.as_slice().len(), shape.shard_len() as usize);
            assert_eq!(bloom.as_slice()[..PREFIX_LEN], shape.prefix());
        }
    }

    proptest! {
        #[test]
        fn shard_is_in_range_and_monotone(a: [u8; 20], b: [u8; 20], keys in 1_u64..1 << 40) {
            let shape = FilterShape::for_keys(keys, 1e-3).unwrap();
            let (low, high) = (Sha1Digest::new(a.min(b)), Sha1Digest::new(a.max(b)));
            prop_assert!(shape.shard_of(&low) <= shape.shard_of(&high));
            prop_assert!(shape.shard_of(&high) < shape.shard_count());
            prop_assert!(shape.offset(shape.shard_of(&high)) < shape.file_len());
        }
    }
}
