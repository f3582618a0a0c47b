//! The counts of an endpoint.
//!
//! Most are about *unknown* devices, because an attacker has no known device and nine people in ten
//! have one. Failures are distinct ones (the `ledger` knows which are new), and an address
//! contributes a limited number of attempts and failures.
//!
//! A *visit* is the attempts of one account from one address until there is none for a quarter of
//! an hour. It counts as unresolved with its first failure, and no longer once a login succeeds, so
//! these counts rise and fall.

use crate::decision::facts::Facts;
use crate::state::VisitState;

/// The counts of one worker over a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndpointStats {
    /// Attempts of known devices.
    pub known: i32,
    /// Attempts of unknown devices, including stopped ones.
    pub unknown: i32,
    /// Attempts of unknown devices with a breached password.
    pub unknown_breached: i32,
    /// Distinct failures of unknown devices.
    pub failed: i32,
    /// Distinct failures of unknown devices with a breached password.
    pub failed_breached: i32,
    /// Accounts that succeeded with unknown devices, each once a day and from two addresses.
    pub succeeded: i32,
    /// Accounts that succeeded with any device, each once a day and from two addresses.
    pub usernames: i32,
    /// The same with known devices.
    pub known_succeeded: i32,
    /// Visits of unknown devices that failed and did not succeed, less those that did later.
    pub unresolved: i32,
    /// Visits of unknown devices that were stopped before anything failed, less those that failed
    /// or succeeded later.
    pub stopped: i32,
    /// Visits of known devices that failed, less those that succeeded later.
    pub known_unresolved: i32,
}

impl EndpointStats {
    /// The number of counts.
    pub(crate) const COUNTS: usize = 11;

    /// What an attempt adds at its decision.
    pub(crate) fn seen(facts: &Facts) -> Self {
        let unknown = !facts.known_device;
        Self {
            known: facts.known_device.into(),
            unknown: unknown.into(),
            unknown_breached: (unknown && facts.breached).into(),
            ..Self::default()
        }
    }

    /// What a visit adds that counted in one way before an attempt and in another after it.
    pub(crate) fn visit((before, after): (VisitState, VisitState)) -> Self {
        let change = |state| i32::from(after == state) - i32::from(before == state);
        Self {
            unresolved: change(VisitState::Failed),
            stopped: change(VisitState::Stopped),
            known_unresolved: change(VisitState::KnownFailed),
            ..Self::default()
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn counts(&self) -> [i32; Self::COUNTS] {
        let Self {
            known,
            unknown,
            unknown_breached,
            failed,
            failed_breached,
            succeeded,
            usernames,
            known_succeeded,
            unresolved,
            stopped,
            known_unresolved,
        } = *self;
        [
            known,
            unknown,
            unknown_breached,
            failed,
            failed_breached,
            succeeded,
            usernames,
            known_succeeded,
            unresolved,
            stopped,
            known_unresolved,
        ]
    }

    pub(crate) fn of(counts: [i32; Self::COUNTS]) -> Self {
        let [
            known,
            unknown,
            unknown_breached,
            failed,
            failed_breached,
            succeeded,
            usernames,
            known_succeeded,
            unresolved,
            stopped,
            known_unresolved,
        ] = counts;
        Self {
            known,
            unknown,
            unknown_breached,
            failed,
            failed_breached,
            succeeded,
            usernames,
            known_succeeded,
            unresolved,
            stopped,
            known_unresolved,
        }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut counts = self.counts();
        counts.iter_mut().zip(other.counts()).for_each(|(to, more)| *to = to.saturating_add(more));
        Self::of(counts)
    }
}

/// Visits since a worker began to count them, for tests that take in each visit once. They wrap
/// around, so only the difference of two of them means anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct VisitTotals {
    pub unresolved: i32,
    pub stopped: i32,
    pub succeeded: i32,
    pub known_unresolved: i32,
    pub known_succeeded: i32,
}

impl VisitTotals {
    /// The number of totals.
    pub(crate) const COUNTS: usize = 5;

    pub(crate) fn counts(&self) -> [i32; Self::COUNTS] {
        let Self { unresolved, stopped, succeeded, known_unresolved, known_succeeded } = *self;
        [unresolved, stopped, succeeded, known_unresolved, known_succeeded]
    }

    pub(crate) fn of(counts: [i32; Self::COUNTS]) -> Self {
        let [unresolved, stopped, succeeded, known_unresolved, known_succeeded] = counts;
        Self { unresolved, stopped, succeeded, known_unresolved, known_succeeded }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut counts = self.counts();
        counts.iter_mut().zip(other.counts()).for_each(|(to, more)| *to = to.wrapping_add(more));
        Self::of(counts)
    }

    /// What came since another state of the same totals.
    pub(crate) fn since(&self, before: &Self) -> Self {
        let mut counts = self.counts();
        counts.iter_mut().zip(before.counts()).for_each(|(to, less)| *to = to.wrapping_sub(less));
        Self::of(counts)
    }
}

impl From<&EndpointStats> for VisitTotals {
    fn from(stats: &EndpointStats) -> Self {
        let EndpointStats {
            unresolved, stopped, succeeded, known_unresolved, known_succeeded, ..
        } = *stats;
        Self { unresolved, stopped, succeeded, known_unresolved, known_succeeded }
    }
}
