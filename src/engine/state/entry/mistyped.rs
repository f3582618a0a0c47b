//! The recent visits from an address that count as unresolved, in two bytes: the number of those of
//! the last client, its fingerprint's tag, and the minute of the last one.
//!
//! One who mistypes a name and then gets in under the right one leaves a visit that nothing ends: it
//! was at another account. Nearly all unresolved visits of people are such ones. So a success from
//! the same address and with the same fingerprint, within a visit's length, excuses one that was not
//! its own. An account does that once a day, so an attacker's own account buys one attempt.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::Tag;

use super::Entry;
use super::visits::VISIT_SECONDS;

const TAG_BITS: u32 = 9;
const MINUTE_BITS: u32 = 5;
/// Minutes are told apart for half an hour, and each step of the entry's time drops what is older
/// than a visit.
const MINUTES: u32 = 1 << MINUTE_BITS;
/// The most visits that are counted.
const MOST: u32 = 3;

/// The unresolved visits of the last client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MistypedMark {
    /// 0 without any; the rest is 0 then.
    visits: u32,
    minute: u32,
    client: u32,
}

fn short(client: Option<Tag>) -> u32 {
    client.map_or(0, |tag| tag.wide() >> (u32::BITS - TAG_BITS))
}

impl MistypedMark {
    pub(crate) const BYTES: usize = 2;

    /// A visit of this fingerprint counts as unresolved.
    pub(crate) fn add(&mut self, client: Option<Tag>, now: u32) {
        let visits = (self.visits(client) + 1).min(MOST);
        *self = Self { visits, minute: now / 60 % MINUTES, client: short(client) };
    }

    /// The unresolved visits of this fingerprint.
    pub(crate) fn visits(&self, client: Option<Tag>) -> u32 {
        if self.client == short(client) { self.visits } else { 0 }
    }

    /// The same, and they are forgotten.
    pub(crate) fn take(&mut self, client: Option<Tag>) -> u32 {
        let visits = self.visits(client);
        if visits > 0 {
            *self = Self::default();
        }
        visits
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.visits == 0
    }

    /// So many seconds have passed, and it is `now`.
    pub(crate) fn age(&mut self, seconds: u32, now: u32) {
        let minutes = (now / 60 % MINUTES + MINUTES - self.minute) % MINUTES;
        if seconds >= VISIT_SECONDS || minutes * 60 >= VISIT_SECONDS {
            *self = Self::default();
        }
    }

    pub(crate) fn encode(&self, out: &mut ByteWriter<'_>) {
        let Self { visits, minute, client } = *self;
        let bits = (visits << MINUTE_BITS | minute) << TAG_BITS | client;
        out.u16(u16::try_from(bits).unwrap_or(0));
    }

    pub(crate) fn decode(from: &mut ByteReader<'_>) -> Self {
        let bits = u32::from(from.u16());
        let visits = bits >> (MINUTE_BITS + TAG_BITS);
        if visits == 0 {
            return Self::default();
        }
        let minute = bits >> TAG_BITS & (MINUTES - 1);
        Self { visits, minute, client: bits & ((1 << TAG_BITS) - 1) }
    }
}

impl Entry {
    /// A visit from this address, with this fingerprint, counts as unresolved.
    pub(crate) fn note_unresolved(&mut self, client: Option<Tag>) {
        if self.kind.keeps_mistyped() {
            self.mistyped.add(client, self.touched);
        }
    }

    /// The recent unresolved visits from this address with this fingerprint: see [`MistypedMark`].
    pub(crate) fn unresolved(&self, client: Option<Tag>) -> u32 {
        self.mistyped.visits(client)
    }

    /// The same, and they are forgotten, because their person has got in.
    pub(crate) fn take_unresolved(&mut self, client: Option<Tag>) -> u32 {
        self.mistyped.take(client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{HashKey, Tagged};

    fn client(which: u8) -> Option<Tag> {
        Some(HashKey::new([6; 16]).tag(Tagged::Fingerprint, &[which]))
    }

    #[test]
    fn visits_are_those_of_the_last_fingerprint() {
        let mut mark = MistypedMark::default();
        assert_eq!(mark.take(client(1)), 0);
        mark.add(client(1), 70);
        mark.add(client(1), 80);
        assert_eq!([mark.take(client(2)), mark.take(None)], [0, 0]);
        assert_eq!([mark.take(client(1)), mark.take(client(1))], [2, 0]);
        (0..9).for_each(|_| mark.add(client(1), 90));
        assert_eq!(mark.visits(client(1)), 3, "the most");
        mark.add(client(2), 90);
        assert_eq!([mark.visits(client(1)), mark.visits(client(2))], [0, 1]);
    }

    #[test]
    fn mark_lasts_as_long_as_a_visit_however_often_its_entry_is_touched() {
        for step in [1, 60, 299, 899, 900, 1_800, 1_920] {
            let (mut mark, mut now) = (MistypedMark::default(), 3_590);
            mark.add(client(1), now);
            let begin = now;
            while now < begin + 5_000 {
                now += step;
                mark.age(step, now);
                let since = now - begin;
                if since < 840 {
                    assert_eq!(mark.visits(client(1)), 1, "{since} s");
                }
                assert!(since < 900 || mark.is_empty(), "{since} s in steps of {step} s");
            }
        }
    }

    #[test]
    fn stored_mark_is_read_the_same() {
        let mut mark = MistypedMark::default();
        for now in [0, 59, 1_919, 1_764_000_000] {
            let mut bytes = [0; MistypedMark::BYTES];
            mark.encode(&mut ByteWriter(&mut bytes));
            assert_eq!(MistypedMark::decode(&mut ByteReader(&bytes)), mark);
            mark.add(client(9), now);
        }
    }
}
