//! The updates at the decision: pressure, pending charges, and the bans that begin.

use super::settle::{Charges, PendingAccount, PendingAttempt};
use super::{Changes, Judgement, Ledger, site_say};
use crate::attack_mode::EndpointStats;
use crate::policy::{Banned, Rule};
use crate::state::entry::pending::Charge;
use crate::state::{Counter, Entry, EntryKind, EntryStore, Place, VisitState};
use crate::time::Window;

impl<E: EntryStore> Ledger<'_, E> {
    /// Charges the entries with the judged attempt. Returns the pending attempt if it is let
    /// through, and what it adds to the endpoint's counts.
    pub(crate) fn charge(
        self,
        judged: &Judgement,
        changes: &mut Changes,
    ) -> (Option<PendingAttempt>, EndpointStats) {
        let visit = match (self.facts.goes_through(&judged.verdict), self.facts.known_device) {
            (true, true) => self.visit(VisitState::KnownFailed),
            (true, false) => self.visit(VisitState::Failed),
            (false, true) => VisitState::Uncounted,
            (false, false) => self.visit(VisitState::Stopped),
        };
        let unresolved_here = self.unresolved_here();
        let Self { state, facts, subjects, client_entries, account, .. } = self;
        let verdict = &judged.verdict;
        let open = facts.goes_through(verdict);
        let charge = |entry: &mut Entry| -> Vec<Charge> {
            let pairs = if open { subjects.pairs.as_slice() } else { &[] };
            pairs.iter().map(|pair| entry.charge(*pair)).collect()
        };
        let bans = |banned: Banned| {
            let rules = judged.bans.iter().filter_map(|id| state.policy.rule(*id));
            rules.filter(move |rule| rule.ban.is_some_and(|ban| ban.banned == banned))
        };
        // What tries no account raises no pressure.
        let is_quiet = facts.is_about_address_only() && open && judged.bans.is_empty();
        let ip = subjects.ip.filter(|_| !is_quiet).map(|ip| {
            state.update(changes, ip, |entry| {
                if !(facts.basic || facts.is_about_address_only()) {
                    (0..facts.attempts()).for_each(|_| entry.add(Counter::IpAttempts));
                }
                for username in &subjects.usernames {
                    entry.insert(Counter::IpUsernames, username.place.tag());
                }
                if !open {
                    entry.stopped();
                }
                for rule in bans(Banned::Ip) {
                    state.drop_void_bans(entry);
                    rule.begin_ban(state.policy.mode, entry);
                }
                state.seen_bans.note(ip, entry);
                (charge(entry), site_say::attempts_count(entry))
            })
        });
        let (ip, counts_for_site) = ip.unwrap_or((Vec::new(), true));
        if !open {
            state.extend_bans(&client_entries, changes);
        }
        if let Some(fingerprint) = subjects.fingerprint.filter(|_| judged.is_probe) {
            state.update(changes, fingerprint, |entry| entry.add(Counter::FingerprintProbes));
        }
        let mut begin = |place: Option<Place>, rules: Vec<&Rule>| {
            if let Some(place) = place.filter(|_| !rules.is_empty()) {
                state.update(changes, place, |entry| {
                    if may_be_banned(place.kind(), entry) {
                        state.drop_void_bans(entry);
                        rules.iter().for_each(|rule| rule.begin_ban(state.policy.mode, entry));
                        state.seen_bans.note(place, entry);
                    }
                });
            }
        };
        begin(subjects.network, bans(Banned::Network).collect());
        begin(subjects.fingerprint, bans(Banned::Fingerprint).collect());
        let mut stats = EndpointStats::default();
        if counts_for_site && !facts.is_about_address_only() {
            stats = EndpointStats::seen(facts);
        }
        let mut charges = Charges { usernames: Vec::with_capacity(subjects.usernames.len()), ip };
        for username in &subjects.usernames {
            let (charged, opened) = state.update(changes, username.place, |entry| {
                let mut opened = EndpointStats::default();
                if let Some(ip) = subjects.ip {
                    entry.insert(Counter::UsernameIps, ip.tag());
                    if !open {
                        opened = EndpointStats::visit(entry.open_visit(ip.tag(), visit));
                    }
                }
                (charge(entry), opened)
            });
            stats = stats.plus(&opened);
            charges.usernames.push(charged);
        }
        let open = open.then(|| {
            let account = PendingAccount { view: account, is_calm: !state.site.under_attack };
            let visit = (visit, unresolved_here);
            PendingAttempt::new(facts, subjects, charges, counts_for_site, visit, account)
        });
        (open, stats)
    }
}

/// A fingerprint with a success is a browser's, which many people share: it is not banned.
fn may_be_banned(kind: EntryKind, entry: &Entry) -> bool {
    kind != EntryKind::Fingerprint
        || (entry.count(Counter::FingerprintSuccesses, Window::Day) == 0
            && entry.count(Counter::FingerprintFailures, Window::Day) > 0)
}
