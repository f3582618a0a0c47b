//! How long a client waits that is stopped because of attempts which are not answered yet.

use super::Ledger;
use crate::decision::rules::{Signals, Unanswered};
use crate::decision::signals::{Signal, Subject};
use crate::policy::{Condition, Rule};
use crate::state::{Entry, EntryStore};

impl<E: EntryStore> Ledger<'_, E> {
    /// The seconds until a rule that matches only provisionally probably matches no more.
    pub(super) fn seconds_to_wait(&self, rule: &Rule) -> u32 {
        let waits = rule.when.iter().filter_map(|condition| self.wait_for(condition));
        waits.min().unwrap_or(1)
    }

    /// The same for a condition that holds because of pending attempts.
    fn wait_for(&self, condition: &Condition) -> Option<u32> {
        let Condition::Over { signal, over, within, per_success } = *condition else { return None };
        let excused = match per_success {
            0 => 0,
            worth => self.excused(signal, within, worth),
        };
        let limit = over.saturating_add(excused);
        let confirmed = self.count(signal, within, Unanswered::Ignored);
        let excess = self.count(signal, within, Unanswered::Counted).checked_sub(limit)?;
        if confirmed > limit || excess == 0 {
            return None;
        }
        let pairs = self.subjects.pairs.as_slice();
        let wait = |entry: &Entry| entry.seconds_until_fewer(excess, pairs);
        match (signal, signal.row().subject) {
            (Signal::UsernameFailures | Signal::UsernameDistinctFailures, _) => {
                self.usernames.iter().map(wait).max()
            }
            (_, Subject::Ip) => self.client_entries.ip.as_ref().map(|ip| wait(&ip.entry)),
            _ => None,
        }
    }
}
