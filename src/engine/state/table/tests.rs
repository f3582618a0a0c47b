//! The promises of the table: exact under contention, bounded, fair between kinds.

use super::entries::SlotKey;
use super::*;
use crate::state::entry::ban::Terms;
use crate::state::entry::counters::Counter;
use crate::state::entry_store::{EntryStore, Update};
use crate::state::stores::memory::{CountingStore, MemoryStore};
use crate::state::stores::{Expected, Stored, WriteError};
use crate::time::{Millis, Window};
use std::sync::Barrier;

const NOW: Millis = Millis(1_800_000_000_000);

fn open(store: &MemoryStore) -> Table {
    Table::open(store, StateSize::MIN, [1; 16]).unwrap()
}

fn fail(table: &Table, store: &(impl Store + ?Sized), identity: &[u8]) -> Update<()> {
    store.update_entry(table.place(EntryKind::Ip, identity), NOW, |entry| {
        entry.add(Counter::IpFailures);
    })
}

fn failures(table: &Table, store: &impl Store, identity: &[u8]) -> u32 {
    let entry = store.read_entry(table.place(EntryKind::Ip, identity), NOW).unwrap();
    entry.count(Counter::IpFailures, Window::Hour)
}

/// Identities that share the first slot of the region.
fn neighbours(table: &Table, n: usize) -> Vec<[u8; 4]> {
    let all = (0u32..).map(u32::to_be_bytes);
    all.filter(|identity| table.place(EntryKind::Ip, identity).slot() == 0).take(n).collect()
}

#[test]
fn what_another_version_counted_is_replaced_and_that_is_known_once() {
    let store = MemoryStore::new();
    assert!(!open(&store).replaces_another_version());
    let mut other = store.read(meta::KEY).unwrap().unwrap().0;
    other[3] += 1;
    store
        .write(meta::KEY, &other, Expected::Version(store.read(meta::KEY).unwrap().unwrap().1))
        .unwrap();
    assert!(open(&store).replaces_another_version());
    assert!(!open(&store).replaces_another_version());
}

#[test]
fn junk_of_others_is_no_other_version() {
    let store = MemoryStore::new();
    store.write(meta::KEY, b"junk", Expected::Absent).unwrap();
    assert!(!open(&store).replaces_another_version());
}

#[test]
fn counts_are_exact_under_contention() {
    const THREADS: u32 = 4;
    const EACH: u32 = 2_500;
    let store = MemoryStore::new();
    let table = open(&store);
    let others = neighbours(&table, 3);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (table, store, others) = (&table, &store, &others);
            scope.spawn(move || {
                for i in 0..EACH {
                    // A neighbour in the same slot makes for conflicts that are not ours.
                    fail(table, store, &others[(thread + i) as usize % others.len()]);
                    let mut tries = 0;
                    while fail(table, store, b"\x0a\0\0\x01").written != Written::Stored {
                        tries += 1;
                        assert!(tries < 100, "an update was lost {tries} times in a row");
                    }
                }
            });
        }
    });
    assert_eq!(failures(&table, &store, b"\x0a\0\0\x01"), THREADS * EACH);
}

#[test]
fn first_insert_loses_no_update() {
    const THREADS: usize = 4;
    let store = MemoryStore::new();
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (store, barrier) = (&store, &barrier);
            scope.spawn(move || {
                barrier.wait();
                // Opening is a first insert too: all must agree on one key.
                let key = u8::try_from(thread).unwrap();
                let table = Table::open(store, StateSize::DEFAULT, [key; 16]).unwrap();
                for i in 0..200u32 {
                    barrier.wait();
                    fail(&table, store, &i.to_be_bytes());
                }
            });
        }
    });
    let table = Table::open(&store, StateSize::DEFAULT, [9; 16]).unwrap();
    for i in 0..200u32 {
        assert_eq!(failures(&table, &store, &i.to_be_bytes()), 4, "identity {i}");
    }
}

#[test]
fn memory_is_bounded_under_a_million_addresses() {
    let store = MemoryStore::new();
    let size = StateSize::new(4 << 20).unwrap();
    let table = Table::open(&store, size, [1; 16]).unwrap();
    let attacker = b"\xc6\x33\x64\x07";
    let (mut bytes, mut entries, mut evictions, mut attacks) = (0, 0, 0u32, 0);
    for i in 0..1_000_000u32 {
        // A hundred a second: the flood takes almost three hours.
        let now = Millis(NOW.0 + u64::from(i) * 10);
        let update =
            store.update_entry(table.place(EntryKind::Ip, &i.to_be_bytes()), now, |entry| {
                entry.add(Counter::IpFailures);
            });
        bytes += update.grown_bytes;
        entries += update.grown_entries;
        evictions += u32::from(update.evicted);
        if i >= 900_000 && i % 200 == 0 {
            attacks += 1;
            store.update_entry(table.place(EntryKind::Ip, attacker), now, |entry| {
                entry.add(Counter::IpFailures);
            });
        }
    }
    assert!(table.ceiling_bytes() <= size.bytes());
    assert!(store.host_bytes() <= table.ceiling_bytes(), "{} bytes", store.host_bytes());
    assert!(bytes <= store.host_bytes() && bytes > store.host_bytes() * 9 / 10, "{bytes} bytes");
    assert_eq!(u64::from(entries), 4 * u64::from(size.slots(EntryKind::Ip)), "each way is in use");
    assert!(evictions > 100_000, "{evictions}");
    let now = Millis(NOW.0 + 10_000_000);
    let entry = store.read_entry(table.place(EntryKind::Ip, attacker), now).unwrap();
    assert_eq!((attacks, entry.count(Counter::IpFailures, Window::Hour)), (500, 500));
}

