//! A store with one owner: for replay, where no other worker can come between.
//!
//! It offers what shared storage cannot: values are lent and changed in place. A shared
//! store copies a slot of a thousand bytes out and in again at every update, and in a
//! replay, which does nothing else, that was a third of the time. What is stored is the
//! same, and so is every count: a test holds it to [`super::memory::MemoryStore`]. Whoever
//! is lent a value must not come back to the store before it is given back: that panics.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::sizing::host_bytes;
use super::store::{Expected, Store, StoreError, Version, WriteError};

// Not a hash that withstands an attacker: the keys in here are our own, and the slots that
// they name were placed by a keyed one.
type Values = HashMap<Key, (Vec<u8>, Version), BuildHasherDefault<Folded>>;

/// A [`Store`] in memory that one thread has for itself.
#[derive(Default)]
pub struct OwnedStore(RefCell<Values>);

impl OwnedStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the contents would cost in a real host, in bytes, overhead included.
    #[must_use]
    pub fn host_bytes(&self) -> u64 {
        self.0.borrow().values().map(|(value, _)| host_bytes(value.len())).sum()
    }
}

impl Store for OwnedStore {
    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, Version)>, StoreError> {
        Ok(self.0.borrow().get(&Key::new(key)).cloned())
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        let mut values = self.0.borrow_mut();
        match values.entry(Key::new(key)) {
            Entry::Occupied(mut place) => {
                let (stored, current) = place.get_mut();
                if expected != Expected::Version(*current) {
                    return Err(WriteError::Mismatch);
                }
                stored.clear();
                stored.extend_from_slice(value);
                *current = next(*current);
            }
            Entry::Vacant(place) => {
                place.insert((value.to_vec(), next(Version(0))));
            }
        }
        Ok(())
    }

    fn lend(&self, key: &str, look: &mut dyn FnMut(Option<&[u8]>)) -> Result<(), StoreError> {
        let values = self.0.borrow();
        look(values.get(&Key::new(key)).map(|(value, _)| value.as_slice()));
        Ok(())
    }

    fn change(&self, key: &str, change: &mut dyn FnMut(&mut Option<Vec<u8>>)) -> bool {
        let mut values = self.0.borrow_mut();
        match values.entry(Key::new(key)) {
            Entry::Occupied(mut place) => {
                let (stored, current) = place.get_mut();
                let mut value = Some(std::mem::take(stored));
                change(&mut value);
                // There is no delete.
                *stored = value.unwrap_or_default();
                *current = next(*current);
            }
            Entry::Vacant(place) => {
                let mut value = None;
                change(&mut value);
                if let Some(value) = value {
                    place.insert((value, next(Version(0))));
                }
            }
        }
        true
    }
}

/// A key's versions count up; zero and the maximum mean something else to the host.
fn next(version: Version) -> Version {
    Version(if version.0 >= u32::MAX - 1 { 1 } else { version.0 + 1 })
}

/// A key, in place if it is as short as all of ours are: comparing it is then no second walk
/// to memory.
#[derive(PartialEq, Eq)]
enum Key {
    Short([u8; Key::SHORT], u8),
    Long(Box<str>),
}

impl Key {
    const SHORT: usize = 22;

    fn new(key: &str) -> Self {
        let mut bytes = [0; Self::SHORT];
        match (u8::try_from(key.len()), bytes.get_mut(..key.len())) {
            (Ok(length), Some(place)) => {
                place.copy_from_slice(key.as_bytes());
                Self::Short(bytes, length)
            }
            _ => Self::Long(key.into()),
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            // In one piece; the padding tells lengths apart as well as a length would.
            Self::Short(bytes, _) => state.write(bytes),
            Self::Long(key) => state.write(key.as_bytes()),
        }
    }
}

/// Eight bytes a multiplication: half of a read was hashing its key.
#[derive(Default)]
struct Folded(u64);

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            // The golden ratio's fraction, odd: it spreads the low bits over the high ones.
            let mixed = (self.0 ^ u64::from_le_bytes(word)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.0 = mixed ^ (mixed >> 29);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::state::kept::{Kept, Kind};
    use crate::state::memory::MemoryStore;
    use crate::state::{HashKey, StateSize, Table, Tagged, conformance};
    use crate::time::Millis;

    #[test]
    fn owned_store_conforms() {
        let failures = conformance::run(&OwnedStore::new(), 1);
        assert!(failures.is_empty(), "{failures:#?}");
    }

    proptest! {
        #[test]
        fn in_place_and_by_copies_the_table_is_the_same(
            steps in prop::collection::vec((0..4_u8, 0..2_000_u32, 0..50_u64), 1..300)
        ) {
            let (owned, shared) = (OwnedStore::new(), MemoryStore::new());
            let table = Table::open(&owned, StateSize::MIN, [7; 16]).unwrap();
            Table::open(&shared, StateSize::MIN, [7; 16]).unwrap();
            let tag = HashKey::new([3; 16]).tag(Tagged::Username, b"u");
            let mut now = Millis(1_800_000_000_000);
            for (step, who, later) in steps {
                now = now.plus_seconds(later);
                let identity = who.to_be_bytes();
                let change = |entry: &mut crate::state::Entry| match step {
                    0 => entry.add(Kept::IpFailures),
                    1 => entry.add(Kept::IpAttempts),
                    2 => {
                        entry.insert(Kept::IpUsernames, tag);
                    }
                    // Of a stranger about whom nothing is learnt, nothing is kept.
                    _ => {}
                };
                let in_place = table.update(&owned, Kind::Ip, &identity, now, change);
                let by_copies = table.update(&shared, Kind::Ip, &identity, now, change);
                prop_assert_eq!(in_place, by_copies);
                let read = |store: &dyn Store| table.read(store, Kind::Ip, &identity, now).unwrap();
                for kept in [Kept::IpFailures, Kept::IpAttempts] {
                    let window = crate::time::Window::Hour;
                    prop_assert_eq!(read(&owned).count(kept, window), read(&shared).count(kept, window));
                }
            }
            for key in shared.keys() {
                let value = |store: &dyn Store| store.read(&key).unwrap().map(|(value, _)| value);
                prop_assert_eq!(value(&owned), value(&shared), "{}", key);
            }
        }
    }
}
