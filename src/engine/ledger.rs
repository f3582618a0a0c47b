//! What the counters know of an attempt, and what the attempt adds to them.
//!
//! Opened once a decision: the entries of everyone the attempt speaks of are read, the
//! rules judge by that snapshot, then each entry is updated by compare-and-swap. Between
//! the two another worker may decide about the same client, so at most one attempt a worker
//! passes beyond a limit.
//!
//! Two kinds of counter meet here. Every attempt, also a stopped one, raises *pressure*
//! counters at the decision ([`Ledger::charge`]); what upstream answers teaches *outcome*
//! counters at the response ([`Open::settle`]). In between, an attempt that was let through
//! is charged as pending.

use std::ops::AddAssign;

use crate::challenge::Clients;
use crate::client::Client;
use crate::facts::{Facts, Pair};
use crate::outcome::Outcome;
use crate::policy::{Action, Policy};
use crate::rules::{self, Holds, Pending, Signals};
use crate::signals::Signal;
use crate::state::pending::Charge;
use crate::state::{Entry, Kept, Kind, Store, Table, Tag, Tagged, Update, Written};
use crate::time::{Millis, Window};
use crate::verdict::{Cause, Exposed, Verdict};

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

/// Everyone that an attempt speaks of: identities and keyed tags, no credentials.
#[derive(Debug)]
struct Subjects {
    ip: Option<[u8; 17]>,
    usernames: Vec<(String, Tag)>,
    /// What has failed if the attempt fails: every pair, or the body that was not read.
    pairs: Vec<Tag>,
}

impl Subjects {
    fn of(policy: &Policy, table: &Table, client: &Client, facts: &Facts) -> Self {
        let key = table.hash_key();
        let mut usernames: Vec<&String> =
            facts.pairs.iter().filter_map(|pair| pair.username.as_ref()).collect();
        usernames.sort_unstable();
        usernames.dedup();
        let with_tag = |name: &String| (name.clone(), key.tag(Tagged::Username, name.as_bytes()));
        let pair = |Pair { username, password }: &Pair| {
            let username = username.as_deref().unwrap_or_default();
            password.as_ref().map(|password| key.pair(username.as_bytes(), password.as_bytes()))
        };
        let unread = facts.unread.as_ref().map(|body| key.pair(b"", body.as_bytes()));
        Self {
            ip: client.key(policy.client.ipv6_prefix),
            usernames: usernames.into_iter().map(with_tag).collect(),
            pairs: facts.pairs.iter().filter_map(pair).chain(unread).collect(),
        }
    }
}

/// The state as one worker sees it at one moment.
pub(crate) struct State<'a, S> {
    pub policy: &'a Policy,
    pub table: &'a Table,
    pub store: &'a S,
    pub now: Millis,
}

impl<S: Store> State<'_, S> {
    fn read(&self, kind: Kind, identity: &[u8]) -> Entry {
        // A store that cannot be read knows nothing; its updates fail too, and are counted.
        let read = self.table.read(self.store, kind, identity, self.now);
        read.unwrap_or_else(|_| Entry::empty(kind, self.now))
    }

    fn update<R>(
        &self,
        changes: &mut Changes,
        kind: Kind,
        identity: &[u8],
        change: impl FnMut(&mut Entry) -> R,
    ) -> R {
        let update = self.table.update(self.store, kind, identity, self.now, change);
        *changes += &update;
        update.result
    }

    /// The verdict by a ban that stands, if any does.
    ///
    /// A ban whose rule is in shadow by now counts and does not act. One whose rule is
    /// gone is void, and so is a shadow ban whose rule is enforced by now.
    fn standing_ban(&self, entry: &Entry, spared: bool) -> Option<Verdict> {
        let top = self.policy.mode;
        let rule_of = |tag: u16| {
            let mut rules = self.policy.rules.iter().enumerate();
            rules.find(|(_, rule)| rule.ban.is_some() && rule.tag() == tag)
        };
        let ban = entry.ban().and_then(|ban| rule_of(ban.rule));
        let shadow = entry.shadow_ban().and_then(|ban| rule_of(ban.rule));
        let shadow = shadow.filter(|(_, rule)| rule.in_shadow(top));
        let (index, rule) = ban.or(shadow)?;
        if spared && rule.spares_allowed {
            return None;
        }
        let mut verdict = Verdict::default();
        verdict.add(index, rule, Action::Block, Cause::Ban, top);
        Some(verdict)
    }

    /// Stops an attempt by an enforced ban that stands, seen before any credentials are:
    /// it raises pressure, and prolongs the ban if there is enough of it.
    pub fn stop_banned(&self, client: &Client, changes: &mut Changes) -> Option<Verdict> {
        let ip = client.key(self.policy.client.ipv6_prefix)?;
        let spared = self.policy.client.spares(client);
        let verdict = self.standing_ban(&self.read(Kind::Ip, &ip), spared)?;
        if !verdict.action.stops() {
            return None;
        }
        self.update(changes, Kind::Ip, &ip, |entry| {
            entry.add(Kept::IpAttempts);
            entry.stopped();
        });
        Some(verdict)
    }
}

