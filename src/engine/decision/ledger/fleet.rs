//! What a failed login tells the fleet, and the ban that the fleet's answer begins.
//!
//! The service counts failures alone. What excuses a client is known here, where it got in: so a
//! client with any credit at this gateway is reported, and not banned for what others count.

use super::settle::PendingAttempt;
use super::{Changes, StateView, measure};
use crate::fleet::FleetLimit;
use crate::fleet::report::{FleetReport, ReportedRule};
use crate::policy::{Banned, Rule};
use crate::state::{Counter, Entry, EntryStore, Place};
use crate::time::Window;

impl PendingAttempt {
    /// The report of a failure, for the rules whose bans do not stand already. `None` if none counts it.
    pub(crate) fn fleet_report<E: EntryStore>(
        &self,
        state: &StateView<'_, E>,
    ) -> Option<FleetReport> {
        let client = self.fleet_client?;
        let mut rules = Vec::new();
        for banned in [Banned::Ip, Banned::Network] {
            let of = |rule: &Rule| FleetLimit::of(rule).is_some_and(|it| it.banned == banned);
            let mut counting =
                state.policy.rules_with_ids().filter(|(_, rule)| of(rule)).peekable();
            if counting.peek().is_none() {
                continue;
            }
            let place = state.table.place(banned.kind(), client.key(banned));
            let entry = state.read(place);
            let may_ban = !state.is_excused(banned, &entry);
            let open = counting.filter(|(_, rule)| !state.is_banned_by(rule, &entry));
            rules.extend(open.map(|(id, _)| ReportedRule { id, may_ban }));
        }
        (!rules.is_empty()).then_some(FleetReport { client, hits: self.attempts, rules })
    }
}

impl<E: EntryStore> StateView<'_, E> {
    /// Whether people got in from there: the service does not know by how much its limit is exceeded,
    /// so any credit excuses.
    fn is_excused(&self, banned: Banned, entry: &Entry) -> bool {
        let credit = match banned {
            Banned::Ip if self.successes_are_new => measure::unfailed_attempts(entry),
            Banned::Ip => entry.count(Counter::IpCredit, Window::Day),
            _ if self.successes_are_new => return true,
            _ => entry.count(Counter::NetworkCredit, Window::Day),
        };
        credit > 0
    }

    /// Whether a ban as long as this rule's stands, in shadow or not.
    fn is_banned_by(&self, rule: &Rule, entry: &Entry) -> bool {
        if rule.in_shadow(self.policy.mode) {
            entry.shadow_ban().is_some()
        } else {
            entry.ban().is_some()
        }
    }

    /// Begins the ban of a rule whose limit the fleet exceeds.
    pub(crate) fn begin_fleet_ban(&self, place: Place, rule: &Rule, changes: &mut Changes) {
        self.update(changes, place, |entry| {
            self.drop_void_bans(entry);
            rule.begin_ban(self.policy.mode, entry);
            self.seen_bans.note(place, entry);
        });
    }
}
