//! The engine, driven by a trace: each line decided, each answer learnt when it is due.
//!
//! What upstream answers is known to the trace at once, but taught only `response_ms`
//! later, in the order in which answers come; until then the attempt is pending, as in
//! live traffic. A stopped attempt has no answer. A challenge that is solved is put and
//! solved within the one line: the verdict is `challenge`, and the attempt goes through.

use unstuff_engine::attempt::{Decision, Engine, Learnt, World};
use unstuff_engine::breached::{Filter, Sha1Digest};
use unstuff_engine::decision::facts::Pass;
use unstuff_engine::outcome::Outcome;
use unstuff_engine::policy::{Action, Policy};
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::owned::OwnedStore;
use unstuff_engine::time::Millis;

use super::Filters;
use super::cookies::{Cookies, Name};
use super::due::{Answer, Due};
use super::facts;
use super::request::Requests;
use super::tally::{Seen, Tally};
use super::upstream::Upstream;
use crate::trace::Line;

/// A replay under way.
pub struct Replay<'f> {
    engine: Engine,
    store: OwnedStore,
    filters: &'f Filters<'f>,
    requests: Requests,
    upstream: Upstream,
    cookies: Cookies,
    due: Due,
    tally: Tally,
}

/// What became of one attempt.
#[derive(Debug)]
pub struct Decided {
    /// The endpoint, as an index into the policy's.
    pub endpoint: usize,
    /// The engine's decision.
    pub decision: Decision,
    /// Upstream never saw it.
    pub stopped: bool,
}

impl<'f> Replay<'f> {
    /// Begins with an empty state. All keys derive from `seed`.
    ///
    /// # Errors
    /// Never in practice: memory can be read and written.
    pub fn new(policy: Policy, filters: &'f Filters<'f>, seed: u64) -> anyhow::Result<Self> {
        let store = OwnedStore::new();
        let table = Table::open(&store, policy.state, key_material(seed))?;
        let tally = Tally::new(&policy, table.ceiling_bytes());
        Ok(Self {
            requests: Requests::default(),
            upstream: Upstream::default(),
            cookies: Cookies::new(&policy),
            engine: Engine::new(policy, table),
            store,
            filters,
            due: Due::default(),
            tally,
        })
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        self.engine.policy()
    }

    /// Decides one attempt, after what was due before it; none if it is at no endpoint.
    /// Times must not go back.
    pub fn attempt(&mut self, line: &Line<'_>) -> Option<Decided> {
        self.answer_until(line.time);
        let Some(endpoint) = self.requests.endpoint(&self.engine, line) else {
            self.tally.unmatched(line.time);
            return None;
        };
        let client = line.client.as_deref().map(Name::of);
        let user = Name::of(&line.user);
        let (covered, known) = self.cookies.of(client, user, line.time);
        let pass = match covered {
            true => Pass::Covers,
            false if line.solves() => Pass::Solves,
            false => Pass::None,
        };
        let facts = facts::facts(line, self.filters, pass, line.known_device || known);
        let world = world(&self.store, line.time);
        let (decision, attempt) =
            self.engine.decide(&world, endpoint, &facts::client(line, self.engine.policy()), facts);

        let action = decision.verdict.action;
        // Also true of what a standing ban stopped, of which the engine knows no facts.
        let solved = action == Action::Challenge && pass == Pass::Solves;
        let stopped = action.stops() && !solved;
        if solved {
            self.cookies.grant(client, line.time);
        } else if pass == Pass::Covers && !stopped {
            self.cookies.spend(client);
        }
        if !stopped {
            let device = client.map(|client| (client, user));
            let answer = Answer { status: line.status, attempt, device };
            match line.response_ms {
                0 => drop(self.learn(line.time, answer)),
                later => self.due.push(Millis(line.time.0.saturating_add(later)), answer),
            }
        }
        let success = self.upstream.is_success(self.engine.policy(), endpoint, line.status);
        let label = line.label.as_deref().unwrap_or(Line::LABEL);
        self.tally.attempt(label, &Seen { time: line.time, decision: &decision, stopped, success });
        Some(Decided { endpoint, decision, stopped })
    }

    /// What was counted, after all answers have come.
    pub fn finish(mut self) -> Tally {
        self.answer_until(Millis(u64::MAX));
        self.tally.finish(self.store.host_bytes())
    }

    /// Learns from every answer that came until `now`, each at its own time.
    fn answer_until(&mut self, now: Millis) {
        while let Some((time, answer)) = self.due.pop_until(now) {
            self.learn(time, answer);
        }
    }

    fn learn(&mut self, time: Millis, answer: Answer) -> Option<Learnt> {
        let Answer { status, mut attempt, device } = answer;
        let response = self.upstream.response(status);
        let learnt =
            self.engine.response_headers(&world(&self.store, time), &mut attempt, response)?;
        self.tally.changed(&learnt.changes);
        if let Some((client, user)) = device.filter(|_| learnt.outcome == Outcome::Success) {
            self.cookies.keep(client, user);
        }
        Some(learnt)
    }
}

/// Lookups are made where facts are gathered, so the world holds no filters.
fn world(store: &OwnedStore, now: Millis) -> World<'_, OwnedStore, Filter<Vec<u8>>> {
    World { now, store, passwords: None, pairs: None }
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
