//! The header of a filter.
//!
//! 256 bytes, integers little-endian:
//!
//! | offset | bytes | field |
//! |-------:|------:|-------|
//! |   0 |   8 | magic: `UNSTUFF` and 0x1a, so that printing one to a terminal stops there |
//! |   8 |   2 | format version, 1 |
//! |  10 |   1 | kind: 1 passwords, 2 `username:password` pairs |
//! |  11 |   1 | hash of the keys: 1 SHA-1 |
//! |  12 |   4 | bytes of a shard |
//! |  16 |   8 | number of shards |
//! |  24 |   8 | number of keys |
//! |  32 |   8 | target rate of false positives, IEEE 754 double |
//! |  40 |   8 | minimum breach count: how often every key was seen at least; 0 unknown |
//! |  48 |   4 | hash functions (Bloom's k) |
//! |  52 |   4 | date of the list: year (2 bytes), month, day; 0 unknown |
//! |  56 |  32 | keys of the two SipHashes; the halves differ |
//! |  88 |  20 | SHA-1 of all shards |
//! | 108 | 128 | source: UTF-8, padded with zeros |
//! | 236 |  20 | SHA-1 of the 236 bytes before |
//!
//! The checksums guard against accidents, not against attackers, who would write them too. They are
//! SHA-1 because the module has it anyway. The header's checksum is verified whenever a filter is
//! opened; that of the shards by `unstuff verify` and before packing, so that workers need not
//! read the whole filter at every start. A reader refuses anything that no writer writes: a newer
//! version, an unknown kind or hash, a seed that breaks the promised rate, padding that is not
//! zero.

use std::fmt;

use super::date::Date;
use super::digest::Sha1Digest;
use super::error::FilterError;
use super::format::FP_RATES;
pub use super::format::{LEN, VERSION};
use super::shape::FilterShape;

const MAGIC: [u8; 8] = *b"UNSTUFF\x1a";
const SHA1: u8 = 1;
const SOURCE_LEN: usize = 128;
const CHECKED_LEN: usize = LEN - 20;

/// The kind of keys in a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterKind {
    /// Passwords.
    Passwords,
    /// `username:password`, the username normalised.
    Pairs,
}

impl fmt::Display for FilterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passwords => "passwords",
            Self::Pairs => "pairs",
        })
    }
}

/// The source of a filter's list: one line of at most 128 bytes, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterSource(String);

