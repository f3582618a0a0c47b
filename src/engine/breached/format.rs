//! The numbers that are fixed by the file format.

use std::ops::RangeInclusive;

/// The length of a header, in bytes.
pub const LEN: usize = 256;

/// The format version that is written, and the newest that can be read.
pub const VERSION: u16 = 1;

/// The target rates of false positives that a filter can have.
///
/// Below 1e-5 shards of this size miss the target (double hashing: 3e-6 measured at 1e-6).
pub const FP_RATES: RangeInclusive<f64> = 1e-6..=0.5;

/// Bytes of a shard before its bits: version, length, k, seed.
pub(super) const PREFIX_LEN: usize = 1 + 8 + 4 + 32;
