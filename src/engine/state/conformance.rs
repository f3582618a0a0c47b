//! Checks of what every [`Store`] must do.
//!
//! They are public and need no test harness, because shared data exists only inside a real
//! Envoy: a test build of the module runs them there, unit tests run them on the store in
//! memory. Each check returns a sentence instead of a panic.

use crate::time::{Millis, Window};

use super::stores::{Expected, Store, StoreError, Stored, Version, WriteError};
use super::table::Table;
use crate::state::entry::counters::Counter;
use crate::state::entry_store::EntryStore;
use crate::state::kind::EntryKind;
use crate::state::table::sizing::{SLOT_BYTES, StateSize};

type Check = Result<(), String>;
type Named<S> = (&'static str, fn(&S, u32) -> Check);

/// Runs all checks. Returns a sentence for each that failed.
///
/// There is no delete, so each `run` on the same storage needs another number, and leaves its
/// keys behind. Use it only on storage for tests.
pub fn run<S: Store>(store: &S, run: u32) -> Vec<String> {
    let checks: [Named<S>; 8] = [
        ("absent key", absent_key),
        ("first insert", first_insert),
        ("cas mismatch", cas_mismatch),
        ("one counter", one_counter),
        ("values", values),
        ("junk value", junk_value),
        ("other plugin's keys", other_plugins_keys),
        ("first insert loses no update", first_insert_loses_no_update),
    ];
    let failed = checks
        .iter()
        .filter_map(|(name, check)| check(store, run).err().map(|why| format!("{name}: {why}")));
    failed.collect()
}

fn absent_key<S: Store>(store: &S, run: u32) -> Check {
    match store.read(&key(run, "absent")) {
        Ok(None) => Ok(()),
        other => Err(format!("reads as {other:?} instead of nothing")),
    }
}

fn first_insert<S: Store>(store: &S, run: u32) -> Check {
    let key = key(run, "insert");
    expect("first insert", store.write(&key, b"first", Expected::Absent), Ok(()))?;
    let second = store.write(&key, b"second", Expected::Absent);
    expect("second insert", second, Err(WriteError::Mismatch))?;
    expect("value", read(store, &key)?.0.as_slice(), b"first".as_slice())?;
    // The host inserts an absent key for any expected version.
    let absent = self::key(run, "any");
    let expected = Expected::Version(Version(77));
    expect("insert with a version", store.write(&absent, b"x", expected), Ok(()))
}

fn cas_mismatch<S: Store>(store: &S, run: u32) -> Check {
    let key = key(run, "cas");
    expect("insert", store.write(&key, b"0", Expected::Absent), Ok(()))?;
    let (_, first) = read(store, &key)?;
    // The same value again: a version is of the write, not of the value.
    expect("second write", store.write(&key, b"0", Expected::Version(first)), Ok(()))?;
    let (_, second) = read(store, &key)?;
    if first == second {
        return Err(format!("the version stayed {first:?} after a write"));
    }
    let stale = store.write(&key, b"stale", Expected::Version(first));
    expect("write with a stale version", stale, Err(WriteError::Mismatch))?;
    let (value, third) = read(store, &key)?;
    expect("value after a refused write", value.as_slice(), b"0".as_slice())?;
    expect("version after a refused write", third, second)
}

/// Each write has a greater number than all before it, of whatever key it is.
fn one_counter<S: Store>(store: &S, run: u32) -> Check {
    let [one, other] = ["counter", "other"].map(|name| key(run, name));
    expect("insert", store.write(&one, b"0", Expected::Absent), Ok(()))?;
    let (_, first) = read(store, &one)?;
    expect("insert of another key", store.write(&other, b"0", Expected::Absent), Ok(()))?;
    let (_, second) = read(store, &other)?;
    expect("second write", store.write(&one, b"1", Expected::Version(first)), Ok(()))?;
    let (_, third) = read(store, &one)?;
    if first < second && second < third {
        return Ok(());
    }
    Err(format!("three writes have the versions {first:?}, {second:?} and {third:?}"))
}

fn values<S: Store>(store: &S, run: u32) -> Check {
    let key = key(run, "values");
    // Every byte value, zero among them, at the length of a full slot.
    let full: Vec<u8> = (0..=u8::MAX).cycle().take(SLOT_BYTES).collect();
    expect("insert", store.write(&key, &full, Expected::Absent), Ok(()))?;
    let (value, version) = read(store, &key)?;
    expect("length", value.len(), full.len())?;
    if value != full {
        return Err("bytes came back changed".into());
    }
    expect("emptying", store.write(&key, &[], Expected::Version(version)), Ok(()))?;
    match store.read(&key) {
        Ok(Some((value, _))) if value.is_empty() => Ok(()),
        Ok(Some(_)) => Err("an emptied value is not empty".into()),
        // Such a key could never be written again: `Absent` is refused if it exists.
        Ok(None) => Err("an emptied value reads as an absent key".into()),
        Err(StoreError) => Err("an empty value cannot be read".into()),
    }
}

fn junk_value<S: Store>(store: &S, run: u32) -> Check {
    let watch = Watch::new(store);
    let table = open(&watch)?;
    let identity = format!("junk-{run}");
    let touch = || {
        watch.update_entry(table.place(EntryKind::Ip, identity.as_bytes()), NOW, |entry| {
            entry.add(Counter::IpFailures);
            entry.count(Counter::IpFailures, Window::Hour)
        })
    };
    touch();
    let key = watch.last_written().ok_or("the table wrote nothing")?;
    for junk in [b"".as_slice(), b"junk", &[0xFF; SLOT_BYTES], &[b'U'; 4_096]] {
        let expected = match store.read(&key) {
            Ok(Some((_, version))) => Expected::Version(version),
            Ok(None) => Expected::Absent,
            Err(StoreError) => return Err("the junk cannot be read".into()),
        };
        expect("writing junk", store.write(&key, junk, expected), Ok(()))?;
        let entry = store.read_entry(table.place(EntryKind::Ip, identity.as_bytes()), NOW);
        let count = entry.map(|entry| entry.count(Counter::IpFailures, Window::Hour));
        expect("count read from junk", count, Ok(0))?;
        expect("count after an update over junk", touch().result, 1)?;
        let entry = store.read_entry(table.place(EntryKind::Ip, identity.as_bytes()), NOW);
        let count = entry.map(|entry| entry.count(Counter::IpFailures, Window::Hour));
        expect("count stored over junk", count, Ok(1))?;
    }
    Ok(())
}

fn other_plugins_keys<S: Store>(store: &S, run: u32) -> Check {
    let foreign = format!("other-{run:08x}");
    expect("insert", store.write(&foreign, b"theirs", Expected::Absent), Ok(()))?;
    let watch = Watch::new(store);
    let table = open(&watch)?;
    for i in 0..100u8 {
        for kind in EntryKind::ALL {
            watch.update_entry(table.place(kind, &[i]), NOW, |entry| {
                entry.add(Counter::IpFailures);
                entry.add(Counter::UsernameFailures);
            });
        }
    }
    expect("keys without our prefix", watch.foreign_keys(), Vec::<String>::new())?;
    expect("another plugin's value", read(store, &foreign)?.0.as_slice(), b"theirs".as_slice())
}

/// Two writers find the same key absent. The second must notice the first.
fn first_insert_loses_no_update<S: Store>(store: &S, run: u32) -> Check {
    let table = open(store)?;
    let identity = format!("first-{run}");
    let add = |store: &dyn Store| {
        store.update_entry(table.place(EntryKind::Username, identity.as_bytes()), NOW, |entry| {
            entry.add(Counter::UsernameFailures);
        })
    };
    let racing = Racing { store, rival: std::cell::Cell::new(Some(&add)) };
    let update = add(&racing);
    expect("retries of the one that came second", update.retries, 1)?;
    let entry = store.read_entry(table.place(EntryKind::Username, identity.as_bytes()), NOW);
    let count = entry.map(|entry| entry.count(Counter::UsernameFailures, Window::Hour));
    expect("count of two first inserts", count, Ok(2))
}

/// Any time; checks do not depend on it.
const NOW: Millis = Millis(1_800_000_000_000);

fn key(run: u32, name: &str) -> String {
    format!("unstuff/t{run:x}/{name}")
}

fn open<S: Store>(store: &S) -> Result<Table, String> {
    Table::open(store, StateSize::MIN, [42; 16]).map_err(|error| error.to_string())
}

fn read<S: Store>(store: &S, key: &str) -> Result<(Vec<u8>, Version), String> {
    match store.read(key) {
        Ok(Some(found)) => Ok(found),
        other => Err(format!("{key} reads as {other:?} after it was written")),
    }
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Check {
    if found == expected {
        Ok(())
    } else {
        Err(format!("{what}: {found:?} instead of {expected:?}"))
    }
}

/// Calls another store and remembers the keys that are written.
struct Watch<'a, S> {
    store: &'a S,
    keys: std::cell::RefCell<Vec<String>>,
}

impl<'a, S> Watch<'a, S> {
    fn new(store: &'a S) -> Self {
        Self { store, keys: std::cell::RefCell::default() }
    }

    fn last_written(&self) -> Option<String> {
        self.keys.borrow().last().cloned()
    }

    fn foreign_keys(&self) -> Vec<String> {
        let keys = self.keys.borrow();
        keys.iter().filter(|key| !key.starts_with("unstuff/")).cloned().collect()
    }
}

impl<S: Store> Store for Watch<'_, S> {
    fn read(&self, key: &str) -> Result<Stored, StoreError> {
        self.store.read(key)
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        self.keys.borrow_mut().push(key.into());
        self.store.write(key, value, expected)
    }
}

/// Runs a rival update between the first read and the first write.
struct Racing<'a, S, F: ?Sized> {
    store: &'a S,
    rival: std::cell::Cell<Option<&'a F>>,
}

impl<S: Store, R, F: Fn(&dyn Store) -> R> Store for Racing<'_, S, F> {
    fn read(&self, key: &str) -> Result<Stored, StoreError> {
        self.store.read(key)
    }

    fn write(&self, key: &str, value: &[u8], expected: Expected) -> Result<(), WriteError> {
        if let Some(rival) = self.rival.take() {
            rival(self.store);
        }
        self.store.write(key, value, expected)
    }
}
