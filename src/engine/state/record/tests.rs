//! The promises of every stored format, over all of them.

use super::*;
use crate::attack_mode::record::AttackModeRecord;
use crate::attack_mode::stripe::Stripe;
use crate::challenge::spent_tokens::SpentTokenSlot;
use crate::challenge::surcharge::SurchargeSlot;
use crate::challenge::wait_limiter::WaitSlot;
use crate::familiarity::learning::LearningRecord;
use crate::lift::LiftRecord;
use crate::outcome::record::OutcomeRecord;
use crate::record::hour::HourKey;
use crate::state::kind::EntryKind;
use crate::state::stores::Expected;
use crate::state::stores::cas::Written;
use crate::state::stores::memory::MemoryStore;
use crate::state::table::meta::Meta;
use crate::state::table::slot::{Slot, slot_format};
use crate::tokens::signing::SecretKey;

type Rewrite = Box<dyn Fn(&[u8]) -> Option<Vec<u8>>>;

/// A format, and how it reads and writes again what is stored; `None` for junk.
struct StoredFormat {
    name: String,
    format: RecordFormat,
    rewrite: Rewrite,
}

fn record<R: Record>(name: &str) -> StoredFormat {
    StoredFormat {
        name: name.to_owned(),
        format: R::FORMAT,
        rewrite: Box::new(|value| R::from_bytes(value).map(|record| record.to_bytes())),
    }
}

fn slot(kind: EntryKind) -> StoredFormat {
    let rewrite = move |value: &[u8]| {
        let bytes = Slot::new(kind, Some(value.to_vec())).into_bytes();
        (bytes != slot_format(kind).zeroed()).then_some(bytes)
    };
    StoredFormat {
        name: format!("{kind:?}"),
        format: slot_format(kind),
        rewrite: Box::new(rewrite),
    }
}

fn formats() -> Vec<StoredFormat> {
    let records = [
        record::<Meta>("meta"),
        record::<OutcomeRecord>("outcomes"),
        record::<Stripe>("stripe"),
        record::<AttackModeRecord>("attack mode"),
        record::<LearningRecord>("learning"),
        record::<LiftRecord>("lifts"),
        record::<SpentTokenSlot>("spent tokens"),
        record::<WaitSlot>("waits"),
        record::<SurchargeSlot>("surcharge"),
        record::<SecretKey>("key"),
        record::<HourKey>("key of an hour"),
    ];
    records.into_iter().chain(EntryKind::ALL.map(slot)).collect()
}

/// A value of the format. Its payload is not zero and decodes to something in each of them.
fn value(format: &RecordFormat) -> Vec<u8> {
    let mut value = format.zeroed();
    value[HEADER_BYTES..].fill(1);
    value
}

#[test]
fn stored_records_come_back_the_same() {
    for StoredFormat { name, format, rewrite } in formats() {
        let once = rewrite(&value(&format)).unwrap_or_else(|| panic!("{name}: sound"));
        assert_eq!(rewrite(&once), Some(once.clone()), "{name}");
        assert!(format.matches(&once), "{name}");
    }
}

#[test]
fn junk_reads_as_nothing() {
    for StoredFormat { name, format, rewrite } in formats() {
        let sound = value(&format);
        let [a, b, c, d] = format.header;
        let with_header = |header: [u8; HEADER_BYTES]| [&header, &sound[HEADER_BYTES..]].concat();
        let junk = [
            ("nothing", Vec::new()),
            ("foreign text", b"somebody else's".to_vec()),
            ("no payload", format.header.to_vec()),
            ("too short", sound[..sound.len() - 1].to_vec()),
            ("too long", [sound.as_slice(), &[1]].concat()),
            ("another first byte", with_header([a ^ 1, b, c, d])),
            ("another second byte", with_header([a, b ^ 1, c, d])),
            ("another third byte", with_header([a, b, c ^ 1, d])),
            ("another fourth byte", with_header([a, b, c, d ^ 1])),
            ("zeros", vec![0; sound.len()]),
        ];
        for (what, junk) in junk {
            assert_eq!(rewrite(&junk), None, "{name}: {what}");
        }
    }
}

#[test]
fn no_value_is_a_record_of_two_formats() {
    let formats = formats();
    for (i, StoredFormat { name, format, .. }) in formats.iter().enumerate() {
        let same = formats.iter().skip(i + 1).find(|other| other.format.header == format.header);
        assert!(same.is_none(), "{name}");
        assert!(format.header.starts_with(b"Us"), "{name}");
    }
}

/// Raise a schema when a layout changes, and only then.
#[test]
fn headers_and_lengths_are_those_in_use() {
    let found = formats().into_iter().map(|StoredFormat { name, format, .. }| {
        let RecordFormat { header: [_, _, third, fourth], length } = format;
        (name, third, fourth, length - HEADER_BYTES)
    });
    let expected = [
        ("meta", b'M', 5, 44),
        ("outcomes", b'E', 5, 44),
        ("stripe", b'S', 5, 296),
        ("attack mode", b'B', 5, 63),
        ("learning", b'F', 5, 76),
        ("lifts", b'L', 1, 64),
        ("spent tokens", b'G', 1, 1_001),
        ("waits", b'W', 1, 990),
        ("surcharge", b'H', 1, 992),
        ("key", b'K', 1, 32),
        ("key of an hour", b'T', 1, 36),
        ("Ip", 5, 0, 1_004),
        ("Username", 5, 1, 955),
        ("Network", 5, 2, 976),
        ("Password", 5, 3, 927),
        ("Fingerprint", 5, 4, 948),
        ("Device", 5, 5, 992),
        ("Account", 5, 6, 999),
    ];
    let expected =
        expected.map(|(name, third, fourth, length)| (name.to_owned(), third, fourth, length));
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn updates_replace_junk_and_keep_records() {
    let store = MemoryStore::new();
    store.write("k", b"junk", Expected::Absent).unwrap();
    let learn = |random: u8| {
        let updated = SecretKey::update_with(&store, "k", |stored| match stored {
            Some(key) => CasStep::unchanged(key),
            None => {
                let key = SecretKey::new(vec![random; 32]).unwrap();
                CasStep::store(key.clone(), key)
            }
        });
        (updated.result, updated.written)
    };
    let (first, written) = learn(1);
    assert_eq!(written, Written::Stored);
    assert_eq!(learn(2), (first.clone(), Written::Unchanged));
    assert_eq!(SecretKey::read(&store, "k"), Some(first));
}
