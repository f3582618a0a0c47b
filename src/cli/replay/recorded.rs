//! Replays the logins of a decision record as the engine decided them: in the order of its events, with
//! the identities that it counted, and with its ticks.
//!
//! What a record does not tell is said in a [`RecordSummary`]: a login that was stopped has no outcome,
//! so a policy that lets it through cannot learn from it.

use std::collections::BTreeMap;
use std::rc::Rc;

use unstuff_engine::attempt::{RecordedAnswer, RecordedLogin};
use unstuff_engine::decision::facts::{Facts, Pair, Pass};
use unstuff_engine::live_lookup::LiveLookup;
use unstuff_engine::policy::{Endpoint, EndpointId, EndpointKind, Mode, Policy, ResponseCondition};
use unstuff_engine::record::{AnsweredBy, ShownOutcome};
use unstuff_engine::request::client::Client;
use unstuff_engine::time::Millis;
use unstuff_trace::{EventOrder, RecordedLine, TraceLine};

use super::counts::CountedAttempt;
use super::engine::{Gateway, Replay, ReplayedDecision, host};
use super::responses::{PendingResponse, RecordedResponse};

/// How often a worker had ticked, and when it last did.
#[derive(Clone, Copy, Debug)]
struct WorkerTicks {
    count: u64,
    last: Millis,
}

/// The replay's view of a record.
#[derive(Debug, Default)]
pub(super) struct RecordReplay {
    ticks: BTreeMap<String, WorkerTicks>,
    /// Logins that went another way than in the record.
    deviating: u64,
    /// What is found.
    pub summary: RecordSummary,
}

/// One of so many logins may go another way under a policy of the same mode, because several workers
/// decided at once.
const STRAY_ONE_OF: u64 = 100;

impl RecordReplay {
    /// Whether logins have gone as they went when they were recorded, so that what the gateway had seen of
    /// their passwords is right.
    fn follows(&self, policy: &Policy, recorded: &RecordedLine) -> bool {
        let is_same_mode = (policy.mode == Mode::Shadow) == (recorded.mode == "shadow");
        let strays = if is_same_mode { 1 + self.summary.logins / STRAY_ONE_OF } else { 0 };
        self.deviating <= strays
    }
}

/// What a replay of a record says about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecordSummary {
    /// Its logins.
    pub logins: u64,
    /// Those with the verdict that they had.
    pub same: u64,
    /// Those that were stopped when they were recorded and reach upstream here.
    pub unknown_outcomes: u64,
    /// Those of which no credentials were read, because a ban stopped them first.
    pub unread: u64,
    /// Logins went as they went when they were recorded.
    pub is_followed: bool,
}

impl RecordSummary {
    /// Of two replays of one record, the most that it lacks in either.
    pub(crate) fn or_worse(self, other: Self) -> Self {
        Self {
            logins: self.logins.max(other.logins),
            same: self.same.min(other.same),
            unknown_outcomes: self.unknown_outcomes.max(other.unknown_outcomes),
            unread: self.unread.max(other.unread),
            is_followed: self.is_followed && other.is_followed,
        }
    }
}

/// What becomes of the answer to a login of a record.
#[derive(Debug)]
pub(super) struct RecordedReply {
    worker: String,
    order: EventOrder,
    pub by: AnsweredBy,
    shown: Option<ShownOutcome>,
}

impl RecordedReply {
    /// The answer, with headers that hold its status.
    pub(super) fn answer<'a>(
        &self,
        headers: unstuff_engine::request::headers::Headers<'a>,
    ) -> RecordedAnswer<'a> {
        RecordedAnswer { by: self.by, headers, shown: self.shown }
    }
}

