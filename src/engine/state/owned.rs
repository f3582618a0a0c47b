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

/// The entries of a table, kind by kind.
#[derive(Default)]
pub struct Entries(RefCell<[Region; Kind::ALL.len()]>);

/// The entries of one kind. What is looked through to find one is kept by itself: most of the
/// time goes into waiting for memory.
#[derive(Default)]
struct Region {
    /// The ways of all slots, as far as they are in use.
    ways: Vec<Way>,
    entries: Vec<Entry>,
}

/// One way: whose entry it holds, and where that is. A mark of zeros: it is free.
#[derive(Clone, Copy, Default)]
struct Way {
    mark: Mark,
    entry: u32,
}

impl Region {
    /// The ways of a slot.
    fn slot(&self, place: Place) -> &[Way] {
        let ways = ways(place.kind);
        let start = place.slot as usize * ways;
        self.ways.get(start..start + ways).unwrap_or_default()
    }

    fn find(&self, place: Place) -> Option<usize> {
        let way = self.slot(place).iter().find(|way| way.mark == place.mark)?;
        Some(way.entry as usize)
    }

    /// Makes room for a newcomer in its slot, and says what was there.
    fn add(&mut self, place: Place, entry: Entry, now: Millis) -> Before {
        let ways = ways(place.kind);
        let start = place.slot as usize * ways;
        if self.ways.len() < start + ways {
            self.ways.resize(start + ways, Way::default());
        }
        let in_slot = self.slot(place).iter();
        let (way, before) = match in_slot.clone().position(|way| way.mark == Mark::default()) {
            Some(free) => (free, Before::Free),
            None => {
                let entries = in_slot.filter_map(|way| self.entries.get(way.entry as usize));
                least_dear(entries.cloned(), now)
            }
        };
        let Some(way) = self.ways.get_mut(start + way) else { return before };
        way.mark = place.mark;
        if before == Before::Free {
            way.entry = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
            self.entries.push(entry);
        } else if let Some(held) = self.entries.get_mut(way.entry as usize) {
            *held = entry;
        }
        before
    }

    /// The entry that is held, advanced to `now`.
    // Not inlined, for there are a dozen updates: together they would not fit the processor's
    // cache of instructions, and a replay would wait for them.
    #[inline(never)]
    fn held(&mut self, place: Place, now: Millis) -> Option<&mut Entry> {
        let at = self.find(place)?;
        let entry = self.entries.get_mut(at)?;
        entry.advance(now);
        Some(entry)
    }

    /// Keeps a newcomer, if anything was learnt of it.
    #[inline(never)]
    fn keep(&mut self, place: Place, newcomer: Entry, now: Millis) -> (Growth, Written) {
        if newcomer.is_empty() {
            return (Growth::default(), Written::Unchanged);
        }
        let is_first = self.slot(place).first().is_none_or(|way| way.mark == Mark::default());
        let bytes = if is_first { host_bytes(slot_bytes(place.kind)) } else { 0 };
        let before = self.add(place, newcomer, now);
        (Growth { bytes, before: Some(before) }, Written::Stored)
    }

    fn used_slots(&self, kind: Kind) -> u64 {
        let used = |slot: &&[Way]| slot.first().is_some_and(|way| way.mark != Mark::default());
        self.ways.chunks(ways(kind)).filter(used).count() as u64
    }
}

impl Entries {
    /// The entry of an identity, as last touched.
    #[inline(never)]
    pub(crate) fn find(&self, place: Place) -> Option<Entry> {
        let regions = self.0.borrow();
        let region = regions.get(place.kind as usize)?;
        region.entries.get(region.find(place)?).cloned()
    }

    /// As [`Place::update`].
    pub(crate) fn update<R>(
        &self,
        place: Place,
        now: Millis,
        mut change: impl FnMut(&mut Entry) -> R,
    ) -> Update<R> {
        let mut regions = self.0.borrow_mut();
        #[allow(clippy::indexing_slicing, reason = "a discriminant, one for each place")]
        let region = &mut regions[place.kind as usize];
        if let Some(entry) = region.held(place, now) {
            return Growth::default().update(change(entry), Written::Stored);
        }
        let mut newcomer = Entry::empty(place.kind, now);
        let result = change(&mut newcomer);
        let (growth, written) = region.keep(place, newcomer, now);
        growth.update(result, written)
    }

    fn host_bytes(&self) -> u64 {
        let regions = self.0.borrow();
        let bytes = |(kind, region): (Kind, &Region)| {
            region.used_slots(kind) * host_bytes(slot_bytes(kind))
        };
        Kind::ALL.into_iter().zip(regions.iter()).map(bytes).sum()
    }
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
