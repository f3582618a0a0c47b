//! The rows of the signals: what documents and the validator say about each.

use super::{Signal, SignalRow, SignalSource, Subject};
use crate::state::entry::counters::Counter;

/// The table.
pub const TABLE: [SignalRow; 30] = [
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
        signal: Signal::PasswordBreachedLive,
        name: "password.breached_live",
        subject: Subject::Attempt,
        source: SignalSource::Flag,
        about: "the password is in the breached-password filter, or in the whole corpus, which is asked \
                live (`live_lookup`); unknown without an answer in time",
        helps: "knows every leaked password, not only those that fit into the module",
        misleads: "as password.breached does; five digits of the password's hash leave the process",
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
                which failed there counts once; those before a success from the same address do not \
                count",
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
        helps: "`false` for the network and the client: three to six in a thousand of people's logins, and \
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
    SignalRow {
        signal: Signal::DeviceCopied,
        name: "device.copied",
        subject: Subject::Attempt,
        source: SignalSource::Flag,
        about: "the client brought the cookie of an earlier success of this username, from a \
                network and with a fingerprint that the account never got in from; such a device is \
                not known",
        helps: "infostealers take cookies along with passwords",
        misleads: "somebody who travels, with a browser that was updated meanwhile; false until \
                   enough is learnt",
    },
];
