//! The signals: what can be known about an attempt.
//!
//! A rule's condition names a signal; the validator and the documents read everything else
//! about it here, and which counter is kept for which window in `state::kept`. A signal
//! that is not in the table does not exist.

use crate::state::kept::Kept;
pub use crate::state::kept::{Learns, Measure};
use crate::time::Window;

/// Something known about an attempt that rules may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// The SHA-1 of a candidate password is in the breached-password filter.
    PasswordBreached,
    /// The SHA-1 of `username:password` is in the filter of breached pairs.
    CredentialsBreached,
    /// A login without credentials.
    CredentialsMissing,
    /// A login whose credentials cannot be read.
    CredentialsUnreadable,
    /// A login with more than one distinct value for a credential.
    CredentialsAmbiguous,
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
    /// Failed logins of the username, wherever they came from.
    UsernameFailures,
}

/// Who a signal speaks of, and so what a ban that follows from it can be put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// This attempt alone.
    Attempt,
    /// The client's address.
    Ip,
    /// The account.
    Username,
}

/// The greatest `over` of a count: the counters saturate at `u16::MAX`.
pub const MAX_COUNT: u32 = 60_000;

/// The greatest `over` of a distinct count: beyond it the sketch says too little.
pub const MAX_DISTINCT: u32 = 250;

/// A row of the table: one signal, and everything that is fixed about it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which signal.
    pub signal: Signal,
    /// Its name in configurations, metrics and documents.
    pub name: &'static str,
    /// Whom it speaks of.
    pub subject: Subject,
    /// The counter behind it; none for flags, which are about the attempt at hand.
    pub kept: Option<Kept>,
    /// What it measures, in a line, for `unstuff explain` and the documents.
    pub about: &'static str,
}

const fn flag(signal: Signal, name: &'static str, about: &'static str) -> Row {
    let subject = Subject::Attempt;
    Row { signal, name, subject, kept: None, about }
}

/// The table.
pub const TABLE: [Row; 11] = [
    flag(
        Signal::PasswordBreached,
        "password.breached",
        "the password is in the breached-password filter; true of 41 % of good human logins, so \
         it weighs, and never blocks alone",
    ),
    flag(
        Signal::CredentialsBreached,
        "credentials.breached",
        "username and password together are in the filter of breached pairs, if one is packed: \
         far stronger than a password alone; true of 1.5 % of human logins",
    ),
    flag(
        Signal::CredentialsMissing,
        "credentials.missing",
        "a login without credentials: tools get forms wrong",
    ),
    flag(
        Signal::CredentialsUnreadable,
        "credentials.unreadable",
        "a body that cannot be read: compressed, unknown charset, too large, no password in it",
    ),
    flag(
        Signal::CredentialsAmbiguous,
        "credentials.ambiguous",
        "several values for one credential: the application may read another than the filter",
    ),
    Row {
        signal: Signal::IpAttempts,
        name: "ip.attempts",
        subject: Subject::Ip,
        kept: Some(Kept::IpAttempts),
        about: "attempts from one address; grows with every person behind it",
    },
    Row {
        signal: Signal::IpFailures,
        name: "ip.failures",
        subject: Subject::Ip,
        kept: Some(Kept::IpFailures),
        about: "failed logins from one address; a broken script fails as often as an attack",
    },
    Row {
        signal: Signal::IpSuccesses,
        name: "ip.successes",
        subject: Subject::Ip,
        kept: Some(Kept::IpSuccesses),
        about: "successful logins from one address, where success is recognised",
    },
    Row {
        signal: Signal::IpUsernames,
        name: "ip.usernames",
        subject: Subject::Ip,
        kept: Some(Kept::IpUsernames),
        about: "distinct usernames from one address: stuffing tries each user once; so does a \
                school on Monday",
    },
    Row {
        signal: Signal::IpDistinctFailures,
        name: "ip.distinct_failures",
        subject: Subject::Ip,
        kept: Some(Kept::IpDistinctFailures),
        about: "distinct (username, password) pairs that failed from one address: a script that \
                repeats one wrong password counts once",
    },
    Row {
        signal: Signal::UsernameFailures,
        name: "username.failures",
        subject: Subject::Username,
        kept: Some(Kept::UsernameFailures),
        about: "failed logins of one account from anywhere; anyone can raise it for anyone",
    },
];

impl Row {
    /// What it learns from; flags learn from nothing.
    #[must_use]
    pub fn learns(&self) -> Option<Learns> {
        self.kept.map(|kept| kept.row().learns)
    }

    /// Whether events or distinct values are counted; flags count nothing.
    #[must_use]
    pub fn measure(&self) -> Option<Measure> {
        self.kept.map(|kept| kept.row().measure)
    }

    /// The windows it is kept for; none for flags.
    #[must_use]
    pub fn windows(&self) -> &'static [Window] {
        self.kept.map_or(&[], |kept| kept.row().windows)
    }
}

impl Signal {
    /// The signal's row.
    #[must_use]
    pub fn row(self) -> &'static Row {
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
mod tests {
    use super::*;

    #[test]
    fn every_signal_has_its_row_and_its_name() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.signal as usize, index, "{} is out of place", row.name);
            assert_eq!(Signal::named(row.name), Some(row.signal));
            assert_eq!(row.windows().is_empty(), row.kept.is_none(), "{}", row.name);
        }
    }
}
