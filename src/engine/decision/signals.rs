//! The signals: what can be known about an attempt.
//!
//! A rule's condition names a signal; the validator and the documents read everything else
//! about it here, and which counter is kept for which window in `state::entry::counters`. A signal
//! that is not in the table does not exist.

mod table;

pub use crate::state::entry::counters::UpdatedBy;
use crate::state::entry::counters::{self, Counter};
use crate::time::Window;
pub use table::TABLE;

/// Something known about an attempt that rules may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// The SHA-1 of a candidate password is in the breached-password filter.
    PasswordBreached,
    /// The same, or a live lookup finds it in the whole corpus.
    PasswordBreachedLive,
    /// The SHA-1 of `username:password` is in the filter of breached pairs.
    CredentialsBreached,
    /// A body that is plainly readable and holds nothing that could be the password.
    CredentialsAbsent,
    /// A login whose credentials cannot be read.
    CredentialsUnreadable,
    /// A login with more than one distinct value for a credential.
    CredentialsAmbiguous,
    /// More logins in one request than are looked up one by one.
    CredentialsBatched,
    /// The password has failed at so many accounts.
    PasswordUsernames,
    /// The share of the logins with this password that failed.
    PasswordFailedShare,
    /// Attempts seen from the client's address, stopped ones included.
    IpAttempts,
    /// Failed logins from the client's address.
    IpFailures,
    /// Successful logins from the client's address.
    IpSuccesses,
    /// Distinct usernames tried from the client's address.
    IpUsernames,
    /// Distinct (username, password) pairs that failed from the client's address.
    IpDistinctFailures,
    /// Distinct breached passwords that failed from the client's address.
    IpDistinctBreached,
    /// Failed logins from the network around the client's address.
    NetworkFailures,
    /// Failed logins of the username, wherever they came from.
    UsernameFailures,
    /// Failed logins of the username without repetitions of a password.
    UsernameDistinctFailures,
    /// Distinct addresses that tried the username.
    UsernameIps,
    /// The account got in from the client's network before.
    AccountFamiliarNetwork,
    /// The account got in with the client's fingerprint before.
    AccountFamiliarClient,
    /// The account got in before.
    AccountSeen,
    /// The login is unexpected, within the budget for challenges.
    AccountUnexpected,
    /// Failed logins with the client's fingerprint.
    FingerprintFailures,
    /// Distinct usernames that failed with the client's fingerprint.
    FingerprintUsernames,
    /// The share of the logins with the client's fingerprint that failed.
    FingerprintFailedShare,
    /// The share of the fingerprint's failures that bear a mark of stuffing.
    FingerprintMarkedShare,
    /// A distributed attack on the endpoint is under way.
    SiteUnderAttack,
    /// The client brought a device cookie of this username.
    DeviceKnown,
    /// The device cookie comes from where its account never got in from.
    DeviceCopied,
}

/// Who a signal speaks of, and so what a ban that follows from it can be put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// This attempt alone.
    Attempt,
    /// The client's address.
    Ip,
    /// The network around the client's address.
    Network,
    /// The account.
    Username,
    /// The password, at any account.
    Password,
    /// What the client looks like.
    Fingerprint,
    /// All that happens at the endpoint.
    Site,
}

/// What stands behind a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalSource {
    /// Nothing that is kept: a flag.
    Flag,
    /// A counter.
    Counter(Counter),
    /// Two counters: what failed, and what succeeded.
    Share {
        /// Counts what failed.
        failed: Counter,
        /// Counts what succeeded.
        succeeded: Counter,
    },
    /// Two counters: a part, and all that it is a part of.
    Part {
        /// Counts the part.
        part: Counter,
        /// Counts all.
        all: Counter,
    },
}

/// How a signal is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalMeasure {
    /// Events.
    Count,
    /// Distinct values.
    Distinct,
    /// Per cent.
    Share,
}

/// The greatest `over` of a count: the counters saturate at `u16::MAX`.
pub const MAX_COUNT: u32 = 60_000;

/// The greatest `over` of a distinct count: beyond it the sketch says too little.
pub const MAX_DISTINCT: u32 = 250;

/// A row of the table: one signal, and everything that is fixed about it.
#[derive(Clone, Copy, Debug)]
pub struct SignalRow {
    /// Which signal.
    pub signal: Signal,
    /// Its name in configurations, metrics and documents.
    pub name: &'static str,
    /// The identity that it describes.
    pub subject: Subject,
    /// What stands behind it.
    pub source: SignalSource,
    /// What it measures, in a line, for `unstuff explain` and the documents.
    pub about: &'static str,
    /// When it helps.
    pub helps: &'static str,
    /// When it misleads.
    pub misleads: &'static str,
}

impl SignalRow {
    /// What it learns from; flags learn from nothing.
    #[must_use]
    pub fn updated_by(&self) -> Option<UpdatedBy> {
        self.first().map(|counter| counter.row().updated_by)
    }

    /// How it is measured; flags measure nothing.
    #[must_use]
    pub fn measure(&self) -> Option<SignalMeasure> {
        match self.source {
            SignalSource::Flag => None,
            SignalSource::Share { .. } | SignalSource::Part { .. } => Some(SignalMeasure::Share),
            SignalSource::Counter(counter) => Some(match counter.row().measure {
                counters::CounterKind::Count => SignalMeasure::Count,
                counters::CounterKind::Distinct => SignalMeasure::Distinct,
            }),
        }
    }

    /// The windows it is kept for; none for flags.
    #[must_use]
    pub fn windows(&self) -> &'static [Window] {
        self.first().map_or(&[], |counter| counter.row().windows)
    }

    fn first(&self) -> Option<Counter> {
        match self.source {
            SignalSource::Flag => None,
            SignalSource::Counter(counter)
            | SignalSource::Share { failed: counter, .. }
            | SignalSource::Part { part: counter, .. } => Some(counter),
        }
    }
}

impl Signal {
    /// The signal's row.
    #[must_use]
    pub fn row(self) -> &'static SignalRow {
        // Every variant has a row, in the order of the variants: tested below.
        TABLE.iter().find(|row| row.signal == self).unwrap_or(&TABLE[0])
    }

    /// The signal with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.signal)
    }
}

#[cfg(test)]
mod tests;
