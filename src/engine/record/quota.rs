//! At most so many lines a second, each sort of login with a quota of its own.
//!
//! Junk must neither fill a disk nor crowd out the logins that got in. What is left out is counted.

use std::cell::Cell;

use crate::policy::Action;
use crate::time::Millis;

/// The logins that share a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineSort {
    /// It got in, whatever the verdict.
    GotIn,
    /// Any other with this verdict.
    Verdict(Action),
}

impl LineSort {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::GotIn,
        Self::Verdict(Action::Allow),
        Self::Verdict(Action::Annotate),
        Self::Verdict(Action::Challenge),
        Self::Verdict(Action::Block),
    ];

    /// The name in a record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GotIn => "got_in",
            Self::Verdict(action) => action.name(),
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::GotIn => 0,
            Self::Verdict(Action::Allow) => 1,
            Self::Verdict(Action::Annotate) => 2,
            Self::Verdict(Action::Challenge) => 3,
            Self::Verdict(Action::Block) => 4,
        }
    }
}

/// The lines of one worker in a second, and what was left out.
#[derive(Debug)]
pub(crate) struct LineQuota {
    /// For logins that got in or have the verdict allow.
    allowed: u32,
    /// For each other verdict.
    others: u32,
    second: Cell<u32>,
    written: [Cell<u32>; LineSort::ALL.len()],
    left_out: [Cell<u64>; LineSort::ALL.len()],
}

impl LineQuota {
    pub(crate) fn new(allowed: u32, others: u32) -> Self {
        Self {
            allowed,
            others,
            second: Cell::new(0),
            written: Default::default(),
            left_out: Default::default(),
        }
    }

    /// Whether a line may be written.
    pub(crate) fn take(&self, sort: LineSort, now: Millis) -> bool {
        if self.second.replace(now.seconds()) != now.seconds() {
            self.written.iter().for_each(|written| written.set(0));
        }
        let most = match sort {
            LineSort::GotIn | LineSort::Verdict(Action::Allow) => self.allowed,
            LineSort::Verdict(_) => self.others,
        };
        let of = sort.index();
        let (Some(written), Some(left_out)) = (self.written.get(of), self.left_out.get(of)) else {
            return false;
        };
        if written.get() < most {
            written.set(written.get() + 1);
            return true;
        }
        left_out.set(left_out.get() + 1);
        false
    }

    /// What was left out since the last time, if anything was.
    pub(crate) fn left_out(&self) -> impl Iterator<Item = (LineSort, u64)> + use<'_> {
        let taken = self.left_out.iter().map(Cell::take);
        LineSort::ALL.into_iter().zip(taken).filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_crowds_out_only_its_own_verdict() {
        let quota = LineQuota::new(3, 2);
        let now = Millis(1_760_000_000_000);
        let block = LineSort::Verdict(Action::Block);
        let taken = (0..10).filter(|_| quota.take(block, now)).count();
        assert_eq!(taken, 2);
        assert!(quota.take(LineSort::GotIn, now));
        assert!(quota.take(LineSort::Verdict(Action::Challenge), now));
        assert!(quota.take(block, now.plus_seconds(1)), "another second");
        assert_eq!(quota.left_out().collect::<Vec<_>>(), [(block, 8)]);
        assert_eq!(quota.left_out().count(), 0, "said once");
    }

    #[test]
    fn each_sort_has_a_quota_of_its_own() {
        for (index, sort) in LineSort::ALL.into_iter().enumerate() {
            assert_eq!(sort.index(), index);
        }
    }
}
