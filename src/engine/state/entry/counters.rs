//! The table of counters: of which kind of identity, over which windows, and whether they
//! learn from outcomes or from pressure.
//!
//! The layout of an entry follows from this table and from nothing else, so a changed policy
//! finds its state ([`super::layout`]). A rule that asks for a counter or a window that is not
//! here is a validation error. A change of the table changes the layout of entries: raise
//! [`crate::state::record::SCHEMA`].
//!
//! Outcome counters learn only from what upstream answers; a ban that ends clears them.
//! Pressure counters learn from every attempt and never start a ban.

use crate::state::kind::EntryKind;
use crate::time::Window;

impl EntryKind {
    /// Whether entries of this kind can carry a ban. A ban on a username, a password or a
    /// device would let anyone lock out anyone else.
    pub(crate) const fn can_be_banned(self) -> bool {
        self.stopped().is_some()
    }

    /// The counter of stopped attempts that extend a ban of this kind.
    pub(crate) const fn stopped(self) -> Option<Counter> {
        match self {
            Self::Ip => Some(Counter::IpStopped),
            Self::Network => Some(Counter::NetworkStopped),
            Self::Fingerprint => Some(Counter::FingerprintStopped),
            Self::Username | Self::Password | Self::Device | Self::Account => None,
        }
    }

    /// Whether entries of this kind are charged with attempts that have no outcome yet. The
    /// others sum up many clients, and a burst of one client is no evidence against them.
    pub(crate) const fn is_charged(self) -> bool {
        matches!(self, Self::Ip | Self::Username)
    }

    /// Whether entries of this kind hold the visits that no success has ended.
    pub(crate) const fn has_visits(self) -> bool {
        matches!(self, Self::Username)
    }

    /// Whether entries of this kind keep the last visit that counts as unresolved.
    pub(crate) const fn keeps_mistyped(self) -> bool {
        matches!(self, Self::Ip)
    }

    /// Whether entries of this kind keep where an account got in from, and count nothing.
    pub(crate) const fn is_familiarity(self) -> bool {
        matches!(self, Self::Account)
    }
}

/// What a counter learns from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdatedBy {
    /// Answers of upstream alone.
    Outcome,
    /// Every attempt, stopped ones included.
    Pressure,
}

/// What a counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterKind {
    /// Events.
    Count,
    /// Distinct values, see [`super::distinct`].
    Distinct,
}

/// A counter in an entry: a signal, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Attempts seen from an address.
    IpAttempts,
    /// Failed logins from an address.
    IpFailures,
    /// Successful logins from an address.
    IpSuccesses,
    /// Attempts of an address that were stopped; they extend its ban.
    IpStopped,
    /// Usernames that succeeded from an address, each once: its credit. A count suffices,
    /// because the username's entry ([`Counter::UsernameSuccessIps`]) knows which are new.
    IpCredit,
    /// Distinct usernames tried by an address.
    IpUsernames,
    /// Distinct (username, password) pairs of an address that failed.
    IpDistinctFailures,
    /// Distinct breached passwords of an address that failed.
    IpDistinctBreached,
    /// Failed logins to an account.
    UsernameFailures,
    /// Failed logins to an account without repetitions: a password that is among the last two that
    /// failed counts once. Those of a visit are taken back when it ends with a success.
    UsernameDistinctFailures,
    /// Distinct addresses that tried an account.
    UsernameIps,
    /// Distinct addresses from which an account succeeded.
    UsernameSuccessIps,
    /// Unresolved visits at other accounts that successes of an account excused.
    UsernameExcuses,
    /// Failed logins from a network.
    NetworkFailures,
    /// Usernames that succeeded from a network, as [`Counter::IpCredit`].
    NetworkCredit,
    /// Attempts of a network that were stopped.
    NetworkStopped,
    /// Accounts at which a password failed, each once a day.
    PasswordFailures,
    /// Logins that succeeded with a password.
    PasswordSuccesses,
    /// Distinct accounts at which a password failed.
    PasswordUsernames,
    /// Logins of a fingerprint that failed, a repeated pair of an address once.
    FingerprintFailures,
    /// Those of them that bear a mark of stuffing, see `decision::ledger`.
    FingerprintMarkedFailures,
    /// Logins of a fingerprint that succeeded.
    FingerprintSuccesses,
    /// Attempts of a fingerprint that were stopped.
    FingerprintStopped,
    /// Attempts of a banned fingerprint that were let through to learn whether it is over.
    FingerprintProbes,
    /// Distinct usernames that failed with a fingerprint.
    FingerprintUsernames,
    /// Failed logins with a device cookie; they lock it.
    DeviceFailures,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CounterRow {
    /// The counter.
    pub counter: Counter,
    /// The kind of entry it is in.
    pub kind: EntryKind,
    /// What it learns from.
    pub updated_by: UpdatedBy,
    /// What it counts.
    pub measure: CounterKind,
    /// The windows it is kept for, shortest first.
    pub windows: &'static [Window],
}

