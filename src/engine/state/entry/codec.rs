//! The bytes of an entry: fixed in size per kind, little-endian, independent of the policy.
//!
//! | bytes | what | in |
//! |---|---|---|
//! | 5 | the identity's mark: 40 bits of keyed hash; 32 bits and a 1 for a username, a password or an account; all zero: a free way | all |
//! | 4 | the second it was last touched, since the epoch | all |
//! | 1, 2, 2, 3 | seconds since the current generation of the windows 1m, 10m, 1h, 24h began; all ones: empty. Only windows the kind uses | all |
//! | 4 each | counters in the order of [`super::counters::ROWS`], shortest window first: current and previous generation, 16 bits each | all |
//! | 1 | bit *i*: distinct counter *i* is bitmaps, else a list. Only if the kind has any | some |
//! | 36 each | distinct counters in the same order: a list (32 bits of steps, 16 bits of "in the current generation", 16 × 15 bits of tags, see [`super::distinct`]); or 144 bits current, 144 bits previous | some |
//! | 14 | ban: began (4), length (3), lasts (3), rule (2), rate (2); zero length: none | kinds that can be banned |
//! | 9 | shadow ban: began (4), lasts (3), rule (2); zero: none | same |
//! | 2 | strikes: 4 bits count, 12 bits hour | same |
//! | 18 | tags of 5 networks, then of 4 fingerprints, the most recent first; zero: none | account |
//! | 18 | pending: 5 × (pair tag 2, age 1), then count, count before, age (1 each); an age's top bit: lost | ip, username |
//! | 7 | open visits: 2 × (age 10 bits, the address's tag 12 bits, state 2 bits), 2 × guesses 4 bits | username |
//! | 2 | recent unresolved visits: their number 2 bits, minute 5 bits, the fingerprint's tag 9 bits | ip |
//! | 12 | passwords that failed last: 2 × (password's tag 4, address's tag 2) | username |
//!
//! An address takes 251 bytes; the test below has the others. Any bytes decode to some entry.
//! What is impossible (a ban from the future, a phase past its window) decodes to nothing.

use crate::time::{Millis, Window};

use super::ban::{Ban, ShadowBan, Strikes};
use super::counters::CounterKind;
use super::failed_passwords::FailedPasswords;
use super::familiar::FamiliarTags;
use super::layout::{cells, uses};
use super::mistyped::MistypedMark;
use super::packed::PackedCount;
use super::pending::PendingList;
use super::visits::OpenVisits;
use super::window::{Anchors, WindowCounter};
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::entry::Entry;
use crate::state::identity::{EntryMark, MARK_BYTES};
use crate::state::kind::EntryKind;

/// The size of an entry of a kind.
#[allow(clippy::indexing_slicing, reason = "a discriminant, one for each place")]
pub(crate) const fn entry_bytes(kind: EntryKind) -> usize {
    ENTRY_BYTES[kind as usize]
}

#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
const ENTRY_BYTES: [usize; EntryKind::ALL.len()] = {
    let mut bytes = [0; EntryKind::ALL.len()];
    let mut i = 0;
    while i < EntryKind::ALL.len() {
        bytes[i] = sum_bytes(EntryKind::ALL[i]);
        i += 1;
    }
    bytes
};

const fn sum_bytes(kind: EntryKind) -> usize {
    let mut bytes = MARK_BYTES + 4;
    if kind.is_familiarity() {
        bytes += FamiliarTags::BYTES;
    }
    if kind.is_charged() {
        bytes += PendingList::BYTES;
    }
    if kind.has_visits() {
        bytes += OpenVisits::BYTES + FailedPasswords::BYTES;
    }
    bytes += cells(kind, CounterKind::Count) * WindowCounter::BYTES;
    if kind.keeps_mistyped() {
        bytes += MistypedMark::BYTES;
    }
    let distincts = cells(kind, CounterKind::Distinct);
    if distincts > 0 {
        bytes += 1 + distincts * PackedCount::BYTES;
    }
    if kind.can_be_banned() {
        bytes += Ban::BYTES + ShadowBan::BYTES + Strikes::BYTES;
    }
    let [minute, ten_minutes, hour, day] = Window::ALL;
    bytes += anchor_bytes(kind, minute) + anchor_bytes(kind, ten_minutes);
    bytes + anchor_bytes(kind, hour) + anchor_bytes(kind, day)
}

const fn anchor_bytes(kind: EntryKind, window: Window) -> usize {
    if uses(kind, window) { Anchors::bytes(window) } else { 0 }
}

