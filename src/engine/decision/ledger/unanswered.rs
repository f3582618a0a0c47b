//! An attempt that upstream did not answer: its charges are taken back, or they lapse.

use super::settle::PendingAttempt;
use super::{Changes, StateView};
use crate::state::{Counter, EntryStore};

impl PendingAttempt {
    /// Takes back what an attempt raised that no upstream has seen. The names that its address has
    /// tried stay: its person will try them again.
    pub(crate) fn refund<E: EntryStore>(&self, state: &StateView<'_, E>, changes: &mut Changes) {
        if self.is_about_address_only() {
            return;
        }
        for (username, charges) in self.subjects.usernames.iter().zip(&self.charges.usernames) {
            state.update(changes, username.place, |entry| self.take_back(entry, charges));
        }
        let Some(ip) = self.subjects.ip else { return };
        state.update(changes, ip, |entry| {
            self.take_back(entry, &self.charges.ip);
            if !self.basic {
                (0..self.attempts).for_each(|_| entry.take_back(Counter::IpAttempts));
            }
        });
    }

    /// Lets the charges lapse, because no response will settle them.
    pub(crate) fn lose<E: EntryStore>(&self, state: &StateView<'_, E>, changes: &mut Changes) {
        let usernames = self.subjects.usernames.iter().map(|username| username.place);
        let ip = self.subjects.ip.map(|ip| (ip, &self.charges.ip));
        let charged = usernames.zip(&self.charges.usernames).chain(ip);
        for (place, charges) in charged.filter(|(_, charges)| !charges.is_empty()) {
            state.update(changes, place, |entry| {
                for (pair, charge) in self.subjects.pairs.iter().zip(charges) {
                    entry.lose_charge(*pair, *charge);
                }
            });
        }
    }
}
