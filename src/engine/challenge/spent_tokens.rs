//! The spent_tokens: how often a pass was used, so that an attacker pays per attempt.
//!
//! A bounded set in the shared store, which only verified solutions (and waits that are
//! over) enter: whoever has not worked cannot fill it. A fixed number of slots, each a value
//! with [`TOKENS_PER_SLOT`] places of id, expiry and uses. A place is free again when its pass has
//! expired. **Nothing is evicted before**, for that would give its attempts back: a full slot
//! means that the newcomer is challenged again.
//!
//! The id is random and its maker signs it, so it says itself where it lives. One can ask
//! for puzzles until their ids fall into one slot, but still pays for each that enters.
//!
//! Per process: with N replicas a pass is worth up to N times its attempts.
//!
//! A slot: `"UsG"`, schema 1, then for each place id 8, until 4, uses 1.

use super::token::TokenId;
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::stores::cas::{CasStep, Written, update_with};
use crate::state::{Store, Table};
use crate::time::Millis;

/// Passes that one slot remembers.
pub const TOKENS_PER_SLOT: usize = 77;

const HEADER: [u8; 4] = *b"UsG\x01";
const TOKEN_BYTES: usize = 13;
const SLOT_BYTES: usize = HEADER.len() + TOKENS_PER_SLOT * TOKEN_BYTES;

/// SpentTokens slots take this part of what the state's own slots take: half of its reserve.
const SHARE: u32 = 128;

/// What became of a pass at the spent_tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// It has entered, or was used once more.
    Accepted,
    /// It was known already, or has no use left.
    Spent,
    /// There is no place to remember it, or the store fails: it cannot be taken.
    Full,
}

/// The spent_tokens of one process, as one worker sees it.
#[derive(Clone, Copy, Debug)]
pub struct SpentTokens {
    slots: u32,
}

impl SpentTokens {
    /// The spent_tokens that belongs to a table: what was agreed on there says how large it is.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        Self { slots: table.share(SHARE) }
    }

    /// Passes that it can remember at a time.
    #[must_use]
    pub fn capacity(self) -> u64 {
        u64::from(self.slots) * TOKENS_PER_SLOT as u64
    }

    /// Uses a pass once, if it has been used less than `limit` times.
    pub fn use_once(
        self,
        store: &impl Store,
        now: Millis,
        id: &TokenId,
        until: u32,
        limit: u8,
    ) -> TokenUse {
        self.change(store, now, id, until, |uses| {
            let uses = uses.unwrap_or(0);
            (uses < limit).then(|| uses.saturating_add(1))
        })
    }

    /// Remembers a pass that is not used yet; `Spent` if it was remembered already.
    pub fn enter(self, store: &impl Store, now: Millis, id: &TokenId, until: u32) -> TokenUse {
        self.change(store, now, id, until, |uses| uses.is_none().then_some(0))
    }

    /// Whether an id is remembered.
    pub fn knows(self, store: &impl Store, now: Millis, id: &TokenId) -> bool {
        let (key, mark) = self.place(id);
        let slot = SpentTokenSlot::new(store.read(&key).ok().flatten().map(|(value, _)| value));
        slot.find(|place| place.mark == mark && place.until >= now.seconds()).is_some()
    }

    /// Applies `change` to the uses of an id, `None` if it is not known yet. What it returns
    /// is remembered; if that is `None`, nothing changes.
    fn change(
        self,
        store: &impl Store,
        now: Millis,
        id: &TokenId,
        until: u32,
        change: impl Fn(Option<u8>) -> Option<u8>,
    ) -> TokenUse {
        let (key, mark) = self.place(id);
        let now = now.seconds();
        let updated = update_with(store, &key, |stored| {
            let mut slot = SpentTokenSlot::new(stored);
            let known = slot.find(|place| place.mark == mark && place.until >= now);
            let free = || slot.find(|place| place.until < now).map(|(at, _)| at);
            let (at, until, uses) = match known {
                Some((at, place)) => (Some(at), place.until, change(Some(place.uses))),
                None => (free(), until, change(None)),
            };
            match (at, uses) {
                (None, _) => CasStep { value: None, result: TokenUse::Full },
                (_, None) => CasStep { value: None, result: TokenUse::Spent },
                (Some(at), Some(uses)) => {
                    slot.put(at, &SpentToken { mark, until, uses });
                    CasStep { value: Some(slot.0), result: TokenUse::Accepted }
                }
            }
        });
        match updated.written {
            Written::Stored | Written::Unchanged => updated.result,
            Written::Exhausted | Written::Failed => TokenUse::Full,
        }
    }

    fn place(self, id: &TokenId) -> (String, TokenMark) {
        let [a, b, c, d, mark @ .., _, _, _, _] = *id;
        // Multiply-shift spreads evenly for any number of slots.
        let hash = u64::from(u32::from_be_bytes([a, b, c, d]));
        let slot = (hash * u64::from(self.slots)) >> 32;
        (format!("unstuff/pass/{slot:x}"), mark)
    }
}

/// What tells a pass from others in its slot.
type TokenMark = [u8; 8];

/// A pass that is remembered, until it expires; a free place has expired long ago.
struct SpentToken {
    mark: TokenMark,
    until: u32,
    uses: u8,
}

