//! HTTP Basic authentication (RFC 7617).
//!
//! Decoders differ: PHP, Python and Node skip characters that Go and Rust refuse. A value is read as
//! the most tolerant decoder does, and is flagged as unreadable if a strict one would refuse it.

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

/// Every use of Basic, in all `Authorization` headers and in each part of a joined one. A value with
/// a comma is also read as a whole, because PHP, Python and Node skip the comma.
pub(super) fn all(headers: Headers<'_>) -> impl Iterator<Item = Basic> {
    headers.all("authorization").flat_map(|value| {
        let whole = value.contains(&b',').then(|| read(value)).flatten();
        let whole = whole.map(|basic| Basic { is_strict: false, ..basic });
        value.split(|&byte| byte == b',').filter_map(read).chain(whole)
    })
}

fn read(value: &[u8]) -> Option<Basic> {
    let value = value.trim_ascii();
    let (_, rest) = value.split_at_checked(5).filter(|(scheme, rest)| {
        scheme.eq_ignore_ascii_case(b"basic") && rest.first().is_none_or(u8::is_ascii_whitespace)
    })?;

    let text = rest.trim_ascii();
    let digits = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    // Node reads the URL-safe alphabet too.
    let tolerated: Vec<u8> = digits.iter().copied().filter_map(standard).collect();
    let pair = DECODER.decode(&tolerated).ok().and_then(|decoded| {
        let colon = decoded.iter().position(|&byte| byte == b':')?;
        let (user, password) = decoded.split_at_checked(colon)?;
        Some((user.to_vec(), password.strip_prefix(b":")?.to_vec()))
    });
    let is_strict = pair.is_some() && text.len() % 4 == 0 && tolerated == digits;
    Some(Basic { pair, is_strict })
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
    }

    #[test]
    fn other_schemes_are_ignored_and_joined_lines_are_split() {
        expect("Bearer YWxpY2U6YTpi", &[]);
        expect("Basics YWxpY2U6YTpi", &[]);
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
