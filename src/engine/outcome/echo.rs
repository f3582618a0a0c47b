//! Whether a request could have brought the text that shows a success.
//!
//! A page repeats what was sent to it: `Unknown user Welcome back`. So a text proves a success only
//! if the request does not hold a considerable part of it; the page may contribute the rest. The
//! request is read in every encoding that servers decode: percent escapes, escapes of JSON and HTML,
//! base64, each repeatedly. Only letters and digits are compared, without case or accents, because
//! applications trim and fold what they repeat.
//!
//! A mistake in one direction costs a person the credit for one login; in the other, an attacker
//! earns credit. So whatever is doubtful counts as brought.

use crate::short_list;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::body_condition::contains;
use crate::request::percent;
use crate::request::unicode_forms::nfkd;

/// A longer piece of a request is not looked through: it could have brought any text.
const MAX_SENT_BYTES: usize = 64 << 10;

/// How often escapes within escapes are decoded.
const DECODINGS: usize = 3;

/// The fewest and the most letters and digits that make a considerable part of a text. In between
/// it is half of the text.
const PART: (usize, usize) = (4, 8);

const DECODER: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Whether a piece of a request (a header's value, the body) could have brought one of `texts`.
pub(crate) fn could_bring(sent: &[u8], texts: &[&str]) -> bool {
    if texts.is_empty() {
        return false;
    }
    if sent.len() > MAX_SENT_BYTES {
        return true;
    }
    let readings = readings(sent);
    let folded: Vec<_> = readings.iter().map(|reading| letters(reading)).collect();
    texts.iter().any(|text| {
        let wanted = letters(text.as_bytes());
        if wanted.is_empty() {
            return readings.iter().any(|reading| contains(reading, text.as_bytes()));
        }
        let parts = TextParts::of(&wanted);
        folded.iter().any(|reading| parts.any_in(reading))
    })
}

/// What was sent, as sent and as servers may decode it.
fn readings(sent: &[u8]) -> Vec<Vec<u8>> {
    let mut readings = vec![sent.to_vec()];
    for _ in 0..DECODINGS {
        let last = readings.last().map(Vec::as_slice).unwrap_or_default();
        let decoded = unescaped(&percent::decode(last));
        if decoded == last {
            break;
        }
        readings.push(decoded);
    }
    let encoded: Vec<_> = readings.iter().map(|reading| from_base64(reading)).collect();
    readings.extend(encoded.into_iter().filter(|decoded| !decoded.is_empty()));
    readings
}

/// Every run of base64 digits that is long enough to matter, decoded.
fn from_base64(text: &[u8]) -> Vec<u8> {
    let standard = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let mut decoded = Vec::new();
    for run in text.split(|byte| !is_digit(byte)).filter(|run| run.len() > PART.0) {
        let run: Vec<u8> = run.iter().map(standard).collect();
        // One digit alone encodes nothing.
        let length = if run.len() % 4 == 1 { run.len() - 1 } else { run.len() };
        let whole = run.get(..length).unwrap_or_default();
        decoded.extend(DECODER.decode(whole).unwrap_or_default());
        decoded.push(b'\n');
    }
    decoded
}

/// A text without the escapes of JSON and of HTML.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        let escape = match byte {
            b'\\' => after_backslash(tail),
            b'&' => after_ampersand(tail),
            _ => None,
        };
        rest = match escape {
            Some((character, after)) => {
                let mut buffer = [0; 4];
                out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
                after
            }
            None => {
                out.push(byte);
                tail
            }
        };
    }
    out
}

/// `\u0041`, `\x41`, and the letters that stand for a control character.
fn after_backslash(tail: &[u8]) -> Option<(char, &[u8])> {
    match tail {
        [b'u', rest @ ..] => {
            rest.split_at_checked(4).and_then(|(hex, after)| coded(hex, 16, after))
        }
        [b'x', rest @ ..] => {
            rest.split_at_checked(2).and_then(|(hex, after)| coded(hex, 16, after))
        }
        [b'b' | b'f' | b'n' | b'r' | b't', after @ ..] => Some((' ', after)),
        _ => None,
    }
}

