//! HTTP Basic authentication (RFC 7617).
//!
//! Decoders differ: PHP, Python and Node skip characters that Go and Rust refuse, some find the
//! scheme anywhere, and some read on behind the padding. A value is read as the most tolerant ones
//! do, and is flagged as unreadable if a strict one would refuse it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::request::headers::Headers;

const DECODER: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The content of one `Authorization: Basic`.
#[derive(PartialEq, Eq)]
pub(super) struct Basic {
    /// Username and password, as sent.
    pub(super) pair: Option<(Vec<u8>, Vec<u8>)>,
    /// Whether every decoder reads the same.
    pub(super) is_strict: bool,
}

/// Every reading of Basic, in all `Authorization` headers and in each part of a joined one. A value
/// with a comma is also read as a whole, because PHP, Python and Node skip the comma.
pub(super) fn all(headers: Headers<'_>) -> impl Iterator<Item = Basic> {
    headers.all("authorization").flat_map(|value| {
        let whole = value.contains(&b',').then(|| read(value)).into_iter().flatten();
        let whole = whole.map(|basic| Basic { is_strict: false, ..basic });
        value.split(|&byte| byte == b',').flat_map(read).chain(whole)
    })
}

/// Where the scheme is looked for: a regular expression without an anchor finds it behind others.
const SCHEME_WITHIN: usize = 16;

/// The distinct readings of one value: none if it is of another scheme.
fn read(value: &[u8]) -> Vec<Basic> {
    let value = value.trim_ascii();
    let schemes = value.windows(5).take(SCHEME_WITHIN);
    let Some(at) = schemes.into_iter().position(|part| part.eq_ignore_ascii_case(b"basic")) else {
        return Vec::new();
    };
    let rest = value.get(at + 5..).unwrap_or_default();
    let is_usual = at == 0 && rest.first().is_none_or(|&byte| byte == b' ');

    let text = rest.trim_ascii();
    let digits = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    // Node reads the URL-safe alphabet too.
    let tolerated: Vec<u8> = digits.iter().copied().filter_map(standard).collect();
    let pair = decode(&tolerated);
    let is_strict =
        is_usual && pair.is_some() && text.len() % 4 == 0 && tolerated.as_slice() == digits;
    // PHP and Python read on behind `=`; Node does not.
    let first = digits.split(|&byte| byte == b'=').next().unwrap_or_default();
    let before: Vec<u8> = first.iter().copied().filter_map(standard).collect();
    let other = (first.len() < digits.len()).then(|| decode(&before)).flatten();
    let mut all = vec![Basic { pair, is_strict }];
    all.extend(other.map(|pair| Basic { pair: Some(pair), is_strict: false }));
    all
}

fn decode(digits: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    // One digit that is left over says nothing: decoders ignore it.
    let left_over = usize::from(digits.len() % 4 == 1);
    let decoded = DECODER.decode(digits.get(..digits.len() - left_over)?).ok()?;
    let colon = decoded.iter().position(|&byte| byte == b':')?;
    let (user, password) = decoded.split_at_checked(colon)?;
    Some((user.to_vec(), password.strip_prefix(b":")?.to_vec()))
}

fn standard(digit: u8) -> Option<u8> {
    match digit {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        b'+' | b'/' => Some(digit),
        _ => digit.is_ascii_alphanumeric().then_some(digit),
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::*;
    use crate::request::headers::Header;

    fn expect(value: &str, expected: &[(Option<(&str, &str)>, bool)]) {
        let headers: Vec<Header> = vec![("Authorization".into(), value.into())];
        let found: Vec<_> = all(Headers::new(&headers))
            .map(|basic| {
                let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
                (basic.pair.map(|(user, word)| (text(user), text(word))), basic.is_strict)
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(pair, strict)| (pair.map(|(a, b)| (a.to_owned(), b.to_owned())), *strict))
            .collect();
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn the_first_colon_ends_the_username() {
        expect("Basic YWxpY2U6YTpi", &[(Some(("alice", "a:b")), true)]);
        expect("bAsIc   YWxpY2U6YTpi ", &[(Some(("alice", "a:b")), true)]);
        expect("Basic Og==", &[(Some(("", "")), true)]);
    }

    #[test]
    fn value_that_decoders_disagree_on_is_read_and_flagged() {
        expect("Basic Og", &[(Some(("", "")), false)]);
        expect("Basic YWxp Y2U6*YTpi", &[(Some(("alice", "a:b")), false)]);
        expect("Basic Pz8_Og==", &[(Some(("???", "")), false)]);
        for refused in ["Basic", "Basic ", "Basic !", "Basic YWxpY2U=", "Basic Y"] {
            expect(refused, &[(None, false)]);
        }
        // Decoders ignore a digit that is left over.
        expect("Basic YWxpY2U6YTpiY", &[(Some(("alice", "a:b")), false)]);
        let skipped = (Some(("alice", "a:bbob:x")), false);
        expect("Basic YWxpY2U6YTpi=Ym9iOng=", &[skipped, (Some(("alice", "a:b")), false)]);
    }

    #[test]
    fn loose_scheme_is_read_and_flagged() {
        for value in [
            "xBasic YWxpY2U6YTpi",
            "Basic; YWxpY2U6YTpi",
            "Basic: YWxpY2U6YTpi",
            "Basic\tYWxpY2U6YTpi",
            "Basic\u{a0}YWxpY2U6YTpi",
            "BasicYWxpY2U6YTpi",
            "Token Basic YWxpY2U6YTpi",
        ] {
            expect(value, &[(Some(("alice", "a:b")), false)]);
        }
    }

    #[test]
    fn other_schemes_are_ignored_and_joined_lines_are_split() {
        expect("Bearer YWxpY2U6YTpi", &[]);
        expect("Digest username=\"basic\", realm=\"x\"", &[]);
        // Also read as a whole, as by decoders that skip invalid characters.
        let whole = (Some(("alice", "a:b\u{5}\u{fffd}\"p\u{fffd}")), false);
        let joined = [(Some(("alice", "a:b")), true), (Some(("", "")), true), whole];
        expect("Basic YWxpY2U6YTpi, Basic Og==", &joined);
        let hidden = [(Some(("alice", "a:b")), true), (Some(("alice", "a:bcd")), false)];
        expect("Basic YWxpY2U6YTpi,Y2Q=", &hidden);
    }

    proptest! {
        #[test]
        fn pairs_round_trip(user in "[^:]{0,20}", password in ".{0,20}") {
            let encoded = BASE64_STANDARD.encode(format!("{user}:{password}"));
            expect(&format!("Basic {encoded}"), &[(Some((&user, &password)), true)]);
        }

        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = read(&[b"Basic ", bytes.as_slice()].concat());
            let url_safe = BASE64_URL_SAFE_NO_PAD.encode(&bytes);
            let _ = read(format!("basic {url_safe}").as_bytes());
        }
    }
}
