//! The counts of an endpoint.
//!
//! They are about *unknown* devices, because an attacker has no known device and nine people in ten
//! have one. Failures are distinct ones (the `ledger` knows which are new), and an address
//! contributes a limited number of attempts an hour.

use crate::decision::facts::Facts;

/// The counts of one worker over a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndpointStats {
    /// Attempts of known devices.
    pub known: u32,
    /// Attempts of unknown devices, including stopped ones.
    pub unknown: u32,
    /// Attempts of unknown devices with a breached password.
    pub unknown_breached: u32,
    /// Distinct failures of unknown devices.
    pub failed: u32,
    /// Distinct failures of unknown devices with a breached password.
    pub failed_breached: u32,
    /// Successes of unknown devices.
    pub succeeded: u32,
    /// Usernames that succeeded, known devices included, each once per address and day.
    pub usernames: u32,
}

impl EndpointStats {
    /// The number of counts.
    pub(crate) const COUNTS: usize = 7;

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

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn counts(&self) -> [u32; Self::COUNTS] {
        let Self {
            known,
            unknown,
            unknown_breached,
            failed,
            failed_breached,
            succeeded,
            usernames,
        } = *self;
        [known, unknown, unknown_breached, failed, failed_breached, succeeded, usernames]
    }

    pub(crate) fn of(counts: [u32; Self::COUNTS]) -> Self {
        let [known, unknown, unknown_breached, failed, failed_breached, succeeded, usernames] =
            counts;
        Self { known, unknown, unknown_breached, failed, failed_breached, succeeded, usernames }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        let mut counts = self.counts();
        counts.iter_mut().zip(other.counts()).for_each(|(to, more)| *to = to.saturating_add(more));
        Self::of(counts)
    }
}