impl FilterSource {
    /// The text without control characters, cut at a character boundary.
    pub fn new(text: &str) -> Self {
        let mut source = String::new();
        for character in text.chars().filter(|character| !character.is_control()) {
            if source.len() + character.len_utf8() > SOURCE_LEN {
                break;
            }
            source.push(character);
        }
        Self(source)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The description of a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterHeader {
    /// The kind of keys.
    pub kind: FilterKind,
    /// The number and the layout of the shards.
    pub shape: FilterShape,
    /// The number of distinct keys.
    pub keys: u64,
    /// The target rate of false positives.
    pub fp_rate: f64,
    /// The minimum breach count of every key; 0 if unknown.
    pub min_count: u64,
    /// The date of the list.
    pub date: Option<Date>,
    /// The source of the list.
    pub source: FilterSource,
    /// SHA-1 of all shards.
    pub checksum: [u8; 20],
}

impl FilterHeader {
    /// The bytes of the header.
    pub fn encode(&self) -> [u8; LEN] {
        let kind = match self.kind {
            FilterKind::Passwords => 1,
            FilterKind::Pairs => 2,
        };
        let (year, month, day) = self.date.map_or((0, 0, 0), Date::parts);
        let mut bytes = Vec::with_capacity(LEN);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend([kind, SHA1]);
        bytes.extend(self.shape.shard_len().to_le_bytes());
        bytes.extend(self.shape.shard_count().to_le_bytes());
        bytes.extend(self.keys.to_le_bytes());
        bytes.extend(self.fp_rate.to_le_bytes());
        bytes.extend(self.min_count.to_le_bytes());
        bytes.extend(self.shape.hashes().to_le_bytes());
        bytes.extend(year.to_le_bytes());
        bytes.extend([month, day]);
        bytes.extend(self.shape.seed());
        bytes.extend(self.checksum);
        bytes.extend(self.source.0.bytes());
        bytes.resize(CHECKED_LEN, 0);
        let own = Sha1Digest::of(&bytes);
        bytes.extend(own.as_bytes());
        let mut encoded = [0; LEN];
        encoded.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        encoded
    }

    /// Parses a header strictly.
    pub fn decode(bytes: &[u8]) -> Result<Self, FilterError> {
        let short = FilterError::Length { expected: LEN as u64, given: bytes.len() as u64 };
        let mut fields = HeaderFields(bytes);
        // Magic and version before anything else: a newer header may be longer or shorter.
        if fields.take::<8>() != Some(MAGIC) {
            return Err(FilterError::NotAFilter);
        }
        let version = u16::from_le_bytes(fields.take().ok_or(short)?);
        match version {
            0 => return Err(FilterError::Field { name: "version" }),
            VERSION => {}
            _ => return Err(FilterError::Newer { version }),
        }
        let checked = bytes.get(..CHECKED_LEN).ok_or(short)?;
        let own = bytes.get(CHECKED_LEN..LEN).ok_or(short)?;
        if Sha1Digest::of(checked).as_bytes() != own {
            return Err(FilterError::HeaderChecksum);
        }
        Self::decode_fields(fields).ok_or(short)?
    }

    /// Parses the fields after the version. `None` only if the bytes are too few.
    fn decode_fields(mut fields: HeaderFields<'_>) -> Option<Result<Self, FilterError>> {
        let [kind, hash] = fields.take()?;
        let shard_len = u32::from_le_bytes(fields.take()?);
        let shard_count = u64::from_le_bytes(fields.take()?);
        let keys = u64::from_le_bytes(fields.take()?);
        let fp_rate = f64::from_le_bytes(fields.take()?);
        let min_count = u64::from_le_bytes(fields.take()?);
        let hashes = u32::from_le_bytes(fields.take()?);
        let year = u16::from_le_bytes(fields.take()?);
        let [month, day] = fields.take()?;
        let seed = fields.take()?;
        let checksum = fields.take()?;
        let source = fields.take::<SOURCE_LEN>()?;

        let corrupt = |name| Some(Err(FilterError::Field { name }));
        let kind = match kind {
            1 => FilterKind::Passwords,
            2 => FilterKind::Pairs,
            _ => return corrupt("kind"),
        };
        if hash != SHA1 {
            return corrupt("hash");
        }
        if !FP_RATES.contains(&fp_rate) {
            return corrupt("rate of false positives");
        }
        let date = Date::new(year, month, day);
        if date.is_none() && (year, month, day) != (0, 0, 0) {
            return corrupt("date");
        }
        let Some(source) = decode_source(&source) else { return corrupt("source") };
        let shape = match FilterShape::new(shard_len, shard_count, hashes, seed) {
            Ok(shape) => shape,
            Err(error) => return Some(Err(error)),
        };
        Some(Ok(Self { kind, shape, keys, fp_rate, min_count, date, source, checksum }))
    }
}

/// The text before the padding, if the padding is zeros and the text is one line.
fn decode_source(field: &[u8]) -> Option<FilterSource> {
    let text = std::str::from_utf8(field).ok()?.trim_end_matches('\0');
    (!text.contains(char::is_control)).then(|| FilterSource(text.to_owned()))
}

/// The unread bytes of a header, taken as fields of fixed length.
struct HeaderFields<'a>(&'a [u8]);

impl HeaderFields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header() -> FilterHeader {
        FilterHeader {
            kind: FilterKind::Pairs,
            shape: FilterShape::for_keys(5_000, 1e-3).unwrap(),
            keys: 4_987,
            fp_rate: 1e-3,
            min_count: 17,
            date: Date::new(2026, 11, 21),
            source: FilterSource::new("HIBP Pwned Passwords, “2026”"),
            checksum: [7; 20],
        }
    }

