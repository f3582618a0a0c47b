//! Lines of Have I Been Pwned's lists: `HASH:COUNT`, or in a range file `SUFFIX:COUNT`.
//!
//! The hash is 40 hexadecimal digits in either case, the suffix the last 35 of them (the
//! first 5 are the range and name the file). A hash without a count was seen once. Lines end in LF
//! or CRLF; the last one may have no end. Blank lines are ignored. A count of 0 is a range file's
//! padding; the caller drops it.
//!
//! Two billion lines are parsed here, so hexadecimal is decoded eight digits at a time and without
//! branches, and a valid line is never searched for its end.

use std::fmt;
use std::str::FromStr;

use super::digest::Sha1Digest;

const DIGITS: usize = 40;
const RANGE_DIGITS: usize = 5;
const SUFFIX_DIGITS: usize = DIGITS - RANGE_DIGITS;

/// A parsed line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HibpLine {
    /// A hash and its breach count.
    Entry(Sha1Digest, u64),
    /// A blank line.
    Blank,
    /// An invalid line.
    Bad(HibpLineError),
}

/// Why a line is invalid. It never shows the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HibpLineError {
    /// Not the right number of hexadecimal digits.
    Hash,
    /// A range file's suffix where no range is known.
    Suffix,
    /// The hash is not followed by `:` and a number.
    Count,
}

impl fmt::Display for HibpLineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hash => "not a SHA-1 in 40 hexadecimal digits",
            Self::Suffix => "half a hash: a range file is named by its 5-digit range",
            Self::Count => "the hash is not followed by a colon and a number",
        })
    }
}

/// The first five digits of a hash, which are the name of a range file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range(u32);

impl Range {
    /// The number of ranges.
    pub const COUNT: u32 = 1 << 20;

    /// The range with this number, from 0.
    pub fn new(number: u32) -> Option<Self> {
        (number < Self::COUNT).then_some(Self(number))
    }

    /// The range of a hash.
    pub const fn of(digest: &Sha1Digest) -> Self {
        let [a, b, c, ..] = *digest.as_bytes();
        Self(u32::from_be_bytes([0, a, b, c]) >> 4)
    }

    /// Its number, from 0.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl FromStr for Range {
    type Err = ();

    fn from_str(digits: &str) -> Result<Self, ()> {
        let hex = digits.len() == RANGE_DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| hex).map(Self).ok_or(())
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05X}", self.0)
    }
}

/// Removes the first line of `text` and parses it; `None` at the end. In a range file both forms
/// are read.
pub fn next_line(text: &mut &[u8], range: Option<Range>) -> Option<HibpLine> {
    if text.is_empty() {
        return None;
    }
    let (line, rest) = good_line(text, range).unwrap_or_else(|| other_line(text, range));
    *text = rest;
    Some(line)
}

/// A valid line and the text after it.
fn good_line(text: &[u8], range: Option<Range>) -> Option<(HibpLine, &[u8])> {
    let whole =
        text.split_first_chunk::<DIGITS>().and_then(|(hex, rest)| Some((decode(hex)?, rest)));
    let (digest, rest) = match whole {
        Some(whole) => whole,
        None => {
            let (suffix, rest) = text.split_first_chunk::<SUFFIX_DIGITS>()?;
            (decode(&with_range(suffix, range?))?, rest)
        }
    };
    let (count, rest) = take_count(rest)?;
    Some((HibpLine::Entry(digest, count), rest))
}

/// Parses `:COUNT` and the line's end, or only the end for a count of 1.
fn take_count(text: &[u8]) -> Option<(u64, &[u8])> {
    let Some((b':', mut rest)) = text.split_first() else {
        return Some((1, take_end(text)?));
    };
    let mut count = 0_u64;
    let mut digits = 0;
    while let Some((digit @ b'0'..=b'9', after)) = rest.split_first() {
        count = count.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
        digits += 1;
        rest = after;
    }
    if digits == 0 { None } else { Some((count, take_end(rest)?)) }
}

