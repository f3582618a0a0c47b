//! Entries in the slots of a table: one read, or one compare-and-swap.
//!
//! Counts are exact under contention while an entry is not evicted: an update is applied to
//! what is stored or not at all, and [`Update::written`] says which.

use crate::state::entry::Entry;
use crate::state::entry_store::{EntryStore, Update};
use crate::state::identity::Place;
use crate::state::kind::{EntryKind, REGION_LETTERS};
use crate::state::stores::cas::{CasOutcome, CasStep, Written, update_with};
use crate::state::stores::{Store, StoreError, host_bytes};
use crate::time::Millis;

use super::sizing::{SLOT_HOST_BYTES, slot_bytes};
use super::slot::{Slot, find_stored, slot_format};

impl<S: Store + ?Sized> EntryStore for S {
    fn read_entry(&self, place: Place, now: Millis) -> Result<Entry, StoreError> {
        let key = SlotKey::of(place);
        let key = key.as_str();
        let stored = self.read(key)?;
        let value = stored.as_ref().map(|(value, _)| value);
        let found = value.and_then(|value| find_stored(place.kind(), value, *place.mark()));
        self.keep(key, stored);
        let Some(mut entry) = found else { return Ok(Entry::empty(place.kind(), now)) };
        entry.advance(now);
        Ok(entry)
    }

    fn update_entry<R>(
        &self,
        place: Place,
        now: Millis,
        mut change: impl FnMut(&mut Entry) -> R,
    ) -> Update<R> {
        let mut result = None;
        let update = update_slot(self, place, now, &mut |entry| result = Some(change(entry)));
        // It has run at least once.
        let result = result.unwrap_or_else(|| change(&mut Entry::empty(place.kind(), now)));
        update.with_result(result)
    }
}

/// Updates an entry in its slot. Not generic in `change`: with a dozen updates, the module
/// would be larger by some percent.
fn update_slot<S: Store + ?Sized>(
    store: &S,
    place: Place,
    now: Millis,
    change: &mut dyn FnMut(&mut Entry),
) -> Update<()> {
    let kind = place.kind();
    let updated = update_with(store, SlotKey::of(place).as_str(), |stored| {
        let grown_bytes = grown(kind, stored.as_deref());
        let mut slot = Slot::new(kind, stored);
        let (way, mut entry) = match slot.find(*place.mark()) {
            Some((way, entry)) => (Some(way), entry),
            None => (None, Entry::empty(kind, now)),
        };
        entry.advance(now);
        change(&mut entry);
        let (way, update) = match way {
            Some(way) => (way, Update::new((), Written::Stored)),
            None if entry.is_empty() => {
                return CasStep::unchanged(Update::new((), Written::Unchanged));
            }
            None => {
                let (way, before) = slot.make_room(now);
                (way, Update::of_new_entry((), before, grown_bytes))
            }
        };
        let changed = slot.put(way, *place.mark(), &entry);
        CasStep { value: changed.then(|| slot.into_bytes()), result: update }
    });
    let CasOutcome { result: update, written, retries } = updated;
    match written {
        Written::Stored => Update { retries, ..update },
        lost => Update { retries, ..Update::new((), lost) },
    }
}

/// Host bytes that storing a slot adds to what is stored under its key.
fn grown(kind: EntryKind, stored: Option<&[u8]>) -> u64 {
    match stored {
        Some(value) if slot_format(kind).matches(value) => 0,
        Some(junk) => SLOT_HOST_BYTES.saturating_sub(host_bytes(junk.len())),
        None => host_bytes(slot_bytes(kind)),
    }
}

const PREFIX: &[u8] = b"unstuff/";

/// A slot's key, such as `unstuff/ip/0001a2b3`. It fits the host's string object, so neither
/// side allocates for it.
pub(super) struct SlotKey {
    bytes: [u8; SlotKey::MAX],
    length: usize,
}

impl SlotKey {
    /// The longest key in bytes; libc++ keeps strings up to this length in place.
    pub(super) const MAX: usize = 22;

    pub(super) fn of(place: Place) -> Self {
        Self::new(place.kind(), place.slot())
    }

    pub(super) fn new(kind: EntryKind, slot: u32) -> Self {
        let mut key = Self { bytes: [0; Self::MAX], length: 0 };
        key.push(PREFIX);
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

    pub(super) fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }
}

// Prefix, region, slash and eight digits.
const _: () = assert!(PREFIX.len() + REGION_LETTERS + 1 + 8 <= SlotKey::MAX);