#[test]
fn flood_of_one_kind_does_not_push_out_another() {
    let store = MemoryStore::new();
    let table = open(&store);
    store.update_entry(table.place(EntryKind::Username, b"alice"), NOW, |entry| {
        entry.add(Counter::UsernameFailures);
    });
    for i in 0..20_000u32 {
        fail(&table, &store, &i.to_be_bytes());
    }
    let alice = store.read_entry(table.place(EntryKind::Username, b"alice"), NOW).unwrap();
    assert_eq!(alice.count(Counter::UsernameFailures, Window::Hour), 1);
}

#[test]
fn account_that_was_away_longest_makes_room() {
    let store = MemoryStore::new();
    let table = open(&store);
    let key = table.hash_key().clone();
    let tag = |account: u32| Some(key.tag(crate::state::Tagged::Network, &account.to_le_bytes()));
    let come = |account: u32, now: Millis| {
        let place = table.place(EntryKind::Account, &account.to_le_bytes());
        store.update_entry(place, now, |entry| entry.remember(tag(account), None))
    };
    let knows = |account: u32, now: Millis| {
        let place = table.place(EntryKind::Account, &account.to_le_bytes());
        let entry = store.read_entry(place, now).unwrap();
        tag(account).is_some_and(|tag| entry.knows_network(tag))
    };
    let all = (0u32..).filter(|it| table.place(EntryKind::Account, &it.to_le_bytes()).slot() == 0);
    let accounts: Vec<u32> = all.take(39).collect();
    let (full, newcomers) = accounts.split_at(37);
    (0..).zip(full).for_each(|(second, account)| {
        come(*account, NOW.plus_seconds(second));
    });
    come(full[0], NOW.plus_seconds(100));
    assert!(come(newcomers[0], NOW.plus_seconds(101)).evicted);
    let now = NOW.plus_seconds(101);
    assert_eq!([full[0], full[1], full[2]].map(|it| knows(it, now)), [true, false, true]);
    // After 90 days without a success an entry is nothing to lose.
    let later = NOW.plus_seconds(91 * 86_400);
    assert!(!come(newcomers[1], later).evicted && !knows(full[0], later));
}

#[test]
fn full_slot_evicts_expired_then_lowest_count_then_banned() {
    let store = MemoryStore::new();
    let table = open(&store);
    let [banned, few, many, old, newcomer, next, last] = neighbours(&table, 7).try_into().unwrap();
    let long_ago = Millis(NOW.0 - 50 * 3_600_000);
    store.update_entry(table.place(EntryKind::Ip, &old), long_ago, |entry| {
        (0..50).for_each(|_| entry.add(Counter::IpFailures));
    });
    store.update_entry(table.place(EntryKind::Ip, &banned), NOW, |entry| {
        entry.begin_ban(Terms { rule: 1, seconds: 60, rate: 1 })
    });
    [few, few, many, many, many].iter().for_each(|identity| {
        fail(&table, &store, identity);
    });

    let update = fail(&table, &store, &newcomer);
    assert!(
        !update.evicted && update.grown_entries == 0,
        "an expired entry is no loss: {update:?}"
    );
    assert_eq!(failures(&table, &store, &few), 2);
    fail(&table, &store, &newcomer);
    fail(&table, &store, &newcomer);

    let update = fail(&table, &store, &next);
    assert!(update.evicted);
    assert_eq!(failures(&table, &store, &few), 0, "the lowest count is gone");
    assert_eq!(failures(&table, &store, &many), 3);

    for round in 0..20 {
        fail(&table, &store, if round % 2 == 0 { &last } else { &next });
    }
    let entry = store.read_entry(table.place(EntryKind::Ip, &banned), NOW).unwrap();
    assert!(entry.ban().is_some(), "a ban goes last");
    assert_eq!(failures(&table, &store, &many), 3, "new entries push each other out");
}

