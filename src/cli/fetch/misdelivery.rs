//! Bodies of the wrong range, which nothing in them betrays.
//!
//! Lines lack their prefix, so a server that mixes up its answers (or ignores the path) sends
//! something that looks good under every prefix. But SHA-1s are random: two ranges never begin
//! with the same suffix. So the first suffixes of the ranges seen last are remembered, enough
//! to hold everything that was in flight together, and no range may repeat one.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::content::Suffix;
use super::prefix::Prefix;

/// So many ranges are remembered: several times what can be in flight.
const REMEMBERED: usize = 1024;

/// The first suffixes seen last.
#[derive(Default)]
pub struct Twins(Mutex<VecDeque<(Suffix, Prefix)>>);

impl Twins {
    /// Notes a range's first suffix, or names the other range that has the same.
    ///
    /// # Errors
    ///
    /// The other range: one of the two is wrong, and which cannot be told.
    pub fn admit(&self, first: Suffix, prefix: Prefix) -> Result<(), Prefix> {
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

    /// Forgets what was noted of a range that turned out to be wrong.
    pub fn forget(&self, prefix: Prefix) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|(_, other)| *other != prefix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ranges_never_begin_alike() {
        let twins = Twins::default();
        let first = Suffix::parse(&[b'7'; 35]).unwrap();
        let (one, other) = ("00001".parse().unwrap(), "00002".parse().unwrap());
        assert_eq!(twins.admit(first, one), Ok(()));
        assert_eq!(twins.admit(first, one), Ok(()), "the same range again");
        assert_eq!(twins.admit(first, other), Err(one));
        twins.forget(one);
        assert_eq!(twins.admit(first, other), Ok(()));
    }
}
