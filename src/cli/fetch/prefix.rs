//! Range prefixes: the first five hex digits of a SHA-1, which name the ranges of the corpus.
//!
//! There are 16^5 = 1,048,576 prefixes. A [`RangePrefix`] is always one of these, so no other text
//! gets into a path or an address.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The number of ranges in the whole corpus.
pub(super) const ALL: u32 = 1 << 20;

/// The number of one range, below [`ALL`]; shown as five upper-case hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RangePrefix(u32);

impl RangePrefix {
    /// Where the range's file lies in the folder: `AB/ABCDE.gz`.
    ///
    /// 256 sub-folders of 4,096 files each, because a folder of a million entries is slow to list,
    /// copy and archive.
    pub(crate) fn file(self) -> PathBuf {
        PathBuf::from(format!("{:02X}", self.0 >> 12)).join(format!("{self}.gz"))
    }
}

impl fmt::Display for RangePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05X}", self.0)
    }
}

impl FromStr for RangePrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // from_str_radix alone would take a sign.
        let digits = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u32::from_str_radix(text, 16) {
            Ok(number) if digits => Ok(Self(number)),
            _ => Err(format!("`{text}` is not a prefix: five hex digits, as in 5BAA6")),
        }
    }
}

/// The ranges to fetch: all of them, or `FIRST-LAST`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PrefixSpan {
    first: u32,
    count: u32,
}

impl PrefixSpan {
    /// The number of ranges; at least one.
    pub(super) fn count(self) -> u32 {
        self.count
    }

    /// The range at a position of the span; none past its end.
    pub(super) fn get(self, position: u32) -> Option<RangePrefix> {
        (position < self.count).then(|| RangePrefix(self.first + position))
    }
}

impl Default for PrefixSpan {
    fn default() -> Self {
        Self { first: 0, count: ALL }
    }
}

impl FromStr for PrefixSpan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (first.parse::<RangePrefix>()?, last.parse::<RangePrefix>()?);
        if last < first {
            return Err(format!("`{text}` ends before it begins; try {last}-{first}"));
        }
        Ok(Self { first: first.0, count: last.0 - first.0 + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn span_includes_both_its_ends() {
        let span: PrefixSpan = "00000-000ff".parse().unwrap();
        assert_eq!(span.count(), 256);
        assert_eq!(span.get(255).unwrap().to_string(), "000FF");
        assert_eq!(span.get(256), None);
        assert_eq!("5BAA6".parse::<PrefixSpan>().unwrap().count(), 1);
        assert_eq!(PrefixSpan::default().get(ALL - 1).unwrap().to_string(), "FFFFF");
    }

    #[test]
    fn text_that_is_not_a_span_is_refused() {
        for text in ["", "-", "0000", "000000", "+0000", "0000G", "00001-00000", "00000-"] {
            assert!(text.parse::<PrefixSpan>().is_err(), "{text}");
        }
    }

    #[test]
    fn files_are_spread_over_256_folders() {
        let prefix: RangePrefix = "ABCDE".parse().unwrap();
        assert_eq!(prefix.file(), PathBuf::from("AB/ABCDE.gz"));
    }
}
