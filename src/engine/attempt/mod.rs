//! One attempt, from its headers to its outcome: the state machine.
//!
//! ```text
//! request headers ─▶ is this a login? ─no─▶ pass through, never looked at again
//!                      │yes
//!                      ▼
//!         body complete (or none) ─▶ credentials ─▶ facts ─▶ rules ─▶ verdict
//!                                                                       │
//!            allow · annotate · challenge · block  ◀────────────────────┘
//!                      │ (let through: charged as pending)
//!                      ▼
//!         response ─▶ outcome: success / failure / unknown ─▶ counters learn
//! ```
//!
//! An attempt is decided exactly once. A standing ban is seen in the headers, so that a
//! blocked client costs less than a login; otherwise headers decide only if they end the
//! stream, for a decoy in the query or in `Authorization` must not hide a body.

mod challenge;
mod learn;
mod read;

use std::cell::Cell;

use crate::attack_mode::{AttackMonitor, EndpointStats, ModeChange};
use crate::challenge::{Admission, ChallengeSubject, Challenger, Redemption};
use crate::decision::facts::{Breached, Facts};
pub use crate::decision::ledger::Changes;
use crate::decision::ledger::{ClientEntries, Ledger, PendingAttempt, StateView};
use crate::decision::verdict::{Cause, Verdict};
use crate::outcome::Outcome;
use crate::policy::{Action, Mode, Policy};
use crate::request::client::{self, Client, Fingerprint};
use crate::request::credentials::{self, Body};
use crate::request::endpoint_match::{EndpointMatch, Target};
use crate::request::headers::{Header, Headers};
use crate::state::{EntryStore, Store, Table};
use crate::time::Millis;
use crate::tokens::device::Device;
use crate::tokens::signing::Keys;

/// What the engine needs of the host to take one step.
pub struct Host<'a, S, P, E = S> {
    /// The time of the step; it may step backwards.
    pub now: Millis,
    /// What all workers share.
    pub store: &'a S,
    /// The entries of the table: in live traffic they are in the same store.
    pub entries: &'a E,
    /// The filter of breached passwords; none packed, none known.
    pub passwords: Option<&'a P>,
    /// The filter of breached `username:password` pairs.
    pub pairs: Option<&'a P>,
}

/// Decides attempts under one policy.
pub struct Engine {
    policy: Policy,
    table: Table,
    /// For each endpoint, whether its answers are known to tell failures from the rest; asked
    /// of the state until they are.
    trusted: Vec<Cell<bool>>,
    /// When this worker last saw a success there that could not be believed yet.
    disbelieved: Vec<Cell<Option<Millis>>>,
    attack_monitor: AttackMonitor,
    challenger: Option<Challenger>,
    /// What signs device cookies; without it no device is known.
    device_keys: Option<Keys>,
}

/// What to do with a request now.
#[derive(Debug)]
pub enum Step {
    /// It is no login, or was decided before: let it go its way.
    PassThrough,
    /// Hold the body until it is complete or longer than the policy reads.
    Hold,
    /// Carry the verdict out.
    Decided(Box<Decision>),
    /// It is no login but brings something to the challenge: answer with [`Engine::redeem`].
    Redemption(Box<Redemption>),
}

/// A verdict with what led to it and what it changed.
#[derive(Debug, Default)]
pub struct Decision {
    /// What is done, and why.
    pub verdict: Verdict,
    /// What the attempt showed.
    pub facts: Facts,
    /// Rules about the address would have stopped it, but the address is a load balancer's,
    /// mistaken for a client: to be logged loudly.
    pub load_balancer: bool,
    /// What became of a pass that it brought, if that mattered.
    pub admission: Admission,
    /// Who is to be challenged, if the built-in challenge is in use: answer with
    /// [`Engine::challenge`].
    pub challenge_subject: Option<ChallengeSubject>,
    /// What happened to the state.
    pub changes: Changes,
}

/// What a response taught.
#[derive(Debug)]
pub struct ResponseEffects {
    /// How the login went.
    pub outcome: Outcome,
    /// The `Set-Cookie` that makes the client's device known from now on.
    pub set_cookie: Option<String>,
    /// The endpoint, if just now 200 attempts at it have brought no failure.
    pub unrecognised: Option<String>,
    /// What happened to the state.
    pub changes: Changes,
}

/// One attempt and how far it has come.
#[derive(Debug, Default)]
pub struct Attempt(Phase);

