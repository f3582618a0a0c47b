//! The answer to a live lookup: a range, searched line by line.
//!
//! It comes from outside, so all that it can do is to hold the hash or not. An answer without a
//! line, with a line that is none, or longer than [`MAX_RANGE_BYTES`] does not say that the password
//! is unknown. Lines with a count of 0 are padding, which hides the length of the range from
//! somebody who watches the wire.

use super::LiveLookup;
use crate::breached::Sha1Digest;
use crate::breached::hibp::{HibpLine, Range, next_line};

/// The longest answer that is read, in bytes: ten times as long as today's ranges with padding.
pub const MAX_RANGE_BYTES: usize = 1 << 20;

/// Searches a range for a hash.
pub(crate) fn find(range: &[u8], digest: &Sha1Digest) -> LiveLookup {
    let mut rest = range.get(..MAX_RANGE_BYTES).unwrap_or(range);
    let mut is_range = !rest.is_empty() && rest.len() == range.len();
    while let Some(line) = next_line(&mut rest, Some(Range::of(digest))) {
        match line {
            HibpLine::Entry(found, 1..) if found == *digest => return LiveLookup::Found,
            HibpLine::Entry(..) | HibpLine::Blank => {}
            HibpLine::Bad(_) => is_range = false,
        }
    }
    if is_range { LiveLookup::NotFound } else { LiveLookup::Failed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The hash of "abc" without the digits of its range.
    const SUFFIX: &str = "E364706816ABA3E25717850C26C9CD0D89D";

    fn look(range: impl AsRef<[u8]>) -> LiveLookup {
        find(range.as_ref(), &Sha1Digest::of(b"abc"))
    }

    /// A line of the range with the hash of "abc".
    fn line(count: u32) -> String {
        format!("{SUFFIX}:{count}\r\n")
    }

    fn other() -> String {
        format!("{}:9\r\n", "0".repeat(35))
    }

    #[test]
    fn hash_is_found_wherever_it_stands() {
        for range in [line(1), other() + &line(7), line(2) + &other(), line(1).to_lowercase()] {
            assert_eq!(look(range), LiveLookup::Found);
        }
        assert_eq!(look(other()), LiveLookup::NotFound);
    }

    #[test]
    fn padding_is_no_hit() {
        assert_eq!(look(line(0)), LiveLookup::NotFound);
        assert_eq!(look(line(0) + &line(1)), LiveLookup::Found);
    }

    #[test]
    fn answer_that_is_no_range_says_nothing() {
        let cut = &other()[..20];
        for junk in ["", "<html>not here</html>", cut, &(other() + "junk\n"), &(other() + cut)] {
            assert_eq!(look(junk), LiveLookup::Failed, "{junk:?}");
        }
    }

    #[test]
    fn answer_is_read_up_to_its_limit() {
        let long = other().repeat(MAX_RANGE_BYTES / other().len() + 1);
        assert_eq!(look(long.clone() + &line(1)), LiveLookup::Failed);
        assert_eq!(look(line(1) + &long), LiveLookup::Found);
    }

    proptest! {
        #[test]
        fn junk_is_never_a_hit(junk in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_ne!(look(junk), LiveLookup::Found);
        }

        #[test]
        fn hash_is_found_among_any_lines(before in "([0-9A-F]{35}:[0-9]{1,3}\r\n){0,20}") {
            prop_assert_eq!(look(before + &line(3)), LiveLookup::Found);
        }
    }
}
