//! A slot: one stored value with a few entries of one kind, each in its way.
//!
//! ```text
//! header (4) · way 0 · way 1 · …
//! ```
//!
//! The header ends with schema and kind ([`crate::state::record`]). A new entry in a full slot
//! takes the way of another one ([`crate::state::eviction`]).

use crate::time::Millis;

use super::sizing::{slot_bytes, ways};
use crate::state::entry::Entry;
use crate::state::entry::codec::entry_bytes;
use crate::state::eviction::{PriorOccupant, eviction_victim};
use crate::state::identity::{EntryMark, MARK_BYTES};
use crate::state::kind::EntryKind;
use crate::state::record::{HEADER_BYTES, RecordFormat, SCHEMA};

const FREE: EntryMark = [0; MARK_BYTES];

/// The format of a slot of a kind.
pub(crate) const fn slot_format(kind: EntryKind) -> RecordFormat {
    RecordFormat { header: [b'U', b's', SCHEMA, kind.code()], length: slot_bytes(kind) }
}

/// A slot's value, of the right format.
pub(crate) struct Slot {
    kind: EntryKind,
    bytes: Vec<u8>,
}

impl Slot {
    /// The slot stored as `value`; an empty one if there is none or it is junk.
    pub(crate) fn new(kind: EntryKind, value: Option<Vec<u8>>) -> Self {
        let format = slot_format(kind);
        let bytes = value.filter(|value| format.matches(value)).unwrap_or_else(|| format.zeroed());
        Self { kind, bytes }
    }

    /// The entry with this mark, as last touched, and its way.
    pub(crate) fn find(&self, mark: EntryMark) -> Option<(usize, Entry)> {
        find(self.kind, &self.bytes, mark)
    }

    /// The way for a new entry, and what it held before.
    pub(crate) fn make_room(&self, now: Millis) -> (usize, PriorOccupant) {
        if let Some(free) = self.ways().position(|way| mark_of(way) == FREE) {
            return (free, PriorOccupant::Free);
        }
        eviction_victim(self.ways().map(|way| Entry::decode(self.kind, way)), now)
    }

    /// Puts an entry in a way. Returns false if the bytes there are the same already.
    pub(crate) fn put(&mut self, way: usize, mark: EntryMark, entry: &Entry) -> bool {
        let size = entry_bytes(self.kind);
        let mut fresh = [0; MAX_ENTRY_BYTES];
        let Some(fresh) = fresh.get_mut(..size) else { return false };
        entry.encode(mark, fresh);
        let start = HEADER_BYTES + way * size;
        match self.bytes.get_mut(start..start + size) {
            Some(old) if differ(old, fresh) => {
                old.copy_from_slice(fresh);
                true
            }
            _ => false,
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn ways(&self) -> impl Iterator<Item = &[u8]> {
        ways_of(self.kind, &self.bytes)
    }
}

/// The entry with this mark in a stored value, if that is a slot of this kind.
pub(crate) fn find_stored(kind: EntryKind, value: &[u8], mark: EntryMark) -> Option<Entry> {
    let found = slot_format(kind).matches(value).then(|| find(kind, value, mark)).flatten();
    found.map(|(_, entry)| entry)
}

fn find(kind: EntryKind, slot: &[u8], mark: EntryMark) -> Option<(usize, Entry)> {
    let (way, bytes) = ways_of(kind, slot).enumerate().find(|(_, way)| mark_of(way) == mark)?;
    Some((way, Entry::decode(kind, bytes)))
}

fn ways_of(kind: EntryKind, slot: &[u8]) -> impl Iterator<Item = &[u8]> {
    let entries = slot.get(HEADER_BYTES..).unwrap_or_default();
    entries.chunks_exact(entry_bytes(kind)).take(ways(kind))
}

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const MAX_ENTRY_BYTES: usize = {
    let (mut most, mut i) = (0, 0);
    while i < EntryKind::ALL.len() {
        let bytes = entry_bytes(EntryKind::ALL[i]);
        most = if bytes > most { bytes } else { most };
        i += 1;
    }
    most
};

/// Whether two entries differ. By words: the comparison that wasm is linked with takes eight
/// instructions for each byte.
fn differ(one: &[u8], other: &[u8]) -> bool {
    let (mut one, mut other) = (one, other);
    while let (Some((a, rest)), Some((b, other_rest))) =
        (one.split_first_chunk::<8>(), other.split_first_chunk::<8>())
    {
        if u64::from_le_bytes(*a) != u64::from_le_bytes(*b) {
            return true;
        }
        (one, other) = (rest, other_rest);
    }
    one != other
}

fn mark_of(way: &[u8]) -> EntryMark {
    way.first_chunk().copied().unwrap_or(FREE)
}
