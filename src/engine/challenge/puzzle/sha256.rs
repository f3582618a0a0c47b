//! The SHA-256 puzzle: proof of work that a program in any language does with its standard library.
//!
//! A number *n* solves part *i* if the SHA-256 of the ASCII text `SEED:i:n` begins with the wanted
//! zero bits; `SEED` is the puzzle's id in base64url, `i` and `n` are decimal. The text has at most
//! 36 bytes, one block of SHA-256.

use sha2::{Digest, Sha256};

/// The leading zero bits, at most 64, of the hash of a part's number.
pub(super) fn zero_bits(seed: &str, part: u32, number: u32) -> u32 {
    let digest = Sha256::digest(format!("{seed}:{part}:{number}"));
    let front = digest.first_chunk::<8>().map_or(u64::MAX, |front| u64::from_be_bytes(*front));
    front.leading_zeros()
}
