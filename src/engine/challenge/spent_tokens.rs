//! Spent tokens: how often each pass was used, so that an attacker pays per attempt.
//!
//! A bounded set in the shared store. Only verified solutions and completed waits enter it,
//! so it cannot be filled without work. A fixed number of slots hold [`TOKENS_PER_SLOT`]
//! passes each: id, expiry and uses. A place is free again when its pass has expired.
//! **Nothing is evicted before**, because that would give its attempts back: if a slot is
//! full, a new pass is refused and its client is challenged again.
//!
//! The id is random and signed by its issuer, so it determines its own slot. A client can
//! ask for puzzles until their ids fall into one slot, but still pays for each that enters.
//!
//! The set is per process: with N replicas a pass is worth up to N times its attempts, unless a fleet
//! counts them as well.

use super::token::TokenId;
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::Record;
use crate::state::stores::cas::{CasStep, Written};
use crate::state::{Store, Table};
use crate::time::Millis;

/// Passes that one slot remembers.
pub(crate) const TOKENS_PER_SLOT: usize = 77;

/// One slot here for so many of the table's: half of the state's reserve.
const SHARE: u32 = 128;

/// The result of using a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenUse {
    /// It entered, or was used once more.
    Accepted,
    /// It was known already, or has no use left.
    Spent,
    /// There is no place to remember it, or the store fails: it cannot be accepted.
    Full,
}

/// The spent tokens of one process, as one worker sees them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpentTokens {
    slots: u32,
}

impl SpentTokens {
    /// The set that belongs to a table; its size follows from the table's.
    #[must_use]
    pub(crate) fn of(table: &Table) -> Self {
        Self { slots: table.share(SHARE) }
    }

    /// Passes that it can remember at a time.
    #[cfg(test)]
    fn capacity(self) -> u64 {
        u64::from(self.slots) * TOKENS_PER_SLOT as u64
    }

