//! The meta record: what the workers of one process agree on before they share a table.
//!
//! The first worker to open the table writes it with [`Expected::Absent`], so only one
//! succeeds. The others adopt what is there: the hash key, and the slots of each region. It
//! never changes afterwards, because the size of a table is fixed by its first use.
//!
//! [`Expected::Absent`]: crate::state::stores::Expected::Absent

use super::sizing::StateSize;
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::{HASH_KEY_BYTES, HashKey};
use crate::state::kind::EntryKind;
use crate::state::record::{Record, SCHEMA};
use crate::state::stores::Store;

pub(crate) const KEY: &str = "unstuff/meta";

/// Whether what is stored under the key is a meta record with another schema.
pub(super) fn is_of_another_version<S: Store + ?Sized>(store: &S) -> bool {
    let stored = store.read(KEY).ok().flatten();
    stored.is_some_and(|(value, _)| {
        value.starts_with(&Meta::MAGIC) && !value.starts_with(&Meta::FORMAT.header)
    })
}

/// What the workers agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) key: HashKey,
    /// Slots of each region, in the order of [`EntryKind::ALL`].
    pub(crate) slots: [u32; EntryKind::ALL.len()],
}

impl Meta {
    /// What the first worker to open the table proposes.
    pub(crate) fn new(size: StateSize, random: [u8; HASH_KEY_BYTES]) -> Self {
        Self { key: HashKey::new(random), slots: EntryKind::ALL.map(|kind| size.slots(kind)) }
    }

    /// The slots of a kind's region.
    pub(crate) fn slots(&self, kind: EntryKind) -> u32 {
        self.slots.get(usize::from(kind.code())).copied().unwrap_or(1)
    }
}

impl Record for Meta {
    const MAGIC: [u8; 3] = *b"UsM";
    const SCHEMA: u8 = SCHEMA;
    const PAYLOAD_BYTES: usize = HASH_KEY_BYTES + 4 * EntryKind::ALL.len();

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.put(self.key.bytes());
        self.slots.iter().for_each(|slots| out.u32(*slots));
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        let key = HashKey::new(from.take());
        let slots = EntryKind::ALL.map(|_| from.u32());
        (!slots.contains(&0)).then_some(Self { key, slots })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn region_without_slots_is_junk() {
        let mut meta = Meta::new(StateSize::DEFAULT, [5; HASH_KEY_BYTES]);
        assert_eq!(Meta::from_bytes(&meta.to_bytes()), Some(meta.clone()));
        meta.slots[2] = 0;
        assert_eq!(Meta::from_bytes(&meta.to_bytes()), None);
    }
}
