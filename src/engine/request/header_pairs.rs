//! Headers in the bytes in which the proxy passes them to a module.
//!
//! A count, the sizes of every name and value, then each of them followed by a zero byte; numbers
//! are 32 bits, little-endian. No bytes at all are no headers.

use super::headers::Header;

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

/// Reads header pairs; `None` if the bytes end too early.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Vec<Header>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    let (count, rest) = split_u32(bytes)?;
    let (mut sizes, mut data) = rest.split_at_checked(count.checked_mul(8)?)?;
    let mut headers = Vec::with_capacity(count);
    while let Some((name_size, rest)) = split_u32(sizes) {
        let (value_size, rest) = split_u32(rest)?;
        sizes = rest;
        let name = take_text(&mut data, name_size)?;
        let value = take_text(&mut data, value_size)?;
        headers.push((name, value));
    }
    Some(headers)
}

fn split_u32(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_le_bytes(*number)).ok()?, rest))
}

/// Takes `size` bytes and the zero byte behind them.
fn take_text(data: &mut &[u8], size: usize) -> Option<Vec<u8>> {
    let (text, rest) = data.split_at_checked(size)?;
    *data = rest.get(1..)?;
    Some(text.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pairs_are_written_as_the_proxy_writes_them() {
        let written = b"\x01\0\0\0\x02\0\0\0\x01\0\0\0ab\0c\0";
        assert_eq!(write(&[("ab", "c")]), written);
        assert_eq!(read(written), Some(vec![(b"ab".to_vec(), b"c".to_vec())]));
        assert_eq!(read(b""), Some(Vec::new()));
        assert_eq!(read(b"\xff\xff\xff\xff"), None);
    }

    proptest! {
        #[test]
        fn pairs_are_read_whole_or_not_at_all(headers: Vec<(Vec<u8>, Vec<u8>)>) {
            let written = write(&headers);
            prop_assert_eq!(read(&written), Some(headers));
            for end in 1..written.len() {
                prop_assert_eq!(read(&written[..end]), None);
            }
        }
    }
}
