//! Entries as a replay keeps them: one owner, in memory, without the bytes of slots.
//!
//! A shared store hands out a slot of a thousand bytes at every update and takes it back,
//! and an entry is decoded from it and encoded to it. That would be most of a replay's time.
//! Slots, eviction and sizes are those of the table: a test compares the two.

use std::cell::RefCell;

use unstuff_engine::state::eviction::{PriorOccupant, eviction_victim};
use unstuff_engine::state::stores::host_bytes;
use unstuff_engine::state::table::sizing::{slot_bytes, ways};
use unstuff_engine::state::{
    Entry, EntryKind, EntryMark, EntryStore, Place, StoreError, Update, Written,
};
use unstuff_engine::time::Millis;

/// All entries, slot by slot. An update must not use the map again from its closure: that
/// panics.
#[derive(Default)]
pub(super) struct EntryMap(RefCell<[Vec<EntrySlot>; EntryKind::ALL.len()]>);

/// One slot. Marks are apart from entries: a lookup reads a few bytes of each.
#[derive(Default)]
struct EntrySlot {
    marks: Vec<EntryMark>,
    entries: Vec<Entry>,
}

impl EntrySlot {
    fn find(&self, place: Place) -> Option<usize> {
        self.marks.iter().position(|mark| mark == place.mark())
    }

    /// Keeps a new entry. Returns what its way held before.
    fn insert(&mut self, place: Place, entry: Entry, now: Millis) -> PriorOccupant {
        if self.entries.len() < ways(place.kind()) {
            self.marks.push(*place.mark());
            self.entries.push(entry);
            return PriorOccupant::Free;
        }
        let (way, before) = eviction_victim(self.entries.iter().cloned(), now);
        if let (Some(mark), Some(held)) = (self.marks.get_mut(way), self.entries.get_mut(way)) {
            (*mark, *held) = (*place.mark(), entry);
        }
        before
    }
}

impl EntryMap {
    /// What the entries would cost in a proxy's memory, in bytes, overhead included.
    pub(super) fn host_bytes(&self) -> u64 {
        let regions = self.0.borrow();
        let bytes = |(kind, slots): (EntryKind, &Vec<EntrySlot>)| {
            let used = slots.iter().filter(|slot| !slot.entries.is_empty()).count() as u64;
            used * host_bytes(slot_bytes(kind))
        };
        EntryKind::ALL.into_iter().zip(regions.iter()).map(bytes).sum()
    }
}

impl EntryStore for EntryMap {
    fn read_entry(&self, place: Place, now: Millis) -> Result<Entry, StoreError> {
        let regions = self.0.borrow();
        let slot = regions.get(place.kind() as usize).and_then(|it| it.get(place.slot() as usize));
        let held = slot.and_then(|slot| slot.entries.get(slot.find(place)?));
        let Some(held) = held else { return Ok(Entry::empty(place.kind(), now)) };
        let mut entry = held.clone();
        entry.advance(now);
        Ok(entry)
    }

    fn update_entry<R>(
        &self,
        place: Place,
        now: Millis,
        mut change: impl FnMut(&mut Entry) -> R,
    ) -> Update<R> {
        let mut regions = self.0.borrow_mut();
        #[allow(clippy::indexing_slicing, reason = "a discriminant, and a slot just made")]
        let slot = {
            let (slots, number) = (&mut regions[place.kind() as usize], place.slot() as usize);
            if slots.len() <= number {
                slots.resize_with(number + 1, EntrySlot::default);
            }
            &mut slots[number]
        };
        if let Some(held) = slot.find(place).and_then(|way| slot.entries.get_mut(way)) {
            held.advance(now);
            return Update::new(change(held), Written::Stored);
        }
        let mut entry = Entry::empty(place.kind(), now);
        let result = change(&mut entry);
        if entry.is_empty() {
            return Update::new(result, Written::Unchanged);
        }
        let is_first = slot.entries.is_empty();
        let bytes = if is_first { host_bytes(slot_bytes(place.kind())) } else { 0 };
        Update::of_new_entry(result, slot.insert(place, entry, now), bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unstuff_engine::state::stores::memory::MemoryStore;
    use unstuff_engine::state::{Counter, HashKey, StateSize, Table, Tagged};

    use super::*;

    proptest! {
        #[test]
        fn map_and_table_hold_the_same_entries(
            steps in prop::collection::vec((0..5_u8, 0..2_000_u32, 0..50_u64), 1..300)
        ) {
            let (map, store) = (EntryMap::default(), MemoryStore::new());
            let table = Table::open(&store, StateSize::MIN, [7; 16]).unwrap();
            let opened = store.host_bytes();
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
                    // Adds nothing: an unknown identity is not stored.
                    _ => {}
                };
                let in_table = store.update_entry(place, now, change);
                let in_map = map.update_entry(place, now, change);
                // The map does not compare an entry with what it was.
                let written = in_table.written;
                prop_assert_eq!(Update { written, ..in_map }, in_table);
                prop_assert_eq!(map.read_entry(place, now), store.read_entry(place, now));
            }
            for who in 0..2_000_u32 {
                let place = table.place(EntryKind::Ip, &who.to_be_bytes());
                prop_assert_eq!(map.read_entry(place, now), store.read_entry(place, now));
            }
            prop_assert_eq!(opened + map.host_bytes(), store.host_bytes());
        }
    }
}