#[derive(Debug, Default)]
enum Phase {
    /// Nothing is known yet.
    #[default]
    New,
    /// Its headers say login; the body is awaited.
    Held(Box<HeldRequest>),
    /// Let through at these endpoints, and charged as pending; its outcome is awaited.
    AwaitingOutcome(Vec<usize>, Box<PendingAttempt>),
    /// No login, stopped, or learnt from.
    Settled,
}

/// Where the headers put a request.
enum MatchedEndpoints {
    /// MatchedEndpoint a login location, by an upgrade or CONNECT.
    Upgrade,
    /// MatchedEndpoint any of these, in the policy's order. None: it is no login.
    MatchedEndpoint(Vec<MatchedEndpoint>),
}

/// An endpoint that a request may be at.
#[derive(Clone, Copy, Debug)]
struct MatchedEndpoint {
    /// Its place in the policy.
    index: usize,
    /// Only a `_method` in the body would make it a login.
    needs_method: bool,
}

/// What is known of a client before its attempt is judged.
struct ClientContext<'a> {
    /// What was read to see whether it is banned, if that was asked.
    client_entries: Option<ClientEntries>,
    /// Without headers, as in replay, there is no pass and nobody to challenge.
    headers: Option<Headers<'a>>,
}

/// What the headers said.
#[derive(Debug)]
struct HeldRequest {
    headers: Vec<Header>,
    client: Client,
    /// As in [`MatchedEndpoints::MatchedEndpoint`].
    endpoints: Vec<MatchedEndpoint>,
    /// What was read to see whether the client is banned, if that was asked.
    client_entries: Option<ClientEntries>,
    /// The device whose cookie it brought, verified and not locked.
    device: Option<Device>,
}

impl Attempt {
    /// Whether its body is awaited.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.0, Phase::Held(_))
    }

    /// Whether nothing that follows can matter.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.0, Phase::Settled)
    }
}

impl Engine {
    /// Decides under `policy` with the counters of `table`.
    #[must_use]
    pub fn new(policy: Policy, table: Table) -> Self {
        let trusted = policy.endpoints.iter().map(|_| Cell::new(false)).collect();
        let disbelieved = policy.endpoints.iter().map(|_| Cell::new(None)).collect();
        let names = policy.endpoints.iter().map(|endpoint| endpoint.name.as_str());
        let attack_monitor = AttackMonitor::new(table.hash_key(), names, 0);
        Self {
            policy,
            table,
            trusted,
            disbelieved,
            attack_monitor,
            challenger: None,
            device_keys: None,
        }
    }

    /// The same engine as one of several workers: each should write a stripe of its own of
    /// what happens at an endpoint, any number will do.
    #[must_use]
    pub fn on_stripe(mut self, stripe: u8) -> Self {
        self.attack_monitor.set_stripe(stripe);
        self
    }

    /// The same engine, which knows devices by cookies that these keys sign.
    #[must_use]
    pub fn with_devices(mut self, keys: Keys) -> Self {
        self.device_keys = Some(keys);
        self
    }

