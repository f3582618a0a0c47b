//! The networks and fingerprints that an account got in from: a few short keyed tags of each.
//!
//! The most recent one is in front, and a new one pushes the last one out. Nothing is counted:
//! that an account got in from somewhere once says enough, and a record must be small, because a
//! site has more accounts than it has clients at a time. An attacker cannot push a tag out without
//! getting in.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::Tag;

use super::Entry;

/// Networks of an account: a home, a workplace, and two or three of a carrier.
const NETWORKS: usize = 5;
/// Fingerprints of an account: its browsers, and the versions before an update.
const CLIENTS: usize = 4;

/// A record is forgotten after so many seconds without a success: as long as a device cookie lasts.
pub(crate) const FORGOTTEN_AFTER: u32 = 90 * 86_400;

/// The tags of one account. 0 is a free place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FamiliarTags {
    networks: [u16; NETWORKS],
    clients: [u16; CLIENTS],
}

impl FamiliarTags {
    pub(crate) const BYTES: usize = 2 * (NETWORKS + CLIENTS);

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn knows_network(&self, tag: Tag) -> bool {
        self.networks.contains(&tag.short())
    }

    pub(crate) fn knows_client(&self, tag: Tag) -> bool {
        self.clients.contains(&tag.short())
    }

    /// Puts where the account got in from in front.
    pub(crate) fn remember(&mut self, network: Option<Tag>, client: Option<Tag>) {
        network.into_iter().for_each(|tag| to_front(&mut self.networks, tag.short()));
        client.into_iter().for_each(|tag| to_front(&mut self.clients, tag.short()));
    }

    pub(crate) fn encode(&self, out: &mut ByteWriter<'_>) {
        self.networks.iter().chain(&self.clients).for_each(|tag| out.u16(*tag));
    }

    pub(crate) fn decode(from: &mut ByteReader<'_>) -> Self {
        Self {
            networks: [(); NETWORKS].map(|()| from.u16()),
            clients: [(); CLIENTS].map(|()| from.u16()),
        }
    }
}

/// Moves a tag to the front of a list. A new one pushes the last one out.
fn to_front(tags: &mut [u16], tag: u16) {
    let known = tags.iter().position(|it| *it == tag);
    let place = known.unwrap_or(tags.len().saturating_sub(1));
    if let Some(moved) = tags.get_mut(..=place) {
        moved.rotate_right(1);
    }
    tags.first_mut().into_iter().for_each(|first| *first = tag);
}

impl Entry {
    /// Whether the account got in from this network.
    #[must_use]
    pub fn knows_network(&self, network: Tag) -> bool {
        self.familiar.knows_network(network)
    }

    /// Whether the account got in with this fingerprint.
    #[must_use]
    pub fn knows_client(&self, fingerprint: Tag) -> bool {
        self.familiar.knows_client(fingerprint)
    }

    /// Remembers where an account got in from, if the kind keeps that.
    pub fn remember(&mut self, network: Option<Tag>, fingerprint: Option<Tag>) {
        if self.kind.is_familiarity() {
            self.familiar.remember(network, fingerprint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::identity::{HashKey, Tagged};

    fn tag(value: u8) -> Tag {
        HashKey::new([4; 16]).tag(Tagged::Network, &[value])
    }

    #[test]
    fn the_least_recent_tag_makes_room() {
        let mut tags = FamiliarTags::default();
        (0..5).for_each(|at| tags.remember(Some(tag(at)), Some(tag(at))));
        assert_eq!([0, 1, 2, 3, 4].map(|at| tags.knows_network(tag(at))), [true; 5]);
        assert_eq!([0, 1].map(|at| tags.knows_client(tag(at))), [false, true]);
        tags.remember(Some(tag(0)), None);
        tags.remember(Some(tag(5)), None);
        assert_eq!([0, 1, 5].map(|at| tags.knows_network(tag(at))), [true, false, true]);
        assert!(tags.knows_client(tag(4)), "an absent fingerprint changes nothing");
    }

    #[test]
    fn tags_are_read_as_written() {
        let mut tags = FamiliarTags::default();
        (0..3).for_each(|at| tags.remember(Some(tag(at)), Some(tag(at + 9))));
        let mut bytes = [0; FamiliarTags::BYTES];
        tags.encode(&mut ByteWriter(&mut bytes));
        assert_eq!(FamiliarTags::decode(&mut ByteReader(&bytes)), tags);
        assert!(FamiliarTags::default().is_empty() && !tags.is_empty());
    }
}
