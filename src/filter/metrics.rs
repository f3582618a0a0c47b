//! The metrics: named once at start, by this file and by the configuration, never from request data.
//!
//! Values add up over workers. The ABI knows no labels: they are part of the name, and
//! `stats_tags` can extract them. A configuration names at most 64 rules and 64 endpoints, so there are
//! at most 256 metrics besides the fixed ones.
//!
//! What is counted is held in the VM and handed to the host once a second, because each call to
//! the host costs as much as reading a header map. So a metric is up to a second old, and a VM
//! that traps takes what it held with it.

use std::cell::Cell;

use unstuff_engine::challenge::Refusal;
use unstuff_engine::live_lookup::LiveLookup;
use unstuff_engine::outcome::Outcome;
use unstuff_engine::policy::{Action, Endpoint, EndpointId, Policy, Rule, RuleId};
use unstuff_engine::time::Millis;

use crate::VERSION;
use crate::host::{self, MetricKind};

macro_rules! metrics {
    ($($(#[$about:meta])* $name:ident: $kind:ident = $text:literal;)*) => {
        /// A metric.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Metric { $($(#[$about])* $name),* }

        /// Every metric's kind and name, in the order of [`Metric`].
        const TABLE: &[(MetricKind, &str)] = &[$((MetricKind::$kind, $text)),*];
    };
}

metrics! {
    /// 1 while the module watches with the defaults, because its configuration was refused at the
    /// first start and there is none before it.
    Refused: Gauge = "unstuff.configuration.refused";
    /// Login attempts decided.
    Attempts: Counter = "unstuff.attempts";
    /// Verdicts by action.
    VerdictAllow: Counter = "unstuff.verdict.allow";
    /// Verdicts by action.
    VerdictAnnotate: Counter = "unstuff.verdict.annotate";
    /// Verdicts by action.
    VerdictChallenge: Counter = "unstuff.verdict.challenge";
    /// Verdicts by action.
    VerdictBlock: Counter = "unstuff.verdict.block";
    /// Attempts to which shadow rules would have done this, and the verdict was milder.
    ShadowAnnotate: Counter = "unstuff.shadow.annotate";
    /// Attempts to which shadow rules would have done this, and the verdict was milder.
    ShadowChallenge: Counter = "unstuff.shadow.challenge";
    /// Attempts to which shadow rules would have done this, and the verdict was milder.
    ShadowBlock: Counter = "unstuff.shadow.block";
    /// Attempts with a breached password.
    Breached: Counter = "unstuff.breached";
    /// Live lookups: logins for which a range was asked for.
    LiveAsked: Counter = "unstuff.live.asked";
    /// Those whose password is in the range.
    LiveFound: Counter = "unstuff.live.found";
    /// Those without an answer in time, or with junk.
    LiveFailed: Counter = "unstuff.live.failed";
    /// Logins that were not asked for, because too many were in this second.
    LiveOverBudget: Counter = "unstuff.live.over_budget";
    /// Outcomes read from responses of upstream.
    OutcomeSuccess: Counter = "unstuff.outcome.success";
    /// Outcomes read from responses of upstream.
    OutcomeFailure: Counter = "unstuff.outcome.failure";
    /// Outcomes read from responses of upstream.
    OutcomeUnknown: Counter = "unstuff.outcome.unknown";
    /// Responses whose body tells the outcome and could not be read: compressed, longer than is
    /// read, or never whole.
    Unread: Counter = "unstuff.outcome.unread";
    /// Requests without anything that could be the password.
    Absent: Counter = "unstuff.credentials.absent";
    /// Attempts whose credentials cannot be read.
    Unreadable: Counter = "unstuff.credentials.unreadable";
    /// Attempts with several values for a credential.
    Ambiguous: Counter = "unstuff.credentials.ambiguous";
    /// Requests with more than four logins.
    Batched: Counter = "unstuff.credentials.batched";
    /// Attempts for which the configured address header was too short, absent or junk.
    AddressFallback: Counter = "unstuff.client.address_fallback";
    /// Attempts of known devices.
    KnownDevice: Counter = "unstuff.device.known";
    /// Attempts that rules about addresses did not stop, for the address is a load
    /// balancer's: see `client.address` in the configuration.
    LoadBalancer: Counter = "unstuff.client.load_balancer";
    /// Endpoints at which logins are judged in attack mode.
    UnderAttack: Gauge = "unstuff.site.under_attack";
    /// Times that attack mode began at an endpoint.
    AttackBegan: Counter = "unstuff.site.attack_began";
    /// Times that it ended.
    AttackEnded: Counter = "unstuff.site.attack_ended";
    /// Endpoints at which 200 attempts brought no failure: see `failure` in the
    /// configuration.
    Unrecognised: Counter = "unstuff.endpoint.unrecognised";
    /// Endpoints at which 50 requests held nothing that could be the password, and none ever
    /// did: see `credentials` in the configuration.
    WithoutPasswords: Counter = "unstuff.endpoint.without_passwords";
    /// Times that a worker has said in the log which `failure` and `success` would fit.
    Suggested: Counter = "unstuff.endpoint.suggested";
    /// Puzzles given out.
    ChallengeIssued: Counter = "unstuff.challenge.issued";
    /// Puzzles that a login page has fetched ahead of a login.
    ChallengeFetched: Counter = "unstuff.challenge.fetched";
    /// Browsers sent to another challenge.
    ChallengeHandedOver: Counter = "unstuff.challenge.handed_over";
    /// How far `challenge_budget` reaches: 0 nothing is unexpected, 1 what is unfamiliar, 2 another
    /// network as well.
    ChallengeReach: Gauge = "unstuff.challenge.reach";
    /// Passes given for a solved puzzle. A program that sends its solution with the login
    /// gets none: it counts under `pass.used`.
    ChallengeSolved: Counter = "unstuff.challenge.solved";
    /// Passes given for a wait.
    ChallengeWaited: Counter = "unstuff.challenge.waited";
    /// Passes given for another challenge.
    ChallengeReturned: Counter = "unstuff.challenge.returned";
    /// Attempts let in by a pass or a solution, each one use of it.
    PassUsed: Counter = "unstuff.pass.used";
    /// Passes, solutions, waits and answers not taken: signed by nobody we know.
    RefusedForged: Counter = "unstuff.refused.forged";
    /// The same: too late.
    RefusedExpired: Counter = "unstuff.refused.expired";
    /// The same: bound to somebody else.
    RefusedStolen: Counter = "unstuff.refused.stolen";
    /// The same: for another endpoint.
    RefusedCrossEndpoint: Counter = "unstuff.refused.cross_endpoint";
    /// The same: all its attempts are used.
    RefusedReplayed: Counter = "unstuff.refused.replayed";
    /// The same: a solution that solves nothing.
    RefusedUnsolved: Counter = "unstuff.refused.unsolved";
    /// The same: a wait that is not over.
    RefusedEarly: Counter = "unstuff.refused.early";
    /// The same: a wait that was over when too many others were.
    RefusedCrowded: Counter = "unstuff.refused.crowded";
    /// The same: no place left to remember it.
    RefusedFull: Counter = "unstuff.refused.full";
    /// Failed logins about which the fleet's service was asked.
    FleetCalls: Counter = "unstuff.fleet.calls";
    /// Answers that a limit of the fleet is exceeded.
    FleetOver: Counter = "unstuff.fleet.over_limit";
    /// Calls without an answer in time, or with junk.
    FleetErrors: Counter = "unstuff.fleet.errors";
    /// Failed logins that the fleet was not told of: the circuit is open, or too many calls await an
    /// answer.
    FleetDropped: Counter = "unstuff.fleet.dropped";
    /// Entries pushed out of a full slot before they had expired.
    Evictions: Counter = "unstuff.state.evictions";
    /// Updates given up after too many collisions with other workers.
    CasExhausted: Counter = "unstuff.state.cas_exhausted";
    /// The most bytes that the state may hold.
    StateCeiling: Gauge = "unstuff.state.ceiling";
    /// Passwords in the packed filter; 0 without one.
    PasswordKeys: Gauge = "unstuff.filter.passwords.keys";
    /// The day of their list, in seconds since 1970; 0 if it is unknown.
    PasswordDate: Gauge = "unstuff.filter.passwords.date";
    /// The same of pairs.
    PairKeys: Gauge = "unstuff.filter.pairs.keys";
    /// The same of pairs.
    PairDate: Gauge = "unstuff.filter.pairs.date";
    /// Bytes of the host that the state holds, overhead included.
    StateBytes: Gauge = "unstuff.state.bytes";
    /// Entries that the state holds.
    StateEntries: Gauge = "unstuff.state.entries";
    /// Lines of the decision record, of all workers: what `unstuff audit verify --expect` is given.
    RecordLines: Gauge = "unstuff.record.lines";
    /// Logins without a line, because there were too many in a second.
    RecordLeftOut: Counter = "unstuff.record.left_out";
    /// Ticks: one a second in each thread in which the module works. Counts are handed over at each.
    Ticks: Counter = "unstuff.ticks";
}

/// The metrics as the host knows them, and what was counted since it was told. What is held when
/// the last request under a configuration has ended is handed over then.
#[derive(Debug)]
pub(crate) struct Metrics(Vec<HeldMetric>);

#[derive(Debug)]
struct HeldMetric {
    /// None if the host refused to define it.
    id: Option<u32>,
    held: Cell<i64>,
}

impl HeldMetric {
    fn define(kind: MetricKind, name: &str) -> Self {
        Self { id: host::define_metric(kind, name), held: Cell::new(0) }
    }

    fn add(&self, amount: u64) {
        self.held.set(self.held.get().saturating_add_unsigned(amount));
    }

    fn hand_over(&self) {
        match (self.id, self.held.take()) {
            (None, _) | (_, 0) => {}
            (Some(id), amount) => host::increment_metric(id, amount),
        }
    }
}

/// What a rule does that is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RuleEvent {
    /// It matched, or its ban stood.
    Matched,
    /// It decided the verdict.
    Decided,
    /// It matched in shadow mode, so it did not act.
    Shadow,
}

/// The metrics that a configuration names: of its rules and its endpoints.
#[derive(Debug)]
pub(crate) struct PolicyMetrics {
    /// By rule, then by [`RuleEvent`].
    rules: Vec<[HeldMetric; 3]>,
    /// By endpoint: whether attack mode holds, and what the host was told last.
    modes: Vec<(Option<u32>, Cell<Option<bool>>)>,
}

impl PolicyMetrics {
    /// Defines them.
    pub(crate) fn define(policy: &Policy) -> Self {
        let of_rule = |rule: &Rule| {
            let events = ["matched", "decided", "shadow"];
            events.map(|event| {
                let name = format!("unstuff.rule.{event}.{}", rule.name);
                HeldMetric::define(MetricKind::Counter, &name)
            })
        };
        let mode_of = |endpoint: &Endpoint| {
            let name = format!("unstuff.endpoint.under_attack.{}", endpoint.name);
            (host::define_metric(MetricKind::Gauge, &name), Cell::new(None))
        };
        Self {
            rules: policy.rules.iter().map(of_rule).collect(),
            modes: policy.endpoints.iter().map(mode_of).collect(),
        }
    }

    /// Counts what a rule did.
    pub(crate) fn count(&self, rule: RuleId, event: RuleEvent) {
        let events = self.rules.get(rule.position());
        if let Some(metric) = events.and_then(|events| events.get(event as usize)) {
            metric.add(1);
        }
    }

    /// Tells the host whether attack mode holds at an endpoint, if that has changed.
    pub(crate) fn set_mode(&self, endpoint: EndpointId, is_under_attack: bool) {
        if let Some((Some(id), told)) = self.modes.get(endpoint.position()) {
            if told.replace(Some(is_under_attack)) != Some(is_under_attack) {
                host::record_metric(*id, is_under_attack.into());
            }
        }
    }

    /// Tells the host what was counted since the last time.
    pub(crate) fn hand_over(&self) {
        self.rules.iter().flatten().for_each(HeldMetric::hand_over);
    }
}

impl Drop for PolicyMetrics {
    fn drop(&mut self) {
        self.hand_over();
    }
}

impl Metrics {
    /// Tells the host which version works since when, in seconds since 1970. The metric has the
    /// version in its name, because a metric is a number. A process keeps the metrics of all versions
    /// that it had: the latest is the one that works.
    pub(crate) fn tell_version(now: Millis) {
        let name = format!("unstuff.module.configured.{VERSION}");
        if let Some(id) = host::define_metric(MetricKind::Gauge, &name) {
            host::record_metric(id, now.0 / 1000);
        }
    }

    /// Defines them all. Defining one again finds it: configurations share them.
    pub(crate) fn define() -> Self {
        Self(TABLE.iter().map(|(kind, name)| HeldMetric::define(*kind, name)).collect())
    }

    /// Counts one event.
    pub(crate) fn count(&self, metric: Metric) {
        self.add(metric, 1);
    }

    /// Adds to a metric, from the next [`Metrics::hand_over`] on.
    pub(crate) fn add(&self, metric: Metric, amount: u64) {
        if let Some(metric) = self.0.get(metric as usize) {
            metric.add(amount);
        }
    }

    /// Sets a gauge at once, which all workers share.
    pub(crate) fn set(&self, metric: Metric, value: u64) {
        if let Some(HeldMetric { id: Some(id), .. }) = self.0.get(metric as usize) {
            host::record_metric(*id, value);
        }
    }

    /// Tells the host what was counted since the last time.
    pub(crate) fn hand_over(&self) {
        self.0.iter().for_each(HeldMetric::hand_over);
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.hand_over();
    }
}

/// The counter of verdicts with this action.
pub(crate) const fn verdict(action: Action) -> Metric {
    match action {
        Action::Allow => Metric::VerdictAllow,
        Action::Annotate => Metric::VerdictAnnotate,
        Action::Challenge => Metric::VerdictChallenge,
        Action::Block => Metric::VerdictBlock,
    }
}

/// The counter of attempts that shadow rules would have treated so.
pub(crate) const fn shadow(action: Action) -> Option<Metric> {
    match action {
        Action::Allow => None,
        Action::Annotate => Some(Metric::ShadowAnnotate),
        Action::Challenge => Some(Metric::ShadowChallenge),
        Action::Block => Some(Metric::ShadowBlock),
    }
}

/// The counter of this refusal.
pub(crate) const fn refusal(refusal: Refusal) -> Metric {
    match refusal {
        Refusal::Forged => Metric::RefusedForged,
        Refusal::Expired => Metric::RefusedExpired,
        Refusal::Stolen => Metric::RefusedStolen,
        Refusal::CrossEndpoint => Metric::RefusedCrossEndpoint,
        Refusal::Replayed => Metric::RefusedReplayed,
        Refusal::Unsolved => Metric::RefusedUnsolved,
        Refusal::Early => Metric::RefusedEarly,
        Refusal::Crowded => Metric::RefusedCrowded,
        Refusal::Full => Metric::RefusedFull,
    }
}

/// The counter of what came of a live lookup.
pub(crate) const fn live_lookup(lookup: LiveLookup) -> Option<Metric> {
    match lookup {
        LiveLookup::NotAsked | LiveLookup::NotFound | LiveLookup::Remembered(_) => None,
        LiveLookup::OverBudget => Some(Metric::LiveOverBudget),
        LiveLookup::Failed => Some(Metric::LiveFailed),
        LiveLookup::Found => Some(Metric::LiveFound),
    }
}

/// The counter of this outcome.
pub(crate) const fn outcome(outcome: Outcome) -> Metric {
    match outcome {
        Outcome::Success => Metric::OutcomeSuccess,
        Outcome::Failure => Metric::OutcomeFailure,
        Outcome::Unknown => Metric::OutcomeUnknown,
    }
}
