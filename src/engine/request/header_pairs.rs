//! Headers in the bytes in which the proxy passes them to a module.
//!
//! A count, the sizes of every name and value, then each of them followed by a zero byte; numbers
//! are 32 bits, little-endian. No bytes at all are no headers.

use super::headers::HeaderRef;

/// Writes header pairs.
#[must_use]
pub fn write<T: AsRef<[u8]>>(headers: &[(T, T)]) -> Vec<u8> {
    let size_of = |text: &T| u32::try_from(text.as_ref().len()).unwrap_or(0).to_le_bytes();
    let mut bytes = u32::try_from(headers.len()).unwrap_or(0).to_le_bytes().to_vec();
    for (name, value) in headers {
        bytes.extend_from_slice(&size_of(name));
        bytes.extend_from_slice(&size_of(value));
    }
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text.as_ref());
        bytes.push(0);
    }
    bytes
}

/// Reads header pairs where they are; `None` if the bytes end too early.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Vec<HeaderRef<'_>>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (count, rest) = bytes.split_first_chunk::<4>()?;
    let count = number(*count);
    let (mut sizes, mut texts) = rest.split_at_checked(count.checked_mul(8)?)?;
    let mut headers = Vec::with_capacity(count);
    while let Some((name_size, rest)) = sizes.split_first_chunk::<4>() {
        let (value_size, rest) = rest.split_first_chunk::<4>()?;
        sizes = rest;
        let name = take_text(&mut texts, number(*name_size))?;
        let value = take_text(&mut texts, number(*value_size))?;
        headers.push((name, value));
    }
    Some(headers)
}

fn number(bytes: [u8; 4]) -> usize {
    // Where it does not fit, no bytes are that long.
    usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX)
}

/// Takes `size` bytes and the zero byte behind them.
fn take_text<'a>(texts: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (text, rest) = texts.split_at_checked(size)?;
    *texts = rest.get(1..)?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairs_are_written_as_the_proxy_writes_them() {
        let written = b"\x01\0\0\0\x02\0\0\0\x01\0\0\0ab\0c\0";
        assert_eq!(write(&[("ab", "c")]), written);
        assert_eq!(read(written), Some(vec![(&b"ab"[..], &b"c"[..])]));
        assert_eq!(read(b""), Some(Vec::new()));
        assert_eq!(read(b"\xff\xff\xff\xff"), None);
        assert_eq!(read(b"\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0"), None);
    }

    proptest! {
        #[test]
        fn pairs_are_read_whole_or_not_at_all(headers: Vec<(Vec<u8>, Vec<u8>)>) {
            let written = write(&headers);
            let given = headers.iter().map(|(name, value)| (&name[..], &value[..]));
            prop_assert_eq!(read(&written), Some(given.collect()));
            for end in 1..written.len() {
                prop_assert_eq!(read(&written[..end]), None);
            }
        }

        #[test]
        fn bytes_never_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
