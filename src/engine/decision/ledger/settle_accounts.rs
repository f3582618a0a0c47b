//! What the outcome of an attempt does to its accounts' entries: failures, guesses, visits, credit,
//! and where an account got in from.

use super::settle::{OWN_PASSWORDS, PendingAccount, PendingAttempt};
use super::{Changes, StateView};
use crate::attack_mode::EndpointStats;
use crate::familiarity::learning::SuccessCounts;
use crate::outcome::Outcome;
use crate::state::{Counter, Entry, EntryStore, Place, Tag, VisitState};
use crate::time::Window;

/// The most addresses in a day that an account earns credit for: an attacker would use an own
/// account everywhere.
const CREDIT_ADDRESSES: u32 = 2;

/// What the accounts' entries knew about an outcome.
#[derive(Default)]
pub(super) struct AccountEffects {
    /// Usernames that earn credit: those that had not succeeded from this address.
    pub credited: u32,
    /// Many passwords have failed at one of the accounts.
    pub is_guessed_at: bool,
    /// Passwords that had failed at the account from this address, by their tags: its person has
    /// got in now.
    pub corrected: Vec<u32>,
    /// A success excuses an unresolved visit from its address, see `state::entry::mistyped`.
    pub excuses: bool,
    /// What the outcome adds to the endpoint's visits.
    pub visits: EndpointStats,
}

impl PendingAttempt {
    /// How many of the attempts at an account try a password that did not fail there just before.
    fn new_guesses(&self, entry: &mut Entry, attempts: u32, ip: Option<Tag>) -> u32 {
        match self.subjects.password_tags.as_slice() {
            [password] => attempts - u32::from(!entry.note_failed(*password, ip)),
            _ => attempts,
        }
    }

    pub(super) fn settle_usernames<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
        outcome: Outcome,
        visit: VisitState,
        changes: &mut Changes,
    ) -> AccountEffects {
        let mut effects = AccountEffects::default();
        for (username, charges) in self.subjects.usernames.iter().zip(&self.charges.usernames) {
            let account = state.update(changes, username.place, |entry| {
                self.take_back(entry, charges);
                match (outcome, self.subjects.ip.map(Place::tag)) {
                    (Outcome::Failure, ip) => {
                        (0..username.attempts).for_each(|_| entry.add(Counter::UsernameFailures));
                        let guesses = self.new_guesses(entry, username.attempts, ip);
                        let opened = ip.map(|ip| entry.open_visit(ip, visit));
                        entry.guess(ip, guesses);
                        let failed = entry.count(Counter::UsernameDistinctFailures, Window::Day);
                        AccountEffects {
                            is_guessed_at: failed > OWN_PASSWORDS,
                            visits: opened.map(EndpointStats::visit).unwrap_or_default(),
                            ..AccountEffects::default()
                        }
                    }
                    (Outcome::Success, Some(ip)) => {
                        let new = entry.insert(Counter::UsernameSuccessIps, ip);
                        let ips = entry.distinct(Counter::UsernameSuccessIps, Window::Day);
                        let visits = EndpointStats::visit(entry.close_visit(ip));
                        let own = u32::from(visits.unresolved < 0);
                        let excuses = self.unresolved_here > own
                            && entry.count(Counter::UsernameExcuses, Window::Day) == 0;
                        if excuses {
                            entry.add(Counter::UsernameExcuses);
                        }
                        AccountEffects {
                            excuses,
                            credited: u32::from(new && ips <= CREDIT_ADDRESSES),
                            corrected: entry.take_failed(ip),
                            visits,
                            ..AccountEffects::default()
                        }
                    }
                    _ => AccountEffects::default(),
                }
            });
            effects.credited += account.credited;
            effects.is_guessed_at |= account.is_guessed_at;
            effects.excuses |= account.excuses;
            effects.visits = effects.visits.plus(&account.visits);
            effects.corrected.extend(account.corrected);
        }
        effects
    }

    /// Remembers where an account got in from. `is_first`: the account's first success from its
    /// address today, which is also when what is known moves to the front.
    pub(super) fn teach_account<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
        is_first: bool,
        changes: &mut Changes,
    ) {
        let PendingAccount { view, is_calm } = &self.account;
        let Some(origin) = &view.origin else { return };
        if is_first {
            let success = SuccessCounts::one(view.shape, self.known_device);
            state.familiarity.note(success, *is_calm);
        }
        if is_first || !view.is_known_whole() {
            state.update(changes, origin.place, |entry| {
                entry.remember(origin.network, origin.client);
            });
        }
    }
}
