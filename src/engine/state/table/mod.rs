//! The table: from an identity to its entry, by one read or one compare-and-swap.
//!
//! All workers of a process share it through a [`Store`]. Counts are exact under contention
//! while an entry is not evicted (`entries`).
//!
//! The first worker to open the table fixes its size. A later one with another size adopts
//! what there is, and reports that its own size waits for a restart.

mod entries;
pub(crate) mod meta;
pub mod sizing;
pub(crate) mod slot;

use crate::state::identity::{EntryMark, HashKey, Place};
use crate::state::kind::EntryKind;
use crate::state::record::Record;
use crate::state::stores::cas::{CasStep, Written};
use crate::state::stores::{Store, StoreError};
use meta::Meta;
use sizing::{SLOT_HOST_BYTES, StateSize, reserve_bytes};

/// The table of one process, as one worker sees it.
#[derive(Clone, Debug)]
pub struct Table {
    meta: Meta,
    waiting_for_restart: bool,
    replaces_another_version: bool,
}

impl Table {
    /// Opens the table. Creates it with this size and these random bytes, unless another
    /// worker has: then adopts that one.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn open<S>(store: &S, size: StateSize, random: [u8; 16]) -> Result<Self, StoreError>
    where
        S: Store + ?Sized,
    {
        let proposed = Meta::new(size, random);
        let replaces_another_version = meta::is_of_another_version(store);
        let opened = Meta::update_with(store, meta::KEY, |stored| match stored {
            Some(adopted) => CasStep::unchanged(adopted),
            None => CasStep::store(proposed.clone(), proposed.clone()),
        });
        match opened.written {
            Written::Failed | Written::Exhausted => Err(StoreError),
            Written::Stored | Written::Unchanged => Ok(Self {
                waiting_for_restart: opened.result.slots != proposed.slots,
                replaces_another_version: replaces_another_version
                    && opened.written == Written::Stored,
                meta: opened.result,
            }),
        }
    }

    /// The key of all tags in this process.
    #[must_use]
    pub fn hash_key(&self) -> &HashKey {
        &self.meta.key
    }

    /// Whether the size asked for differs from the one in use until the process restarts.
    #[must_use]
    pub fn waiting_for_restart(&self) -> bool {
        self.waiting_for_restart
    }

    /// Whether this table takes the place of one that another version of the module has made. What
    /// that one holds is not read, and is overwritten.
    #[must_use]
    pub fn replaces_another_version(&self) -> bool {
        self.replaces_another_version
    }

    /// How many slots a set beside the table may have: one for every `per` slots of all
    /// regions, at least one. All workers agree on it, as they do on the table's slots.
    pub(crate) fn share(&self, per: u32) -> u32 {
        let slots = self.meta.slots.iter().fold(0_u32, |sum, slots| sum.saturating_add(*slots));
        slots.checked_div(per).unwrap_or(0).max(1)
    }

    /// The most memory that the state takes of the host, in bytes, overhead included.
    #[must_use]
    pub fn ceiling_bytes(&self) -> u64 {
        let slots: u64 = self.meta.slots.iter().copied().map(u64::from).sum();
        slots * SLOT_HOST_BYTES + reserve_bytes(slots)
    }

    /// Where the entry of an identity would be of which a record tells the mark alone.
    pub(crate) fn recorded_place(&self, kind: EntryKind, mark: EntryMark) -> Place {
        Place::recorded(kind, mark, self.meta.slots(kind))
    }

    /// Where the entry of an identity is, or would be.
    #[must_use]
    pub fn place(&self, kind: EntryKind, identity: &[u8]) -> Place {
        self.meta.key.place(kind, identity, self.meta.slots(kind))
    }
}

#[cfg(test)]
mod tests;