/// A slot's value, known to be sound in length and header; junk reads as empty.
struct SpentTokenSlot(Vec<u8>);

impl SpentTokenSlot {
    fn new(stored: Option<Vec<u8>>) -> Self {
        Self(super::slot_or_empty(stored, &HEADER, SLOT_BYTES))
    }

    /// The first place for which `wanted` holds, and where it begins.
    fn find(&self, wanted: impl Fn(&SpentToken) -> bool) -> Option<(usize, SpentToken)> {
        let starts = (HEADER.len()..SLOT_BYTES).step_by(TOKEN_BYTES);
        starts
            .filter_map(|at| {
                let mut from = ByteReader(self.0.get(at..)?);
                let mark = from.take();
                let until = u32::from_be_bytes(from.take());
                Some((at, SpentToken { mark, until, uses: from.u8() }))
            })
            .find(|(_, place)| wanted(place))
    }

    fn put(&mut self, at: usize, place: &SpentToken) {
        let mut to = ByteWriter(self.0.get_mut(at..).unwrap_or_default());
        to.put(place.mark);
        to.put(place.until.to_be_bytes());
        to.u8(place.uses);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::host_bytes;
    use crate::state::stores::memory::MemoryStore;
    use crate::state::table::sizing::reserve_bytes;
    use crate::state::{Expected, StateSize};

    const NOW: Millis = Millis(1_760_000_000_000);

    fn spent_tokens(slots: u32) -> SpentTokens {
        SpentTokens { slots }
    }

    fn id(n: u32) -> TokenId {
        let mut id = [9; 16];
        id[4..8].copy_from_slice(&n.to_le_bytes());
        id
    }

    #[test]
    fn a_pass_is_good_for_its_attempts_and_no_more() {
        let (store, spent_tokens) = (MemoryStore::new(), spent_tokens(4));
        let until = NOW.plus_seconds(600).seconds();
        let used = |now| spent_tokens.use_once(&store, now, &id(1), until, 3);
        let uses = [0, 1, 2, 3, 600].map(|after| used(NOW.plus_seconds(after)));
        use TokenUse::{Accepted, Spent};
        assert_eq!(uses, [Accepted, Accepted, Accepted, Spent, Spent]);
        assert_eq!(spent_tokens.use_once(&store, NOW, &id(2), until, 3), Accepted, "another one");
    }

    #[test]
    fn a_full_slot_takes_nobody_in_and_forgets_nobody() {
        let (store, spent_tokens) = (MemoryStore::new(), spent_tokens(1));
        let until = NOW.plus_seconds(600).seconds();
        for n in 0..77 {
            assert_eq!(
                spent_tokens.use_once(&store, NOW, &id(n), until, 1),
                TokenUse::Accepted,
                "{n}"
            );
        }
        assert_eq!(spent_tokens.use_once(&store, NOW, &id(77), until, 1), TokenUse::Full);
        for n in 0..77 {
            assert_eq!(
                spent_tokens.use_once(&store, NOW, &id(n), until, 1),
                TokenUse::Spent,
                "{n}"
            );
        }
        let later = NOW.plus_seconds(601);
        assert_eq!(
            spent_tokens.use_once(&store, later, &id(77), until + 601, 1),
            TokenUse::Accepted
        );
    }

    #[test]
    fn entering_twice_is_seen() {
        let (store, spent_tokens) = (MemoryStore::new(), spent_tokens(1));
        let until = NOW.plus_seconds(600).seconds();
        assert_eq!(spent_tokens.enter(&store, NOW, &id(1), until), TokenUse::Accepted);
        assert_eq!(spent_tokens.enter(&store, NOW, &id(1), until), TokenUse::Spent);
        assert_eq!(spent_tokens.use_once(&store, NOW, &id(1), until, 1), TokenUse::Accepted);
        assert_eq!(spent_tokens.enter(&store, NOW, &id(1), until), TokenUse::Spent);
    }

    #[test]
    fn junk_is_an_empty_slot() {
        let (store, spent_tokens) = (MemoryStore::new(), spent_tokens(1));
        store.write("unstuff/pass/0", b"junk", Expected::Absent).unwrap();
        let until = NOW.seconds();
        assert_eq!(spent_tokens.use_once(&store, NOW, &id(1), until, 1), TokenUse::Accepted);
    }

    fn reserve(table: &Table) -> u64 {
        reserve_bytes(table.share(1).into())
    }

    #[test]
    fn it_fits_in_the_reserve_of_the_state() {
        for size in [StateSize::MIN, StateSize::DEFAULT, StateSize::MAX] {
            let table = Table::open(&MemoryStore::new(), size, [1; 16]).unwrap();
            let slots = SpentTokens::of(&table).slots;
            let bytes = u64::from(slots) * host_bytes(SLOT_BYTES);
            assert!(slots >= 1 && bytes <= reserve(&table) / 2, "{size:?}: {bytes}");
        }
        let table = Table::open(&MemoryStore::new(), StateSize::DEFAULT, [1; 16]).unwrap();
        assert!(SpentTokens::of(&table).capacity() > 30_000);
    }
}
