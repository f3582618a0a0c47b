//! The ledger of one attempt: the counters of its subjects, read for the rules and then updated.
//!
//! It is opened once per decision. The entries of all subjects ([`subjects`]) are read, the rules
//! judge by that snapshot ([`measure`]), then each entry is updated by compare-and-swap. Another
//! worker may decide about the same client in between, so at most one attempt per worker passes
//! beyond a limit.
//!
//! There are two kinds of counters. Every attempt, even a stopped one, raises *pressure* counters
//! at the decision ([`charge`]). Upstream's answer raises *outcome* counters at the response
//! ([`settle`], [`settle_accounts`]). In between, an attempt that was let through is charged as
//! pending.

mod charge;
mod client_entries;
mod fleet;
mod measure;
mod pending_wait;
mod probe;
mod settle;
mod settle_accounts;
mod site_say;
mod subjects;
mod teach;
mod unanswered;

use std::ops::AddAssign;

pub(crate) use client_entries::{ClientEntries, ClientPlaces, RecordedClient};
pub(crate) use settle::{PendingAttempt, Settled};
use subjects::Subjects;

use crate::attack_mode::SiteView;
use crate::challenge::Clients;
use crate::decision::facts::{Facts, Pass};
use crate::decision::measured::{self, MeasuredRule};
use crate::decision::rules::{self, RuleMatch, Signals as _, Unanswered};
use crate::decision::seen_bans::SeenBans;
use crate::decision::signals::Signal;
use crate::decision::verdict::{Cause, Exposed, Verdict};
use crate::familiarity::learning::FamiliarityMonitor;
use crate::familiarity::{AccountView, Familiarity};
use crate::policy::{Action, Banned, Mode, Policy, Rule, RuleId};
use crate::record::MeasuredLogin;
use crate::record::identities::SeenPasswords;
use crate::request::client::Client;
use crate::state::{Counter, Entry, EntryKind, EntryStore, Place, Table, Update};
use crate::time::{Millis, Window};
use crate::tokens::device::{self, DeviceId};

/// The changes to the state, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The growth in host bytes.
    pub bytes: u64,
    /// The growth in entries.
    pub entries: u32,
    /// Entries of other identities that were evicted.
    pub evicted: u32,
    /// Updates that were lost: too many collisions with other workers, or the host refused.
    pub lost: u32,
}

impl<R> AddAssign<&Update<R>> for Changes {
    fn add_assign(&mut self, update: &Update<R>) {
        self.bytes += update.grown_bytes;
        self.entries += update.grown_entries;
        self.evicted += u32::from(update.evicted);
        self.lost += u32::from(update.written.is_lost());
    }
}

/// The state as one worker sees it at one moment.
pub(crate) struct StateView<'a, E> {
    pub policy: &'a Policy,
    pub table: &'a Table,
    pub entries: &'a E,
    pub now: Millis,
    pub site: SiteView,
    pub familiarity: &'a FamiliarityMonitor,
    pub seen_bans: &'a SeenBans,
    /// Successes are trusted for so short a time that no address has earned much credit.
    pub successes_are_new: bool,
}

impl<E: EntryStore> StateView<'_, E> {
    fn read(&self, place: Place) -> Entry {
        // A store that cannot be read is empty. Its updates fail too, and are counted as lost.
        self.entries
            .read_entry(place, self.now)
            .unwrap_or_else(|_| Entry::empty(place.kind(), self.now))
    }

    /// Where the account of an attempt got in from.
    pub(crate) fn account(&self, client: &Client, facts: &Facts) -> AccountView {
        let learnt = self.familiarity.learnt(self.now, self.policy.challenge_budget);
        AccountView::of(self.table, client, facts, learnt, |place| self.read(place))
    }

    fn device(&self, device: &DeviceId) -> Place {
        self.table.place(EntryKind::Device, device)
    }

    /// Whether a device failed so often in a day that its cookie is ignored.
    pub(crate) fn is_locked(&self, device: &DeviceId) -> bool {
        let entry = self.read(self.device(device));
        entry.count(Counter::DeviceFailures, Window::Day) >= device::LOCKED_AFTER
    }

    fn update<R>(
        &self,
        changes: &mut Changes,
        place: Place,
        change: impl FnMut(&mut Entry) -> R,
    ) -> R {
        let update = self.entries.update_entry(place, self.now, change);
        *changes += &update;
        update.result
    }
}

/// The counters of an attempt's subjects.
pub(crate) struct Ledger<'a, E> {
    state: &'a StateView<'a, E>,
    facts: &'a Facts,
    subjects: Subjects,
    allowed: bool,
    load_balancer: bool,
    any_pending: bool,
    client_entries: ClientEntries,
    account: AccountView,
    usernames: Vec<Entry>,
    passwords: Vec<Entry>,
}