    /// Exchanges with the other workers what was seen at each endpoint. To be called once a
    /// second; what it returns is to be logged.
    pub fn tick<S: Store, P, E>(&self, host: &Host<'_, S, P, E>) -> Vec<ModeChange> {
        self.attack_monitor.tick(host.store, host.now)
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// A request's headers. `peer`: the proxy's own view of who is asking.
    pub fn request_headers(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        headers: Vec<Header>,
        peer: &[u8],
        end_of_stream: bool,
    ) -> Step {
        let view = Headers::new(&headers);
        if let Some(redemption) = self.redemption(view, peer) {
            attempt.0 = Phase::Settled;
            return Step::Redemption(Box::new(redemption));
        }
        let endpoints = match self.places(view) {
            MatchedEndpoints::Upgrade => {
                attempt.0 = Phase::Settled;
                return Step::Decided(Box::new(self.refuse_upgrade()));
            }
            MatchedEndpoints::MatchedEndpoint(endpoints) if endpoints.is_empty() => {
                attempt.0 = Phase::Settled;
                return Step::PassThrough;
            }
            MatchedEndpoints::MatchedEndpoint(endpoints) => endpoints,
        };
        let client = client::identify(&self.policy.client.address, view, peer)
            .looking_like(Fingerprint::of(&self.policy.client.fingerprint, view));
        let device = self.device(host, view);
        let mut client_entries = None;
        let is_login = |at: &MatchedEndpoint| self.is_login_by_headers(at, view);
        if endpoints.iter().any(is_login) {
            let read = ClientEntries::read(&self.state(host, None), &client);
            // A known device may be exempt from what banned the client: it is heard out.
            let stopped = match &device {
                Some(_) => None,
                None => self.enforce_ban(host, &client, &read),
            };
            if let Some(decision) = stopped {
                attempt.0 = Phase::Settled;
                return Step::Decided(Box::new(decision));
            }
            client_entries = Some(read);
        }
        // A decoy in the query or in `Authorization` must not hide a body; where no endpoint
        // asks a body, there is nothing to wait for.
        let is_decided_here = end_of_stream || endpoints.iter().all(|at| !self.asks_body(at));
        // A challenge reads more than credentials.
        let is_read = |name: &[u8]| self.challenger.is_some() || credentials::reads(name);
        let headers = headers.into_iter().filter(|(name, _)| is_read(name)).collect();
        attempt.0 = Phase::Held(Box::new(HeldRequest {
            headers,
            client,
            endpoints,
            client_entries,
            device,
        }));
        if is_decided_here { self.decide_held(host, attempt, Body::None) } else { Step::Hold }
    }

    /// The body of a held request: all of it, or the part that is read.
    pub fn request_body(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        body: Body<'_>,
    ) -> Step {
        if let Phase::Held(held) = &mut attempt.0 {
            let state = self.state(host, None);
            held.client_entries.iter_mut().for_each(|entries| entries.read_again(&state));
        }
        self.decide_held(host, attempt, body)
    }

    fn decide_held(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        body: Body<'_>,
    ) -> Step {
        let phase = std::mem::replace(&mut attempt.0, Phase::Settled);
        let Phase::Held(mut held) = phase else {
            attempt.0 = phase;
            return Step::PassThrough;
        };
        let Some((endpoints, mut facts)) = self.read(host, &held, body) else {
            return Step::PassThrough;
        };
        facts.address_fell_back = held.client.fell_back;
        let device = held.device.take();
        facts.known_device = device.as_ref().is_some_and(|device| facts.is_of(device));
        let headers = Some(Headers::new(&held.headers));
        let known = ClientContext { client_entries: held.client_entries.take(), headers };
        let (decision, mut phase) = self.judge(host, endpoints, &held.client, facts, known);
        if let Phase::AwaitingOutcome(_, open) = &mut phase {
            open.device = device;
        }
        attempt.0 = phase;
        Step::Decided(Box::new(decision))
    }

    /// A response of upstream, to an attempt that was let through. One that is still held
    /// is to be decided first, by the part of its body that has come.
    pub fn response_headers(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        response: Headers<'_>,
    ) -> Option<ResponseEffects> {
        match std::mem::replace(&mut attempt.0, Phase::Settled) {
            Phase::AwaitingOutcome(endpoints, open) => {
                self.learn(host, &endpoints, &open, response)
            }
            _ => None,
        }
    }

    /// The first endpoint that is at what the headers say, where no `_method` in the body
    /// must say so. For replay, which has no body and knows the credentials from elsewhere.
    #[must_use]
    pub fn endpoint(&self, headers: Headers<'_>) -> Option<usize> {
        match self.places(headers) {
            MatchedEndpoints::MatchedEndpoint(endpoints) => {
                endpoints.iter().find(|at| !at.needs_method).map(|at| at.index)
            }
            MatchedEndpoints::Upgrade => None,
        }
    }

    /// Decides an attempt at an endpoint of which everything is known at once, as live
    /// traffic is decided: first by a standing ban, then by all rules. For replay.
    pub fn decide<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoint: usize,
        client: &Client,
        facts: Facts,
    ) -> (Decision, Attempt) {
        if self.attack_monitor.is_due(host.now) {
            self.tick(host);
        }
        let client_entries = ClientEntries::read(&self.state(host, None), client);
        // A known device is heard out, as live.
        let banned = (!facts.known_device).then(|| self.enforce_ban(host, client, &client_entries));
        if let Some(decision) = banned.flatten() {
            return (decision, Attempt(Phase::Settled));
        }
        let known = ClientContext { client_entries: Some(client_entries), headers: None };
        let (decision, phase) = self.judge(host, vec![endpoint], client, facts, known);
        (decision, Attempt(phase))
    }

