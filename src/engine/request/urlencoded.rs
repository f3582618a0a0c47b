//! `application/x-www-form-urlencoded`, in bodies and in queries.
//!
//! It reads more than any one server: pairs end at `&`, and a pair that contains `;` is read a
//! second time as several, as Python before 3.10, old servlets and PHP's `arg_separator` do. A
//! browser encodes `;`, so only hand-made requests are read twice.

use std::borrow::Cow;

use crate::request::percent;

/// Splits a request target at the first `?` into path and query.
pub(crate) fn split_query(target: &[u8]) -> (&[u8], &[u8]) {
    let mark = target.iter().position(|&byte| byte == b'?');
    match mark.and_then(|mark| target.split_at_checked(mark)) {
        Some((path, query)) => (path, query.strip_prefix(b"?").unwrap_or(query)),
        None => (target, b""),
    }
}

/// Every pair of name and value, decoded once. A part without `=` is a name.
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (Cow<'_, [u8]>, Cow<'_, [u8]>)> {
    raw_pairs(text).map(|(name, value)| (decode(name), decode(value)))
}

/// Every pair, undecoded.
pub(crate) fn raw_pairs(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    text.split(|&byte| byte == b'&').flat_map(|piece| {
        let parts = piece.split(|&byte| byte == b';');
        let parts = parts.take(if piece.contains(&b';') { usize::MAX } else { 0 });
        std::iter::once(piece).chain(parts).filter(|part| !part.is_empty()).map(split_pair)
    })
}

/// `+` is a blank, then one percent-decoding.
pub(crate) fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    match spaced(text) {
        Cow::Owned(spaced) if spaced.contains(&b'%') => Cow::Owned(percent::decode(&spaced)),
        other => other,
    }
}

/// The distinct values that servers read, at least one. They disagree on an escape that is none:
/// most leave it as it is, ASP.NET knows `%u0041`, and Node's parsers decode nothing of such a
/// value.
pub(crate) fn readings(text: &[u8]) -> Vec<Cow<'_, [u8]>> {
    let mut readings = vec![decode(text)];
    if !percent::is_well_formed(text) {
        let spaced = spaced(text);
        let others = [Cow::Owned(percent::decode_bytes(&spaced)), spaced];
        for other in others {
            if !readings.contains(&other) {
                readings.push(other);
            }
        }
    }
    readings
}

/// `+` is a blank. Owned if there is anything to decode.
fn spaced(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect())
}

fn split_pair(pair: &[u8]) -> (&[u8], &[u8]) {
    let sign = pair.iter().position(|&byte| byte == b'=');
    match sign.and_then(|sign| pair.split_at_checked(sign)) {
        Some((name, value)) => (name, value.strip_prefix(b"=").unwrap_or(value)),
        None => (pair, b""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let text_of = |bytes: Cow<'_, [u8]>| String::from_utf8(bytes.into_owned()).unwrap();
        pairs(text.as_bytes()).map(|(name, value)| (text_of(name), text_of(value))).collect()
    }

    fn expect(text: &str, expected: &[(&str, &str)]) {
        let found = read(text);
        let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn names_and_values_are_decoded_once() {
        expect("a=b+c%2B%252B&%61%5B%5D=%", &[("a", "b c+%2B"), ("a[]", "%")]);
        expect("a&&=b&c=d=e", &[("a", ""), ("", "b"), ("c", "d=e")]);
        expect("", &[]);
    }

    #[test]
    fn each_reading_of_a_broken_escape_is_found() {
        let of = |text: &str| -> Vec<String> {
            let bytes = readings(text.as_bytes());
            bytes.into_iter().map(|it| String::from_utf8(it.into_owned()).unwrap()).collect()
        };
        assert_eq!(of("a%62+c"), ["ab c"]);
        assert_eq!(of("100%sure"), ["100%sure"]);
        assert_eq!(of("%u0031+"), ["1 ", "%u0031 "]);
        assert_eq!(of("%31%"), ["1%", "%31%"]);
    }

    #[test]
    fn semicolon_is_read_as_text_and_as_separator() {
        expect("a=b;c=d&e=f", &[("a", "b;c=d"), ("a", "b"), ("c", "d"), ("e", "f")]);
        expect("a=b%3Bc=d", &[("a", "b;c=d")]);
    }
}