/// The counters of everyone that an attempt speaks of.
pub(crate) struct Ledger<'a, S> {
    state: &'a State<'a, S>,
    facts: &'a Facts,
    subjects: Subjects,
    spared: bool,
    ip: Option<Entry>,
    usernames: Vec<Entry>,
}

impl<'a, S: Store> Ledger<'a, S> {
    /// Reads the entries of everyone that the attempt speaks of.
    pub fn open(state: &'a State<'a, S>, client: &Client, facts: &'a Facts) -> Self {
        let subjects = Subjects::of(state.policy, state.table, client, facts);
        let username = |(name, _): &(String, Tag)| state.read(Kind::Username, name.as_bytes());
        Self {
            ip: subjects.ip.as_ref().map(|ip| state.read(Kind::Ip, ip)),
            usernames: subjects.usernames.iter().map(username).collect(),
            spared: state.policy.client.spares(client),
            state,
            facts,
            subjects,
        }
    }

    /// The verdict, and the rules whose bans begin with it. `admits` is asked whether the
    /// attempt brought a pass, if it is to be challenged.
    pub fn judge(&self, clients: Clients, admits: impl FnOnce() -> bool) -> (Verdict, Vec<usize>) {
        let top = self.state.policy.mode;
        let standing =
            self.ip.as_ref().and_then(|entry| self.state.standing_ban(entry, self.spared));
        let mut verdict = standing.unwrap_or_default();
        let mut bans = Vec::new();
        let mut exposes = false;
        if verdict.action.stops() {
            return (verdict, bans);
        }
        for (index, rule) in self.state.policy.rules.iter().enumerate() {
            if self.spared && rule.spares_allowed {
                continue;
            }
            match rules::holds(rule, self) {
                None => continue,
                Some(Holds::Pending) => {
                    verdict.add(index, rule, Action::Block, Cause::Pending, top);
                }
                Some(Holds::Proven) => {
                    verdict.add(index, rule, rule.then_for(clients), Cause::Rules, top);
                    bans.extend(rule.ban.map(|_| index));
                }
            }
            exposes |= !rule.in_shadow(top) && rule.asks_for_breach();
        }
        if verdict.action == Action::Challenge && admits() {
            verdict.admit();
        }
        if exposes && !verdict.action.stops() {
            let pair = self.facts.pair_breached;
            verdict.exposed = Some(if pair { Exposed::Pair } else { Exposed::Password });
        }
        (verdict, bans)
    }

    /// Charges the entries with the attempt as it was judged. An attempt that is let
    /// through stays open.
    pub fn charge(self, verdict: &Verdict, bans: &[usize], changes: &mut Changes) -> Option<Open> {
        let Self { state, facts, subjects, .. } = self;
        let open = !verdict.action.stops();
        let charge = |entry: &mut Entry| -> Vec<Charge> {
            let pairs = if open { subjects.pairs.as_slice() } else { &[] };
            pairs.iter().map(|pair| entry.charge(*pair)).collect()
        };
        let ip = subjects.ip.as_ref().map(|ip| {
            state.update(changes, Kind::Ip, ip, |entry| {
                if !facts.basic {
                    entry.add(Kept::IpAttempts);
                }
                for (_, tag) in &subjects.usernames {
                    entry.insert(Kept::IpUsernames, *tag);
                }
                if !open {
                    entry.stopped();
                }
                for rule in bans.iter().filter_map(|index| state.policy.rules.get(*index)) {
                    rule.begin_ban(state.policy.mode, entry);
                }
                charge(entry)
            })
        });
        if !open {
            return None;
        }
        let usernames = subjects.usernames.iter().map(|(name, _)| {
            state.update(changes, Kind::Username, name.as_bytes(), |entry| charge(entry))
        });
        let charges = Charges { usernames: usernames.collect(), ip: ip.unwrap_or_default() };
        Some(Open { can_earn: facts.can_earn(), basic: facts.basic, charges, subjects })
    }
}