    /// Every endpoint that a request may be at.
    fn places(&self, headers: Headers<'_>) -> MatchedEndpoints {
        let target = Target::of(headers);
        let mut endpoints = Vec::new();
        for (index, endpoint) in self.policy.endpoints.iter().enumerate() {
            match endpoint.matcher.match_target(&target) {
                EndpointMatch::No => {}
                EndpointMatch::Yes => {
                    endpoints.push(MatchedEndpoint { index, needs_method: false })
                }
                EndpointMatch::IfBodyNamesMethod => {
                    endpoints.push(MatchedEndpoint { index, needs_method: true });
                }
                EndpointMatch::Upgrade => return MatchedEndpoints::Upgrade,
            }
        }
        MatchedEndpoints::MatchedEndpoint(endpoints)
    }

    fn enforce_ban<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        client: &Client,
        client_entries: &ClientEntries,
    ) -> Option<Decision> {
        let mut changes = Changes::default();
        let verdict = self.state(host, None).enforce_ban(client, client_entries, &mut changes)?;
        let facts = Facts { address_fell_back: client.fell_back, ..Facts::default() };
        Some(Decision { verdict, facts, changes, ..Decision::default() })
    }

    /// Judges an attempt by what it shows and what the counters know, and charges them.
    fn judge<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoints: Vec<usize>,
        client: &Client,
        facts: Facts,
        known: ClientContext<'_>,
    ) -> (Decision, Phase) {
        let first = endpoints.first().copied();
        let endpoint = first.unwrap_or_default();
        let state = self.state(host, first);
        let ClientContext { client_entries, headers } = known;
        let ledger = Ledger::open(&state, client, &facts, client_entries);
        let mut admission = Admission::default();
        let clients = self.policy.endpoints.get(endpoint).map(|it| it.clients).unwrap_or_default();
        let judged = ledger.judge(clients, || {
            admission = self.admit(host, endpoint, client, headers).unwrap_or_default();
            admission.admitted
        });
        let challenge_subject = (judged.verdict.action == Action::Challenge)
            .then(|| self.subject(endpoint, client, headers?, &admission))
            .flatten();
        let mut changes = Changes::default();
        let (open, counts) = ledger.charge(&judged, &mut changes);
        if let Some(first) = first.filter(|_| counts) {
            self.attack_monitor
                .note(first, |stats| *stats = stats.plus(&EndpointStats::seen(&facts)));
        }
        let phase =
            open.map_or(Phase::Settled, |open| Phase::AwaitingOutcome(endpoints, Box::new(open)));
        let load_balancer = judged.balancer_exempted;
        let verdict = judged.verdict;
        (Decision { verdict, facts, admission, challenge_subject, load_balancer, changes }, phase)
    }

    /// The device whose cookie a request brings, verified and not locked.
    fn device<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        headers: Headers<'_>,
    ) -> Option<Device> {
        let device = Device::read(self.device_keys.as_ref()?, headers, host.now)?;
        let locked = self.state(host, None).is_locked(&device);
        (!locked).then_some(device)
    }

    fn refuse_upgrade(&self) -> Decision {
        let action = if self.policy.mode == Mode::Enforce { Action::Block } else { Action::Allow };
        let verdict = Verdict {
            action,
            shadow_action: Action::Block,
            cause: Cause::Upgrade,
            ..Verdict::default()
        };
        Decision { verdict, ..Decision::default() }
    }

    fn state<'a, S, P, E>(
        &'a self,
        host: &Host<'a, S, P, E>,
        at: Option<usize>,
    ) -> StateView<'a, E> {
        StateView {
            policy: &self.policy,
            table: &self.table,
            entries: host.entries,
            now: host.now,
            site: at.map(|endpoint| self.attack_monitor.view(endpoint)).unwrap_or_default(),
            successes_are_new: at
                .is_some_and(|endpoint| self.is_new_to_success(endpoint, host.now)),
        }
    }

    /// Whether successes at an endpoint are believed since less than an hour, or not yet:
    /// those who got in before have no credit for it.
    fn is_new_to_success(&self, endpoint: usize, now: Millis) -> bool {
        let configured =
            self.policy.endpoints.get(endpoint).is_none_or(|endpoint| endpoint.success.is_some());
        let trusted = self.trusted.get(endpoint).is_some_and(Cell::get);
        let disbelieved = self.disbelieved.get(endpoint).and_then(Cell::get);
        let lately = disbelieved.is_some_and(|then| now < then.plus_seconds(3_600));
        !configured && (!trusted || lately)
    }
}

#[cfg(test)]
mod tests;