/// `#65;` and `#x41;`.
fn after_ampersand(tail: &[u8]) -> Option<(char, &[u8])> {
    let rest = tail.strip_prefix(b"#")?;
    let end = rest.iter().take(10).position(|&byte| byte == b';')?;
    let (digits, after) = rest.split_at_checked(end)?;
    let after = after.strip_prefix(b";")?;
    match digits {
        [b'x' | b'X', hex @ ..] => coded(hex, 16, after),
        decimal => coded(decimal, 10, after),
    }
}

fn coded<'a>(digits: &[u8], radix: u32, after: &'a [u8]) -> Option<(char, &'a [u8])> {
    let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?;
    Some((char::from_u32(number)?, after))
}

/// The letters and digits of a text, in lower case and without accents.
fn letters(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        let plain = text.iter().filter(|byte| byte.is_ascii_alphanumeric());
        return plain.map(u8::to_ascii_lowercase).collect();
    }
    let text = String::from_utf8_lossy(text);
    let mut plain = String::new();
    nfkd(text.chars(), |letter| {
        if letter.is_alphanumeric() {
            plain.extend(letter.to_lowercase());
        }
    });
    plain.into_bytes()
}

/// Every considerable part of a text, as numbers in order.
struct TextParts {
    length: usize,
    numbers: Vec<u64>,
}

impl TextParts {
    fn of(letters: &[u8]) -> Self {
        let length = letters.len().div_ceil(2).clamp(PART.0, PART.1).min(letters.len());
        let mut list = Vec::new();
        numbers(letters, length).for_each(|number| short_list::insert(&mut list, number));
        Self { length, numbers: list }
    }

    fn any_in(&self, letters: &[u8]) -> bool {
        numbers(letters, self.length).any(|number| self.numbers.binary_search(&number).is_ok())
    }
}

/// Each run of `length` bytes, at most eight, as a number.
fn numbers(letters: &[u8], length: usize) -> impl Iterator<Item = u64> {
    let number = |run: &[u8]| run.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    letters.windows(length.max(1)).map(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_that_the_request_holds_in_any_encoding_is_brought() {
        for sent in [
            "user=Welcome+back&password=x",
            "user=welcome%20BACK",
            "user=%57elcome%2520back",
            "user=Welcome%u0020back",
            r#"{"user":"\u0057elcome\nback"}"#,
            r#"{"user":"%5Cu0057elcome back"}"#,
            "user=We%26%23108%3Bcome back",
            "user=&#x57;elcome back",
            "W\u{e9}lc\u{f6}me b\u{e2}ck",
            "\u{ff37}elcome back",
            "Wel\u{200b}come ba\u{0}ck",
            "Basic V2VsY29tZSBiYWNrOng=",
            "next=V2VsY29tZSBiYWNr",
            // The page writes the other half.
            "user=Welcome",
            "theme=lcomeback",
        ] {
            assert!(could_bring(sent.as_bytes(), &["Welcome back"]), "{sent}");
        }
    }

    #[test]
    fn ordinary_request_does_not_bring_the_text() {
        for sent in [
            "user=alice%40example.com&password=correct+horse&csrf=V7Q0mGkXcTqLz5&remember=on",
            r#"{"user":"alice","password":"hunter2"}"#,
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0",
            "https://www.example.com/account/login?next=%2Faccount%2Forders",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "",
        ] {
            for text in
                ["Welcome back", "<a href=\"/logout\">Log out</a>", "Abmelden", "ログアウト"]
            {
                assert!(!could_bring(sent.as_bytes(), &[text]), "{sent} {text}");
            }
        }
    }

    #[test]
    fn text_without_letters_is_compared_as_it_is_and_a_long_request_could_bring_any() {
        assert!(could_bring("a%E2%9C%93b".as_bytes(), &["✓"]));
        assert!(!could_bring(b"a%E2%9C%94b", &["✓"]));
        assert!(could_bring(&vec![b'.'; MAX_SENT_BYTES + 1], &["Welcome back"]));
        assert!(!could_bring(&vec![b'.'; MAX_SENT_BYTES], &["Welcome back"]));
        assert!(!could_bring(b"Welcome back", &[]));
    }

    proptest! {
        #[test]
        fn never_panics_and_finds_what_is_sent_plainly(
            before: Vec<u8>,
            text in "[A-Za-z<>/é ]{1,30}",
            after in "[%\\\\&#;ux0-9a]{0,20}",
        ) {
            let sent = [&before[..], b" ", text.as_bytes(), b" ", after.as_bytes()].concat();
            prop_assert!(could_bring(&sent, &[&text]));
        }
    }
}