/// How each entry was charged, in the order of the pairs.
#[derive(Debug)]
struct Charges {
    ip: Vec<Charge>,
    usernames: Vec<Vec<Charge>>,
}

/// An attempt that was let through, with its charges, until its outcome is known.
#[derive(Debug)]
pub(crate) struct Open {
    subjects: Subjects,
    charges: Charges,
    can_earn: bool,
    basic: bool,
}

impl Open {
    /// Whether a success would be evidence: which of several credentials the application
    /// took cannot be known.
    pub fn can_earn(&self) -> bool {
        self.can_earn
    }

    /// The account, where there is one: what an endpoint's answers are told apart by.
    pub fn username(&self) -> Option<Tag> {
        self.subjects.usernames.first().map(|(_, tag)| *tag)
    }

    /// Takes the charges back and learns the outcome.
    pub fn settle<S: Store>(&self, state: &State<'_, S>, outcome: Outcome, changes: &mut Changes) {
        let settle = |entry: &mut Entry, charges: &[Charge]| {
            for (pair, charge) in self.subjects.pairs.iter().zip(charges) {
                entry.settle(*pair, *charge);
            }
        };
        if let Some(ip) = &self.subjects.ip {
            state.update(changes, Kind::Ip, ip, |entry| {
                settle(entry, &self.charges.ip);
                match outcome {
                    Outcome::Unknown => {}
                    Outcome::Failure => {
                        entry.add(Kept::IpFailures);
                        for pair in &self.subjects.pairs {
                            entry.insert(Kept::IpDistinctFailures, *pair);
                        }
                    }
                    Outcome::Success => {
                        // HTTP Basic succeeds with every request, not with every login.
                        if !self.basic {
                            entry.add(Kept::IpSuccesses);
                        }
                        for (_, tag) in &self.subjects.usernames {
                            entry.insert(Kept::IpCredit, *tag);
                        }
                    }
                }
            });
        }
        for ((name, _), charges) in self.subjects.usernames.iter().zip(&self.charges.usernames) {
            state.update(changes, Kind::Username, name.as_bytes(), |entry| {
                settle(entry, charges);
                if outcome == Outcome::Failure {
                    entry.add(Kept::UsernameFailures);
                }
            });
        }
    }
}

impl<S: Store> Signals for Ledger<'_, S> {
    fn flag(&self, signal: Signal) -> bool {
        match signal {
            Signal::PasswordBreached => self.facts.breached,
            Signal::CredentialsBreached => self.facts.pair_breached,
            Signal::CredentialsMissing => self.facts.missing,
            Signal::CredentialsUnreadable => self.facts.unreadable,
            Signal::CredentialsAmbiguous => self.facts.ambiguous,
            _ => false,
        }
    }

    fn count(&self, signal: Signal, within: Window, pending: Pending) -> u32 {
        let Some(kept) = signal.row().kept else { return 0 };
        let pairs = self.subjects.pairs.as_slice();
        let unanswered = |entry: &Entry| match pending {
            Pending::Ignored => 0,
            Pending::Counted => entry.pending_besides(pairs),
        };
        let of_ip = |read: &dyn Fn(&Entry) -> u32| self.ip.as_ref().map_or(0, read);
        match signal {
            // The attempt at hand included; for outcomes, as if it fails.
            Signal::IpAttempts => {
                of_ip(&|ip| ip.count(kept, within).saturating_add(u32::from(!self.facts.basic)))
            }
            Signal::IpFailures => {
                of_ip(&|ip| ip.count(kept, within).saturating_add(1 + unanswered(ip)))
            }
            Signal::IpSuccesses => of_ip(&|ip| ip.count(kept, within)),
            Signal::IpUsernames => of_ip(&|ip| {
                let tags: Vec<Tag> = self.subjects.usernames.iter().map(|(_, tag)| *tag).collect();
                ip.distinct_with_all(kept, within, &tags)
            }),
            Signal::IpDistinctFailures => of_ip(&|ip| {
                let distinct = ip.distinct_with_all(kept, within, pairs);
                distinct.saturating_add(unanswered(ip))
            }),
            Signal::UsernameFailures => {
                let value =
                    |entry: &Entry| entry.count(kept, within).saturating_add(1 + unanswered(entry));
                self.usernames.iter().map(value).max().unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// Capped at half of the attempts: an attacker owns an account too.
    fn credit(&self) -> u32 {
        self.ip.as_ref().map_or(0, |ip| {
            let attempts = ip.count(Kept::IpAttempts, Window::Hour);
            ip.distinct(Kept::IpCredit, Window::Hour).min(attempts / 2)
        })
    }
}
