//! How many slots fit in a given amount of host memory.
//!
//! A stored value costs the host more than its length ([`host_bytes`]): the string, the hash
//! node, the allocator's size classes. So slots are just below a size class, keys fit the
//! host's string object, and sizes are in bytes *of the host*.
//!
//! Each kind of identity has a fixed share, so a flood of one kind cannot push out another. A
//! small reserve is for what is not in the table's slots: other records.
//!
//! [`host_bytes`]: crate::state::stores::host_bytes

use std::fmt;

use crate::state::entry::codec::entry_bytes;
use crate::state::kind::EntryKind;
use crate::state::record::HEADER_BYTES;

/// The longest slot value in bytes: the allocator's next size class begins behind it.
pub const SLOT_BYTES: usize = 1_008;

/// What a slot costs the host in bytes.
pub const SLOT_HOST_BYTES: u64 = 1_145;

/// The share of a region, in parts of [`SHARES`]. An attacker has many addresses; there are few
/// fingerprints. An account takes 31 bytes of the host, an eighth of an address.
const fn share(kind: EntryKind) -> u64 {
    match kind {
        EntryKind::Ip => 16,
        EntryKind::Username => 8,
        EntryKind::Password | EntryKind::Account => 4,
        EntryKind::Network => 2,
        EntryKind::Fingerprint | EntryKind::Device => 1,
    }
}

/// Entries per slot of a kind: as many as fit.
#[must_use]
pub const fn ways(kind: EntryKind) -> usize {
    (SLOT_BYTES - HEADER_BYTES) / entry_bytes(kind)
}

/// The bytes of a slot of a kind.
#[must_use]
pub const fn slot_bytes(kind: EntryKind) -> usize {
    HEADER_BYTES + ways(kind) * entry_bytes(kind)
}

/// The least reserve in bytes: some forty records of endpoints, and the meta record.
const MIN_RESERVE: u64 = 8 << 10;

/// The reserve is one of so many parts of the state.
const RESERVE_PARTS: u64 = 64;

/// The sum of all shares.
const SHARES: u64 = 36;

/// The reserve beside so many slots in host bytes: one part of [`RESERVE_PARTS`] of the whole.
pub(crate) fn reserve_bytes(slots: u64) -> u64 {
    (slots * SLOT_HOST_BYTES / (RESERVE_PARTS - 1)).max(MIN_RESERVE)
}

/// Host memory for the state, in bytes, overhead included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateSize(u64);

impl StateSize {
    /// The smallest: 256 KiB, some 390 addresses.
    pub const MIN: Self = Self(256 << 10);
    /// The default: 64 MiB, some 102,000 addresses, and where 237,000 accounts got in from.
    pub const DEFAULT: Self = Self(64 << 20);
    /// The largest: 16 GiB.
    pub const MAX: Self = Self(16 << 30);

    /// Checks a size.
    ///
    /// # Errors
    /// If it is outside [`StateSize::MIN`] to [`StateSize::MAX`].
    pub fn new(bytes: u64) -> Result<Self, SizeError> {
        let size = Self(bytes);
        if (Self::MIN..=Self::MAX).contains(&size) { Ok(size) } else { Err(SizeError(bytes)) }
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The most entries of a kind.
    #[must_use]
    pub fn entries(self, kind: EntryKind) -> u64 {
        u64::from(self.slots(kind)) * ways(kind) as u64
    }

    /// The slots of a kind's region; at least one.
    pub(crate) fn slots(self, kind: EntryKind) -> u32 {
        let reserve = (self.0 / RESERVE_PARTS).max(MIN_RESERVE);
        let share = self.0.saturating_sub(reserve) / SHARES * share(kind);
        u32::try_from(share / SLOT_HOST_BYTES).unwrap_or(u32::MAX).max(1)
    }
}

/// A size outside the allowed range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeError(u64);

impl fmt::Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (StateSize::MIN.0, StateSize::MAX.0);
        write!(f, "state size: {} bytes given, allowed are {min} to {max}", self.0)
    }
}

impl std::error::Error for SizeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::host_bytes;

    #[test]
    fn slots_stay_below_the_allocators_next_size_class() {
        for kind in EntryKind::ALL {
            assert!(slot_bytes(kind) <= SLOT_BYTES, "{kind:?}: {}", slot_bytes(kind));
            assert!(host_bytes(slot_bytes(kind)) <= SLOT_HOST_BYTES, "{kind:?}");
        }
        assert_eq!(host_bytes(SLOT_BYTES), SLOT_HOST_BYTES);
        assert!(host_bytes(1_024) > SLOT_HOST_BYTES);
        assert_eq!(EntryKind::ALL.map(ways), [4, 5, 16, 9, 6, 62, 37]);
    }

    #[test]
    fn all_regions_and_the_reserve_fit_in_the_size() {
        assert_eq!(EntryKind::ALL.map(share), [16, 8, 2, 4, 1, 1, 4]);
        assert_eq!(EntryKind::ALL.map(share).iter().sum::<u64>(), SHARES);
        for bytes in [StateSize::MIN.0, 1 << 20, 12_345_678, StateSize::MAX.0] {
            let size = StateSize::new(bytes).unwrap();
            let slots: u64 = EntryKind::ALL.iter().map(|kind| u64::from(size.slots(*kind))).sum();
            assert!(slots * SLOT_HOST_BYTES + reserve_bytes(slots) <= bytes, "{bytes}");
        }
    }

    #[test]
    fn smallest_reserve_holds_forty_endpoints() {
        use crate::outcome::record::OutcomeRecord;
        use crate::state::record::Record;
        use crate::state::table::meta::Meta;
        let bytes = 40 * host_bytes(OutcomeRecord::FORMAT.length) + host_bytes(Meta::FORMAT.length);
        assert!((bytes..bytes + 1_000).contains(&reserve_bytes(1)), "{bytes}");
    }

    #[test]
    fn documented_numbers_of_addresses_and_accounts_fit() {
        let addresses = StateSize::MIN.entries(EntryKind::Ip);
        assert!((385..395).contains(&addresses), "{addresses}");
        let default = StateSize::DEFAULT.entries(EntryKind::Ip);
        assert!((102_000..103_000).contains(&default), "{default}");
        let accounts = StateSize::DEFAULT.entries(EntryKind::Account);
        assert!((237_000..238_000).contains(&accounts), "{accounts}");
    }

    #[test]
    fn size_out_of_range_says_what_is_allowed() {
        let error = StateSize::new(1_000).unwrap_err().to_string();
        assert_eq!(error, "state size: 1000 bytes given, allowed are 262144 to 17179869184");
    }
}
