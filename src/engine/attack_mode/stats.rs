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
use crate::state::number_list::number_list;

number_list! {
    /// The counts of one worker over a period.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct EndpointStats of i32 {
        /// Attempts of known devices.
        pub known,
        /// Attempts of unknown devices, including stopped ones.
        pub unknown,
        /// Attempts of unknown devices with a breached password.
        pub unknown_breached,
        /// Distinct failures of unknown devices.
        pub failed,
        /// Distinct failures of unknown devices with a breached password.
        pub failed_breached,
        /// Accounts that succeeded with unknown devices, each once a day and from two addresses.
        pub succeeded,
        /// Accounts that succeeded with any device, each once a day and from two addresses.
        pub usernames,
        /// The same with known devices.
        pub known_succeeded,
        /// Visits of unknown devices that failed and did not succeed, less those that did later.
        pub unresolved,
        /// Visits of unknown devices that were stopped before anything failed, less those that failed
        /// or succeeded later.
        pub stopped,
        /// Visits of known devices that failed, less those that succeeded later.
        pub known_unresolved,
    }
}

impl EndpointStats {
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

    pub(crate) fn plus(&self, other: &Self) -> Self {
        self.with(other, i32::saturating_add)
    }
}

number_list! {
    /// Visits since a worker began to count them, for tests that take in each visit once. They wrap
    /// around, so only the difference of two of them means anything.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub(crate) struct VisitTotals of i32 {
        pub unresolved,
        pub stopped,
        pub succeeded,
        pub known_unresolved,
        pub known_succeeded,
    }
}

impl VisitTotals {
    pub(crate) fn plus(&self, other: &Self) -> Self {
        self.with(other, i32::wrapping_add)
    }

    /// What came since another state of the same totals.
    pub(crate) fn since(&self, before: &Self) -> Self {
        self.with(before, i32::wrapping_sub)
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
