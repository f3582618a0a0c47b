//! What the counters know of an attempt, and what the attempt adds to them.
//!
//! Opened once a decision: the entries of everyone the attempt speaks of ([`subjects`]) are
//! read, the rules judge by that snapshot ([`measure`]), then each entry is updated by
//! compare-and-swap. Between the two another worker may decide about the same client, so at
//! most one attempt a worker passes beyond a limit.
//!
//! Two kinds of counter meet here. Every attempt, also a stopped one, raises *pressure*
//! counters at the decision ([`charge`]); what upstream answers teaches *outcome* counters
//! at the response ([`settle`]). In between, an attempt that was let through is charged as
//! pending.

mod charge;
mod client_entries;
mod measure;
mod settle;
mod subjects;

use std::ops::AddAssign;

pub(crate) use client_entries::ClientEntries;
use client_entries::LoadedEntry;
pub(crate) use settle::PendingAttempt;
use subjects::Subjects;

use crate::attack_mode::SiteView;
use crate::challenge::Clients;
use crate::decision::facts::{Facts, Pass};
use crate::decision::rules::{self, RuleMatch};
use crate::decision::verdict::{Cause, Exposed, Verdict};
use crate::policy::{Action, Mode, Policy, Rule, RuleId};
use crate::request::client::Client;
use crate::state::{Counter, Entry, EntryKind, EntryStore, Place, Table, Update, Written};
use crate::time::{Millis, Window};
use crate::tokens::device::{self, DeviceId};

/// What updates did to the state, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Host bytes that it grew by.
    pub bytes: u64,
    /// Entries that it grew by.
    pub entries: u32,
    /// Entries of others that were lost to make room.
    pub evicted: u32,
    /// Updates that were lost: too many collisions with other workers, or a host that
    /// refused.
    pub lost: u32,
}

impl<R> AddAssign<&Update<R>> for Changes {
    fn add_assign(&mut self, update: &Update<R>) {
        self.bytes += update.grown_bytes;
        self.entries += update.grown_entries;
        self.evicted += u32::from(update.evicted);
        self.lost += u32::from(matches!(update.written, Written::Exhausted | Written::Failed));
    }
}

/// The state as one worker sees it at one moment.
pub(crate) struct StateView<'a, E> {
    pub policy: &'a Policy,
    pub table: &'a Table,
    pub entries: &'a E,
    pub now: Millis,
    pub site: SiteView,
    /// Successes are believed since so short a time that nobody has much credit.
    pub successes_are_new: bool,
}

impl<E: EntryStore> StateView<'_, E> {
    fn read(&self, place: Place) -> Entry {
        // A store that cannot be read knows nothing; its updates fail too, and are counted.
        self.entries
            .read_entry(place, self.now)
            .unwrap_or_else(|_| Entry::empty(place.kind(), self.now))
    }

    fn load(&self, place: Place) -> LoadedEntry {
        LoadedEntry { place, entry: self.read(place) }
    }

    fn device(&self, device: &DeviceId) -> Place {
        self.table.place(EntryKind::Device, device)
    }

    /// Whether a device failed so often that its cookie means nothing for a while.
    pub fn is_locked(&self, device: &DeviceId) -> bool {
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

/// The counters of everyone that an attempt speaks of.
pub(crate) struct Ledger<'a, E> {
    state: &'a StateView<'a, E>,
    facts: &'a Facts,
    subjects: Subjects,
    allowed: bool,
    load_balancer: bool,
    any_pending: bool,
    client_entries: ClientEntries,
    usernames: Vec<Entry>,
    passwords: Vec<Entry>,
}

/// What the rules say.
pub(crate) struct Judgement {
    pub verdict: Verdict,
    /// The rules whose bans begin.
    pub bans: Vec<RuleId>,
    /// Rules about the address were put in shadow: it is a load balancer's.
    pub balancer_exempted: bool,
}

impl<'a, E: EntryStore> Ledger<'a, E> {
    /// Reads the entries of everyone that the attempt speaks of. `standing`: what was read
    /// of the client already.
    pub fn open(
        state: &'a StateView<'a, E>,
        client: &'a Client,
        facts: &'a Facts,
        client_entries: Option<ClientEntries>,
    ) -> Self {
        let client_entries = client_entries.unwrap_or_else(|| ClientEntries::read(state, client));
        let subjects = Subjects::of(state.table, &client_entries, facts);
        let mut ledger = Self {
            client_entries,
            usernames: subjects.usernames.iter().map(|it| state.read(it.place)).collect(),
            passwords: subjects.passwords.iter().map(|place| state.read(*place)).collect(),
            allowed: state.policy.client.is_allow_listed(client),
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

    /// Whether a rule leaves this client alone.
    fn exempts(&self, rule: &Rule) -> bool {
        (self.allowed && rule.exempts_allowed)
            || (self.facts.known_device && rule.exempts_known_devices)
    }

    /// The verdict, and what follows from it. `admits` is asked whether the attempt brought
    /// a pass, if it is to be challenged.
    pub fn judge(&self, clients: Clients, admits: impl FnOnce() -> bool) -> Judgement {
        let top = self.state.policy.mode;
        let client_entries = self.client_entries.verdict(self.state, |rule| self.exempts(rule));
        let mut verdict = client_entries.unwrap_or_default();
        let (mut bans, mut balancer_exempted) = (Vec::new(), false);
        let mut exposes = false;
        if verdict.action.stops() {
            return Judgement { verdict, bans, balancer_exempted };
        }
        for (id, rule) in self.state.policy.rules_with_ids() {
            let passes = self.facts.pass == Pass::Covers && rule.then == Action::Challenge;
            if passes || self.exempts(rule) {
                continue;
            }
            let Some(rule_match) = rules::evaluate(rule, self) else { continue };
            // Everybody is behind a load balancer: what it does nobody is blamed for.
            let excused = self.load_balancer && rule.is_about_address();
            balancer_exempted |= excused && rule.then.stops();
            let top = if excused { Mode::Shadow } else { top };
            match rule_match {
                // Waiting a second is asked instead of a block. A challenge stays one: for an
                // account that anyone can send attempts at, a block would lock its owner out.
                RuleMatch::Provisional if rule.then == Action::Block => {
                    verdict.add(id, rule, Action::Block, Cause::Pending, top);
                }
                RuleMatch::Provisional => verdict.add(id, rule, rule.then, Cause::Rules, top),
                RuleMatch::Confirmed => {
                    verdict.add(id, rule, rule.then_for(clients), Cause::Rules, top);
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
        Judgement { verdict, bans, balancer_exempted }
    }

    fn exposed(&self) -> Option<Exposed> {
        let pair = self.facts.pair_breached.then_some(Exposed::Pair);
        pair.or(self.facts.breached.then_some(Exposed::Password))
    }
}
