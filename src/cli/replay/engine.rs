//! The engine, driven by a trace: each line is decided, each outcome is learnt when it is due.
//!
//! The trace has upstream's response at once, but the engine learns it only `response_ms` later
//! and in the order in which responses come. Until then the attempt is pending, as in live
//! traffic. An attempt that is stopped has no response. A challenge that is solved is issued and
//! solved within one line: the verdict is `challenge`, and the attempt reaches upstream.
//!
//! Several gateways behind a balancer have a state each; cookies are the clients', so they are good
//! at all of them.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;
use unstuff_engine::attempt::{Decision, Engine, Host, ResponseEffects};
use unstuff_engine::breached::{Filter, Sha1Digest};
use unstuff_engine::decision::facts::Pass;
use unstuff_engine::outcome::Outcome;
use unstuff_engine::policy::{EndpointId, Policy};
use unstuff_engine::request::headers::Headers;
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::time::Millis;
use unstuff_trace::TraceLine;

use super::breached::ReplayFilters;
use super::cookies::{BrowserCookies, HashedName};
use super::counts::{CountedAttempt, ReplayCounts};
use super::coverage::TraceCoverage;
use super::endpoints::EndpointCache;
use super::entry_map::EntryMap;
use super::facts;
use super::options::ReplayOptions;
use super::recorded::RecordReplay;
use super::responses::{PendingResponse, RecordedResponse, ResponseQueue, StatusTable};

/// A replay in progress.
pub(super) struct Replay<'f> {
    policy: Policy,
    pub(super) gateways: Vec<Gateway>,
    pub(super) options: ReplayOptions,
    /// The time of the first line.
    pub(super) began: Option<Millis>,
    /// When the state is lost, until it is.
    pub(super) restarts: Option<u64>,
    /// Lines so far, for the balancer.
    lines: u64,
    filters: &'f ReplayFilters<'f>,
    pub(super) endpoints: EndpointCache,
    statuses: StatusTable,
    cookies: BrowserCookies,
    pub(super) responses: ResponseQueue,
    pub(super) counts: ReplayCounts,
    pub(super) record: RecordReplay,
}

/// A gateway: an engine with its state.
pub(super) struct Gateway {
    pub(super) engine: Engine,
    pub(super) store: MemoryStore,
    pub(super) entries: EntryMap,
    ceiling_bytes: u64,
}

impl Gateway {
    /// A gateway with an empty state. Its keys are its own.
    ///
    /// # Errors
    /// Never in practice: the store is memory.
    fn new(policy: Policy, options: ReplayOptions, number: u64) -> anyhow::Result<Self> {
        let store = MemoryStore::new();
        let keys = key_material(options.seed.wrapping_add(number << 32));
        let table = Table::open(&store, policy.state, keys)?;
        let ceiling_bytes = table.ceiling_bytes();
        let engine = Engine::new(policy, table);
        let engine = if options.explains { engine.explaining() } else { engine };
        Ok(Self { engine, store, entries: EntryMap::default(), ceiling_bytes })
    }
}

/// The result of one attempt.
#[derive(Debug)]
pub(super) struct ReplayedDecision {
    /// The endpoint, as an index into the policy's endpoints.
    pub endpoint: EndpointId,
    /// The engine's decision.
    pub decision: Decision,
    /// Whether the attempt did not reach upstream.
    pub stopped: bool,
}

impl<'f> Replay<'f> {
    /// Starts with an empty state. All keys are derived from the options' seed.
    ///
    /// # Errors
    /// Never in practice: the store is memory.
    pub(super) fn new(
        policy: Policy,
        filters: &'f ReplayFilters<'f>,
        options: ReplayOptions,
    ) -> anyhow::Result<Self> {
        let statuses = StatusTable::new(&policy);
        let numbers = 0..u64::from(options.gateways.max(1));
        let gateways: Vec<Gateway> = numbers
            .map(|number| Gateway::new(policy.clone(), options, number))
            .collect::<anyhow::Result<_>>()?;
        let ceiling = gateways.iter().map(|gateway| gateway.ceiling_bytes).sum();
        let coverage = TraceCoverage::of(&policy, filters.has_pairs());
        let counts = ReplayCounts::new(&policy, coverage, ceiling);
        Ok(Self {
            policy,
            gateways,
            options,
            began: None,
            restarts: options.restart_after,
            lines: 0,
            endpoints: EndpointCache::default(),
            statuses,
            cookies: BrowserCookies::default(),
            filters,
            responses: ResponseQueue::default(),
            counts,
            record: RecordReplay::default(),
        })
    }

