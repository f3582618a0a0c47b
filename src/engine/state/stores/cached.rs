//! A store that keeps the slots it read or wrote last, because most are written soon after.
//!
//! A decision reads an entry and then charges it; a response charges what the decision wrote. A call
//! to the host costs more than the update itself, so the update begins with what is kept. Its version
//! says whether another worker has written since: the host refuses the write, and the update reads and
//! tries again. So nothing is lost, and nothing is decided by what was kept.
//!
//! The host does not say which version a write got. But it counts all writes with one counter, so a
//! write has at least the number after the greatest one that was seen, and exactly that if no other
//! worker has written anything meanwhile. If one has, the guess is too low, and the versions of this key
//! only rise: the host refuses the next write like one that is late.

use std::cell::{Cell, RefCell};

use super::{Expected, Store, StoreError, Stored, Version, WriteError};

/// How many slots are kept, a power of two: those of some fifty attempts that wait for their
/// responses. A slot has 1 KiB.
const PLACES: usize = 256;

/// So many times a slot is not kept after another worker was first there, because many workers
/// write it all the time: the slot of a network or a browser that many share.
const SKIPS: u8 = 16;

/// So many writes are not kept after a version was guessed too low: where other workers write all the
/// time, one refused write in nine is the price of a guess.
const UNGUESSED: u8 = 8;

/// A slot that was read or written, until it is written again or another one takes its place.
#[derive(Default)]
struct KeptPlace {
    key: String,
    kept: Option<(Stored, VersionSource)>,
    skips: u8,
}

/// How the version of a kept slot is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum VersionSource {
    /// The store told it.
    #[default]
    Read,
    /// It was guessed after a write.
    Guessed,
}

/// A [`Store`] of one worker that keeps what it is told to keep.
pub struct CachedStore<S> {
    inner: S,
    places: Box<[RefCell<KeptPlace>]>,
    /// The least version that the next write can get, once one was seen.
    next: Cell<Option<u32>>,
    /// The version that the last write has at least.
    written: Cell<Option<Version>>,
    /// How the version that was given up last is known.
    taken: Cell<VersionSource>,
    /// Writes that are not kept.
    unguessed: Cell<u8>,
}

impl<S> CachedStore<S> {
    /// Keeps slots of `inner`.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            places: (0..PLACES).map(|_| RefCell::default()).collect(),
            next: Cell::default(),
            written: Cell::default(),
            taken: Cell::default(),
            unguessed: Cell::new(0),
        }
    }

    /// The store behind it.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Takes note that a write had this version. The count begins again behind its greatest number, so
    /// what is less than half of all numbers ahead is later.
    fn note(&self, Version(version): Version) {
        let after = version.wrapping_add(1);
        if self.next.get().is_none_or(|next| after.wrapping_sub(next) < 1 << 31) {
            self.next.set(Some(after));
        }
    }

    /// Calls `change` with the place of a key.
    fn at<R>(&self, key: &str, change: impl FnOnce(&mut KeptPlace) -> R) -> Option<R> {
        // The end of a key is its slot's number in hexadecimal, which is a keyed hash.
        let end = key.bytes().rev().take(4);
        let sum = end.fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let mut place = self.places.get(sum % PLACES)?.try_borrow_mut().ok()?;
        Some(change(&mut place))
    }
}

impl KeptPlace {
    fn keep(&mut self, key: &str, stored: Stored, source: VersionSource) {
        self.key.clear();
        self.key.push_str(key);
        self.kept = Some((stored, source));
    }
}

impl<S: Store> Store for CachedStore<S> {
    fn read(&self, key: &str) -> Result<Stored, StoreError> {
        let read = self.inner.read(key);
        if let Ok(Some((_, version))) = &read {
            self.note(*version);
        }
        read
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        let written = self.inner.write(key, value, expected);
        let taken = self.taken.take();
        match written {
            Ok(()) => {
                let next = self.next.get();
                self.written.set(next.map(Version));
                self.next.set(next.map(|next| next.wrapping_add(1)));
            }
            Err(WriteError::Mismatch) if taken == VersionSource::Guessed => {
                self.unguessed.set(UNGUESSED);
            }
            Err(WriteError::Mismatch) => {
                self.at(key, |place| place.skips = SKIPS);
            }
            Err(WriteError::Failed) => {}
        }
        written
    }

