//! Properties that hold for every input.
//!
//! `make fuzz` searches for an input that breaks one. `corpus/` keeps the inputs that it found,
//! and `make test` runs them again.

#![allow(dead_code, unused_imports, reason = "each program uses one of them")]

mod configuration;
mod cookies;
mod credentials;
mod encodings;
mod fleet;
mod harness;
mod login_pages;
mod paths;
mod plain_parsers;
mod records;
mod request;
mod seeds;
mod signed;
mod tokens;

use unstuff_engine::breached::hibp::{HibpLine, Range, next_line};
use unstuff_engine::breached::{Filter, FilterHeader, Sha1Digest, ShardBuilder, header};

pub(crate) use configuration::configuration;
pub(crate) use cookies::cookies;
pub(crate) use credentials::{credentials, long_bodies};
pub(crate) use fleet::fleet;
pub(crate) use login_pages::login_pages;
pub(crate) use paths::paths;
pub(crate) use records::{header_pairs, records};
pub(crate) use seeds::{seeds, write_seeds};
pub(crate) use tokens::tokens;

/// The size limit of a filter that is completed to fit its header.
const MAX_LEN: u64 = 1 << 16;

/// Opening, lookups and verification end for any bytes.
pub(crate) fn filter(bytes: &[u8]) {
    open(bytes);
    // No fuzzer finds a checksum, so it is corrected here, and then the length and the beginnings
    // of the shards.
    let Some(fixed) = with_checksum(bytes) else { return };
    open(&fixed);
    let Ok(header) = FilterHeader::decode(&fixed) else { return };
    assert_eq!(header.encode().as_slice(), &fixed[..header::LEN], "a header reads back as written");
    let len = header.shape.file_len();
    if len > MAX_LEN {
        return;
    }
    let mut whole = fixed;
    whole.resize(usize::try_from(len).expect("a small number"), 0x55);
    open(&whole);
    let shard = ShardBuilder::new(&header.shape).expect("a shape that was decoded");
    let prefix = &shard.bytes()[..45];
    for shard in whole[header::LEN..].chunks_mut(shard.bytes().len()) {
        shard[..45].copy_from_slice(prefix);
    }
    let filter = Filter::open(whole.as_slice(), len).expect("a filter");
    for index in 0..16_u8 {
        filter.contains(&Sha1Digest::of(&[index])).expect("an answer");
    }
}

fn open(bytes: &[u8]) {
    if let Ok(filter) = Filter::open(bytes, bytes.len() as u64) {
        let _ = filter.contains(&Sha1Digest::of(b"password"));
        let _ = filter.verify(|_| ());
    }
}

fn with_checksum(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut fixed = bytes.to_vec();
    let (checked, rest) = fixed.split_at_mut_checked(header::LEN - 20)?;
    rest.first_chunk_mut::<20>()?.copy_from_slice(Sha1Digest::of(checked).as_bytes());
    Some(fixed)
}

/// Every line is read exactly once, and an entry has the digest and the count of its line.
pub(crate) fn hibp(bytes: &[u8]) {
    let (range, text) = match bytes.split_first() {
        Some((b'r', text)) => (Range::new(0xabcde), text),
        _ => (None, bytes),
    };
    let mut rest = text;
    let mut lines = text.split_inclusive(|&byte| byte == b'\n');
    while let Some(read) = next_line(&mut rest, range) {
        let line = lines.next().expect("a line that is left").trim_ascii_end();
        if let HibpLine::Entry(digest, count) = read {
            let hex: String = digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            let said = String::from_utf8(line.to_ascii_lowercase()).expect("digits");
            let (hash, said_count) = said.split_once(':').unwrap_or((&said, "1"));
            assert!(hash == hex || range.is_some() && hash == &hex[5..], "{hash}");
            assert_eq!(count, said_count.parse().unwrap_or(u64::MAX));
            if hash != hex {
                assert_eq!(&hex[..5], "abcde");
            }
        }
    }
    assert_eq!(lines.next(), None, "every line was read");
}
