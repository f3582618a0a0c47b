//! The updates at the decision: pressure, pending charges, and the bans that begin.

use super::settle::{Charges, PendingAttempt};
use super::{Changes, Judgement, Ledger};
use crate::policy::{Banned, Rule};
use crate::state::entry::pending::Charge;
use crate::state::{Counter, Entry, EntryKind, EntryStore, Place};
use crate::time::Window;

/// The most attempts of one address in an hour that count for the endpoint, so that one client
/// cannot change the endpoint's shares.
const SITE_ATTEMPTS: u32 = 120;

impl<E: EntryStore> Ledger<'_, E> {
    /// Charges the entries with the judged attempt. Returns the pending attempt if it is let
    /// through, and whether it counts for the endpoint.
    pub(crate) fn charge(
        self,
        judged: &Judgement,
        changes: &mut Changes,
    ) -> (Option<PendingAttempt>, bool) {
        let Self { state, facts, subjects, client_entries, .. } = self;
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
                let counts = entry.count(Counter::IpAttempts, Window::Hour) <= SITE_ATTEMPTS;
                (charge(entry), counts)
            })
        });
        let (ip, counts_for_site) = ip.unwrap_or((Vec::new(), true));
        if !open {
            state.extend_bans(&client_entries, changes);
        }
        let mut begin = |place: Option<Place>, rules: Vec<&Rule>| {
            if let Some(place) = place.filter(|_| !rules.is_empty()) {
                state.update(changes, place, |entry| {
                    if may_be_banned(place.kind(), entry) {
                        state.drop_void_bans(entry);
                        rules.iter().for_each(|rule| rule.begin_ban(state.policy.mode, entry));
                    }
                });
            }
        };
        begin(subjects.network, bans(Banned::Network).collect());
        begin(subjects.fingerprint, bans(Banned::Fingerprint).collect());
        let usernames = subjects.usernames.iter().map(|username| {
            state.update(changes, username.place, |entry| {
                if let Some(ip) = subjects.ip {
                    entry.insert(Counter::UsernameIps, ip.tag());
                }
                charge(entry)
            })
        });
        let charges = Charges { usernames: usernames.collect(), ip };
        let open = open.then(|| PendingAttempt::new(facts, subjects, charges, counts_for_site));
        (open, counts_for_site && !facts.is_about_address_only())
    }
}

/// A fingerprint with a success is a browser's, which many people share: it is not banned.
fn may_be_banned(kind: EntryKind, entry: &Entry) -> bool {
    kind != EntryKind::Fingerprint
        || (entry.count(Counter::FingerprintSuccesses, Window::Day) == 0
            && entry.count(Counter::FingerprintFailures, Window::Day) > 0)
}
