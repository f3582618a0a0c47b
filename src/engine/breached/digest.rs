//! The SHA-1 of a password or of a pair, which is the key of a lookup.
//!
//! SHA-1 because the corpus of Have I Been Pwned is published as SHA-1. Nothing here relies on
//! collision resistance: an attacker who makes two passwords collide makes both "breached".

use std::fmt;
use std::hash::{Hash, Hasher};

use sha1::{Digest as _, Sha1};

/// The SHA-1 of a password, or of `username:password`.
///
/// Its [`Hash`] writes the 20 bytes and nothing else. The derived one (and that of slices)
/// writes a length prefix as wide as the target's `usize`, and a filter built on a 64-bit
/// machine would answer wrong in wasm32. Its `Debug` does not show it, because a dictionary turns
/// the hash of a password into the password.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sha1Digest([u8; 20]);

impl Sha1Digest {
    /// A digest from a list of hashes.
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The digest of a password's bytes.
    pub fn of(password: &[u8]) -> Self {
        Self(Sha1::digest(password).into())
    }

    /// The digest of `username:password`, for a pair filter.
    ///
    /// The caller normalises the username as logins do; otherwise nothing matches.
    pub fn of_pair(username: &[u8], password: &[u8]) -> Self {
        let hash = Sha1::new().chain_update(username).chain_update(b":").chain_update(password);
        Self(hash.finalize().into())
    }

    /// The 20 bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The first 8 bytes as a big-endian number: monotone in the digest.
    pub const fn leading(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

impl Hash for Sha1Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

impl fmt::Debug for Sha1Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha1Digest(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Collects what a `Hash` writes, call by call.
    #[derive(Default)]
    struct Recorder(Vec<Vec<u8>>);

    impl Hasher for Recorder {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.push(bytes.to_vec());
        }
    }

    #[test]
    fn hash_writes_the_digest_and_no_length() {
        let digest = Sha1Digest::of(b"password");
        let mut recorder = Recorder::default();
        digest.hash(&mut recorder);
        assert_eq!(recorder.0, [digest.as_bytes().to_vec()]);
    }

    #[test]
    fn digest_is_that_of_have_i_been_pwned() {
        // RFC 3174's first test vector.
        assert_eq!(Sha1Digest::of(b"abc").leading(), 0xa999_3e36_4706_816a);
    }

    #[test]
    fn pair_is_the_digest_of_both_joined_by_a_colon() {
        assert!(Sha1Digest::of_pair(b"ann", b"a:b") == Sha1Digest::of(b"ann:a:b"));
    }

    #[test]
    fn debug_output_shows_no_hash() {
        assert_eq!(format!("{:?}", Sha1Digest::of(b"password")), "Sha1Digest(redacted)");
    }
}
