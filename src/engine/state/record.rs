//! Records: the values under our keys in shared data, each with a header that says what it is.
//!
//! A record is three bytes of magic, one of schema, then a payload of fixed length. Other
//! plugins share the storage, and an older version of this one may have written to it. So a
//! value with another magic, schema or length is junk: it reads as if nothing were stored,
//! and the next write replaces it. The schema is in the value and not in the key: there is
//! no delete, so new keys would leave the old values for ever.
//!
//! | record | key | magic, schema | payload bytes |
//! |---|---|---|---|
//! | [`Meta`](super::table::meta::Meta) | `unstuff/meta` | `UsM` 5 | 44 |
//! | [`Slot`](super::table::slot::Slot) of a kind | `unstuff/ip/0001a2b3` | `Us`, 5, kind | 927 to 1004 |
//! | [`OutcomeRecord`](crate::outcome::record::OutcomeRecord) | `unstuff/end/1a2b3c4d` | `UsE` 5 | 44 |
//! | [`PasswordRecord`](crate::decision::password_record::PasswordRecord) | `unstuff/pw/1a2b3c4d` | `UsP` 5 | 4 |
//! | [`Stripe`](crate::attack_mode::stripe::Stripe) | `unstuff/s/1a2b3c4d/f` | `UsS` 5 | 296 |
//! | [`AttackModeRecord`](crate::attack_mode::record::AttackModeRecord) | `unstuff/b/1a2b3c4d` | `UsB` 5 | 63 |
//! | [`SuspicionRecord`](crate::attack_mode::suspicion::SuspicionRecord) | `unstuff/f/1a2b3c4d` | `UsA` 1 | 12 |
//! | [`LearningRecord`](crate::familiarity::learning::LearningRecord) | `unstuff/learnt` | `UsF` 5 | 76 |
//! | [`LiftRecord`](crate::lift::LiftRecord) | `unstuff/lift` | `UsL` 1 | 64 |
//! | [`LookupBudget`](crate::live_lookup::LookupBudget) of live lookups | `unstuff/live` | `UsQ` 1 | 8 |
//! | [`SpentTokenSlot`](crate::challenge::spent_tokens::SpentTokenSlot) | `unstuff/pass/1a2b` | `UsG` 1 | 1001 |
//! | [`WaitSlot`](crate::challenge::wait_limiter::WaitSlot) | `unstuff/wait/1a2b` | `UsW` 1 | 990 |
//! | [`SurchargeSlot`](crate::challenge::surcharge::SurchargeSlot) | `unstuff/hard/1a2b` | `UsH` 1 | 992 |
//! | [`SecretKey`](crate::tokens::signing::SecretKey) agreed by workers | `unstuff/key` | `UsK` 1 | 32 |
//! | [`HourKey`](crate::record::hour::HourKey) agreed by workers | `unstuff/hour` | `UsT` 1 | 36 |
//!
//! A slot has its schema before its kind, which no other record has.

use super::bytes::{ByteReader, ByteWriter};
use super::stores::Store;
use super::stores::cas::{self, CasOutcome, CasStep};

/// The schema of what is counted: entries, and records about endpoints. Raise it with any
/// change of their layouts.
#[cfg(not(feature = "test-other-schema"))]
pub(crate) const SCHEMA: u8 = 5;

/// Another version of the module, for the tests of upgrades.
#[cfg(feature = "test-other-schema")]
pub(crate) const SCHEMA: u8 = 254;

/// Bytes of a header.
pub(crate) const HEADER_BYTES: usize = 4;

/// The header and the length that make a value a record of one sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordFormat {
    pub(crate) header: [u8; HEADER_BYTES],
    /// Of the whole value, header included.
    pub(crate) length: usize,
}

impl RecordFormat {
    /// Whether a stored value is of this format.
    pub(crate) fn matches(&self, value: &[u8]) -> bool {
        value.len() == self.length && value.first_chunk() == Some(&self.header)
    }

    /// The payload of a stored value, if it is of this format.
    pub(crate) fn payload<'a>(&self, value: &'a [u8]) -> Option<&'a [u8]> {
        value.get(HEADER_BYTES..).filter(|_| self.matches(value))
    }

    /// A value with a payload of zeros.
    pub(crate) fn zeroed(&self) -> Vec<u8> {
        let mut value = vec![0; self.length];
        if let Some(front) = value.first_chunk_mut() {
            *front = self.header;
        }
        value
    }
}

/// A value with a header, and a payload of fixed length.
pub(crate) trait Record: Sized {
    /// Tells this record from others.
    const MAGIC: [u8; 3];
    /// The version of the payload's layout.
    const SCHEMA: u8;
    /// Bytes of the payload.
    const PAYLOAD_BYTES: usize;

    /// Writes the payload.
    fn encode(&self, out: &mut ByteWriter<'_>);

    /// Reads a payload of the right length; `None` if it cannot be one.
    fn decode(from: &mut ByteReader<'_>) -> Option<Self>;

    /// The header and the length.
    const FORMAT: RecordFormat = {
        let [a, b, c] = Self::MAGIC;
        let header = [a, b, c, Self::SCHEMA];
        RecordFormat { header, length: HEADER_BYTES + Self::PAYLOAD_BYTES }
    };

    /// The record as it is stored.
    fn to_bytes(&self) -> Vec<u8> {
        let mut value = Self::FORMAT.zeroed();
        self.encode(&mut ByteWriter(value.get_mut(HEADER_BYTES..).unwrap_or_default()));
        value
    }

    /// The record in a stored value; `None` for junk.
    fn from_bytes(value: &[u8]) -> Option<Self> {
        Self::decode(&mut ByteReader(Self::FORMAT.payload(value)?))
    }

    /// The record under a key; `None` for junk, an absent key, and storage that fails.
    fn read<S: Store + ?Sized>(store: &S, key: &str) -> Option<Self> {
        store.read(key).ok().flatten().and_then(|(value, _)| Self::from_bytes(&value))
    }

    /// Updates the record under a key by compare-and-swap, see [`cas::update_with`]. `step`
    /// sees `None` for junk too.
    fn update_with<S: Store + ?Sized, R>(
        store: &S,
        key: &str,
        mut step: impl FnMut(Option<Self>) -> CasStep<Self, R>,
    ) -> CasOutcome<R> {
        cas::update_with(store, key, |stored| {
            let CasStep { value, result } = step(stored.as_deref().and_then(Self::from_bytes));
            CasStep { value: value.map(|record| record.to_bytes()), result }
        })
    }
}

#[cfg(test)]
mod tests;
