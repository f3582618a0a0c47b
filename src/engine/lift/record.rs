//! The record of lists that were carried out: a configuration may come again and again, to each
//! worker and at each update, and its list is meant once.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::Record;
use crate::state::stores::Store;
use crate::state::stores::cas::CasStep;

/// The record's key.
const KEY: &str = "unstuff/lift";

/// Lists that are remembered, the last ones. A configuration that is rolled back must not carry out
/// its list again, and nobody rolls back further.
const REMEMBERED: usize = 8;

/// What tells a list from others; never 0, which is a free place.
pub(super) type ListDigest = u64;

/// The lists that were carried out, the most recent first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LiftRecord([ListDigest; REMEMBERED]);

impl LiftRecord {
    /// Notes that a list is carried out. Returns whether that is left to do: no other worker has
    /// noted it. Where the store fails it is, because an operator waits.
    pub(super) fn claim<S: Store + ?Sized>(store: &S, list: ListDigest) -> bool {
        Self::update_with(store, KEY, |stored| {
            let mut record = stored.unwrap_or_default();
            if record.0.contains(&list) {
                return CasStep::unchanged(false);
            }
            record.0.rotate_right(1);
            if let Some(first) = record.0.first_mut() {
                *first = list;
            }
            CasStep::store(record, true)
        })
        .result
    }
}

impl Record for LiftRecord {
    const MAGIC: [u8; 3] = *b"UsL";
    const SCHEMA: u8 = 1;
    const PAYLOAD_BYTES: usize = 8 * REMEMBERED;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        self.0.iter().for_each(|digest| out.put(digest.to_le_bytes()));
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        Some(Self([(); REMEMBERED].map(|()| u64::from_le_bytes(from.take()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::memory::MemoryStore;

    #[test]
    fn a_list_is_claimed_once_and_the_last_eight_are_remembered() {
        let store = MemoryStore::new();
        for list in 1..=8 {
            assert!(LiftRecord::claim(&store, list));
            assert!(!LiftRecord::claim(&store, list));
        }
        assert!(!LiftRecord::claim(&store, 1), "the first of eight");
        assert!(LiftRecord::claim(&store, 9));
        assert!(LiftRecord::claim(&store, 1), "nine ago");
    }
}