    /// A header with one field overwritten and the checksum corrected.
    fn forged(offset: usize, field: &[u8]) -> [u8; LEN] {
        let mut bytes = header().encode();
        bytes[offset..offset + field.len()].copy_from_slice(field);
        let own = Sha1Digest::of(&bytes[..CHECKED_LEN]);
        bytes[CHECKED_LEN..].copy_from_slice(own.as_bytes());
        bytes
    }

    #[test]
    fn header_round_trips() {
        assert_eq!(FilterHeader::decode(&header().encode()), Ok(header()));
    }

    #[test]
    fn fields_are_at_the_documented_offsets() {
        let bytes = header().encode();
        assert_eq!(&bytes[..8], b"UNSTUFF\x1a");
        assert_eq!(bytes[8..12], [1, 0, 2, 1]);
        assert_eq!(bytes[24..32], 4_987_u64.to_le_bytes());
        assert_eq!(bytes[40], 17);
        assert_eq!(bytes[52..56], [0xea, 0x07, 11, 21]);
        assert_eq!(bytes[88..108], [7; 20]);
        assert_eq!(&bytes[108..112], b"HIBP");
    }

    #[test]
    fn impossible_fields_are_named() {
        for (offset, field, name) in [
            (8, &[0, 0][..], "version"),
            (10, &[3], "kind"),
            (11, &[2], "hash"),
            (12, &[45, 0, 0, 0], "shard length"),
            (12, &[0xff; 4], "shard length"),
            (16, &[0; 8], "shard count"),
            (16, &[0xff; 8], "shard count"),
            (32, &[0; 8], "rate of false positives"),
            (32, &[0xff; 8], "rate of false positives"),
            (48, &[0; 4], "number of hash functions"),
            (48, &[0xff; 4], "number of hash functions"),
            (54, &[13], "date"),
            (56, &[9; 32], "seed"),
            (108, &[0xff], "source"),
            (108, b"a\nb", "source"),
            (235, b"!", "source"),
        ] {
            let decoded = FilterHeader::decode(&forged(offset, field));
            assert_eq!(decoded, Err(FilterError::Field { name }), "at {offset}");
        }
    }

    #[test]
    fn newer_version_is_told_apart_from_a_corrupt_file() {
        let mut newer = header().encode();
        newer[8] = 2;
        assert_eq!(FilterHeader::decode(&newer), Err(FilterError::Newer { version: 2 }));
        assert_eq!(FilterHeader::decode(&newer[..10]), Err(FilterError::Newer { version: 2 }));
        assert_eq!(FilterHeader::decode(b"\0asm\x01\0\0\0"), Err(FilterError::NotAFilter));
    }

    #[test]
    fn source_is_cut_at_a_character() {
        let source = FilterSource::new(&"é\n".repeat(100));
        assert_eq!(source.as_str(), "é".repeat(64));
        let named = FilterHeader { source, ..header() };
        assert_eq!(FilterHeader::decode(&named.encode()), Ok(named));
    }

    proptest! {
        #[test]
        fn flipped_bit_is_refused(bit in 0..LEN * 8) {
            let mut bytes = header().encode();
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(FilterHeader::decode(&bytes).is_err());
        }

        #[test]
        fn truncated_header_is_refused(len in 0..LEN) {
            prop_assert!(FilterHeader::decode(&header().encode()[..len]).is_err());
        }

        #[test]
        fn fields_round_trip_or_are_refused(junk: [u8; 32], at in 10..204_usize) {
            let bytes = forged(at, &junk);
            if let Ok(decoded) = FilterHeader::decode(&bytes) {
                prop_assert_eq!(decoded.encode(), bytes);
            }
        }
    }
}
