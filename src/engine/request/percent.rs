//! Percent-decoding as lenient servers do it.
//!
//! One pass: a decoded escape is not decoded again here. A `%` that starts no escape stays, as in
//! PHP and Python. Servers that refuse it (Go, Java) process no login then, so reading on loses
//! nothing.

/// Decodes `%XX`, and the `%uXXXX` that IIS and ASP.NET understand.
pub(crate) fn decode(text: &[u8]) -> Vec<u8> {
    decode_with(text, escape)
}

/// Decodes `%XX` alone.
pub(crate) fn decode_bytes(text: &[u8]) -> Vec<u8> {
    decode_with(text, byte_escape)
}

type Escape = for<'a> fn(u8, &'a [u8], &mut Vec<u8>) -> Option<&'a [u8]>;

fn decode_with(text: &[u8], escape: Escape) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match escape(byte, tail, &mut decoded) {
            Some(after) => after,
            None => {
                decoded.push(byte);
                tail
            }
        };
    }
    decoded
}

/// Whether every `%` starts an escape of two hexadecimal digits. Servers disagree on the meaning of
/// any other.
pub(crate) fn is_well_formed(text: &[u8]) -> bool {
    let mut pieces = text.split(|&byte| byte == b'%');
    pieces.next();
    pieces.all(|piece| matches!(piece, [high, low, ..] if byte_of(*high, *low).is_some()))
}

/// Decodes one escape onto `decoded` and returns what follows it.
fn escape<'a>(byte: u8, tail: &'a [u8], decoded: &mut Vec<u8>) -> Option<&'a [u8]> {
    if byte != b'%' {
        return None;
    }
    match tail {
        [b'u' | b'U', a, b, c, d, after @ ..] => {
            let unit = u32::from(byte_of(*a, *b)?) << 8 | u32::from(byte_of(*c, *d)?);
            let mut buffer = [0; 4];
            let text = char::from_u32(unit)?.encode_utf8(&mut buffer);
            decoded.extend_from_slice(text.as_bytes());
            Some(after)
        }
        _ => byte_escape(byte, tail, decoded),
    }
}

fn byte_escape<'a>(byte: u8, tail: &'a [u8], decoded: &mut Vec<u8>) -> Option<&'a [u8]> {
    match tail {
        [high, low, after @ ..] if byte == b'%' => {
            decoded.push(byte_of(*high, *low)?);
            Some(after)
        }
        _ => None,
    }
}

fn byte_of(high: u8, low: u8) -> Option<u8> {
    Some(nibble(high)? << 4 | nibble(low)?)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_decoded_once_and_anything_else_stays() {
        for (given, expected) in [
            ("/log%69n", "/login"),
            ("/log%6Eog", "/lognog"),
            ("%252f", "%2f"),
            ("100%", "100%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%u006cogin", "login"),
            ("%u00", "%u00"),
            ("%ud800", "%ud800"),
        ] {
            assert_eq!(decode(given.as_bytes()), expected.as_bytes(), "{given}");
        }
    }

    proptest! {
        #[test]
        fn encoded_bytes_round_trip(bytes: Vec<u8>) {
            let encoded: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
            prop_assert!(is_well_formed(encoded.as_bytes()));
            prop_assert_eq!(decode(encoded.as_bytes()), bytes);
        }

        #[test]
        fn never_grows(bytes: Vec<u8>) {
            prop_assert!(decode(&bytes).len() <= bytes.len());
        }
    }
}