    fn keep(&self, key: &str, read: Stored) {
        self.at(key, |place| {
            let skips = place.skips;
            place.skips = skips.saturating_sub(1);
            if skips == 0 {
                place.keep(key, read, VersionSource::Read);
            }
        });
    }

    fn keep_written(&self, key: &str, value: Vec<u8>) {
        let unguessed = self.unguessed.get();
        self.unguessed.set(unguessed.saturating_sub(1));
        let Some(version) = self.written.take().filter(|_| unguessed == 0) else { return };
        let stored = Some((value, version));
        self.at(key, |place| {
            if place.skips == 0 {
                place.keep(key, stored, VersionSource::Guessed);
            }
        });
    }

    fn take_kept(&self, key: &str) -> Option<Stored> {
        let (stored, source) = self.at(key, |place| match place.key == key {
            true => place.kept.take(),
            false => None,
        })??;
        self.taken.set(source);
        Some(stored)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn update_after_an_own_update_costs_one_write() {
        let store = CachedStore::new(CountingStore::new(MemoryStore::new()));
        (1..=2).for_each(|count| assert_eq!(add_one(&store).0, count));
        for count in 3..=5 {
            store.inner().take();
            assert_eq!(add_one(&store), (count, Written::Stored));
            assert_eq!(store.inner().take(), (0, 1));
        }
    }

    #[test]
    fn guess_that_is_too_low_costs_a_write_and_then_none_is_made_for_a_while() {
        let shared = CountingStore::new(MemoryStore::new());
        let mine = CachedStore::new(&shared);
        (1..=2).for_each(|count| assert_eq!(add_one(&mine).0, count));
        // Another worker writes something, which this one does not notice.
        shared.write("unstuff/ip/00000001", b"", Expected::Absent).unwrap();
        add_one(&mine);
        let costs = |updates: u8| {
            shared.take();
            for _ in 0..updates {
                add_one(&mine);
            }
            shared.take()
        };
        assert_eq!(costs(1), (1, 2), "the guess is refused, and the update reads and writes");
        assert_eq!(costs(UNGUESSED), (8, 8), "no guesses");
        assert_eq!(costs(4), (0, 4), "guessed again");
        assert_eq!(shared.read(KEY).unwrap().map(|(value, _)| value), Some(vec![16]));
    }

    #[test]
    fn count_that_begins_again_is_followed() {
        let store = CachedStore::new(MemoryStore::new());
        let after = |version: u32| {
            store.note(Version(version));
            store.next.get()
        };
        let next = [u32::MAX - 1, 7, 6, u32::MAX].map(after);
        assert_eq!(next, [u32::MAX, 8, 8, 8].map(Some));
    }

    proptest! {
        /// A worker, a slot, and whether the worker reads it before.
        #[test]
        fn updates_of_several_workers_are_all_counted(
            steps in prop::collection::vec((0..3_usize, 0..3_usize, any::<bool>()), 1..120)
        ) {
            const KEYS: [&str; 3] = ["unstuff/ip/00000001", "unstuff/ip/00000002", "unstuff/user/0001"];
            let shared = MemoryStore::new();
            let workers = [(); 3].map(|()| CachedStore::new(&shared));
            let mut expected = [0; 3];
            for (worker, slot, reads) in steps {
                let (store, key) = (&workers[worker], KEYS[slot]);
                if reads {
                    store.keep(key, store.read(key).unwrap());
                }
                expected[slot] += 1;
                let update = update_with(store, key, |old| {
                    let count = old.map_or(0, |value| value[0]) + 1;
                    CasStep::store(vec![count], count)
                });
                prop_assert_eq!((update.result, update.written), (expected[slot], Written::Stored));
            }
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
