//! Breached-password filters: one file format, written by the tool, read by the module.
//!
//! A filter is a 256-byte header ([`FilterHeader`]), then `shard_count` shards of `shard_len` bytes
//! each, and nothing after them. A shard is a small Bloom filter in the serialised form of the
//! `bloomfilter` crate. A key's SHA-1 determines its shard ([`FilterShape::shard_of`]), so a lookup
//! reads one shard at a computed offset, wherever the
//! file is: in a packed module, in a memory map, on a disk.
//!
//! To read a filter without this crate:
//!
//! 1. Read the header: [`header`] has the table of fields.
//! 2. `shard = (u64_be(sha1[0..8]) as u128 * shard_count as u128) >> 64`; it starts at
//!    `256 + shard * shard_len`.
//! 3. A shard is `version: u8 = 1`, `length of the bits in bytes: u64`, `k: u32`,
//!    `seed: [u8; 32]`, then the bits (integers little-endian; bit `n` is `1 << (n % 8)` of
//!    byte `n / 8`). Version, length, k and seed are the same in all shards.
//! 4. `h0`, `h1` are the SipHash-1-3 of the 20 bytes of the digest, keyed with the first
//!    and the second half of the seed. Bit `i` of the `k` to test is `h0` for 0, `h1` for 1,
//!    and `((h0 + i * h1) mod 2^64) mod (2^64 - 59)` from 2 on; each modulo the number of
//!    bits. The key is a member (or one of the few false positives) if all are set.

mod date;
mod digest;
mod error;
mod filter;
mod format;
pub mod header;
pub mod hibp;
mod shape;
mod shard;

pub use date::Date;
pub use digest::Sha1Digest;
pub use error::FilterError;
pub use filter::{Filter, ReadAt};
pub use format::FP_RATES;
pub use header::{FilterHeader, FilterKind, FilterSource};
pub use shape::{FilterShape, KEYS_PER_SHARD};
pub use shard::ShardBuilder;
