//! The values of the signals, from the facts and the entries.
//!
//! Counts include the current attempt (as a failure, where outcomes are counted), so that `over:
//! 10` matches from the eleventh. Shares do not include it.

use super::Ledger;
use super::subjects::Username;
use crate::decision::rules::{Share, Signals, Unanswered};
use crate::decision::signals::{MAX_COUNT, MAX_DISTINCT, Signal, SignalSource, Subject};
use crate::state::{Counter, Entry, EntryStore, Place, Tag};
use crate::time::Window;

/// The fewest distinct usernames that succeed in a day at a load balancer's address.
const BALANCER_USERNAMES: u32 = 200;
/// The per cent of all usernames that succeed in a day which a load balancer's address exceeds.
const BALANCER_PERCENT: u64 = 30;
/// The most per cent of its logins in an hour that fail at a load balancer's address. Most people
/// log in successfully, so an attacker does not pass for a load balancer for long.
const BALANCER_FAILED_PERCENT: u64 = 75;

/// The most per cent of all attempts that successes excuse, however much each is worth: an attacker
/// owns accounts too, and far fewer of people's logins fail.
const EXCUSED_PERCENT: u32 = 75;

impl<E: EntryStore> Ledger<'_, E> {
    fn entry_of(&self, subject: Subject) -> Option<&Entry> {
        let known = match subject {
            Subject::Ip => self.client_entries.ip.as_ref(),
            Subject::Network => self.client_entries.network.as_ref(),
            Subject::Fingerprint => self.client_entries.fingerprint.as_ref(),
            _ => None,
        };
        known.map(|known| &known.entry)
    }

    /// Whether upstream has not answered an earlier attempt with other credentials yet.
    pub(super) fn is_any_pending(&self) -> bool {
        let ip = self.entry_of(Subject::Ip).into_iter();
        ip.chain(&self.usernames).any(|entry| entry.pending_besides(&self.subjects.pairs) > 0)
    }

    /// Whether the client's address is a load balancer's that is mistaken for a client.
    pub(super) fn is_load_balancer(&self) -> bool {
        let Some(ip) = self.entry_of(Subject::Ip) else { return false };
        // Credit does not count accounts that succeed from many addresses. Behind a load balancer
        // all accounts come from one.
        let usernames = ip.count(Counter::IpCredit, Window::Day);
        let all = self.state.site.succeeded_in_a_day;
        let share = u64::from(usernames) * 100 > u64::from(all) * BALANCER_PERCENT;
        let failed = u64::from(ip.count(Counter::IpFailures, Window::Hour));
        let succeeded = u64::from(ip.count(Counter::IpSuccesses, Window::Hour));
        let people = failed * 100 <= (failed + succeeded) * BALANCER_FAILED_PERCENT;
        usernames >= BALANCER_USERNAMES && share && people
    }
}

/// The attempts of an address in an hour that upstream answered and that did not fail. They stand
/// in for credit until successes are trusted: otherwise a school whose lesson begins before twenty
/// people have mistyped a password would count as an attack. Stopped attempts are only subtracted
/// for ten minutes, as long as they are kept.
pub(super) fn unfailed_attempts(ip: &Entry) -> u32 {
    let failed = ip.count(Counter::IpFailures, Window::Hour);
    let other = failed.saturating_add(ip.count(Counter::IpStopped, Window::TenMinutes));
    let attempts = ip.count(Counter::IpAttempts, Window::Hour);
    attempts.saturating_sub(other).saturating_sub(ip.pending())
}

