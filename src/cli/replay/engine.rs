//! The engine, driven by a trace: each line is decided, each outcome is learnt when it is due.
//!
//! The trace has upstream's response at once, but the engine learns it only `response_ms` later
//! and in the order in which responses come. Until then the attempt is pending, as in live
//! traffic. An attempt that is stopped has no response. A challenge that is solved is issued and
//! solved within one line: the verdict is `challenge`, and the attempt reaches upstream.

use unstuff_engine::attempt::{Decision, Engine, Host, ResponseEffects};
use unstuff_engine::breached::{Filter, Sha1Digest};
use unstuff_engine::decision::facts::Pass;
use unstuff_engine::outcome::Outcome;
use unstuff_engine::policy::{EndpointId, Policy};
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::time::Millis;
use unstuff_trace::TraceLine;

use super::breached::ReplayFilters;
use super::cookies::{BrowserCookies, HashedName};
use super::counts::{CountedAttempt, ReplayCounts};
use super::endpoints::EndpointCache;
use super::entry_map::EntryMap;
use super::facts;
use super::responses::{PendingResponse, ResponseQueue, StatusTable};

/// A replay in progress.
pub(super) struct Replay<'f> {
    engine: Engine,
    store: MemoryStore,
    entries: EntryMap,
    filters: &'f ReplayFilters<'f>,
    endpoints: EndpointCache,
    statuses: StatusTable,
    cookies: BrowserCookies,
    responses: ResponseQueue,
    counts: ReplayCounts,
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
    /// Starts with an empty state. All keys are derived from `seed`.
    ///
    /// # Errors
    /// Never in practice: the store is memory.
    pub(super) fn new(
        policy: Policy,
        filters: &'f ReplayFilters<'f>,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let store = MemoryStore::new();
        let table = Table::open(&store, policy.state, key_material(seed))?;
        let counts = ReplayCounts::new(&policy, table.ceiling_bytes());
        Ok(Self {
            endpoints: EndpointCache::default(),
            statuses: StatusTable::new(&policy),
            cookies: BrowserCookies::default(),
            engine: Engine::new(policy, table),
            store,
            entries: EntryMap::default(),
            filters,
            responses: ResponseQueue::default(),
            counts,
        })
    }

    /// The policy.
    pub(super) fn policy(&self) -> &Policy {
        self.engine.policy()
    }

    /// Decides one attempt, after learning the responses that were due before it. Returns none
    /// if the attempt is at no endpoint. Times must not go back.
    pub(super) fn attempt(&mut self, line: &TraceLine) -> Option<ReplayedDecision> {
        self.learn_until(line.time);
        let Some(endpoint) = self.endpoints.endpoint(&self.engine, line) else {
            self.counts.unmatched(line.time);
            return None;
        };
        let browser = line.client.as_deref().map(HashedName::of);
        let mut jar = self.cookies.of(browser);
        let pass = if line.solves() { Pass::Solves } else { Pass::None };
        let facts = facts::facts(line, self.filters, pass);
        let client = facts::client(line, self.engine.policy());
        let host = host(&self.store, &self.entries, line.time);
        let (decision, attempt) = self.engine.decide(&host, endpoint, &client, facts, &mut jar);
        self.cookies.keep(browser, jar);
        let stopped = !decision.facts.goes_through(&decision.verdict);
        if !stopped {
            let response = PendingResponse { status: line.status, attempt, browser };
            match line.response_ms {
                0 => drop(self.learn(line.time, response)),
                later => {
                    self.responses.push(Millis(line.time.0.saturating_add(later)), response);
                }
            }
        }
        let success = self.statuses.is_success(endpoint, line.status);
        let label = line.label.as_deref().unwrap_or(TraceLine::LABEL);
        let counted = CountedAttempt { time: line.time, decision: &decision, stopped, success };
        self.counts.attempt(label, &counted);
        Some(ReplayedDecision { endpoint, decision, stopped })
    }

    /// The counts, after all responses have come.
    pub(super) fn finish(mut self) -> ReplayCounts {
        self.learn_until(Millis(u64::MAX));
        self.counts.finish(self.store.host_bytes() + self.entries.host_bytes())
    }

    /// Learns every response that is due at `now`, each at its own time.
    fn learn_until(&mut self, now: Millis) {
        while let Some((time, response)) = self.responses.pop_until(now) {
            self.learn(time, response);
        }
    }

    fn learn(&mut self, time: Millis, response: PendingResponse) -> Option<ResponseEffects> {
        let PendingResponse { status, mut attempt, browser } = response;
        let headers = self.statuses.headers(status);
        let host = host(&self.store, &self.entries, time);
        let mut jar = self.cookies.of(browser);
        let learnt = self.engine.respond(&host, &mut attempt, headers, &mut jar)?;
        self.counts.changed(&learnt.changes);
        if learnt.outcome == Outcome::Success {
            self.cookies.keep(browser, jar);
        }
        Some(learnt)
    }
}

/// What the engine needs of its host. The filters are looked up when facts are gathered.
fn host<'a>(
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
