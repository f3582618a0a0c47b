//! The shape of a filter: how many shards, how long, and which one a key is in.
//!
//! Shards of about 2,000 keys: 3.6 KiB at one false positive in a thousand, so a lookup
//! copies what `memory.init` copies in a tenth of a microsecond, and a builder fills one
//! inside the first-level cache. Sharding by hash leaves the shards unevenly full (Poisson),
//! which costs 0.8 % of the rate at 1e-3 and 1.8 % at 1e-4; smaller shards would cost more.

use std::ops::RangeInclusive;

use bloomfilter::Bloom;

use super::{FilterError, Sha1Digest, header};

/// The most keys that a shard is made for.
pub const KEYS_PER_SHARD: u64 = 2_000;

/// Target rates that a filter can be made for.
///
/// Below 1e-5 shards this small fall behind (double hashing: 3e-6 measured at 1e-6).
pub const FP_RATES: RangeInclusive<f64> = 1e-6..=0.5;

/// Shards have at least 8 bits after their prefix (they are divided by), and are not so long
/// that a header could make a reader allocate much.
const SHARD_LENS: RangeInclusive<u32> = 46..=64 * 1024;
/// Hash functions no more than this: 20 serve a rate of 1e-6.
const MAX_HASHES: u32 = 64;

/// Bytes of a shard before its bits: version, length, k, seed.
pub(super) const PREFIX_LEN: usize = 1 + 8 + 4 + 32;

/// The keys of the two SipHashes: π's fraction, so nobody chose them. The same in every
/// filter, so that equal input gives equal bytes. The halves must differ: equal ones make
/// both hashes equal, and the measured rate rises from 0.1 % to 2.4 %.
const SEED: [u8; 32] = [
    0x24, 0x3f, 0x6a, 0x88, 0x85, 0xa3, 0x08, 0xd3, 0x13, 0x19, 0x8a, 0x2e, 0x03, 0x70, 0x73, 0x44,
    0xa4, 0x09, 0x38, 0x22, 0x29, 0x9f, 0x31, 0xd0, 0x08, 0x2e, 0xfa, 0x98, 0xec, 0x4e, 0x6c, 0x89,
];

/// How a filter is divided into shards, and what each looks like.
///
/// Every value of this type can be read and built without a panic: decoding checks it.
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

    /// A shape with these numbers, if a reader can live with them.
    pub(super) fn new(
        shard_len: u32,
        shard_count: u64,
        hashes: u32,
        seed: [u8; 32],
    ) -> Result<Self, FilterError> {
        let field = |ok: bool, name| if ok { Ok(()) } else { Err(FilterError::Field { name }) };
        field(SHARD_LENS.contains(&shard_len), "shard length")?;
        let total = u64::from(shard_len).checked_mul(shard_count);
        let fits = total.and_then(|shards| shards.checked_add(header::LEN as u64)).is_some();
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
        header::LEN as u64 + self.shard_count * self.shard_len as u64
    }

    /// The shard that a key is in: monotone in the digest, for any count of shards, so that
    /// sorted keys fill one shard after the other.
    pub const fn shard_of(&self, digest: &Sha1Digest) -> u64 {
        ((digest.leading() as u128 * self.shard_count as u128) >> 64) as u64
    }

    /// Where a shard starts, in bytes from the start of the filter.
    pub const fn offset(&self, shard: u64) -> u64 {
        header::LEN as u64 + shard * self.shard_len as u64
    }

    /// Bits of one shard.
    pub const fn bits(&self) -> u64 {
        (self.shard_len as u64 - PREFIX_LEN as u64) * 8
    }

    /// What every shard begins with.
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

    /// The rate of false positives to expect with this many keys: that of a shard, averaged
    /// over the shards' Poisson-distributed fill.
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
    fn refuses_rates_outside_the_range() {
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
    fn prefix_is_the_one_the_crate_writes() {
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
