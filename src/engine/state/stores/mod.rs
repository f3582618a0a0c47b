//! The seam to shared storage: versioned values under string keys, compare-and-swap writes.
//!
//! A [`Store`] offers what proxy-wasm shared data offers and nothing more: no delete, no
//! expiry, no listing. An implementation must count all writes, of whatever key, with one counter,
//! which gives each its version, and must refuse [`Expected::Absent`] on a key that exists. In
//! proxy-wasm a cas of 0 overwrites unchecked, so `Absent` is a non-zero sentinel there.
//! [`crate::state::conformance`] checks both.

pub mod cached;
pub mod cas;
pub mod memory;

use std::fmt;

/// The version of a stored value: the number of its write among those of all keys. After the
/// greatest number the count begins again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32);

/// What a writer expects to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: the key is new.
    Absent,
    /// The value that was read with this version.
    Version(Version),
}

/// The storage could not be read. The host logs why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreError;

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("state: the host's shared data cannot be read")
    }
}

impl std::error::Error for StoreError {}

/// Why a value was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// Another writer was first: read again.
    Mismatch,
    /// The storage refused.
    Failed,
}

/// A value and its version; `None` if the key was never written.
pub type Stored = Option<(Vec<u8>, Version)>;

/// Versioned values under string keys.
pub trait Store {
    /// What is stored under a key.
    ///
    /// # Errors
    /// When the storage cannot be read at all; an absent key is not an error.
    fn read(&self, key: &str) -> Result<Stored, StoreError>;

    /// Writes `value` if the key is still as `expected`. An absent key is inserted for any
    /// expected version, as in the host.
    ///
    /// # Errors
    /// [`WriteError::Mismatch`] if another writer was first, [`WriteError::Failed`] if the
    /// storage refuses.
    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError>;

    /// Keeps what was just read, because a write may follow. Most stores keep nothing.
    fn keep(&self, key: &str, read: Stored) {
        let _ = (key, read);
    }

    /// Keeps what was just written, because another write may follow.
    fn keep_written(&self, key: &str, value: Vec<u8>) {
        let _ = (key, value);
    }

    /// Gives up what was kept under a key. It may be old, so it is good for one use alone: a write
    /// that expects its version.
    fn take_kept(&self, key: &str) -> Option<Stored> {
        let _ = key;
        None
    }
}

impl<S: Store + ?Sized> Store for &S {
    fn read(&self, key: &str) -> Result<Stored, StoreError> {
        (**self).read(key)
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        (**self).write(key, value, expected)
    }

    fn keep(&self, key: &str, read: Stored) {
        (**self).keep(key, read);
    }

    fn keep_written(&self, key: &str, value: Vec<u8>) {
        (**self).keep_written(key, value);
    }

    fn take_kept(&self, key: &str) -> Option<Stored> {
        (**self).take_kept(key)
    }
}

/// What a value of this length costs the host in bytes; never less than was measured.
///
/// Measured in Envoy: 240 bytes cost 356; 1,008 cost 1,145; 1,024 cost about 1,290.
#[must_use]
pub fn host_bytes(length: usize) -> u64 {
    // The allocator rounds the string and its final zero up to a class at most 1/8 larger (at
    // least 16 bytes). The node, its hash and the key take 121 bytes.
    let string = length as u64 + 1;
    let class = (string.next_power_of_two() / 8).max(16);
    string.div_ceil(class) * class + 121
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_cost_is_never_below_what_was_measured() {
        for (length, measured) in [(240, 356), (1_008, 1_145)] {
            assert!(host_bytes(length) >= measured, "{length}: {}", host_bytes(length));
        }
    }
}
