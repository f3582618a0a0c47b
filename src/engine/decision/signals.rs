//! The signals: what can be known about an attempt.
//!
//! A rule's condition names a signal; the validator and the documents read everything else
//! about it here, and which counter is kept for which window in `state::entry::counters`. A signal
//! that is not in the table does not exist.

pub use crate::state::entry::counters::UpdatedBy;
use crate::state::entry::counters::{self, Counter};
use crate::time::Window;

/// Something known about an attempt that rules may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// The SHA-1 of a candidate password is in the breached-password filter.
    PasswordBreached,
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

/// The table.
pub const TABLE: [SignalRow; 28] = [
    SignalRow {
        signal: Signal::PasswordBreached,
        name: "password.breached",
        subject: Subject::Attempt,
        source: SignalSource::Flag,
        about: "the password is in the breached-password filter",
        helps: "nearly all stuffed passwords are leaked: it weighs, together with something else",
        misleads: "41 % of good human logins use one, so it never stops anybody alone",
    },
    SignalRow {
        signal: Signal::CredentialsBreached,
        name: "credentials.breached",
        subject: Subject::Attempt,
        source: SignalSource::Flag,
        about: "username and password together are in the filter of breached pairs, if one is \
                packed",
        helps: "far stronger than a password alone",
        misleads: "1.5 % of human logins are such pairs still: their owners have not changed them \
                yet",
    },
    SignalRow {
        signal: Signal::CredentialsAbsent,
        name: "credentials.absent",
        subject: Subject::Attempt,
        source: SignalSource::Flag,
        about: "the body is plainly readable and holds nothing that could be the password",
        helps: "tells that a field is not configured as the application reads it",
        misleads: "other forms share the login's URL: a lost password, a one-time code, a log-out",
    },
    SignalRow {
        signal: Signal::CredentialsUnreadable,
        name: "credentials.unreadable",
        subject: Subject::Attempt,
        source: SignalSource::Flag,
        about: "a body that cannot be read: compressed, unknown charset, too large",
        helps: "what cannot be read can carry anything",
        misleads: "an application whose login is not configured as it is",
    },
    SignalRow {
        signal: Signal::CredentialsAmbiguous,
        name: "credentials.ambiguous",
        subject: Subject::Attempt,
        source: SignalSource::Flag,
        about: "several values for one credential, or a name that only some applications take for \
                the field's: the application may read another value than the filter",
        helps: "a decoy has no other use",
        misleads: "a form with an old and a new password under one name",
    },
    SignalRow {
        signal: Signal::CredentialsBatched,
        name: "credentials.batched",
        subject: Subject::Attempt,
        source: SignalSource::Flag,
        about: "more than four logins in one request: aliases in GraphQL, `system.multicall`, a \
                JSON array",
        helps: "hundreds of guesses cost one request, and only the first four are looked up",
        misleads: "nothing known: people and programs log in once at a time",
    },
    SignalRow {
        signal: Signal::PasswordUsernames,
        name: "password.usernames",
        subject: Subject::Password,
        source: SignalSource::Counter(Counter::PasswordUsernames),
        about: "distinct accounts at which this password failed",
        helps: "spraying tries few passwords at very many accounts, from anywhere",
        misleads: "people share 123456 too; they succeed, so ask for password.failed_share beside \
                it",
    },
    SignalRow {
        signal: Signal::PasswordFailedShare,
        name: "password.failed_share",
        subject: Subject::Password,
        source: SignalSource::Share {
            failed: Counter::PasswordFailures,
            succeeded: Counter::PasswordSuccesses,
        },
        about: "the share of the logins with this password that failed, each account once",
        helps: "tells a sprayed password from a popular one",
        misleads: "few logins say nothing: set at_least; silent where success is not recognised",
    },
    SignalRow {
        signal: Signal::IpAttempts,
        name: "ip.attempts",
        subject: Subject::Ip,
        source: SignalSource::Counter(Counter::IpAttempts),
        about: "attempts from one address, stopped ones included",
        helps: "a script on one host",
        misleads: "grows with every person behind the address",
    },
    SignalRow {
        signal: Signal::IpFailures,
        name: "ip.failures",
        subject: Subject::Ip,
        source: SignalSource::Counter(Counter::IpFailures),
        about: "failed logins from one address",
        helps: "guessing from one host",
        misleads: "a broken script fails as often as an attack",
    },
    SignalRow {
        signal: Signal::IpSuccesses,
        name: "ip.successes",
        subject: Subject::Ip,
        source: SignalSource::Counter(Counter::IpSuccesses),
        about: "successful logins from one address, where success is recognised",
        helps: "tells a shared address from an attacker's",
        misleads: "an attacker owns an account too",
    },
    SignalRow {
        signal: Signal::IpUsernames,
        name: "ip.usernames",
        subject: Subject::Ip,
        source: SignalSource::Counter(Counter::IpUsernames),
        about: "distinct usernames tried by one address",
        helps: "stuffing tries each user once",
        misleads: "so does a school on Monday at nine",
    },
    SignalRow {
        signal: Signal::IpDistinctFailures,
        name: "ip.distinct_failures",
        subject: Subject::Ip,
        source: SignalSource::Counter(Counter::IpDistinctFailures),
        about: "distinct (username, password) pairs that failed from one address",
        helps: "stuffing and guessing from one address; a script that repeats one wrong password \
                counts once",
        misleads: "a thousand people behind one address mistype too: let successes excuse failures \
                (per_success)",
    },
    SignalRow {
        signal: Signal::IpDistinctBreached,
        name: "ip.distinct_breached",
        subject: Subject::Ip,
        source: SignalSource::Counter(Counter::IpDistinctBreached),
        about: "distinct breached passwords that failed from one address",
        helps: "one is a likelihood ratio of 2.4; ten are damning",
        misleads: "large shared addresses; a filter that holds few passwords",
    },
    SignalRow {
        signal: Signal::NetworkFailures,
        name: "network.failures",
        subject: Subject::Network,
        source: SignalSource::Counter(Counter::NetworkFailures),
        about: "failed logins from the /24 or /48 around the address",
        helps: "addresses that rotate within one block",
        misleads: "mobile carriers: let successes excuse failures (per_success)",
    },
    SignalRow {
        signal: Signal::UsernameFailures,
        name: "username.failures",
        subject: Subject::Username,
        source: SignalSource::Counter(Counter::UsernameFailures),
        about: "failed logins of one account from anywhere",
        helps: "guessing at one account from many addresses",
        misleads: "anyone can raise it for anyone: challenge, never block",
    },
    SignalRow {
        signal: Signal::UsernameDistinctFailures,
        name: "username.distinct_failures",
        subject: Subject::Username,
        source: SignalSource::Counter(Counter::UsernameDistinctFailures),
        about: "failed logins of one account from anywhere; a password that is among the last two \
                which failed there counts once",
        helps: "guessing at one account: an app that repeats an expired password is none",
        misleads: "anyone can raise it for anyone: challenge, never block",
    },
    SignalRow {
        signal: Signal::UsernameIps,
        name: "username.ips",
        subject: Subject::Username,
        source: SignalSource::Counter(Counter::UsernameIps),
        about: "distinct addresses that tried one account",
        helps: "distributed guessing at one account",
        misleads: "a shared account; a phone that changes networks; anyone can raise it for anyone",
    },
    SignalRow {
        signal: Signal::AccountFamiliarNetwork,
        name: "account.familiar_network",
        subject: Subject::Username,
        source: SignalSource::Flag,
        about: "the account got in from the /16 or /32 around the address before; unknown, which \
                matches neither `true` nor `false`, until enough is learnt",
        helps: "people come from where they came from; an attack comes from anywhere, whatever its \
                passwords are",
        misleads: "people travel; unknown for the first days after a restart",
    },
    SignalRow {
        signal: Signal::AccountFamiliarClient,
        name: "account.familiar_client",
        subject: Subject::Username,
        source: SignalSource::Flag,
        about: "the account got in with the client's fingerprint before; unknown as \
                account.familiar_network, and without a fingerprint",
        helps: "`false` for the network and the client: two in a thousand of people's logins, and \
                nearly all of an attack",
        misleads: "a popular browser is familiar to many accounts; a new phone, an update",
    },
    SignalRow {
        signal: Signal::AccountSeen,
        name: "account.seen",
        subject: Subject::Username,
        source: SignalSource::Flag,
        about: "the account got in before, within 90 days and since the process began",
        helps: "beside account.familiar_network: `false` there is certain for an account that was seen",
        misleads: "false for everybody after a restart",
    },
    SignalRow {
        signal: Signal::AccountUnexpected,
        name: "account.unexpected",
        subject: Subject::Username,
        source: SignalSource::Flag,
        about: "unfamiliar as far as challenge_budget allows: a network and a client that the account \
                never used, an account that never got in, and perhaps a network alone",
        helps: "in attack mode, whatever the passwords are: it challenges no more people than the \
                budget",
        misleads: "as account.familiar_network; false until enough is learnt",
    },
    SignalRow {
        signal: Signal::FingerprintFailures,
        name: "fingerprint.failures",
        subject: Subject::Fingerprint,
        source: SignalSource::Counter(Counter::FingerprintFailures),
        about: "failed logins of one client fingerprint; a pair that an address repeats counts \
                once",
        helps: "a botnet of 100,000 addresses is often one tool",
        misleads: "so is one popular phone: ask for fingerprint.failed_share beside it",
    },
    SignalRow {
        signal: Signal::FingerprintUsernames,
        name: "fingerprint.usernames",
        subject: Subject::Fingerprint,
        source: SignalSource::Counter(Counter::FingerprintUsernames),
        about: "distinct usernames that failed with one client fingerprint",
        helps: "as fingerprint.failures, but a single broken client counts once",
        misleads: "one popular phone",
    },
    SignalRow {
        signal: Signal::FingerprintFailedShare,
        name: "fingerprint.failed_share",
        subject: Subject::Fingerprint,
        source: SignalSource::Share {
            failed: Counter::FingerprintFailures,
            succeeded: Counter::FingerprintSuccesses,
        },
        about: "the share of the logins of one client fingerprint that failed",
        helps: "above 95 % nobody but a tool looks like this",
        misleads: "few logins say nothing: set at_least; tools that copy a popular browser hide in \
                its share",
    },
    SignalRow {
        signal: Signal::FingerprintMarkedShare,
        name: "fingerprint.marked_share",
        subject: Subject::Fingerprint,
        source: SignalSource::Part {
            part: Counter::FingerprintMarkedFailures,
            all: Counter::FingerprintFailures,
        },
        about: "the share of a fingerprint's failed logins that bear a mark of stuffing and come \
                from no known device: a breached password, an address that fails at many accounts, \
                an account at which many passwords fail",
        helps: "tells a tool from a release of an app whose logins all fail",
        misleads: "few failures say nothing: set at_least; an attack with passwords that are in no \
                   filter, one at an address, has no mark",
    },
    SignalRow {
        signal: Signal::SiteUnderAttack,
        name: "site.under_attack",
        subject: Subject::Site,
        source: SignalSource::Flag,
        about: "breached passwords that fail, or visits that end without a success, stand out from \
                the learned baseline of the endpoint, or of all endpoints together",
        helps: "the only signal that sees an attack of one attempt an address",
        misleads: "anyone can cause it with junk, so it challenges at most; where successes are not \
                recognised it sees breached passwords alone",
    },
    SignalRow {
        signal: Signal::DeviceKnown,
        name: "device.known",
        subject: Subject::Attempt,
        source: SignalSource::Flag,
        about: "the client brought the cookie of an earlier success of this username",
        helps: "keeps real users out of the crossfire: 90 % still have it at the next login",
        misleads: "false on a new phone, after cookies were cleared, and where success is not \
                recognised",
    },
];

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
mod tests {
    use super::*;

