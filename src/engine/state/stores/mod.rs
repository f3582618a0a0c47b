//! The seam to shared storage: versioned values under string keys, compare-and-swap writes.
//!
//! This is what proxy-wasm shared data offers and nothing more: no delete, no expiry, no
//! listing. An implementation must give each write a new version, and must refuse
//! [`Expected::Absent`] on a key that exists: in proxy-wasm a cas of 0 would overwrite
//! unchecked, so `Absent` there is a non-zero sentinel.
//! [`crate::state::conformance`] checks both.

pub mod cas;
pub mod memory;

use std::fmt;

/// The version of a stored value; it changes with each write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(pub u32);

/// What a writer believes is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: the key is new.
    Absent,
    /// The value that was read with this version.
    Version(Version),
}

/// The storage could not be read. What the host said is for the host's own log.
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
    /// Somebody else wrote first: read again.
    Mismatch,
    /// The storage refused.
    Failed,
}

/// Versioned values under string keys.
pub trait Store {
    /// The value and its version; `None` if the key was never written.
    ///
    /// # Errors
    /// When the storage cannot be read at all; an absent key is not an error.
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, Version)>, StoreError>;

    /// Writes `value` if the key is still as `expected`. A key that is absent is inserted
    /// whatever version is expected, as the host does.
    ///
    /// # Errors
    /// [`WriteError::Mismatch`] if somebody wrote in between, [`WriteError::Failed`] if the
    /// storage refuses.
    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError>;
}

impl<S: Store + ?Sized> Store for &S {
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, Version)>, StoreError> {
        (**self).read(key)
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        (**self).write(key, value, expected)
    }
}

/// What a value of this length costs the host, never less than was measured.
#[must_use]
pub fn host_bytes(length: usize) -> u64 {
    // The allocator rounds the string and its final zero up to a class of at most 1/8 more
    // (at least 16 bytes), and the node, its hash and the key take 121.
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
