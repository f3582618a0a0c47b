//! Shared data in this process's memory: for tests, for replay, and for the engine in threads.
//!
//! It behaves like the host's: one lock over all keys, a new version at each write, an absent
//! key inserted for any expected version. [`crate::state::conformance`] runs on both. It also
//! sums up what its contents would cost a host; tests hold the memory ceiling with that.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::state::stores::{Expected, Store, StoreError, Stored, Version, WriteError, host_bytes};

#[derive(Default)]
struct Inner {
    values: BTreeMap<Box<str>, (Vec<u8>, Version)>,
    last: u32,
}

/// A [`Store`] in memory that threads may share.
#[derive(Default)]
pub struct MemoryStore(Mutex<Inner>);

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the contents would cost a host in bytes, overhead included.
    #[must_use]
    pub fn host_bytes(&self) -> u64 {
        self.lock().values.values().map(|(value, _)| host_bytes(value.len())).sum()
    }

    /// All keys, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.lock().values.keys().map(ToString::to_string).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A writer that panics (a failing test) leaves whole values: each is set at once.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn read(&self, key: &str) -> Result<Stored, StoreError> {
        Ok(self.lock().values.get(key).cloned())
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        let mut guard = self.lock();
        let Inner { values, last } = &mut *guard;
        // Zero means "unchecked" in the host, and its maximum is the sentinel for "absent".
        let next = if *last >= u32::MAX - 1 { 1 } else { *last + 1 };
        if let Some((stored, current)) = values.get_mut(key) {
            if expected != Expected::Version(*current) {
                return Err(WriteError::Mismatch);
            }
            stored.clear();
            stored.extend_from_slice(value);
            *current = Version(next);
        } else if let Entry::Vacant(place) = values.entry(key.into()) {
            place.insert((value.to_vec(), Version(next)));
        }
        *last = next;
        Ok(())
    }
}

/// A store that counts the calls to another one. Tests hold the engine to its budget of
/// reads and writes with it.
pub struct CountingStore<S> {
    inner: S,
    reads: AtomicU64,
    writes: AtomicU64,
}

impl<S> CountingStore<S> {
    /// Counts the calls to `inner`.
    pub fn new(inner: S) -> Self {
        Self { inner, reads: AtomicU64::new(0), writes: AtomicU64::new(0) }
    }

    /// Reads and writes since the last call of `take`.
    pub fn take(&self) -> (u64, u64) {
        (self.reads.swap(0, Ordering::Relaxed), self.writes.swap(0, Ordering::Relaxed))
    }

    /// The store that is called.
    pub fn inner(&self) -> &S {
        &self.inner
    }
}

impl<S: Store> Store for CountingStore<S> {
    fn read(&self, key: &str) -> Result<Stored, StoreError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.read(key)
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.inner.write(key, value, expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::conformance;

    #[test]
    fn memory_store_conforms() {
        let failures = conformance::run(&MemoryStore::new(), 1);
        assert!(failures.is_empty(), "{failures:#?}");
    }

    #[test]
    fn counting_store_counts_each_call_once() {
        let store = CountingStore::new(MemoryStore::new());
        store.write("k", b"v", Expected::Absent).unwrap();
        assert_eq!(store.write("k", b"w", Expected::Absent), Err(WriteError::Mismatch));
        store.read("k").unwrap();
        assert_eq!(store.take(), (1, 2));
        assert_eq!(store.take(), (0, 0));
        assert_eq!(store.inner().keys(), ["k"]);
    }
}
