//! Entries by place: the part of the state that the engine reads and changes.
//!
//! Every [`Store`](crate::state::Store) is an [`EntryStore`]: the table keeps entries in
//! slots under its keys. A caller that shares its entries with nobody can keep them in
//! another way, as replay does.

use crate::state::entry::Entry;
use crate::state::eviction::PriorOccupant;
use crate::state::identity::Place;
use crate::state::stores::StoreError;
use crate::state::stores::cas::Written;
use crate::time::Millis;

/// Entries by place.
pub trait EntryStore {
    /// The entry of an identity, advanced to `now`; empty if nothing is known.
    ///
    /// # Errors
    /// If the storage cannot be read.
    fn read_entry(&self, place: Place, now: Millis) -> Result<Entry, StoreError>;

    /// Changes the entry of an identity. `change` may run several times. Each run sees what
    /// is stored by then, advanced to `now`; an empty entry if the storage cannot be read. An
    /// empty entry of an unknown identity is not stored.
    fn update_entry<R>(
        &self,
        place: Place,
        now: Millis,
        change: impl FnMut(&mut Entry) -> R,
    ) -> Update<R>;
}

/// The effects of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update<R> {
    /// What the last run of the closure returned.
    pub result: R,
    /// Whether the change is stored.
    pub written: Written,
    /// Host bytes that the state grew by: a slot was written for the first time.
    pub grown_bytes: u64,
    /// Entries that the state grew by: 0 or 1.
    pub grown_entries: u32,
    /// Another identity's entry was lost to make room.
    pub evicted: bool,
    /// Tries that lost against another writer.
    pub retries: u32,
}

impl<R> Update<R> {
    /// An update that added no entry.
    pub fn new(result: R, written: Written) -> Self {
        Self { result, written, grown_bytes: 0, grown_entries: 0, evicted: false, retries: 0 }
    }

    /// An update that stored a new entry in place of `before`. `grown_bytes` are the host
    /// bytes of its slot if that is new too.
    pub fn of_new_entry(result: R, before: PriorOccupant, grown_bytes: u64) -> Self {
        Self {
            grown_bytes,
            grown_entries: u32::from(before == PriorOccupant::Free),
            evicted: before == PriorOccupant::Evicted,
            ..Self::new(result, Written::Stored)
        }
    }

    /// The same update with another result.
    pub(crate) fn with_result<T>(self, result: T) -> Update<T> {
        let Self { result: _, written, grown_bytes, grown_entries, evicted, retries } = self;
        Update { result, written, grown_bytes, grown_entries, evicted, retries }
    }
}
