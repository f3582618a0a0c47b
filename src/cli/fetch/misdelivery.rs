//! Detection of misdelivery: a body of another range than the requested one.
//!
//! Lines have no prefix, so a body looks valid under every prefix. A server that mixes up its
//! responses, or ignores the path, would go unnoticed. But SHA-1s are random: no two ranges begin
//! with the same suffix. So the first suffixes of recent ranges are remembered, enough for
//! everything that was in flight together, and none may occur under two prefixes.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::prefix::RangePrefix;
use super::validate::Suffix;

/// Number of remembered ranges: several times what can be in flight.
const REMEMBERED: usize = 1024;

/// The first suffixes of recent ranges.
#[derive(Default)]
pub(super) struct MisdeliveryDetector(Mutex<VecDeque<(Suffix, RangePrefix)>>);

impl MisdeliveryDetector {
    /// Remembers the first suffix of a range.
    ///
    /// # Errors
    ///
    /// Another range begins with the same suffix. One of the two is wrong; which one is not known.
    pub(super) fn check(&self, first: Suffix, prefix: RangePrefix) -> Result<(), RangePrefix> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.iter().find(|(other, _)| *other == first) {
            Some((_, other)) if *other != prefix => return Err(*other),
            Some(_) => return Ok(()),
            None => {}
        }
        if seen.len() == REMEMBERED {
            seen.pop_front();
        }
        seen.push_back((first, prefix));
        Ok(())
    }

    /// Forgets a range whose body turned out to be wrong.
    pub(super) fn forget(&self, prefix: RangePrefix) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|(_, other)| *other != prefix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_first_suffix_under_two_prefixes_is_detected() {
        let detector = MisdeliveryDetector::default();
        let first = Suffix::parse(&[b'7'; 35]).unwrap();
        let (one, other) = ("00001".parse().unwrap(), "00002".parse().unwrap());
        assert_eq!(detector.check(first, one), Ok(()));
        assert_eq!(detector.check(first, one), Ok(()), "the same range again");
        assert_eq!(detector.check(first, other), Err(one));
        detector.forget(one);
        assert_eq!(detector.check(first, other), Ok(()));
    }
}
