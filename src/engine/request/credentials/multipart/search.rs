//! Search for a delimiter in time that is linear in the text, whatever the two contain.

/// `--` and a boundary, with its failure table (Knuth, Morris, Pratt 1977).
pub(super) struct MultipartDelimiter {
    text: Vec<u8>,
    /// For each prefix, the length of the longest proper prefix that it ends with.
    borders: Vec<usize>,
}

impl MultipartDelimiter {
    pub(super) fn new(boundary: &[u8]) -> Self {
        let text = [b"--", boundary].concat();
        let mut delimiter = Self { text: Vec::with_capacity(text.len()), borders: Vec::new() };
        let mut border = 0;
        for byte in text {
            if !delimiter.text.is_empty() {
                border = delimiter.advance(border, byte);
            }
            delimiter.text.push(byte);
            delimiter.borders.push(border);
        }
        delimiter
    }

    /// What stands before and after the first delimiter.
    pub(super) fn split<'a>(&self, within: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let mut matched = 0;
        for (at, &byte) in within.iter().enumerate() {
            matched = self.advance(matched, byte);
            if matched == self.text.len() {
                let (before, after) = within.split_at_checked(at + 1)?;
                return Some((before.get(..before.len() - matched)?, after));
            }
        }
        None
    }

    /// How much of the delimiter is matched after one more byte.
    fn advance(&self, mut matched: usize, byte: u8) -> usize {
        loop {
            if self.text.get(matched) == Some(&byte) {
                return matched + 1;
            }
            match matched.checked_sub(1).and_then(|last| self.borders.get(last)) {
                Some(&shorter) => matched = shorter,
                None => return 0,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_delimiter_is_found(boundary in "[-ab]{0,6}", text in "[-ab]{0,60}") {
            let needle = format!("--{boundary}");
            let found = MultipartDelimiter::new(boundary.as_bytes()).split(text.as_bytes());
            let expected = text.split_once(&needle).map(|(a, b)| (a.as_bytes(), b.as_bytes()));
            prop_assert_eq!(found, expected);
        }
    }
}
