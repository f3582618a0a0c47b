//! The meta key: what the workers of one process agree on before they share a table.
//!
//! The first to open the table writes it (with [`Expected::Absent`], so that one wins), the
//! others adopt what is there: the hash key, and the slots of each region. It is never
//! changed afterwards, for the size of a table is fixed when first used.
//!
//! Its value: `"UsM"`, schema (1), hash key (16), then 4 bytes of slots per kind in the
//! order of [`EntryKind::ALL`]. Anything else is junk and is replaced.
//!
//! [`Expected::Absent`]: crate::state::stores::Expected::Absent

use super::sizing::StateSize;
use super::slot::SCHEMA;
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::HashKey;
use crate::state::kind::EntryKind;

pub(crate) const KEY: &str = "unstuff/meta";

const MAGIC: [u8; 3] = *b"UsM";
const BYTES: usize = MAGIC.len() + 1 + 16 + 4 * EntryKind::ALL.len();

/// What is agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meta {
    pub key: HashKey,
    pub slots: [u32; EntryKind::ALL.len()],
}

impl Meta {
    /// What the first opener proposes.
    pub fn new(size: StateSize, random: [u8; 16]) -> Self {
        Self { key: HashKey::new(random), slots: EntryKind::ALL.map(|kind| size.slots(kind)) }
    }

    pub fn slots(&self, kind: EntryKind) -> u32 {
        let mut regions = EntryKind::ALL.iter().zip(self.slots);
        regions.find(|(region, _)| **region == kind).map_or(1, |(_, slots)| slots)
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; BYTES];
        let mut out = ByteWriter(&mut bytes);
        out.put(MAGIC);
        out.u8(SCHEMA);
        out.put(self.key.bytes());
        self.slots.iter().for_each(|slots| out.u32(*slots));
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = ByteReader(bytes);
        let sound = bytes.len() == BYTES && from.take() == MAGIC && from.u8() == SCHEMA;
        let meta =
            Self { key: HashKey::new(from.take()), slots: EntryKind::ALL.map(|_| from.u32()) };
        (sound && !meta.slots.contains(&0)).then_some(meta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_comes_back_and_junk_does_not() {
        let meta = Meta::new(StateSize::DEFAULT, [5; 16]);
        let bytes = meta.encode();
        assert_eq!(Meta::decode(&bytes), Some(meta));
        assert_eq!(Meta::decode(&bytes[1..]), None);
        assert_eq!(Meta::decode(&[]), None);
        let newer: Vec<u8> =
            bytes.iter().enumerate().map(|(i, b)| if i == 3 { SCHEMA + 1 } else { *b }).collect();
        assert_eq!(Meta::decode(&newer), None);
    }
}
