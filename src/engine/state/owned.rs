//! A store with one owner: for replay, where no other worker can come between.
//!
//! It keeps the table's entries as they are rather than as the bytes of slots. A shared store
//! hands a slot of a thousand bytes out and takes it back at every update, and an entry is
//! read from it and written to it; in a replay, which does nothing else, that was most of the
//! time. What is known is the same, and so is who is pushed out: a test holds it to
//! [`MemoryStore`], which keeps all other values here too. Whoever changes an entry must not
//! come back to the store meanwhile: that panics.

use std::cell::RefCell;

use super::entry::Entry;
use super::identity::{Mark, Place};
use super::kept::Kind;
use super::memory::MemoryStore;
use super::sizing::{host_bytes, slot_bytes, ways};
use super::slot::{Before, least_dear};
use super::store::{Expected, Store, StoreError, Version, WriteError};
use super::swap::Written;
use super::table::{Growth, Update};
use crate::time::Millis;

/// A [`Store`] in memory that one thread has for itself.
#[derive(Default)]
pub struct OwnedStore {
    entries: Entries,
    others: MemoryStore,
}

impl OwnedStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the contents would cost in a real host, in bytes, overhead included.
    #[must_use]
    pub fn host_bytes(&self) -> u64 {
        self.entries.host_bytes() + self.others.host_bytes()
    }
}

impl Store for OwnedStore {
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, Version)>, StoreError> {
        self.others.read(key)
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        self.others.write(key, value, expected)
    }

    fn entries(&self) -> Option<&Entries> {
        Some(&self.entries)
    }
}

/// The entries of a table: for each kind its slots, as far as they are in use.
#[derive(Default)]
pub struct Entries(RefCell<[Vec<Ways>; Kind::ALL.len()]>);

/// The entries of a slot, in the order of its ways; their marks by themselves, so that looking
/// for one does not walk through all that is known of its neighbours.
#[derive(Default)]
struct Ways {
    marks: Vec<Mark>,
    entries: Vec<Entry>,
}

impl Ways {
    fn find(&self, mark: Mark) -> Option<usize> {
        self.marks.iter().position(|it| *it == mark)
    }

    /// Puts a newcomer in the way of the least dear if all are in use, and says what was there.
    fn add(&mut self, mark: Mark, entry: Entry, now: Millis) -> Before {
        if self.marks.len() < ways(entry.kind) {
            self.marks.push(mark);
            self.entries.push(entry);
            return Before::Free;
        }
        let (way, before) = least_dear(self.entries.iter().cloned(), now);
        if let (Some(marked), Some(held)) = (self.marks.get_mut(way), self.entries.get_mut(way)) {
            (*marked, *held) = (mark, entry);
        }
        before
    }
}

impl Entries {
    /// The entry of an identity, as last touched.
    pub(crate) fn find(&self, place: Place) -> Option<Entry> {
        let regions = self.0.borrow();
        let ways = regions.get(place.kind as usize)?.get(place.slot as usize)?;
        ways.entries.get(ways.find(place.mark)?).cloned()
    }

    /// As [`Place::update`].
    pub(crate) fn update<R>(
        &self,
        place: Place,
        now: Millis,
        mut change: impl FnMut(&mut Entry) -> R,
    ) -> Update<R> {
        let Place { kind, slot, mark } = place;
        let mut regions = self.0.borrow_mut();
        let Some(ways) = slot_of(regions.as_mut_slice(), kind, slot) else {
            return Growth::default().update(change(&mut Entry::empty(kind, now)), Written::Failed);
        };
        if let Some(entry) = ways.find(mark).and_then(|way| ways.entries.get_mut(way)) {
            entry.advance(now);
            return Growth::default().update(change(entry), Written::Stored);
        }
        let mut entry = Entry::empty(kind, now);
        let result = change(&mut entry);
        if entry.is_empty() {
            return Growth::default().update(result, Written::Unchanged);
        }
        let bytes = if ways.marks.is_empty() { host_bytes(slot_bytes(kind)) } else { 0 };
        let before = ways.add(mark, entry, now);
        Growth { bytes, before: Some(before) }.update(result, Written::Stored)
    }

    fn host_bytes(&self) -> u64 {
        let regions = self.0.borrow();
        let bytes = |(kind, slots): (Kind, &Vec<Ways>)| {
            let used = slots.iter().filter(|ways| !ways.marks.is_empty()).count() as u64;
            used * host_bytes(slot_bytes(kind))
        };
        Kind::ALL.into_iter().zip(regions.iter()).map(bytes).sum()
    }
}

/// A slot, made if it is new.
fn slot_of(regions: &mut [Vec<Ways>], kind: Kind, slot: u32) -> Option<&mut Ways> {
    let region = regions.get_mut(kind as usize)?;
    let slot = slot as usize;
    if region.len() <= slot {
        region.resize_with(slot + 1, Ways::default);
    }
    region.get_mut(slot)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::kept::Kept;
    use crate::state::{HashKey, StateSize, Table, Tagged};

    proptest! {
        #[test]
        fn as_entries_and_as_bytes_the_table_is_the_same(
            steps in prop::collection::vec((0..5_u8, 0..2_000_u32, 0..50_u64), 1..300)
        ) {
            let (owned, shared) = (OwnedStore::new(), MemoryStore::new());
            let table = Table::open(&owned, StateSize::MIN, [7; 16]).unwrap();
            Table::open(&shared, StateSize::MIN, [7; 16]).unwrap();
            let key = HashKey::new([3; 16]);
            let mut now = Millis(1_800_000_000_000);
            for (step, who, later) in steps {
                now = now.plus_seconds(later * later);
                let place = table.place(Kind::Ip, &who.to_be_bytes());
                let tag = key.tag(Tagged::Password, &later.to_le_bytes());
                let change = |entry: &mut Entry| match step {
                    0 => entry.add(Kept::IpFailures),
                    1 => entry.add(Kept::IpAttempts),
                    2 => {
                        entry.insert(Kept::IpUsernames, tag);
                    }
                    3 => {
                        entry.insert(Kept::IpDistinctFailures, tag);
                    }
                    // Of a stranger about whom nothing is learnt, nothing is kept.
                    _ => {}
                };
                let by_bytes = place.update(&shared, now, change);
                let as_entries = place.update(&owned, now, change);
                // An entry that is there is changed in place, whether that makes it another.
                let written = by_bytes.written;
                prop_assert_eq!(Update { written, ..as_entries }, by_bytes);
                prop_assert_eq!(place.read(&owned, now), place.read(&shared, now));
            }
            for who in 0..2_000_u32 {
                let place = table.place(Kind::Ip, &who.to_be_bytes());
                prop_assert_eq!(place.read(&owned, now), place.read(&shared, now));
            }
            prop_assert_eq!(owned.host_bytes(), shared.host_bytes());
        }
    }
}