/// The result of the rules.
pub(crate) struct Judgement {
    pub verdict: Verdict,
    /// The rules whose bans begin.
    pub bans: Vec<RuleId>,
    /// Rules about the address did not act, because it is a load balancer's.
    pub balancer_exempted: bool,
    /// The attempt is let through to learn whether a fingerprint's failures are over.
    pub is_probe: bool,
}

impl<'a, E: EntryStore> Ledger<'a, E> {
    /// Reads the entries of the attempt's subjects. `client_entries` holds those that were read
    /// already.
    pub(crate) fn open(
        state: &'a StateView<'a, E>,
        client: &'a Client,
        facts: &'a Facts,
        client_entries: Option<ClientEntries>,
        account: AccountView,
    ) -> Self {
        let client_entries = client_entries
            .unwrap_or_else(|| ClientEntries::read(state, state.client_places(client)));
        let subjects =
            Subjects::of(state.table, &client_entries, facts, state.policy.mailbox_aliases);
        let mut ledger = Self {
            allowed: state.is_allowed(client, &client_entries),
            client_entries,
            account,
            usernames: subjects.usernames.iter().map(|it| state.read(it.place)).collect(),
            passwords: subjects.passwords.iter().map(|place| state.read(*place)).collect(),
            load_balancer: false,
            any_pending: false,
            state,
            facts,
            subjects,
        };
        ledger.load_balancer = ledger.is_load_balancer();
        ledger.any_pending = ledger.is_any_pending();
        ledger
    }

    /// What is known beside the verdict: the identities that are counted, and the values of the rules
    /// that `is_asked` for.
    #[inline(never)]
    pub(crate) fn measured(
        &self,
        is_program: bool,
        is_asked: impl Fn(RuleId) -> bool,
    ) -> MeasuredLogin {
        let origin = self.account.origin.as_ref();
        let mut identities = self.subjects.identities(self.facts);
        identities.is_chosen = self.subjects.ip.is_some_and(|ip| self.state.is_chosen(ip));
        identities.remembered = origin.map(|it| it.account);
        identities.from_network = origin.and_then(|it| it.network);
        identities.from_client = origin.and_then(|it| it.client);
        identities.seen = self.seen_passwords();
        let rules = self.state.policy.rules_with_ids().filter(|(id, _)| is_asked(*id));
        let measured = |(id, rule): (RuleId, &Rule)| MeasuredRule {
            is_exempt: self.exempts(rule),
            ..measured::measure(id, rule, self)
        };
        MeasuredLogin {
            identities,
            rules: rules.map(measured).collect(),
            is_under_attack: self.state.site.under_attack,
            is_program,
            is_allowed: self.allowed,
            is_unread: false,
        }
    }

    /// What the attempt's passwords have done at other accounts; `None` if they were never seen.
    #[inline(never)]
    fn seen_passwords(&self) -> Option<SeenPasswords> {
        let breached = self.facts.breached || self.client_entries.has_breached_failures();
        if !breached && self.passwords.iter().all(Entry::is_empty) {
            return None;
        }
        let counts = |signal: Signal| {
            let windows = signal.row().windows().iter();
            windows.map(|it| self.count(signal, *it, Unanswered::Ignored)).collect()
        };
        let share = |within: &Window| {
            let share = self.share(Signal::PasswordFailedShare, *within);
            (share.failed, share.all)
        };
        Some(SeenPasswords {
            usernames: counts(Signal::PasswordUsernames),
            shares: Signal::PasswordFailedShare.row().windows().iter().map(share).collect(),
            breached: counts(Signal::IpDistinctBreached),
            says_enough: self.passwords_say_enough(),
        })
    }

    /// What a record says of the passwords, in a replay.
    fn recorded_passwords(&self) -> Option<&SeenPasswords> {
        self.facts.recorded()?.seen.as_ref()
    }

    /// Whether a rule exempts this client.
    fn exempts(&self, rule: &Rule) -> bool {
        let familiar = Familiarity::Familiar;
        // An attack may come through an address that many share, and then through their network.
        let tells = rule.is_about_address() || !self.is_shared();
        (self.allowed && rule.exempts_allowed)
            || (self.facts.known_device && rule.exempts_known_devices)
            || (tells && self.account.network == familiar && rule.exempts_familiar_networks)
            || (self.account.client == familiar && rule.exempts_familiar_clients)
    }

