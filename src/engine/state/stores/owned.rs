//! A store with one owner: for replay, where no other worker can come between.
//!
//! It keeps the table's entries as they are rather than as the bytes of slots. A shared store
//! hands a slot of a thousand bytes out and takes it back at every update, and an entry is
//! read from it and written to it; in a replay, which does nothing else, that was most of the
//! time. What is known is the same, and so is who is pushed out: a test holds it to
//! [`MemoryStore`], which keeps all other values here too. Whoever changes an entry must not
//! come back to the store meanwhile: that panics.

use std::cell::RefCell;
use std::hint::black_box;

use super::cas::Written;
use super::memory::MemoryStore;
use crate::state::entry::Entry;
use crate::state::entry::counters::EntryKind;
use crate::state::identity::{EntryMark, Place};
use crate::state::stores::{Expected, Store, StoreError, Version, WriteError};
use crate::state::table::sizing::{host_bytes, slot_bytes, ways};
use crate::state::table::slot::{PriorOccupant, eviction_victim};
use crate::state::table::{Growth, Update};
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
pub struct Entries(RefCell<[Region; EntryKind::ALL.len()]>);

/// The entries of one kind, as in the slots of a shared store: laid out for a replay, which
/// mostly waits for memory.
#[derive(Default)]
struct Region {
    /// The marks of all slots, by themselves: what is looked through to find one.
    marks: Vec<EntryMark>,
    /// The entries of each slot, side by side: a newcomer to a full one looks at them all.
    entries: Vec<Vec<Entry>>,
}

impl Region {
    /// The marks in a slot; of free ways zeros.
    fn marks(&self, place: Place) -> &[EntryMark] {
        let ways = ways(place.kind);
        let start = place.slot as usize * ways;
        self.marks.get(start..start + ways).unwrap_or_default()
    }

    fn slot(&self, place: Place) -> &[Entry] {
        self.entries.get(place.slot as usize).map(Vec::as_slice).unwrap_or_default()
    }

    fn find(&self, place: Place) -> Option<usize> {
        self.marks(place).iter().position(|mark| *mark == place.mark)
    }

    /// Makes room for a newcomer in its slot, and says what was there.
    fn add(&mut self, place: Place, entry: Entry, now: Millis) -> PriorOccupant {
        let (slot, ways) = (place.slot as usize, ways(place.kind));
        if self.entries.len() <= slot {
            self.entries.resize_with(slot + 1, Vec::new);
            self.marks.resize((slot + 1) * ways, EntryMark::default());
        }
        let Some(entries) = self.entries.get_mut(slot) else { return PriorOccupant::Evicted };
        let (way, before) = match entries.len() {
            free if free < ways => (free, PriorOccupant::Free),
            _ => eviction_victim(entries.iter().cloned(), now),
        };
        match entries.get_mut(way) {
            Some(held) => *held = entry,
            None => entries.push(entry),
        }
        if let Some(mark) = self.marks.get_mut(slot * ways + way) {
            *mark = place.mark;
        }
        before
    }

    /// The entry that is held, advanced to `now`.
    // Not inlined, for there are a dozen updates: together they would not fit the processor's
    // cache of instructions, and a replay would wait for them.
    #[inline(never)]
    fn held(&mut self, place: Place, now: Millis) -> Option<&mut Entry> {
        let way = self.find(place)?;
        let entry = self.entries.get_mut(place.slot as usize)?.get_mut(way)?;
        entry.advance(now);
        Some(entry)
    }

    /// Keeps a newcomer, if anything was learnt of it.
    #[inline(never)]
    fn keep(&mut self, place: Place, newcomer: Entry, now: Millis) -> (Growth, Written) {
        if newcomer.is_empty() {
            return (Growth::default(), Written::Unchanged);
        }
        let is_first = self.slot(place).is_empty();
        let bytes = if is_first { host_bytes(slot_bytes(place.kind)) } else { 0 };
        let before = self.add(place, newcomer, now);
        (Growth { bytes, before: Some(before) }, Written::Stored)
    }

    fn used_slots(&self) -> u64 {
        self.entries.iter().filter(|entries| !entries.is_empty()).count() as u64
    }
}

impl Entries {
    /// Has memory bring entries that are about to be read, all at once: waiting for one after
    /// the other takes a replay a tenth to a fifth longer.
    #[inline(never)]
    pub(crate) fn fetch(&self, places: impl Iterator<Item = Place> + Clone) {
        let regions = self.0.borrow();
        let regions = places.filter_map(|place| Some((regions.get(place.kind as usize)?, place)));
        let first = |(region, place): (&Region, Place)| {
            Some(region.marks(place).first()?[0] as usize ^ region.slot(place).len())
        };
        black_box(regions.clone().filter_map(first).fold(0, |sum, first| sum ^ first));
        let touched = |(region, place): (&Region, Place)| {
            region.slot(place).get(region.find(place)?).map(|entry| entry.touched)
        };
        black_box(regions.filter_map(touched).fold(0, |sum, touched| sum ^ touched));
    }

    /// The entry of an identity, as last touched.
    #[inline(never)]
    pub(crate) fn find(&self, place: Place) -> Option<Entry> {
        let regions = self.0.borrow();
        let region = regions.get(place.kind as usize)?;
        region.slot(place).get(region.find(place)?).cloned()
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
        let bytes = |(kind, region): (EntryKind, &Region)| {
            region.used_slots() * host_bytes(slot_bytes(kind))
        };
        EntryKind::ALL.into_iter().zip(regions.iter()).map(bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::entry::counters::Counter;
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
                let place = table.place(EntryKind::Ip, &who.to_be_bytes());
                let tag = key.tag(Tagged::Password, &later.to_le_bytes());
                let change = |entry: &mut Entry| match step {
                    0 => entry.add(Counter::IpFailures),
                    1 => entry.add(Counter::IpAttempts),
                    2 => {
                        entry.insert(Counter::IpUsernames, tag);
                    }
                    3 => {
                        entry.insert(Counter::IpDistinctFailures, tag);
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
                let place = table.place(EntryKind::Ip, &who.to_be_bytes());
                prop_assert_eq!(place.read(&owned, now), place.read(&shared, now));
            }
            prop_assert_eq!(owned.host_bytes(), shared.host_bytes());
        }
    }
}