    /// Uses a pass once, if it has been used less than `limit` times. The pass is remembered
    /// `until` then, in seconds since the epoch.
    pub(crate) fn use_once(
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
    pub(crate) fn enter(
        self,
        store: &impl Store,
        now: Millis,
        id: &TokenId,
        until: u32,
    ) -> TokenUse {
        self.change(store, now, id, until, |uses| uses.is_none().then_some(0))
    }

    /// Uses a pass up: it has no attempt left.
    pub(crate) fn spend(self, store: &impl Store, now: Millis, id: &TokenId, until: u32) {
        self.change(store, now, id, until, |_| Some(u8::MAX));
    }

    /// Whether a pass has been used less than `limit` times.
    pub(crate) fn is_left(self, store: &impl Store, now: Millis, id: &TokenId, limit: u8) -> bool {
        let (key, mark) = self.place(id);
        let slot = SpentTokenSlot::read(store, &key).unwrap_or_default();
        let used = slot.position_of(mark, now.seconds()).and_then(|at| slot.0.get(at));
        used.is_none_or(|token| token.uses < limit)
    }

    /// Whether an id is remembered.
    pub(crate) fn knows(self, store: &impl Store, now: Millis, id: &TokenId) -> bool {
        let (key, mark) = self.place(id);
        let slot = SpentTokenSlot::read(store, &key).unwrap_or_default();
        slot.position_of(mark, now.seconds()).is_some()
    }

    /// Applies `change` to the uses of an id, `None` if the id is not known yet. The uses
    /// that it returns are remembered; `None` changes nothing.
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
        let updated = SpentTokenSlot::update_with(store, &key, |stored| {
            let mut slot = stored.unwrap_or_default();
            let known = slot.position_of(mark, now);
            let position = known.or_else(|| slot.free_position(now));
            let Some(token) = position.and_then(|position| slot.0.get_mut(position)) else {
                return CasStep::unchanged(TokenUse::Full);
            };
            let Some(uses) = change(known.map(|_| token.uses)) else {
                return CasStep::unchanged(TokenUse::Spent);
            };
            let until = if known.is_some() { token.until } else { until };
            *token = SpentToken { mark, until, uses };
            CasStep::store(slot, TokenUse::Accepted)
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

/// The part of an id that tells a pass from others in its slot.
type TokenMark = [u8; 8];

/// A pass that is remembered until it expires. A free place expired long ago.
#[derive(Clone, Copy, Default)]
struct SpentToken {
    mark: TokenMark,
    until: u32,
    uses: u8,
}

/// The passes of one slot.
pub(crate) struct SpentTokenSlot([SpentToken; TOKENS_PER_SLOT]);

impl Default for SpentTokenSlot {
    fn default() -> Self {
        Self([SpentToken::default(); TOKENS_PER_SLOT])
    }
}

impl SpentTokenSlot {
    fn position_of(&self, mark: TokenMark, now: u32) -> Option<usize> {
        self.0.iter().position(|token| token.mark == mark && token.until >= now)
    }

    fn free_position(&self, now: u32) -> Option<usize> {
        self.0.iter().position(|token| token.until < now)
    }
}

/// For each place: id (8 bytes), expiry (4, big-endian), uses (1).
impl Record for SpentTokenSlot {
    const MAGIC: [u8; 3] = *b"UsG";
    const SCHEMA: u8 = 1;
    const PAYLOAD_BYTES: usize = 13 * TOKENS_PER_SLOT;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        for token in &self.0 {
            out.put(token.mark);
            out.put(token.until.to_be_bytes());
            out.u8(token.uses);
        }
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        Some(Self(std::array::from_fn(|_| SpentToken {
            mark: from.take(),
            until: u32::from_be_bytes(from.take()),
            uses: from.u8(),
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::StateSize;
    use crate::state::stores::host_bytes;
    use crate::state::stores::memory::MemoryStore;
    use crate::state::table::sizing::reserve_bytes;

    const NOW: Millis = Millis(1_760_000_000_000);

    const CAPACITY: u32 = 77;

    fn spent_tokens(slots: u32) -> SpentTokens {
        SpentTokens { slots }
    }

    fn id(n: u32) -> TokenId {
        let mut id = [9; 16];
        id[4..8].copy_from_slice(&n.to_le_bytes());
        id
    }

    #[test]
    fn pass_is_accepted_for_its_attempts_and_no_more() {
        let (store, spent_tokens) = (MemoryStore::new(), spent_tokens(4));
        let until = NOW.plus_seconds(600).seconds();
        let used = |now| spent_tokens.use_once(&store, now, &id(1), until, 3);
        let uses = [0, 1, 2, 3, 600].map(|after| used(NOW.plus_seconds(after)));
        use TokenUse::{Accepted, Spent};
        assert_eq!(uses, [Accepted, Accepted, Accepted, Spent, Spent]);
        assert_eq!(spent_tokens.use_once(&store, NOW, &id(2), until, 3), Accepted, "another one");
    }

    #[test]
    fn full_slot_refuses_new_passes_and_forgets_none() {
        let (store, spent_tokens) = (MemoryStore::new(), spent_tokens(1));
        let until = NOW.plus_seconds(600).seconds();
        for n in 0..CAPACITY {
            assert_eq!(
                spent_tokens.use_once(&store, NOW, &id(n), until, 1),
                TokenUse::Accepted,
                "{n}"
            );
        }
        assert_eq!(spent_tokens.use_once(&store, NOW, &id(CAPACITY), until, 1), TokenUse::Full);
        for n in 0..CAPACITY {
            assert_eq!(
                spent_tokens.use_once(&store, NOW, &id(n), until, 1),
                TokenUse::Spent,
                "{n}"
            );
        }
        let later = NOW.plus_seconds(601);
        assert_eq!(
            spent_tokens.use_once(&store, later, &id(CAPACITY), until + 601, 1),
            TokenUse::Accepted
        );
    }

    #[test]
    fn pass_cannot_enter_twice() {
        let (store, spent_tokens) = (MemoryStore::new(), spent_tokens(1));
        let until = NOW.plus_seconds(600).seconds();
        assert_eq!(spent_tokens.enter(&store, NOW, &id(1), until), TokenUse::Accepted);
        assert_eq!(spent_tokens.enter(&store, NOW, &id(1), until), TokenUse::Spent);
        assert_eq!(spent_tokens.use_once(&store, NOW, &id(1), until, 1), TokenUse::Accepted);
        assert_eq!(spent_tokens.enter(&store, NOW, &id(1), until), TokenUse::Spent);
    }

    fn reserve(table: &Table) -> u64 {
        reserve_bytes(table.share(1).into())
    }

    #[test]
    fn spent_tokens_fit_in_half_of_the_reserve() {
        for size in [StateSize::MIN, StateSize::DEFAULT, StateSize::MAX] {
            let table = Table::open(&MemoryStore::new(), size, [1; 16]).unwrap();
            let slots = SpentTokens::of(&table).slots;
            let bytes = u64::from(slots) * host_bytes(SpentTokenSlot::FORMAT.length);
            assert!(slots >= 1 && bytes <= reserve(&table) / 2, "{size:?}: {bytes}");
        }
        let table = Table::open(&MemoryStore::new(), StateSize::DEFAULT, [1; 16]).unwrap();
        assert!(SpentTokens::of(&table).capacity() > 30_000);
    }
}