    /// The verdict and the bans that begin. `admits` is called if the verdict is a challenge, and
    /// returns whether the attempt carries a pass.
    /// `is_program`: the client cannot be shown a page.
    pub(crate) fn judge(
        &self,
        (clients, is_program): (Clients, bool),
        admits: impl FnOnce() -> bool,
    ) -> Judgement {
        let (top, probes) = (self.state.policy.mode, self.probes());
        let exempts = |rule: &Rule| self.exempts(rule);
        let client_entries = self.client_entries.verdict(self.state, exempts, probes);
        let mut verdict = client_entries.unwrap_or_default();
        let (mut bans, mut balancer_exempted, mut is_probe) = (Vec::new(), false, false);
        let mut exposes = false;
        if verdict.action == Action::Block {
            return Judgement { verdict, bans, balancer_exempted, is_probe };
        }
        for (id, rule) in self.state.policy.rules_with_ids() {
            let passes = self.facts.pass == Pass::Covers && rule.then == Action::Challenge;
            if passes || self.exempts(rule) {
                continue;
            }
            let rule_match = rules::evaluate(rule, self);
            if rule_match.is_none() && !probes {
                continue;
            }
            // All clients share a load balancer's address, so it must not be stopped.
            let excused = self.load_balancer && rule.is_about_address();
            balancer_exempted |= excused && rule.then.stops() && rule_match.is_some();
            // Failures count there and successes do not yet, so everybody's browser seems to fail.
            let excused = excused || (self.state.successes_are_new && rule.blocks_many_clients());
            let top = if excused { Mode::Shadow } else { top };
            if probes && rule.bans_fingerprints() && !rule.in_shadow(top) {
                if rule_match.is_some() || self.client_entries.is_banned_by(rule) {
                    is_probe = true;
                    let action = if is_program { Action::Annotate } else { Action::Challenge };
                    verdict.add(id, rule, action, Cause::Rules, top);
                }
                continue;
            }
            let Some(rule_match) = rule_match else { continue };
            match rule_match {
                // The client is told to wait. A challenge stays a challenge: anyone can
                // send attempts at an account, and waiting would lock its owner out.
                RuleMatch::Provisional if rule.then == Action::Block => {
                    verdict.add(id, rule, Action::Block, Cause::Pending, top);
                    verdict.wait_seconds = verdict.wait_seconds.max(self.seconds_to_wait(rule));
                }
                RuleMatch::Provisional => {
                    verdict.add(id, rule, rule.then_for(clients), Cause::Rules, top);
                }
                RuleMatch::Confirmed => {
                    let then = rule.then_for(clients);
                    let is_mild = then == Action::Block && self.is_of_shared(rule);
                    let then = if is_mild { Action::Challenge } else { then };
                    verdict.add(id, rule, then, Cause::Rules, top);
                    bans.extend(rule.ban.filter(|_| !excused).map(|_| id));
                }
            }
            exposes |= !rule.in_shadow(top) && rule.asks_for_breach();
        }
        if verdict.action == Action::Challenge && admits() {
            verdict.admit();
        }
        if exposes && !verdict.action.stops() {
            verdict.exposed = self.exposed();
        }
        Judgement { verdict, bans, balancer_exempted, is_probe }
    }

    /// Whether the rules need a live lookup: one of them hinges on it, and the attempt is not stopped
    /// without it. `admits` and the first argument are as for [`Ledger::judge`].
    pub(crate) fn needs_live_lookup(
        &self,
        clients: (Clients, bool),
        admits: impl FnOnce() -> bool,
    ) -> bool {
        let hinges = |rule: &Rule| {
            !self.exempts(rule) && rules::hinges_on(rule, Signal::PasswordBreachedLive, self)
        };
        self.state.policy.rules.iter().any(hinges)
            && !self.judge(clients, admits).verdict.action.stops()
    }

    /// Whether a rule judges an address that people share: they can solve a challenge, and a block
    /// would stop them for what one of them did.
    fn is_of_shared(&self, rule: &Rule) -> bool {
        let of_ip = rule.ban.is_none_or(|ban| ban.banned == Banned::Ip);
        of_ip && rule.is_about_address() && self.is_shared()
    }

    /// Whether so many people got in from the address in a day that it is not one client's.
    fn is_shared(&self) -> bool {
        self.client_entries.ip.as_ref().is_some_and(|ip| ip.entry.is_shared())
    }

    fn exposed(&self) -> Option<Exposed> {
        let pair = self.facts.pair_breached.then_some(Exposed::Pair);
        pair.or((self.facts.is_breached_live() == Some(true)).then_some(Exposed::Password))
    }
}

#[cfg(test)]
mod tests;