#[test]
fn junk_reads_as_zero() {
    let store = MemoryStore::new();
    let table = open(&store);
    let update = fail(&table, &store, b"client");
    assert_eq!(update.grown_bytes, 1_145);
    let key = SlotKey::new(EntryKind::Ip, table.place(EntryKind::Ip, b"client").slot());
    let (sound, _) = store.read(key.as_str()).unwrap().unwrap();
    let changed = |at: usize| {
        let mut bytes = sound.clone();
        bytes[at] ^= 0xFF;
        bytes
    };
    let junk = [
        Vec::new(),
        b"somebody else's".to_vec(),
        sound[..sound.len() - 1].to_vec(),
        changed(0),
        changed(2), // another schema
        changed(3), // another kind
    ];
    for junk in junk {
        let (_, version) = store.read(key.as_str()).unwrap().unwrap();
        store.write(key.as_str(), &junk, Expected::Version(version)).unwrap();
        assert_eq!(failures(&table, &store, b"client"), 0, "{junk:?}");
        let update = fail(&table, &store, b"client");
        assert_eq!((update.written, update.evicted), (Written::Stored, false));
        assert_eq!(failures(&table, &store, b"client"), 1, "{junk:?}");
    }
}

#[test]
fn junk_under_the_meta_key_is_replaced_once() {
    let store = MemoryStore::new();
    store.write(meta::KEY, b"junk", Expected::Absent).unwrap();
    let first = Table::open(&store, StateSize::MIN, [1; 16]).unwrap();
    let second = Table::open(&store, StateSize::MIN, [2; 16]).unwrap();
    assert_eq!(first.hash_key(), second.hash_key());
}

#[test]
fn other_size_waits_for_restart() {
    let store = MemoryStore::new();
    let first = open(&store);
    fail(&first, &store, b"client");
    let second = Table::open(&store, StateSize::DEFAULT, [2; 16]).unwrap();
    assert!(second.waiting_for_restart() && !first.waiting_for_restart());
    assert_eq!(second.hash_key(), first.hash_key());
    assert_eq!(failures(&second, &store, b"client"), 1);
    let ceiling = second.ceiling_bytes();
    assert!(ceiling <= 2 * first.ceiling_bytes(), "{ceiling} is of the size not in use");
}

#[test]
fn update_is_one_read_and_one_write() {
    let store = CountingStore::new(MemoryStore::new());
    let table = Table::open(&store, StateSize::MIN, [1; 16]).unwrap();
    store.take();
    fail(&table, &store, b"client");
    assert_eq!(store.take(), (1, 1));
    store.read_entry(table.place(EntryKind::Ip, b"client"), NOW).unwrap();
    assert_eq!(store.take(), (1, 0));
    // No change, no write; for an unknown identity too.
    let update =
        store.update_entry(table.place(EntryKind::Ip, b"client"), NOW, |entry| entry.now());
    assert_eq!((store.take(), update.written), ((1, 0), Written::Unchanged));
    let update =
        store.update_entry(table.place(EntryKind::Ip, b"unknown"), NOW, |entry| entry.now());
    assert_eq!((store.take(), update.written), ((1, 0), Written::Unchanged));
}

#[test]
fn keys_fit_the_hosts_string_object() {
    for kind in EntryKind::ALL {
        let key = SlotKey::new(kind, u32::MAX);
        assert!(key.as_str().len() <= SlotKey::MAX && key.as_str().ends_with("/ffffffff"));
        assert!(SlotKey::new(kind, 0x01a2_b3c9).as_str().ends_with("/01a2b3c9"));
    }
    assert!(meta::KEY.len() <= SlotKey::MAX);
}

/// A store on which another writer is always first, or that fails.
struct Hostile(Option<WriteError>);

impl Store for Hostile {
    fn read(&self, _: &str) -> Result<Stored, StoreError> {
        self.0.map_or(Err(StoreError), |_| Ok(None))
    }

    fn write(&self, _: &str, _: &[u8], _: Expected) -> Result<(), WriteError> {
        self.0.map_or(Ok(()), Err)
    }
}

#[test]
fn lost_update_says_so() {
    let table = open(&MemoryStore::new());
    let update = fail(&table, &Hostile(Some(WriteError::Mismatch)), b"client");
    assert_eq!((update.written, update.retries), (Written::Exhausted, 32));
    assert_eq!((update.grown_bytes, update.grown_entries), (0, 0));
    let update = fail(&table, &Hostile(Some(WriteError::Failed)), b"client");
    assert_eq!((update.written, update.retries), (Written::Failed, 0));
    assert_eq!(fail(&table, &Hostile(None), b"client").written, Written::Failed);
    assert_eq!(
        Hostile(None).read_entry(table.place(EntryKind::Ip, b"client"), NOW),
        Err(StoreError)
    );
    assert!(Table::open(&Hostile(None), StateSize::MIN, [1; 16]).is_err());
}
