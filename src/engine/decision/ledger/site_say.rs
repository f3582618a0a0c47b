//! How much an attempt says about its endpoint, so that no single address, account, pair, password
//! or fingerprint changes what is found there.
//!
//! An address has a say that grows with its credit: behind a carrier's address are many people, and
//! an attack that comes through it must show. A fingerprint has one that grows with its successes:
//! a release of an app whose logins all fail is no attack. A password that fails at many accounts
//! has a rule of its own, and if it was mailed to many people by mistake it is no attack either.

use super::Ledger;
use crate::policy::Policy;
use crate::state::entry::distinct::EXACT;
use crate::state::{Counter, Entry, EntryStore, Place, Tag, VisitState};
use crate::time::Window;

/// The most attempts of one address in an hour that count for the endpoint, and how many more for
/// each account that got in from there within a day.
const ATTEMPTS: u32 = 120;
const ATTEMPTS_PER_SUCCESS: u32 = 4;

/// The most distinct failures of one address in a day that count for the endpoint. Each account
/// that got in from there adds one. Where a fleet adds up what its gateways suspect it is one, or an
/// address that fails at each of them would be an attack: with its two visits it is below what is told.
const FAILURES: u32 = 10;
const FAILURES_IN_A_FLEET: u32 = 1;

/// The most failures of an account in a day after which another visit counts.
const ACCOUNT_FAILURES: u32 = 10;

/// The most failures of a fingerprint in an hour after which another visit counts. Each success
/// adds one.
const FINGERPRINT_FAILURES: u32 = 20;

/// The most accounts at which a password failed in a day after which another visit with it counts.
/// Each success adds one.
const PASSWORD_ACCOUNTS: u32 = 10;

/// Whether an address made few enough attempts for the last one to count for the endpoint.
pub(super) fn attempts_count(ip: &Entry) -> bool {
    let credit = ip.count(Counter::IpCredit, Window::Day);
    let most = ATTEMPTS.saturating_add(credit.saturating_mul(ATTEMPTS_PER_SUCCESS));
    ip.count(Counter::IpAttempts, Window::Hour) <= most
}

/// Whether an address failed few enough times for the last failure to count for the endpoint.
pub(super) fn failures_count(ip: &Entry, policy: &Policy) -> bool {
    let most = if policy.fleet.is_some() { FAILURES_IN_A_FLEET } else { FAILURES };
    let most = most.saturating_add(ip.count(Counter::IpCredit, Window::Day));
    ip.distinct(Counter::IpDistinctFailures, Window::Day) <= most
}

/// Whether one of these pairs has not failed from an address within a day. `None`: the address has
/// failed too often to tell.
pub(super) fn is_new_pair(ip: &Entry, pairs: &[Tag]) -> Option<bool> {
    let failed = Counter::IpDistinctFailures;
    let distinct = usize::try_from(ip.distinct(failed, Window::Day));
    let is_exact = distinct.is_ok_and(|distinct| distinct < EXACT);
    is_exact.then(|| pairs.iter().any(|pair| !ip.holds(failed, Window::Day, *pair)))
}

impl<E: EntryStore> Ledger<'_, E> {
    /// How a visit counts for the endpoint that this attempt opens: with `state` if it counts at
    /// all.
    pub(super) fn visit(&self, state: VisitState) -> VisitState {
        let counts = match state {
            VisitState::KnownFailed => self.is_first_failure_of_a_day(),
            // What is stopped leaves no failure: an app that goes on is one visit.
            VisitState::Stopped => self.is_first_attempt_of_a_day() && self.says_enough(),
            _ => self.says_enough(),
        };
        if counts && self.facts.can_earn() && self.subjects.ip.is_some() {
            state
        } else {
            VisitState::Uncounted
        }
    }

    /// The recent unresolved visits from this address with this fingerprint: their person may have
    /// mistyped a name.
    pub(super) fn unresolved_here(&self) -> u32 {
        let client = self.subjects.fingerprint.map(Place::tag);
        let ip = self.client_entries.ip.as_ref();
        ip.map_or(0, |known| known.entry.unresolved(client))
    }

    /// Whether the account was not tried from this address in a day.
    fn is_first_attempt_of_a_day(&self) -> bool {
        !self.account_knows_address(Counter::UsernameIps)
    }

    /// Whether neither the account nor the address has failed in a day.
    fn is_first_failure_of_a_day(&self) -> bool {
        let ip = self.client_entries.ip.as_ref().map(|known| &known.entry);
        ip.is_none_or(|ip| ip.distinct(Counter::IpDistinctFailures, Window::Day) == 0)
            && self.account_failures() == 0
    }

    /// Whether the account is one that this client logs in to: it got in from this address within a
    /// day.
    fn is_familiar(&self) -> bool {
        self.account_knows_address(Counter::UsernameSuccessIps)
    }

    /// Whether this address is among those that the account's entry counts.
    fn account_knows_address(&self, addresses: Counter) -> bool {
        let Some(ip) = self.subjects.ip else { return false };
        self.usernames.iter().any(|account| account.holds(addresses, Window::Day, ip.tag()))
    }

    fn account_failures(&self) -> u32 {
        let failures = |entry: &Entry| entry.count(Counter::UsernameFailures, Window::Day);
        self.usernames.iter().map(failures).max().unwrap_or(0)
    }

    fn says_enough(&self) -> bool {
        let account_failures = self.account_failures();
        let address = self.client_entries.ip.as_ref().is_none_or(|known| {
            let ip = &known.entry;
            let is_new = is_new_pair(ip, &self.subjects.pairs).unwrap_or(account_failures == 0);
            is_new && attempts_count(ip) && failures_count(ip, self.state.policy)
        });
        let fingerprint = self.client_entries.fingerprint.as_ref().is_none_or(|known| {
            let within = |counter| known.entry.count(counter, Window::Hour);
            let successes = within(Counter::FingerprintSuccesses);
            within(Counter::FingerprintFailures) < FINGERPRINT_FAILURES.saturating_add(successes)
        });
        account_failures < ACCOUNT_FAILURES
            && !self.is_familiar()
            && address
            && fingerprint
            && self.passwords_say_enough()
    }

    /// Whether the attempt's passwords have failed at few enough accounts.
    pub(super) fn passwords_say_enough(&self) -> bool {
        if let Some(seen) = self.recorded_passwords() {
            return seen.says_enough;
        }
        self.passwords.iter().all(|entry| {
            let successes = entry.count(Counter::PasswordSuccesses, Window::Day);
            let accounts = entry.distinct(Counter::PasswordUsernames, Window::Day);
            accounts < PASSWORD_ACCOUNTS.saturating_add(successes)
        })
    }
}
