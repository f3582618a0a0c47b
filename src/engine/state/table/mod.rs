//! The table: from an identity to its entry, by one read, or one compare-and-swap.
//!
//! Shared by all workers of a process through a [`Store`]. Counts are exact under
//! contention while an entry is not evicted: an update is applied to what is stored or not
//! at all, and says which ([`Update::written`]).
//!
//! Sizes are fixed by whoever opens it first; a later opener with another size adopts what
//! there is and reports that its own waits for a restart.

mod meta;
pub mod sizing;
pub mod slot;

use crate::time::Millis;

use crate::state::entry::Entry;
use crate::state::entry::counters::EntryKind;
use crate::state::identity::{HashKey, Place};
use crate::state::stores::cas::{CasOutcome, CasStep, Written, update_with};
use crate::state::stores::{Store, StoreError};
use meta::Meta;
use sizing::{SLOT_HOST_BYTES, StateSize, host_bytes, reserve_bytes, slot_bytes};
use slot::{PriorOccupant, Slot, find_stored, is_slot};

/// The table of one process, as one worker sees it.
#[derive(Clone, Debug)]
pub struct Table {
    meta: Meta,
    waiting_for_restart: bool,
}

/// What an update did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

impl Table {
    /// Opens the table: creates it with this size and these random bytes if nobody has, else
    /// adopts what there is.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn open<S>(store: &S, size: StateSize, random: [u8; 16]) -> Result<Self, StoreError>
    where
        S: Store + ?Sized,
    {
        let proposed = Meta::new(size, random);
        let opened = update_with(store, meta::KEY, |stored| {
            match stored.as_deref().and_then(Meta::decode) {
                Some(adopted) => CasStep { value: None, result: adopted },
                None => CasStep { value: Some(proposed.encode()), result: proposed.clone() },
            }
        });
        match opened.written {
            Written::Failed | Written::Exhausted => Err(StoreError),
            Written::Stored | Written::Unchanged => Ok(Self {
                waiting_for_restart: opened.result.slots != proposed.slots,
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

    /// One for every `per` slots of all regions, at least one: how large what is kept beside
    /// the table, in its reserve, may be. All workers agree on it, as they do on the slots.
    pub(crate) fn share(&self, per: u32) -> u32 {
        let slots = self.meta.slots.iter().fold(0_u32, |sum, slots| sum.saturating_add(*slots));
        slots.checked_div(per).unwrap_or(0).max(1)
    }

    /// The most that the state takes of the host's memory, in bytes, overhead included.
    #[must_use]
    pub fn ceiling_bytes(&self) -> u64 {
        let slots: u64 = self.meta.slots.iter().copied().map(u64::from).sum();
        slots * SLOT_HOST_BYTES + reserve_bytes(slots)
    }

    /// Where an identity's entry is, or would be.
    #[must_use]
    pub fn place(&self, kind: EntryKind, identity: &[u8]) -> Place {
        self.meta.key.place(kind, identity, self.meta.slots(kind))
    }
}

impl Place {
    /// What is known about the identity, advanced to `now`; empty if nothing is.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn read<S>(self, store: &S, now: Millis) -> Result<Entry, StoreError>
    where
        S: Store + ?Sized,
    {
        let found = match store.entries() {
            Some(entries) => entries.find(self),
            None => store
                .read(SlotKey::new(self.kind, self.slot).as_str())?
                .and_then(|(value, _)| find_stored(self.kind, &value, self.mark)),
        };
        let Some(mut entry) = found else { return Ok(Entry::empty(self.kind, now)) };
        entry.advance(now);
        Ok(entry)
    }

    /// Changes what is known about the identity. The closure may run several times, each on
    /// what is stored by then, advanced to `now`; on an empty entry if the store fails.
    pub fn update<S, R>(
        self,
        store: &S,
        now: Millis,
        mut change: impl FnMut(&mut Entry) -> R,
    ) -> Update<R>
    where
        S: Store + ?Sized,
    {
        if let Some(entries) = store.entries() {
            return entries.update(self, now, change);
        }
        let Self { kind, slot, mark } = self;
        let updated = update_with(store, SlotKey::new(kind, slot).as_str(), |stored| {
            let grown_bytes = grown(kind, stored.as_deref());
            let mut slot = Slot::new(kind, stored);
            let found = slot.find(mark);
            let way = found.as_ref().map(|(way, _)| *way);
            let mut entry = found.map_or_else(|| Entry::empty(kind, now), |(_, entry)| entry);
            entry.advance(now);
            let result = change(&mut entry);
            let (way, before) = match way {
                Some(way) => (way, None),
                // Of a stranger about whom nothing was learnt, nothing is kept.
                None if entry.is_empty() => {
                    return CasStep { value: None, result: (result, Growth::default()) };
                }
                None => {
                    let (way, before) = slot.make_room(now);
                    (way, Some(before))
                }
            };
            let changed = slot.put(way, mark, &entry);
            let growth = Growth { bytes: grown_bytes, before };
            CasStep { value: changed.then(|| slot.into_bytes()), result: (result, growth) }
        });
        let CasOutcome { result: (result, growth), written, retries } = updated;
        let growth = if written == Written::Stored { growth } else { Growth::default() };
        Update { retries, ..growth.update(result, written) }
    }
}

/// What an update adds to the state.
#[derive(Clone, Copy, Default)]
pub(crate) struct Growth {
    /// Host bytes.
    pub bytes: u64,
    /// What the way of a newcomer held before.
    pub before: Option<PriorOccupant>,
}

impl Growth {
    /// An update with this growth.
    pub fn update<R>(self, result: R, written: Written) -> Update<R> {
        Update {
            result,
            written,
            grown_bytes: self.bytes,
            grown_entries: u32::from(self.before == Some(PriorOccupant::Free)),
            evicted: self.before == Some(PriorOccupant::Evicted),
            retries: 0,
        }
    }
}

/// Host bytes that storing a slot adds to what is stored under its key.
fn grown(kind: EntryKind, stored: Option<&[u8]>) -> u64 {
    match stored {
        Some(value) if is_slot(kind, value) => 0,
        Some(junk) => SLOT_HOST_BYTES.saturating_sub(host_bytes(junk.len())),
        None => host_bytes(slot_bytes(kind)),
    }
}

/// A slot's key, such as `unstuff/ip/0001a2b3`: at most 22 bytes, so that the host's string
/// holds it without an allocation, and built here without one too.
struct SlotKey {
    bytes: [u8; SlotKey::MAX],
    length: usize,
}

impl SlotKey {
    const MAX: usize = 22;

    fn new(kind: EntryKind, slot: u32) -> Self {
        let mut key = Self { bytes: [0; Self::MAX], length: 0 };
        key.push(b"unstuff/");
        key.push(kind.region().as_bytes());
        key.push(b"/");
        // By hand: the formatting machinery takes longer than the hash of the identity.
        let digit = |shift: u32| match u8::try_from(slot >> shift & 0xF) {
            Ok(digit @ 0..=9) => b'0' + digit,
            Ok(digit) => b'a' - 10 + digit,
            Err(_) => b'0',
        };
        key.push(&[28, 24, 20, 16, 12, 8, 4, 0].map(digit));
        key
    }

    fn push(&mut self, text: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.length..self.length + text.len()) {
            place.copy_from_slice(text);
            self.length += text.len();
        }
    }

    fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
