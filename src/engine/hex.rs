//! Hexadecimal encoding of configured keys, signatures and cookies.

/// Encodes in lower case.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect()
}

/// Decodes either case; `None` if the text is not hexadecimal.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_round_trip_in_either_case(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(decode(text.to_uppercase().as_bytes()), Some(bytes.clone()));
            prop_assert_eq!(decode(text.as_bytes()), Some(bytes));
        }
    }

    #[test]
    fn odd_length_or_another_letter_is_refused() {
        for text in ["a", "abc", "0g", "+1", " 1", "é"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