impl Replay<'_> {
    /// Decides one login of a record.
    pub(super) fn recorded_attempt(
        &mut self,
        line: &TraceLine,
        recorded: &RecordedLine,
    ) -> Option<ReplayedDecision> {
        self.learn_before((line.time, recorded.decided.0));
        self.tick_until(&recorded.worker, recorded.decided, line.time);
        let since = line.time.0.saturating_sub(self.began.get_or_insert(line.time).0);
        if self.restarts.is_some_and(|after| since >= after) {
            self.restart();
        }
        let counted = self.options.count_after.is_none_or(|after| since >= after);
        let gateway = self.balance();
        let Gateway { engine, store, entries, .. } = self.gateways.get(gateway)?;
        let named = endpoints(engine.policy(), &recorded.endpoints);
        let endpoints = match named.as_slice() {
            [] => self.endpoints.endpoint(engine, line).into_iter().collect(),
            _ => named,
        };
        let Some(&endpoint) = endpoints.first() else {
            if counted {
                self.counts.unmatched(line.time);
            }
            return None;
        };
        let follows = self.record.follows(engine.policy(), recorded);
        self.record.summary.is_followed = follows;
        let mut login = login(engine.policy(), line, recorded, endpoints);
        if let Some(identities) = login.facts.recorded.as_mut().filter(|_| !follows) {
            Rc::make_mut(identities).seen = None;
        }
        let (decision, attempt) = engine.decide_recorded(&host(store, entries, line.time), login);
        let stopped = !decision.facts.goes_through(&decision.verdict);
        let was_stopped = recorded.answer == AnsweredBy::Module;
        self.record.deviating += u64::from(stopped != was_stopped);
        let summary = &mut self.record.summary;
        summary.logins += 1;
        summary.same += u64::from(decision.verdict.action.name() == recorded.verdict);
        summary.unread += u64::from(recorded.is_unread);
        summary.unknown_outcomes += u64::from(was_stopped && !stopped);
        if !stopped {
            let by = if was_stopped { AnsweredBy::Nobody } else { recorded.answer };
            let shown = shown(engine.policy(), endpoint, recorded);
            let (worker, order) = (recorded.worker.clone(), recorded.settled);
            let reply = Some(Box::new(RecordedReply { worker, order, by, shown }));
            let recorded = RecordedResponse::of(line);
            let response = PendingResponse { recorded, attempt, browser: None, gateway, reply };
            let due = Millis(line.time.0.saturating_add(line.response_ms));
            self.responses.push_as(due, order.0, response);
        }
        if counted {
            let (decision, outcome) = (&decision, recorded.outcome);
            self.counts.attempt(&CountedAttempt { line, decision, stopped, outcome });
        }
        Some(ReplayedDecision { endpoint, decision, stopped })
    }

    /// What a replay of a record says about it.
    pub(super) fn record_summary(&self) -> RecordSummary {
        self.record.summary
    }

    /// Ticks as a worker had before an answer was learnt.
    pub(super) fn tick_for(&mut self, reply: &RecordedReply, now: Millis) {
        self.tick_until(&reply.worker, reply.order, now);
    }

    /// Ticks as a worker had before an event. Of ticks between two events nothing is known but their
    /// number, so they are a second apart.
    fn tick_until(&mut self, worker: &str, order: EventOrder, now: Millis) {
        let EventOrder(_, count, since) = order;
        let last = Millis(now.0.saturating_sub(since));
        let known = self.record.ticks.get(worker).copied();
        let before = known.unwrap_or(WorkerTicks { count: count.saturating_sub(1), last });
        for number in before.count..count {
            let back = (count - 1 - number).saturating_mul(1_000);
            let time = Millis(last.0.saturating_sub(back).max(before.last.0));
            for Gateway { engine, store, entries, .. } in &self.gateways {
                engine.tick(&host(store, entries, time));
            }
        }
        if count >= before.count {
            self.record.ticks.insert(worker.to_owned(), WorkerTicks { count, last });
        }
    }
}

/// The endpoints of these names.
fn endpoints(policy: &Policy, names: &[String]) -> Vec<EndpointId> {
    let named = policy.endpoints_with_ids().filter(|(_, it)| names.contains(&it.name));
    named.map(|(id, _)| id).collect()
}

/// What a response showed, unless its status tells as much: then the replayed policy judges the status.
fn shown(policy: &Policy, at: EndpointId, recorded: &RecordedLine) -> Option<ShownOutcome> {
    let is_by_status = policy.endpoint(at).is_some_and(is_judged_by_status);
    let is_upstreams = recorded.answer == AnsweredBy::Upstream;
    (!(is_by_status && is_upstreams)).then_some(recorded.shown)
}

fn is_judged_by_status(endpoint: &Endpoint) -> bool {
    let plain = |it: &ResponseCondition| {
        ResponseCondition { status: Vec::new(), ..it.clone() } == ResponseCondition::default()
    };
    endpoint.failure.iter().chain(endpoint.success.iter().flatten()).all(plain)
}

fn login(
    policy: &Policy,
    line: &TraceLine,
    recorded: &RecordedLine,
    endpoints: Vec<EndpointId>,
) -> RecordedLogin {
    let kinds = endpoints.iter().filter_map(|at| policy.endpoint(*at)).map(|it| it.kind);
    let state = |name: &str| recorded.credentials.iter().any(|it| it == name);
    let pair =
        |username: &Option<String>| Pair { username: username.clone(), password: None, tag: None };
    let facts = Facts {
        pairs: recorded.users.iter().map(pair).collect(),
        further_attempts: recorded.further_attempts,
        recorded: Some(Rc::new(recorded.identities.clone())),
        breached: line.breached.unwrap_or(false),
        pair_breached: line.pair_breached.unwrap_or(false),
        live_lookup: recorded.live_lookup.map_or(LiveLookup::NotAsked, LiveLookup::Remembered),
        absent: state("absent"),
        unreadable: state("unreadable"),
        ambiguous: state("ambiguous"),
        basic: state("basic"),
        kind: kinds.reduce(EndpointKind::with).unwrap_or_default(),
        pass: if recorded.brings_pass { Pass::Admits } else { Pass::None },
        known_device: line.known_device,
        ..Facts::default()
    };
    RecordedLogin {
        endpoints,
        client: Client::at(line.ip),
        facts,
        device: recorded.device,
        is_program: recorded.is_program,
        is_ban_first: recorded.is_ban_first,
        // A line may have less than the whole address; who was on the list then is on it now.
        is_allowed: recorded.is_allowed.then_some(true),
    }
}

#[cfg(test)]
mod tests;
