//! What the outcome of an attempt teaches about what many clients share: a network, a password, a
//! fingerprint.

use super::settle::PendingAttempt;
use super::subjects::password_place;
use super::{Changes, StateView};
use crate::outcome::Outcome;
use crate::state::{Counter, Entry, EntryStore};
use crate::time::Window;

/// The successes of probes that lift a fingerprint's ban: an attacker's own account is one.
const LIFTING_SUCCESSES: u32 = 2;

impl PendingAttempt {
    pub(super) fn teach_network<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
        outcome: Outcome,
        credited: u32,
        changes: &mut Changes,
    ) {
        let Some(network) = self.subjects.network else { return };
        if outcome == Outcome::Success && credited == 0 {
            return;
        }
        state.update(changes, network, |entry| match outcome {
            Outcome::Failure => {
                (0..self.attempts).for_each(|_| entry.add(Counter::NetworkFailures));
            }
            _ => (0..credited).for_each(|_| entry.add(Counter::NetworkCredit)),
        });
    }

    pub(super) fn teach_passwords<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
        outcome: Outcome,
        changes: &mut Changes,
    ) {
        if outcome == Outcome::Failure && self.known_device {
            // Its owner tries it there, who got in before.
            return;
        }
        for password in &self.subjects.passwords {
            state.update(changes, *password, |entry| {
                let mut fresh = false;
                for username in &self.subjects.usernames {
                    if outcome == Outcome::Failure {
                        fresh |= entry.insert(Counter::PasswordUsernames, username.place.tag());
                    }
                }
                match outcome {
                    Outcome::Success => entry.add(Counter::PasswordSuccesses),
                    _ if fresh => entry.add(Counter::PasswordFailures),
                    _ => {}
                }
            });
        }
    }

    /// Counts failures with a password as successes whose people have got in since with another one:
    /// they were told a wrong one, or an old one. A spray's accounts do not get in from its
    /// addresses.
    pub(super) fn excuse_passwords<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
        corrected: &[u32],
        changes: &mut Changes,
    ) {
        let [username] = self.subjects.usernames.as_slice() else { return };
        let tag = username.place.tag();
        let places = corrected.iter().map(|tag| password_place(state.table, *tag));
        for place in places.filter(|it| !self.subjects.passwords.contains(it)) {
            // Where the failure was of another address, the place is nobody's, or of a password that
            // has not failed at this account.
            if state.read(place).holds(Counter::PasswordUsernames, Window::Day, tag) {
                state.update(changes, place, |entry| {
                    entry.take_back(Counter::PasswordFailures);
                    entry.add(Counter::PasswordSuccesses);
                });
            }
        }
    }

    pub(super) fn teach_fingerprint<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
        outcome: Outcome,
        (fresh, marked): (bool, bool),
        changes: &mut Changes,
    ) {
        let Some(fingerprint) = self.subjects.fingerprint else { return };
        if outcome == Outcome::Failure && !fresh {
            return;
        }
        state.update(changes, fingerprint, |entry| {
            if outcome == Outcome::Success {
                entry.add(Counter::FingerprintSuccesses);
                return self.judge_ban(entry);
            }
            entry.add(Counter::FingerprintFailures);
            if marked && !self.known_device {
                entry.add(Counter::FingerprintMarkedFailures);
            }
            for username in &self.subjects.usernames {
                entry.insert(Counter::FingerprintUsernames, username.place.tag());
            }
        });
    }

    /// Lifts the ban of a fingerprint with which people get in: a known device, or two probes.
    fn judge_ban(&self, entry: &mut Entry) {
        let successes = entry.count(Counter::FingerprintSuccesses, Window::Hour);
        if entry.ban().is_some() && (self.known_device || successes >= LIFTING_SUCCESSES) {
            entry.lift_ban();
            entry.add(Counter::FingerprintSuccesses);
        }
    }
}