impl<E: EntryStore> Signals for Ledger<'_, E> {
    fn flag(&self, signal: Signal) -> Option<bool> {
        let flag = match signal {
            Signal::PasswordBreached => self.facts.breached,
            Signal::PasswordBreachedLive => return self.facts.is_breached_live(),
            Signal::CredentialsBreached => self.facts.pair_breached,
            Signal::CredentialsAbsent => self.facts.absent,
            Signal::CredentialsUnreadable => self.facts.unreadable,
            Signal::CredentialsAmbiguous => self.facts.ambiguous,
            Signal::CredentialsBatched => self.facts.is_batched(),
            Signal::DeviceKnown => self.facts.known_device,
            Signal::DeviceCopied => self.facts.copied_device,
            Signal::SiteUnderAttack => self.state.site.under_attack,
            Signal::AccountFamiliarNetwork => return self.account.network.flag(),
            Signal::AccountFamiliarClient => return self.account.client.flag(),
            Signal::AccountSeen => self.account.is_seen,
            Signal::AccountUnexpected => self.account.is_unexpected,
            _ => return None,
        };
        Some(flag)
    }

    fn count(&self, signal: Signal, within: Window, pending: Unanswered) -> u32 {
        if let Some(seen) = self.recorded_passwords().and_then(|it| it.count(signal, within)) {
            return seen;
        }
        let row = signal.row();
        let SignalSource::Counter(counter) = row.source else { return 0 };
        let pairs = self.subjects.pairs.as_slice();
        let unanswered = |entry: &Entry| match pending {
            Unanswered::Ignored => 0,
            Unanswered::Counted => entry.pending_besides(pairs),
        };
        // What tries no account is not expected to fail.
        let at_hand = if self.facts.is_about_address_only() { 0 } else { self.facts.attempts() };
        let of = |read: &dyn Fn(&Entry) -> u32| self.entry_of(row.subject).map_or(0, read);
        let usernames = self.subjects.username_tags.as_slice();
        match signal {
            Signal::IpAttempts => {
                let at_hand = if self.facts.basic { 0 } else { at_hand };
                of(&|ip| ip.count(counter, within).saturating_add(at_hand))
            }
            Signal::IpFailures => {
                of(&|ip| ip.count(counter, within).saturating_add(at_hand + unanswered(ip)))
            }
            Signal::IpSuccesses => of(&|ip| ip.count(counter, within)),
            Signal::IpUsernames | Signal::FingerprintUsernames => {
                of(&|entry| entry.distinct_with_all(counter, within, usernames))
            }
            Signal::IpDistinctFailures => of(&|ip| {
                // A sketch saturates, so a limit that successes raised could never be exceeded.
                // Beyond its range every failure counts.
                let distinct = match ip.distinct_with_all(counter, within, pairs) {
                    many @ MAX_DISTINCT.. => many.max(ip.count(Counter::IpFailures, within)),
                    few => few,
                };
                distinct.saturating_add(unanswered(ip))
            }),
            Signal::IpDistinctBreached => of(&|ip| {
                let passwords = self.subjects.passwords.iter().filter(|_| self.facts.breached);
                let passwords: Vec<Tag> = passwords.map(|place| place.tag()).collect();
                ip.distinct_with_all(counter, within, &passwords)
            }),
            Signal::NetworkFailures | Signal::FingerprintFailures => {
                of(&|entry| entry.count(counter, within).saturating_add(at_hand))
            }
            Signal::UsernameFailures => {
                let value = |(entry, username): (&Entry, &Username)| {
                    let at_hand = username.attempts + unanswered(entry);
                    entry.count(counter, within).saturating_add(at_hand)
                };
                self.usernames.iter().zip(&self.subjects.usernames).map(value).max().unwrap_or(0)
            }
            Signal::UsernameDistinctFailures => {
                let value = |(entry, username): (&Entry, &Username)| {
                    let repeats = match self.subjects.password_tags.as_slice() {
                        [password] => u32::from(entry.has_failed(*password)),
                        _ => 0,
                    };
                    let at_hand = username.attempts.saturating_sub(repeats) + unanswered(entry);
                    entry.count(counter, within).saturating_add(at_hand)
                };
                self.usernames.iter().zip(&self.subjects.usernames).map(value).max().unwrap_or(0)
            }
            Signal::UsernameIps => {
                let ip = self.subjects.ip.map(Place::tag);
                let value = |entry: &Entry| entry.distinct_with_all(counter, within, ip.as_slice());
                self.usernames.iter().map(value).max().unwrap_or(0)
            }
            Signal::PasswordUsernames => {
                let value = |entry: &Entry| entry.distinct_with_all(counter, within, usernames);
                self.passwords.iter().map(value).max().unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// If there are several passwords, the share of the one that failed most often.
    fn share(&self, signal: Signal, within: Window) -> Share {
        if signal == Signal::PasswordFailedShare {
            if let Some(seen) = self.recorded_passwords().and_then(|it| it.share(within)) {
                return seen;
            }
        }
        let row = signal.row();
        let share = |entry: &Entry| match row.source {
            SignalSource::Share { failed, succeeded } => {
                let failed = entry.count(failed, within);
                Share { failed, all: failed.saturating_add(entry.count(succeeded, within)) }
            }
            SignalSource::Part { part, all } => {
                Share { failed: entry.count(part, within), all: entry.count(all, within) }
            }
            _ => Share::default(),
        };
        match row.subject {
            Subject::Password => self
                .passwords
                .iter()
                .map(share)
                .max_by_key(|share| share.failed)
                .unwrap_or_default(),
            subject => self.entry_of(subject).map(share).unwrap_or_default(),
        }
    }

    fn excused(&self, signal: Signal, within: Window, per_success: u32) -> u32 {
        let row = signal.row();
        let Some(entry) = self.entry_of(row.subject) else { return 0 };
        let credit = match row.subject {
            Subject::Ip => entry.count(Counter::IpCredit, Window::Day),
            Subject::Network => entry.count(Counter::NetworkCredit, Window::Day),
            _ => 0,
        };
        let credit = match row.subject {
            // Attempts are kept for an hour only, so nothing can stand in for a day's credit.
            Subject::Ip if self.state.successes_are_new && within == Window::Day => {
                return MAX_COUNT;
            }
            Subject::Ip if self.state.successes_are_new => credit.max(unfailed_attempts(entry)),
            _ => credit,
        };
        // The limit is a share of what was answered. Stopped attempts must not raise it: an address
        // that is challenged and not banned would get further by sending more.
        let all = match row.subject {
            Subject::Ip if self.state.successes_are_new => entry.count(Counter::IpAttempts, within),
            Subject::Ip if within != Window::Day => {
                let failed = entry.count(Counter::IpFailures, within);
                failed.saturating_add(entry.count(Counter::IpSuccesses, within))
            }
            _ => self.count(signal, within, Unanswered::Ignored).saturating_add(credit),
        };
        let most = all.saturating_mul(EXCUSED_PERCENT) / 100;
        credit.saturating_mul(per_success).min(most)
    }

    fn any_pending(&self) -> bool {
        self.any_pending
    }
}