    /// The table as documents show it, in Markdown.
    fn markdown() -> String {
        let mut text = String::from(
            "| signal | what it measures | windows | when it helps | when it misleads |\n\
             |---|---|---|---|---|\n",
        );
        for row in &TABLE {
            let windows: Vec<_> = row.windows().iter().map(|window| window.name()).collect();
            let windows = if windows.is_empty() { "-".to_owned() } else { windows.join(", ") };
            let SignalRow { name, about, helps, misleads, .. } = row;
            text += &format!("| `{name}` | {about} | {windows} | {helps} | {misleads} |\n");
        }
        text
    }

    /// `UNSTUFF_BLESS=1` writes the table into the document instead.
    #[test]
    fn the_document_has_the_table_that_holds() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../envoy/policies/SIGNALS.md");
        let text = format!(
            "# Signals\n\nWhat a rule's `when` can ask for. Counts include the attempt at hand: \
             `over: 10` holds from the eleventh.\nShares are in per cent, of what is known \
             without it.\n\n{}",
            markdown()
        );
        if std::env::var_os("UNSTUFF_BLESS").is_some() {
            std::fs::write(path, &text).expect("the document");
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == text, "envoy/policies/SIGNALS.md is out of date: UNSTUFF_BLESS=1");
    }

    #[test]
    fn every_signal_has_its_row_and_its_name() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.signal as usize, index, "{} is out of place", row.name);
            assert_eq!(Signal::named(row.name), Some(row.signal));
            assert_eq!(row.windows().is_empty(), row.measure().is_none(), "{}", row.name);
            if let SignalSource::Share { failed: one, succeeded: other }
            | SignalSource::Part { part: one, all: other } = row.source
            {
                assert_eq!(one.row().windows, other.row().windows, "{}", row.name);
            }
        }
    }
}
