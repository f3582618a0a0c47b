//! Sets of header names, to look for all of them in one pass over the headers.
//!
//! Most headers of most requests are none of those that matter. One test of the length and the first
//! letter tells nearly all of them, so a pass costs little more than the steps from header to header.

/// Header names, each with its meaning. Names are compared without letter case.
#[derive(Clone, Copy, Debug)]
pub struct HeaderNames<T: 'static> {
    names: &'static [(&'static str, T)],
    /// A bit for each [`slot`] of a name.
    slots: u64,
}

impl<T: Copy> HeaderNames<T> {
    /// The set of these names, none of which is empty.
    #[must_use]
    pub const fn new(names: &'static [(&'static str, T)]) -> Self {
        let mut slots = 0;
        let mut rest = names;
        while let Some(((name, _), others)) = rest.split_first() {
            if let Some(first) = name.as_bytes().first() {
                slots |= 1 << slot(name.len(), *first);
            }
            rest = others;
        }
        Self { names, slots }
    }

    /// What a header of this name means; `None` if it is not in the set.
    #[must_use]
    pub fn meaning(&self, name: &[u8]) -> Option<T> {
        let first = name.first()?;
        if self.slots & (1 << slot(name.len(), *first)) == 0 {
            return None;
        }
        let mut named = self.names.iter();
        let found = named.find(|(own, _)| name.eq_ignore_ascii_case(own.as_bytes()))?;
        Some(found.1)
    }
}

/// A number below 64 that is the same for names that differ in letter case.
const fn slot(length: usize, first: u8) -> usize {
    (length.wrapping_mul(5) ^ (first | 0x20) as usize) % 64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: HeaderNames<u8> = HeaderNames::new(&[(":path", 1), ("Host", 2), ("x-a", 3)]);

    #[test]
    fn names_are_found_in_any_letter_case() {
        for (name, meaning) in [(":PATH", 1), ("host", 2), ("HOST", 2), ("X-A", 3)] {
            assert_eq!(NAMES.meaning(name.as_bytes()), Some(meaning), "{name}");
        }
        for name in ["", "hos", "hosts", "x-b", ":patH2", "\u{1a}path"] {
            assert_eq!(NAMES.meaning(name.as_bytes()), None, "{name}");
        }
    }
}
