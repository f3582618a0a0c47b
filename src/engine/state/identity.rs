//! Identities as the table knows them: a place and a tag by keyed hash, never the bytes.
//!
//! SipHash-1-3 with 128 bits of output and a key that is random per process. Without the
//! key nobody can aim at a slot. With it (other plugins on the same vm_id can read it) a
//! tag is still too short to identify a username or a password: 32 bits, 19 or 16 in lists.
//! Each sort of value is hashed with a key of its own, so an address and a username of the
//! same bytes have unrelated hashes.

use std::fmt;

use siphasher::sip128::SipHasher13;

use crate::state::kind::EntryKind;

/// Bytes of a hash key.
pub(crate) const HASH_KEY_BYTES: usize = 16;

/// The key of all places and tags, shared by the workers of one process.
#[derive(Clone)]
pub struct HashKey {
    random: [u8; HASH_KEY_BYTES],
    /// One for each [`Domain`].
    hashers: [SipHasher13; DOMAINS],
}

/// What a tag is of; each has its own domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagged {
    /// A password, bytes as sent.
    Password,
    /// An endpoint's name.
    Endpoint,
    /// A network or an endpoint whose waits are limited.
    Limited,
    /// A network that an account got in from.
    Network,
    /// A fingerprint that an account got in with.
    Fingerprint,
}

impl Tagged {
    const COUNT: usize = Self::Fingerprint as usize + 1;
}

/// A keyed tag of 32 bits: all that the state knows of a username or a password.
///
/// Its `Debug` prints nothing of it, because it may derive from a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tag(u32);

/// Where the entry of an identity is: the kind's region, a slot there, and the mark that
/// tells the entry from others in the slot. [`super::Table::place`] finds it.
///
/// Its `Debug` prints nothing of it, as for a [`Tag`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place {
    kind: EntryKind,
    slot: u32,
    mark: EntryMark,
}

/// Tells an entry from others in its slot. 40 bits of an address: with 4 entries per slot, one
/// lookup in 2.7 × 10¹¹ finds another client's entry. 32 bits of a username or a password,
/// because no more of them may be stored: with 9 entries, one in 4.8 × 10⁸, with the 37 of an
/// account one in 1.2 × 10⁸. Never all zero,
/// which means a free way.
pub type EntryMark = [u8; MARK_BYTES];
pub(crate) const MARK_BYTES: usize = 5;

/// What is hashed: each kind of identity and each [`Tagged`] value by itself.
#[derive(Clone, Copy)]
enum Domain {
    EntryKind(EntryKind),
    Tagged(Tagged),
    Pair,
}

const DOMAINS: usize = EntryKind::ALL.len() + Tagged::COUNT + 1;

/// Domains that were added after the others. They come last: then a new one changes no other hash,
/// and a replay of the same trace stays the same.
const ADDED: usize = 10;

impl Domain {
    fn index(self) -> usize {
        match self {
            Self::EntryKind(EntryKind::Account) => ADDED,
            Self::EntryKind(kind) => kind as usize,
            Self::Tagged(Tagged::Network) => ADDED + 1,
            Self::Tagged(Tagged::Fingerprint) => ADDED + 2,
            Self::Tagged(tagged) => 6 + tagged as usize,
            Self::Pair => 9,
        }
    }
}

impl HashKey {
    /// The key made of random bytes.
    #[must_use]
    pub fn new(random: [u8; HASH_KEY_BYTES]) -> Self {
        let whole = SipHasher13::new_with_key(&random);
        Self { random, hashers: std::array::from_fn(|domain| hasher(&whole, domain)) }
    }

    pub(crate) fn bytes(&self) -> [u8; HASH_KEY_BYTES] {
        self.random
    }

    /// The tag of one value.
    #[must_use]
    pub fn tag(&self, what: Tagged, value: &[u8]) -> Tag {
        Tag::from(self.hash(Domain::Tagged(what), value))
    }

    /// The tag of a username and password together.
    #[must_use]
    pub fn pair(&self, username: &[u8], password: &[u8]) -> Tag {
        // A hash of one, keyed by the other: ("ab", "c") and ("a", "bc") differ.
        let (low, high) = self.hash(Domain::Pair, username);
        Tag::from(SipHasher13::new_with_keys(low, high).hash(password).as_u64())
    }

    /// The slot among `slots` and the mark of an identity, from one half of the hash each.
    pub(crate) fn place(&self, kind: EntryKind, identity: &[u8], slots: u32) -> Place {
        let (low, high) = self.hash(Domain::EntryKind(kind), identity);
        // Multiply-shift spreads evenly for any number of slots, without a division.
        let slot = (u128::from(low) * u128::from(slots)) >> 64;
        let [a, b, c, d, e, ..] = high.to_le_bytes();
        let mark = match (kind, [a, b, c, d, e]) {
            (EntryKind::Username | EntryKind::Password | EntryKind::Account, _) => [a, b, c, d, 1],
            (_, [0, 0, 0, 0, 0]) => [0, 0, 0, 0, 1],
            (_, mark) => mark,
        };
        // The product is below `slots`, so the conversion cannot fail.
        Place { kind, slot: u32::try_from(slot).unwrap_or(0), mark }
    }

