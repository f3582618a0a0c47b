//! A store that keeps the slots it read last, because most are written soon after.
//!
//! A decision reads an entry and then charges it; a response charges what the decision read. A call
//! to the host costs more than the update itself, so the update begins with what was read then. Its
//! version says whether another worker has written since: the host refuses the write, and the
//! update reads and tries again. So nothing is lost, and nothing is decided by what was kept.

use std::cell::Cell;

use super::{Expected, Store, StoreError, Stored, WriteError};

/// How many slots are kept, a power of two: those of some fifty attempts that wait for their
/// responses. A slot has 1 KiB.
const PLACES: usize = 256;

/// So many times a slot is not kept after another worker was first there, because many workers
/// write it all the time: the slot of a network or a browser that many share.
const SKIPS: u8 = 16;

/// A slot that was read, until it is written or another one takes its place.
#[derive(Default)]
struct KeptPlace {
    read: Cell<Option<(Box<str>, Stored)>>,
    skips: Cell<u8>,
}

/// A [`Store`] of one worker that keeps what it is told to keep.
pub struct CachedStore<S> {
    inner: S,
    places: Box<[KeptPlace]>,
}

impl<S> CachedStore<S> {
    /// Keeps slots of `inner`.
    pub fn new(inner: S) -> Self {
        Self { inner, places: (0..PLACES).map(|_| KeptPlace::default()).collect() }
    }

    /// The store behind it.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn place(&self, key: &str) -> Option<&KeptPlace> {
        // The end of a key is its slot's number in hexadecimal, which is a keyed hash.
        let end = key.bytes().rev().take(4);
        let sum = end.fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        self.places.get(sum % PLACES)
    }
}

impl<S: Store> Store for CachedStore<S> {
    fn read(&self, key: &str) -> Result<Stored, StoreError> {
        self.inner.read(key)
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        let written = self.inner.write(key, value, expected);
        if let (Err(WriteError::Mismatch), Some(place)) = (written, self.place(key)) {
            place.skips.set(SKIPS);
        }
        written
    }

    fn keep(&self, key: &str, read: Stored) {
        let Some(place) = self.place(key) else { return };
        let skips = place.skips.get();
        place.skips.set(skips.saturating_sub(1));
        if skips == 0 {
            place.read.set(Some((key.into(), read)));
        }
    }

    fn take_kept(&self, key: &str) -> Option<Stored> {
        let place = self.place(key)?;
        let (kept, read) = place.read.take()?;
        if *kept == *key {
            return Some(read);
        }
        place.read.set(Some((kept, read)));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::conformance;
    use crate::state::stores::cas::{CasStep, Written, update_with};
    use crate::state::stores::memory::{CountingStore, MemoryStore};

    const KEY: &str = "unstuff/ip/0001a2b3";

    fn add_one<S: Store>(store: &S) -> (u8, Written) {
        let outcome = update_with(store, KEY, |old| {
            let count = old.and_then(|value| value.first().copied()).unwrap_or(0) + 1;
            CasStep::store(vec![count], count)
        });
        (outcome.result, outcome.written)
    }

    fn read_and_keep<S: Store>(store: &S) {
        store.keep(KEY, store.read(KEY).unwrap());
    }

    #[test]
    fn cached_store_conforms() {
        let failures = conformance::run(&CachedStore::new(MemoryStore::new()), 1);
        assert!(failures.is_empty(), "{failures:#?}");
    }

    #[test]
    fn update_after_a_read_costs_one_write() {
        let store = CachedStore::new(CountingStore::new(MemoryStore::new()));
        for count in 1..=3 {
            read_and_keep(&store);
            store.inner().take();
            assert_eq!(add_one(&store), (count, Written::Stored));
            assert_eq!(store.inner().take(), (0, 1));
        }
    }

    #[test]
    fn update_after_another_worker_wrote_loses_nothing() {
        let shared = MemoryStore::new();
        let [mine, other] = [CachedStore::new(&shared), CachedStore::new(&shared)];
        for _ in 0..40 {
            read_and_keep(&mine);
            add_one(&other);
            add_one(&mine);
        }
        assert_eq!(shared.read(KEY).unwrap().map(|(value, _)| value), Some(vec![80]));
    }

    #[test]
    fn slot_that_others_write_all_the_time_is_kept_no_more() {
        let shared = CountingStore::new(MemoryStore::new());
        let [mine, other] = [CachedStore::new(&shared), CachedStore::new(&shared)];
        read_and_keep(&mine);
        add_one(&other);
        add_one(&mine);
        read_and_keep(&mine);
        shared.take();
        add_one(&mine);
        assert_eq!(shared.take(), (1, 1));
    }

    #[test]
    fn only_what_is_stored_tells_that_there_is_nothing_to_change() {
        let shared = MemoryStore::new();
        let store = CachedStore::new(&shared);
        read_and_keep(&store);
        add_one(&shared);
        let seen = update_with(&store, KEY, |old| CasStep::unchanged(old.is_some()));
        assert!(seen.result, "the update saw the kept absence");
    }
}