    /// The policy.
    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Decides one attempt, after learning the responses that were due before it. Returns none
    /// if the attempt is at no endpoint. Times must not go back.
    pub(super) fn attempt(&mut self, line: &TraceLine) -> Option<ReplayedDecision> {
        if let Some(recorded) = &line.recorded {
            return self.recorded_attempt(line, recorded);
        }
        self.learn_until(line.time);
        let since = line.time.0.saturating_sub(self.began.get_or_insert(line.time).0);
        if self.restarts.is_some_and(|after| since >= after) {
            self.restart();
        }
        let gateway = self.balance();
        let Gateway { engine, store, entries, .. } = self.gateways.get(gateway)?;
        let counted = self.options.count_after.is_none_or(|after| since >= after);
        let Some(endpoint) = self.endpoints.endpoint(engine, line) else {
            if counted {
                self.counts.unmatched(line.time);
            }
            return None;
        };
        let browser = line.client.as_deref().map(HashedName::of);
        let mut jar = self.cookies.of(browser);
        if let Some(victim) = line.copies.as_deref().filter(|_| jar.is_empty()) {
            jar = self.cookies.of(Some(HashedName::of(victim)));
        }
        let pass = if line.solves() { Pass::Solves } else { Pass::None };
        let facts = facts::facts(line, self.filters, pass);
        let client = facts::client(line, engine.policy());
        let host = host(store, entries, line.time);
        let (decision, attempt) = engine.decide(&host, endpoint, &client, facts, &mut jar);
        self.cookies.keep(browser, jar);
        let stopped = !decision.facts.goes_through(&decision.verdict);
        let recorded = RecordedResponse::of(line);
        let at = self.policy.endpoint(endpoint).map(|at| (endpoint, at));
        let outcome = at.map_or(Outcome::Unknown, |at| self.statuses.outcome(at, &recorded));
        if !stopped {
            let response = PendingResponse { recorded, attempt, browser, gateway, reply: None };
            match line.response_ms {
                0 => drop(self.learn(line.time, response)),
                later => {
                    self.responses.push(Millis(line.time.0.saturating_add(later)), response);
                }
            }
        }
        if counted {
            let attempt = CountedAttempt { line, decision: &decision, stopped, outcome };
            self.counts.attempt(&attempt);
        }
        Some(ReplayedDecision { endpoint, decision, stopped })
    }

    /// The counts, after all responses have come.
    pub(super) fn finish(mut self) -> ReplayCounts {
        self.learn_until(Millis(u64::MAX));
        let bytes = |gateway: &Gateway| gateway.store.host_bytes() + gateway.entries.host_bytes();
        self.counts.finish(self.gateways.iter().map(bytes).sum())
    }

    /// Loses the state, and the responses that are still to come.
    pub(super) fn restart(&mut self) {
        self.restarts = None;
        self.responses = ResponseQueue::default();
        for (number, gateway) in self.gateways.iter_mut().enumerate() {
            // What opened before opens again.
            if let Ok(empty) = Gateway::new(self.policy.clone(), self.options, number as u64) {
                *gateway = empty;
            }
        }
    }

    /// The gateway for the next line: any, as connections are balanced.
    pub(super) fn balance(&mut self) -> usize {
        self.lines += 1;
        let gateways = self.gateways.len() as u64;
        if gateways <= 1 {
            return 0;
        }
        let mut hasher = SipHasher13::new_with_keys(self.options.seed, 0);
        hasher.write_u64(self.lines);
        usize::try_from(hasher.finish() % gateways).unwrap_or(0)
    }

    /// Learns every response that is due at `now`, each at its own time.
    fn learn_until(&mut self, now: Millis) {
        while let Some((time, response)) = self.responses.pop_until(now) {
            self.learn(time, response);
        }
    }

    /// Learns every response of a record that came before an event.
    pub(super) fn learn_before(&mut self, event: (Millis, u64)) {
        while let Some((time, response)) = self.responses.pop_before(event) {
            self.learn(time, response);
        }
    }

    fn learn(&mut self, time: Millis, response: PendingResponse) -> Option<ResponseEffects> {
        let PendingResponse { recorded, mut attempt, browser, gateway, reply } = response;
        reply.iter().for_each(|reply| self.tick_for(reply, time));
        let headers = self.statuses.headers(&recorded);
        let Gateway { engine, store, entries, .. } = self.gateways.get(gateway)?;
        let host = host(store, entries, time);
        if let Some(reply) = reply {
            let answer = reply.answer(Headers::new(&headers));
            let learnt = engine.answer_recorded(&host, &mut attempt, &answer)?;
            self.counts.changed(&learnt.changes);
            return Some(learnt);
        }
        let mut jar = self.cookies.of(browser);
        let response = recorded.at(&headers, time);
        let learnt = engine.respond(&host, &mut attempt, &response, &mut jar)?;
        self.counts.changed(&learnt.changes);
        if learnt.outcome == Outcome::Success {
            self.cookies.keep(browser, jar);
        }
        Some(learnt)
    }
}

/// What the engine needs of its host. The filters are looked up when facts are gathered.
pub(super) fn host<'a>(
    store: &'a MemoryStore,
    entries: &'a EntryMap,
    now: Millis,
) -> Host<'a, MemoryStore, Filter<Vec<u8>>, EntryMap> {
    Host { now, store, entries, passwords: None, pairs: None }
}

/// Sixteen bytes that look random and are the same for a seed.
fn key_material(seed: u64) -> [u8; 16] {
    let digest = Sha1Digest::of(format!("unstuff replay {seed}").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    bytes
}

#[cfg(test)]
mod tests;
