//! `application/x-www-form-urlencoded`, in bodies and in queries.
//!
//! It reads more than any one server: pairs end at `&`, and a pair that contains `;` is read a
//! second time as several, as Python before 3.10, old servlets and PHP's `arg_separator` do. A
//! browser encodes `;`, so only hand-made requests are read twice.

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
pub(crate) fn pairs(text: &[u8]) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
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
pub(crate) fn decode(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent::decode(&spaced)
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
        let text_of = |bytes| String::from_utf8(bytes).unwrap();
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
    fn semicolon_is_read_as_text_and_as_separator() {
        expect("a=b;c=d&e=f", &[("a", "b;c=d"), ("a", "b"), ("c", "d"), ("e", "f")]);
        expect("a=b%3Bc=d", &[("a", "b;c=d")]);
    }
}