fn take_end(text: &[u8]) -> Option<&[u8]> {
    match text {
        [] | [b'\r'] => Some(&[]),
        [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// A blank or invalid line and the text after it.
fn other_line(text: &[u8], range: Option<Range>) -> (HibpLine, &[u8]) {
    let end = text.iter().position(|&byte| byte == b'\n');
    let (line, rest) = match end.and_then(|end| text.split_at_checked(end + 1)) {
        Some(split) => split,
        None => (text, [].as_slice()),
    };
    let line = line.trim_ascii();
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let kind = match digits {
        _ if line.is_empty() => return (HibpLine::Blank, rest),
        DIGITS => HibpLineError::Count,
        SUFFIX_DIGITS if range.is_some() => HibpLineError::Count,
        SUFFIX_DIGITS => HibpLineError::Suffix,
        _ => HibpLineError::Hash,
    };
    (HibpLine::Bad(kind), rest)
}

/// The 40 digits of a hash with this suffix in a range.
fn with_range(suffix: &[u8; SUFFIX_DIGITS], range: Range) -> [u8; DIGITS] {
    let mut hex = [b'0'; DIGITS];
    let (start, end) = hex.split_at_mut(RANGE_DIGITS);
    end.copy_from_slice(suffix);
    for (place, digit) in start.iter_mut().rev().enumerate() {
        let value = range.number() >> (4 * place) & 0xf;
        *digit = char::from_digit(value, 16).map_or(b'0', |digit| digit as u8);
    }
    hex
}

/// The digest in these digits, if all are hexadecimal: eight at a time, as the bytes of an integer.
fn decode(hex: &[u8; DIGITS]) -> Option<Sha1Digest> {
    let mut digest = [0_u8; DIGITS / 2];
    let mut all_digits = true;
    for (bytes, digits) in digest.chunks_exact_mut(4).zip(hex.chunks_exact(8)) {
        let digits = u64::from_be_bytes(digits.try_into().ok()?);
        let (value, hexadecimal) = decode_eight(digits);
        all_digits &= hexadecimal;
        bytes.copy_from_slice(&value.to_be_bytes());
    }
    all_digits.then_some(Sha1Digest::new(digest))
}

/// The value of eight digits, and whether all are hexadecimal.
fn decode_eight(digits: u64) -> (u32, bool) {
    /// The same byte eight times.
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    const TOP: u64 = each(0x80);
    let ascii = digits & !TOP;
    // A byte of at least `low` carries into its top bit when 0x80 - low is added, and never
    // further: bytes are below 0x80 and so are the addends.
    let at_least = |bytes: u64, low: u8| bytes + each(0x80 - low);
    let lower = ascii | each(0x20);
    let numbers = at_least(ascii, b'0') & !at_least(ascii, b'9' + 1);
    let letters = at_least(lower, b'a') & !at_least(lower, b'f' + 1);
    let hexadecimal = (numbers | letters) & !digits & TOP == TOP;

    // 'a' is 0x61 and 'A' 0x41: the low half is 1, the letter bit adds 9.
    let nibbles = (ascii & each(0x0f)) + 9 * (ascii >> 6 & each(1));
    let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    let [.., a, b, c, d] = (pairs | pairs >> 16).to_be_bytes();
    (u32::from_be_bytes([a, b, c, d]), hexadecimal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ABC: &str = "A9993E364706816ABA3E25717850C26C9CD0D89D";

    fn lines(text: &str, range: Option<Range>) -> Vec<HibpLine> {
        let mut text = text.as_bytes();
        std::iter::from_fn(|| next_line(&mut text, range)).collect()
    }

    fn abc(count: u64) -> HibpLine {
        HibpLine::Entry(Sha1Digest::of(b"abc"), count)
    }

    #[test]
    fn lines_of_the_corpus_and_its_api_are_read() {
        let text = format!("{ABC}:5\r\n{}:17\n\n{ABC}:0\r\n{ABC}", ABC.to_lowercase());
        assert_eq!(lines(&text, None), [abc(5), abc(17), HibpLine::Blank, abc(0), abc(1)]);
        assert_eq!(lines(&format!("{ABC}:3\r"), None), [abc(3)]);
    }

    #[test]
    fn suffixes_of_a_range_are_read() {
        let range = "A9993".parse().ok();
        let suffix = &ABC[5..];
        let text = format!("{suffix}:5\r\n{suffix}\n{ABC}:2");
        assert_eq!(lines(&text, range), [abc(5), abc(1), abc(2)]);
        assert_eq!(lines(suffix, None), [HibpLine::Bad(HibpLineError::Suffix)]);
        let zero = lines(&format!("{suffix}:1"), "00000".parse().ok());
        assert!(matches!(zero[..], [HibpLine::Entry(digest, 1)] if digest.leading() >> 44 == 0));
    }

    #[test]
    fn bad_line_names_its_error_and_the_next_is_read() {
        for (bad, kind) in [
            ("password", HibpLineError::Hash),
            (&ABC[1..], HibpLineError::Hash),
            (&format!("{ABC}0:1"), HibpLineError::Hash),
            (&ABC.replace('C', "G"), HibpLineError::Hash),
            (&format!("{ABC}:"), HibpLineError::Count),
            (&format!("{ABC}:x"), HibpLineError::Count),
            (&format!("{ABC};1"), HibpLineError::Count),
            (&format!("{ABC}:1:2"), HibpLineError::Count),
            (&format!("{ABC}:-1"), HibpLineError::Count),
        ] {
            let text = format!("{bad}\n{ABC}:2\n");
            assert_eq!(lines(&text, None), [HibpLine::Bad(kind), abc(2)], "{bad}");
        }
    }

    #[test]
    fn count_saturates() {
        assert_eq!(lines(&format!("{ABC}:99999999999999999999999"), None), [abc(u64::MAX)]);
    }

    #[test]
    fn ranges_are_five_digits() {
        assert_eq!("fFfFf".parse::<Range>().unwrap().number(), Range::COUNT - 1);
        assert_eq!("0000a".parse::<Range>().unwrap().to_string(), "0000A");
        for name in ["", "0000", "000000", "0000g", "+0000", "0x000"] {
            assert!(name.parse::<Range>().is_err(), "{name}");
        }
        assert_eq!(Range::new(Range::COUNT), None);
    }

    proptest! {
        #[test]
        fn hashes_round_trip(digest: [u8; 20], count: u64, upper: bool, split: bool) {
            let mut hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            if upper {
                hex = hex.to_uppercase();
            }
            let range = hex[..5].parse().ok();
            let text = format!("{}:{count}\r\n", if split { &hex[5..] } else { &hex });
            prop_assert_eq!(lines(&text, range), [HibpLine::Entry(Sha1Digest::new(digest), count)]);
        }

        #[test]
        fn junk_is_read_line_by_line(junk in "[0-9A-F:\r\n]{0,300}", ranged: bool) {
            let range = Range::new(0).filter(|_| ranged);
            let expected = junk.split_inclusive('\n').count();
            prop_assert_eq!(lines(&junk, range).len(), expected);
        }

        #[test]
        fn bytes_never_panic(junk in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut text = junk.as_slice();
            while next_line(&mut text, None).is_some() {}
        }
    }
}