    fn hash(&self, domain: Domain, value: &[u8]) -> (u64, u64) {
        #[allow(clippy::indexing_slicing, reason = "every domain has a hasher")]
        self.hashers[domain.index()].hash(value).as_u64()
    }
}

/// The hasher of a domain. Out of line, because thirteen copies are 9 KB of the module.
#[inline(never)]
fn hasher(whole: &SipHasher13, domain: usize) -> SipHasher13 {
    SipHasher13::new_with_key(&whole.hash(&(domain as u64).to_le_bytes()).as_bytes())
}

impl PartialEq for HashKey {
    fn eq(&self, other: &Self) -> bool {
        self.random == other.random
    }
}

impl Eq for HashKey {}

impl Place {
    /// The kind of the identity.
    #[must_use]
    pub fn kind(self) -> EntryKind {
        self.kind
    }

    /// The place of an identity in a record, of which nothing but the mark is known: a slot of its own
    /// choice among `slots`.
    pub(crate) fn recorded(kind: EntryKind, mark: EntryMark, slots: u32) -> Self {
        let spread = SipHasher13::new_with_keys(0, 0).hash(&mark).as_u64().0;
        let slot = (u128::from(spread) * u128::from(slots)) >> 64;
        Self { kind, slot: u32::try_from(slot).unwrap_or(0), mark }
    }

    /// The number of its slot in the kind's region.
    #[must_use]
    pub fn slot(self) -> u32 {
        self.slot
    }

    /// The mark that tells its entry from others in the slot.
    #[must_use]
    pub fn mark(&self) -> &EntryMark {
        &self.mark
    }

    /// The tag of the identity in lists of other entries. It holds no more than the mark.
    #[must_use]
    pub fn tag(self) -> Tag {
        let [a, b, c, d, _] = self.mark;
        Tag(u32::from_le_bytes([a, b, c, d]))
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

impl Tag {
    /// A tag that was made elsewhere: by a decision record, or read from one.
    #[must_use]
    pub(crate) fn of_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(bytes))
    }

    /// All 32 bits.
    #[must_use]
    pub fn wide(self) -> u32 {
        self.0
    }

    /// The 16 bits kept in short lists; never 0, which means an empty place there.
    #[must_use]
    pub(crate) fn short(self) -> u16 {
        let [_, _, high, low] = self.0.to_be_bytes();
        u16::from_be_bytes([high, low]).max(1)
    }
}

impl From<(u64, u64)> for Tag {
    fn from((low, _): (u64, u64)) -> Self {
        let [a, b, c, d, ..] = low.to_le_bytes();
        Self(u32::from_le_bytes([a, b, c, d]))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag(..)")
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> HashKey {
        HashKey::new([byte; 16])
    }

    #[test]
    fn domains_hash_apart() {
        let tagged = [
            Tagged::Password,
            Tagged::Endpoint,
            Tagged::Limited,
            Tagged::Network,
            Tagged::Fingerprint,
        ];
        let kinds = EntryKind::ALL.map(Domain::EntryKind).into_iter();
        let all = kinds.chain(tagged.map(Domain::Tagged)).chain([Domain::Pair]);
        let mut indexes: Vec<usize> = all.map(Domain::index).collect();
        indexes.sort_unstable();
        assert_eq!(indexes, (0..DOMAINS).collect::<Vec<_>>());
        let key = key(1);
        let tags = [
            key.tag(Tagged::Password, b"a"),
            key.tag(Tagged::Endpoint, b"a"),
            key.pair(b"a", b""),
            key.pair(b"", b"a"),
        ];
        for (i, one) in tags.iter().enumerate() {
            assert!(tags.iter().skip(i + 1).all(|other| other.wide() != one.wide()));
        }
        let ip = key.place(EntryKind::Ip, b"same", 1 << 20);
        let user = key.place(EntryKind::Username, b"same", 1 << 20);
        assert!(ip != user);
    }

    #[test]
    fn pair_cannot_be_cut_differently() {
        assert_ne!(key(1).pair(b"ab", b"c").wide(), key(1).pair(b"a", b"bc").wide());
    }

    #[test]
    fn no_more_than_32_bits_of_a_username_are_stored() {
        for i in 0..100u8 {
            let [.., last] = key(1).place(EntryKind::Username, &[i], 1 << 20).mark;
            assert_eq!(last, 1);
        }
    }

    #[test]
    fn other_key_gives_other_places() {
        let slots = |key: &HashKey| -> Vec<u32> {
            (0..64u8).map(|i| key.place(EntryKind::Ip, &[i], 1 << 16).slot).collect()
        };
        assert_ne!(slots(&key(1)), slots(&key(2)));
        assert!(slots(&key(1)).iter().all(|slot| *slot < 1 << 16));
    }

    #[test]
    fn slots_fill_evenly_for_any_count() {
        let mut filled = [0u32; 7];
        for i in 0..7_000u32 {
            filled[key(3).place(EntryKind::Ip, &i.to_le_bytes(), 7).slot as usize] += 1;
        }
        assert!(filled.iter().all(|n| (850..1150).contains(n)), "{filled:?}");
    }

    #[test]
    fn secrets_are_not_printed() {
        let key = key(7);
        assert_eq!(format!("{key:?} {:?}", key.pair(b"u", b"p")), "HashKey(..) Tag(..)");
    }
}