const COUNTED: &[Window] = &[Window::Minute, Window::TenMinutes, Window::Hour];
/// For counters over many clients: slower, and remembered longer.
const LONG: &[Window] = &[Window::TenMinutes, Window::Hour, Window::Day];
const DISTINCT: &[Window] = &[Window::Hour, Window::Day];

/// The table, kind by kind. Its order is the order within an entry.
pub(crate) const ROWS: [CounterRow; 26] = {
    use CounterKind::{Count, Distinct};
    use EntryKind::{Device, Fingerprint, Ip, Network, Password, Username};
    use UpdatedBy::{Outcome, Pressure};
    use Window::{Day, Hour, Minute, TenMinutes};
    const fn row(
        counter: Counter,
        kind: EntryKind,
        updated_by: UpdatedBy,
        measure: CounterKind,
        windows: &'static [Window],
    ) -> CounterRow {
        CounterRow { counter, kind, updated_by, measure, windows }
    }
    [
        row(Counter::IpAttempts, Ip, Pressure, Count, COUNTED),
        row(Counter::IpFailures, Ip, Outcome, Count, COUNTED),
        row(Counter::IpSuccesses, Ip, Outcome, Count, COUNTED),
        // No rule names it: one window is enough to extend a ban by.
        row(Counter::IpStopped, Ip, Pressure, Count, &[TenMinutes]),
        row(Counter::IpCredit, Ip, Outcome, Count, &[Day]),
        row(Counter::IpUsernames, Ip, Pressure, Distinct, &[Hour]),
        row(Counter::IpDistinctFailures, Ip, Outcome, Distinct, DISTINCT),
        row(Counter::IpDistinctBreached, Ip, Outcome, Distinct, &[Hour]),
        row(Counter::UsernameFailures, Username, Outcome, Count, &[Minute, TenMinutes, Hour, Day]),
        row(Counter::UsernameDistinctFailures, Username, Outcome, Count, &[Hour, Day]),
        row(Counter::UsernameIps, Username, Pressure, Distinct, DISTINCT),
        row(Counter::UsernameSuccessIps, Username, Outcome, Distinct, &[Day]),
        row(Counter::UsernameExcuses, Username, Outcome, Count, &[Day]),
        row(Counter::NetworkFailures, Network, Outcome, Count, LONG),
        row(Counter::NetworkCredit, Network, Outcome, Count, &[Day]),
        row(Counter::NetworkStopped, Network, Pressure, Count, &[TenMinutes]),
        row(Counter::PasswordFailures, Password, Outcome, Count, DISTINCT),
        row(Counter::PasswordSuccesses, Password, Outcome, Count, DISTINCT),
        row(Counter::PasswordUsernames, Password, Outcome, Distinct, DISTINCT),
        row(Counter::FingerprintFailures, Fingerprint, Outcome, Count, LONG),
        row(Counter::FingerprintMarkedFailures, Fingerprint, Outcome, Count, LONG),
        row(Counter::FingerprintSuccesses, Fingerprint, Outcome, Count, LONG),
        row(Counter::FingerprintStopped, Fingerprint, Pressure, Count, &[TenMinutes]),
        row(Counter::FingerprintProbes, Fingerprint, Pressure, Count, &[TenMinutes]),
        row(Counter::FingerprintUsernames, Fingerprint, Outcome, Distinct, DISTINCT),
        row(Counter::DeviceFailures, Device, Outcome, Count, &[Day]),
    ]
};

impl Counter {
    /// The row of this counter.
    #[must_use]
    pub const fn row(self) -> &'static CounterRow {
        // A discriminant is always within the table: a test holds each row to its place.
        const TABLE: &[CounterRow] = &ROWS;
        #[allow(clippy::indexing_slicing, reason = "a discriminant, tested to be its row")]
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counter_finds_its_own_row() {
        for (i, row) in ROWS.iter().enumerate() {
            assert_eq!(row.counter as usize, i, "{:?} is out of order", row.counter);
            assert_eq!(row.counter.row().counter, row.counter);
            assert!(row.windows.is_sorted(), "{:?}", row.counter);
        }
    }
}