// Four addresses fit a slot of 1,008 bytes: the allocator's next size class costs an eighth more.
const _: () = assert!(entry_bytes(EntryKind::Ip) <= 251);
// Five accounts fit the same slot.
const _: () = assert!(entry_bytes(EntryKind::Username) <= 200);
// One bit each in the byte of modes.
const _: () = assert!(super::DISTINCTS <= 8);

impl Entry {
    /// Writes the entry over a way of a slot.
    pub(crate) fn encode(&self, mark: EntryMark, way: &mut [u8]) {
        let mut out = ByteWriter(way);
        out.put(mark);
        out.u32(self.touched);
        self.anchors.encode(self.kind, self.touched, &mut out);
        for counter in self.counters.iter().take(cells(self.kind, CounterKind::Count)) {
            out.u16(counter.current);
            out.u16(counter.previous);
        }
        let distincts = cells(self.kind, CounterKind::Distinct);
        if distincts > 0 {
            let counter = self.distinct.iter().take(distincts);
            out.u8(counter.clone().rev().fold(0, |bits, d| bits << 1 | u8::from(d.is_estimated())));
            counter.for_each(|distinct| out.put(distinct.bytes()));
        }
        if self.kind.can_be_banned() {
            Ban::encode(self.ban.as_ref(), &mut out);
            ShadowBan::encode(self.shadow.as_ref(), &mut out);
            self.strikes.encode(&mut out);
        }
        if self.kind.is_familiarity() {
            self.familiar.encode(&mut out);
        }
        if self.kind.is_charged() {
            self.pending.encode(&mut out);
        }
        if self.kind.has_visits() {
            self.visits.encode(&mut out);
            self.failed_passwords.encode(&mut out);
        }
        if self.kind.keeps_mistyped() {
            self.mistyped.encode(&mut out);
        }
    }

    /// Reads the entry in a way of a slot, as it was when last touched.
    pub(crate) fn decode(kind: EntryKind, way: &[u8]) -> Self {
        let mut from = ByteReader(way);
        let _mark: EntryMark = from.take();
        let mut entry = Self::empty(kind, Millis(0));
        entry.touched = from.u32();
        entry.anchors = Anchors::decode(kind, entry.touched, &mut from);
        for counter in entry.counters.iter_mut().take(cells(kind, CounterKind::Count)) {
            *counter = WindowCounter { current: from.u16(), previous: from.u16() };
        }
        let distincts = cells(kind, CounterKind::Distinct);
        if distincts > 0 {
            let modes = from.u8();
            for (i, distinct) in entry.distinct.iter_mut().take(distincts).enumerate() {
                *distinct = PackedCount::new(modes & (1 << i) != 0, from.take());
            }
        }
        if kind.can_be_banned() {
            entry.ban = Ban::decode(entry.touched, &mut from);
            entry.shadow = ShadowBan::decode(entry.touched, &mut from);
            entry.strikes = Strikes::decode(&mut from);
        }
        if kind.is_familiarity() {
            entry.familiar = FamiliarTags::decode(&mut from);
        }
        if kind.is_charged() {
            entry.pending = PendingList::decode(&mut from);
        }
        if kind.has_visits() {
            entry.visits = OpenVisits::decode(&mut from);
            entry.failed_passwords = FailedPasswords::decode(&mut from);
        }
        if kind.keeps_mistyped() {
            entry.mistyped = MistypedMark::decode(&mut from);
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::super::distinct::SATURATED;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entry_sizes_are_the_documented_ones() {
        assert_eq!(EntryKind::ALL.map(entry_bytes), [251, 191, 61, 103, 158, 16, 27]);
    }

    proptest! {
        /// Any bytes decode without a panic, to an entry that survives a round trip, can be
        /// advanced to any time, and can be asked everything.
        #[test]
        fn any_bytes_decode_to_some_entry(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            now in any::<u64>(),
            kind in prop::sample::select(EntryKind::ALL.to_vec()),
        ) {
            let mut entry = Entry::decode(kind, &bytes);
            let mut way = vec![0; entry_bytes(kind)];
            entry.encode([1; 5], &mut way);
            prop_assert_eq!(&Entry::decode(kind, &way), &entry);
            entry.advance(Millis(now));
            entry.stopped();
            for row in super::super::counters::ROWS {
                entry.add(row.counter);
                for window in Window::ALL {
                    prop_assert!(entry.count(row.counter, window) <= 2 * u32::from(u16::MAX));
                    prop_assert!(entry.distinct(row.counter, window) <= SATURATED);
                }
            }
            entry.weight();
            entry.encode([1; 5], &mut way);
            prop_assert_eq!(&Entry::decode(kind, &way), &entry);
        }
    }
}
