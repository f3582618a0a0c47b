//! The key of the tags that compare passwords across accounts: a random one that lives an hour.
//!
//! All workers of a process share it, because a password that is sprayed comes to each of them. It is in
//! the store and in the memory of the workers alone, and another one takes its place in both when the hour
//! is over. So nobody can make it again afterwards: neither who has the record's key, nor who reads the
//! process's memory. Its tags have 20 bits, so that some ten thousand of the passwords in use share each.

use std::fmt;

use super::keys::{KEY_BYTES, add, finished, hmac};
use crate::breached::Sha1Digest;
use crate::state::Store;
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::Record;
use crate::state::stores::cas::CasStep;
use crate::time::Millis;

/// The entry of the store that holds the key of the hour.
const STORED: &str = "unstuff/hour";

/// The bits of a tag.
const TAG_BITS: u32 = 20;

/// The key of an hour.
#[derive(Clone, Copy)]
pub(crate) struct HourKey {
    /// Hours since 1970.
    hour: u32,
    key: [u8; KEY_BYTES],
}

impl HourKey {
    /// The key of this hour: `random`, unless another worker has stored its own. `None` if the store
    /// fails: then no tag compares accounts.
    #[inline(never)]
    pub(crate) fn agreed(
        store: &(impl Store + ?Sized),
        now: Millis,
        random: [u8; KEY_BYTES],
    ) -> Option<Self> {
        let proposed = Self { hour: hour_of(now), key: random };
        let agreed = Self::update_with(store, STORED, |stored: Option<Self>| {
            match stored.filter(|it| it.is_of(now)) {
                Some(key) => CasStep::unchanged(key),
                None => CasStep::store(proposed, proposed),
            }
        });
        (!agreed.written.is_lost()).then_some(agreed.result)
    }

    pub(crate) fn is_of(&self, now: Millis) -> bool {
        self.hour == hour_of(now)
    }

    /// The tag of a password, at whichever account.
    pub(crate) fn password(&self, password: &Sha1Digest) -> u32 {
        let mut mac = hmac(&self.key);
        add(&mut mac, password.as_bytes());
        let [a, b, c, d, ..] = finished(mac);
        u32::from_le_bytes([a, b, c, d]) >> (u32::BITS - TAG_BITS)
    }
}

fn hour_of(now: Millis) -> u32 {
    now.seconds() / 3_600
}

impl fmt::Debug for HourKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HourKey(..)")
    }
}

/// The key as it is stored.
impl Record for HourKey {
    const MAGIC: [u8; 3] = *b"UsT";
    const SCHEMA: u8 = 1;
    const PAYLOAD_BYTES: usize = 4 + KEY_BYTES;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.u32(self.hour);
        out.put(self.key);
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        Some(Self { hour: from.u32(), key: from.take() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::memory::MemoryStore;

    const NOW: Millis = Millis(1_760_000_400_000);

    fn agreed(store: &MemoryStore, now: Millis, random: u8) -> HourKey {
        HourKey::agreed(store, now, [random; KEY_BYTES]).expect("the store is memory")
    }

    #[test]
    fn workers_share_the_key_and_another_one_takes_its_place_after_the_hour() {
        let (store, password) = (MemoryStore::new(), Sha1Digest::of(b"123456"));
        let one = agreed(&store, NOW, 1);
        let tag = one.password(&password);
        assert!(tag < 1 << TAG_BITS);
        assert_eq!(agreed(&store, NOW, 2).password(&password), tag, "workers share it");
        let later = NOW.plus_seconds(3_600);
        assert!(one.is_of(NOW) && !one.is_of(later));
        assert_ne!(agreed(&store, later, 2).password(&password), tag);
        let (stored, _) = store.read(STORED).expect("memory").expect("the key of the later hour");
        let is_there = |byte: u8| stored.windows(KEY_BYTES).any(|it| it == [byte; KEY_BYTES]);
        assert!(is_there(2) && !is_there(1), "the older one is nowhere");
    }

    #[test]
    fn key_of_a_clock_that_was_set_back_does_not_stay() {
        let store = MemoryStore::new();
        let ahead = agreed(&store, NOW.plus_seconds(36_000), 1);
        let (now, password) = (agreed(&store, NOW, 2), Sha1Digest::of(b"123456"));
        assert_ne!(now.password(&password), ahead.password(&password));
    }
}
