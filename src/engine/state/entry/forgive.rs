//! What an operator lifts by hand: everything that is held against an identity.

use super::counters::{Counter, CounterKind};
use super::failed_passwords::FailedPasswords;
use super::layout::rows;
use super::pending::PendingList;
use super::{Entry, Strikes};
use crate::state::kind::EntryKind;
use crate::time::Window;

/// What an entry held against its identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grudge {
    /// The tag of the rule whose ban was in force.
    pub ban: Option<u16>,
    /// Failures within a day, without repetitions where they are kept.
    pub failures: u32,
}

impl Counter {
    /// Whether it counts what speaks for an identity.
    const fn speaks_for(self) -> bool {
        matches!(
            self,
            Self::IpSuccesses
                | Self::IpCredit
                | Self::UsernameSuccessIps
                | Self::NetworkCredit
                | Self::PasswordSuccesses
                | Self::FingerprintSuccesses
        )
    }
}

impl Entry {
    /// What is held against the identity now.
    pub(crate) fn grudge(&self) -> Grudge {
        let failures = match self.kind {
            EntryKind::Ip => self.distinct(Counter::IpDistinctFailures, Window::Day),
            EntryKind::Username => self.count(Counter::UsernameFailures, Window::Day),
            EntryKind::Network => self.count(Counter::NetworkFailures, Window::Day),
            EntryKind::Fingerprint => self.count(Counter::FingerprintFailures, Window::Day),
            EntryKind::Password | EntryKind::Device | EntryKind::Account => 0,
        };
        Grudge { ban: self.ban.map(|ban| ban.rule), failures }
    }

    /// Forgets bans, strikes, failures, pressure and pending attempts. Successes and credit stay, and
    /// so do open visits, which a success must end.
    pub(crate) fn forgive(&mut self) -> Grudge {
        let grudge = self.grudge();
        self.ban = None;
        self.shadow = None;
        self.strikes = Strikes::default();
        self.pending = PendingList::default();
        self.failed_passwords = FailedPasswords::default();
        for row in rows(self.kind).iter().filter(|row| !row.counter.speaks_for()) {
            for (cell, _) in row.counter.cells() {
                match row.measure {
                    CounterKind::Count => self.counters.get_mut(cell).map(std::mem::take).map(drop),
                    CounterKind::Distinct => {
                        self.distinct.get_mut(cell).map(std::mem::take).map(drop)
                    }
                };
            }
        }
        grudge
    }
}

#[cfg(test)]
mod tests {
    use super::super::ban::Terms;
    use super::super::counters::ROWS;
    use super::*;
    use crate::state::identity::{HashKey, Tagged};
    use crate::time::Millis;

    #[test]
    fn what_speaks_for_an_identity_stays_and_nothing_else() {
        let now = Millis(1_760_000_000_000);
        let tag = HashKey::new([1; 16]).tag(Tagged::Password, b"x");
        for kind in EntryKind::ALL {
            let mut entry = Entry::empty(kind, now);
            for row in ROWS {
                entry.add(row.counter);
                entry.insert(row.counter, tag);
            }
            entry.charge(tag);
            entry.note_failed(tag, None);
            entry.begin_ban(Terms { rule: 7, seconds: 60, rate: 1 });
            entry.begin_shadow_ban(8, 60);
            let grudge = entry.forgive();
            assert_eq!(grudge.ban, kind.can_be_banned().then_some(7), "{kind:?}");
            assert_eq!(entry.grudge(), Grudge::default(), "{kind:?}");
            assert_eq!((entry.pending(), entry.shadow_ban()), (0, None), "{kind:?}");
            for row in ROWS.iter().filter(|row| row.kind == kind) {
                for window in row.windows {
                    let counted =
                        entry.count(row.counter, *window) + entry.distinct(row.counter, *window);
                    assert_eq!(counted > 0, row.counter.speaks_for(), "{:?}", row.counter);
                }
            }
        }
    }
}
