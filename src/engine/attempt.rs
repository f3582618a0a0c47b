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

mod gate;

use std::cell::Cell;

use crate::challenge::{Admission, Asker, Errand, Gate};
use crate::client::{self, Client, Fingerprint};
use crate::credentials::{self, Body, Reading};
use crate::facts::{Breached, Facts};
use crate::headers::{Header, Headers};
pub use crate::ledger::Changes;
use crate::ledger::{Ledger, Open, Standing, State};
use crate::outcome::{self, Outcome};
use crate::policy::{Action, Endpoint, Mode, Policy};
use crate::recognise::{Recognised, Target};
use crate::site::{ModeChange, Sites, Tally};
use crate::state::endpoint::{Answer, Endpoint as Answers, QUIET_ATTEMPTS};
use crate::state::{Store, Table, Written};
use crate::time::Millis;
use crate::verdict::{Cause, Verdict};

/// What the engine needs of the world to take one step.
pub struct World<'a, S, P> {
    /// The time of the step; it may step backwards.
    pub now: Millis,
    /// Where counters are.
    pub store: &'a S,
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
    gate: Option<Gate>,
    sites: Sites,
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
    /// It is no login but brings something to the challenge: answer with [`Engine::run`].
    Errand(Box<Errand>),
}

/// A verdict with what led to it and what it changed.
#[derive(Debug)]
pub struct Decision {
    /// What is done, and why.
    pub verdict: Verdict,
    /// What the attempt showed.
    pub facts: Facts,
    /// What became of a pass that it brought, if that mattered.
    pub admission: Admission,
    /// Who is to be challenged, if the built-in challenge is in use: answer with
    /// [`Engine::challenge`].
    pub asked: Option<Asker>,
    /// Rules about the address would have stopped it, but the address is a load balancer's,
    /// mistaken for a client: to be logged loudly.
    pub load_balancer: bool,
    /// What happened to the state.
    pub changes: Changes,
}

/// What a response taught.
#[derive(Debug)]
pub struct Learnt {
    /// How the login went.
    pub outcome: Outcome,
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
    Held(Box<Head>),
    /// Let through at this endpoint, and charged as pending; its outcome is awaited.
    Open(usize, Box<Open>),
    /// No login, stopped, or learnt from.
    Settled,
}

/// Where the headers put a request.
enum Places {
    /// At a login location, by an upgrade or CONNECT.
    Upgrade,
    /// At any of these endpoints of the policy, in its order; for each, whether only a
    /// `_method` in the body would make it a login. None: it is no login.
    At(Vec<(usize, bool)>),
}

/// What came before the credentials.
struct Came<'a> {
    /// None in replay: there is no pass to read then, and nobody to challenge.
    headers: Option<Headers<'a>>,
    /// See [`Ledger::open`].
    standing: Option<Standing>,
}

/// What the headers said.
#[derive(Debug)]
struct Head {
    headers: Vec<Header>,
    client: Client,
    /// As in [`Places::At`].
    endpoints: Vec<(usize, bool)>,
    /// What was read to see whether the client is banned, if that was asked.
    standing: Option<Standing>,
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
        let names = policy.endpoints.iter().map(|endpoint| endpoint.name.as_str());
        let sites = Sites::new(table.hash_key(), names, 0);
        Self { policy, table, trusted, sites, gate: None }
    }

    /// The same engine as one of several workers: each should write a stripe of its own of
    /// what happens at an endpoint, any number will do.
    #[must_use]
    pub fn on_stripe(mut self, stripe: u8) -> Self {
        self.sites.set_stripe(stripe);
        self
    }

    /// Exchanges with the other workers what was seen at each endpoint. To be called once a
    /// second; what it returns is to be logged.
    pub fn tick<S: Store, P>(&self, world: &World<'_, S, P>) -> Vec<ModeChange> {
        self.sites.tick(world.store, world.now)
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// A request's headers. `peer`: the proxy's own view of who is asking.
    pub fn request_headers(
        &self,
        world: &World<'_, impl Store, impl Breached>,
        attempt: &mut Attempt,
        headers: Vec<Header>,
        peer: &[u8],
        end_of_stream: bool,
    ) -> Step {
        let view = Headers::new(&headers);
        if let Some(errand) = self.errand(view, peer) {
            attempt.0 = Phase::Settled;
            return Step::Errand(Box::new(errand));
        }
        let endpoints = match self.places(view) {
            Places::Upgrade => {
                attempt.0 = Phase::Settled;
                return Step::Decided(Box::new(self.refuse_upgrade()));
            }
            Places::At(endpoints) if endpoints.is_empty() => {
                attempt.0 = Phase::Settled;
                return Step::PassThrough;
            }
            Places::At(endpoints) => endpoints,
        };
        let client = client::identify(&self.policy.client.address, view, peer)
            .looking_like(Fingerprint::of(&self.policy.client.fingerprint, view));
        let mut standing = None;
        if endpoints.iter().any(|(_, needs_method)| !needs_method) {
            let read = Standing::read(&self.state(world, None), &client);
            if let Some(decision) = self.stop_banned(world, &client, &read) {
                attempt.0 = Phase::Settled;
                return Step::Decided(Box::new(decision));
            }
            standing = Some(read);
        }
        attempt.0 = Phase::Held(Box::new(Head { headers, client, endpoints, standing }));
        if end_of_stream { self.request_body(world, attempt, Body::None) } else { Step::Hold }
    }

    /// The body of a held request: all of it, or the part that is read.
    pub fn request_body(
        &self,
        world: &World<'_, impl Store, impl Breached>,
        attempt: &mut Attempt,
        body: Body<'_>,
    ) -> Step {
        let phase = std::mem::replace(&mut attempt.0, Phase::Settled);
        let Phase::Held(mut head) = phase else {
            attempt.0 = phase;
            return Step::PassThrough;
        };
        let Some((endpoint, mut facts)) = self.read(world, &head, body) else {
            return Step::PassThrough;
        };
        facts.address_fell_back = head.client.fell_back;
        let came =
            Came { headers: Some(Headers::new(&head.headers)), standing: head.standing.take() };
        let (decision, phase) = self.judge(world, endpoint, &head.client, facts, came);
        attempt.0 = phase;
        Step::Decided(Box::new(decision))
    }

    /// A response of upstream. One that comes before the request was decided answers
    /// something else than a login: upstream has not seen the body.
    pub fn response_headers(
        &self,
        world: &World<'_, impl Store, impl Breached>,
        attempt: &mut Attempt,
        response: Headers<'_>,
    ) -> Option<Learnt> {
        match std::mem::replace(&mut attempt.0, Phase::Settled) {
            Phase::Open(endpoint, open) => self.learn(world, endpoint, &open, response),
            _ => None,
        }
    }

    /// The endpoint that the request is at, and what it shows.
    fn read(
        &self,
        world: &World<'_, impl Store, impl Breached>,
        head: &Head,
        body: Body<'_>,
    ) -> Option<(usize, Facts)> {
        let headers = Headers::new(&head.headers);
        let bytes = match body {
            Body::None => &[],
            Body::Complete(bytes) | Body::Cut(bytes) => bytes,
        };
        let World { passwords, pairs, .. } = *world;
        let mut unreadable = None;
        for &(index, needs_method) in &head.endpoints {
            let Some(endpoint) = self.policy.endpoints.get(index) else { continue };
            let Endpoint { fields, body: conditions, place, .. } = endpoint;
            let methods = needs_method.then_some(place.methods.as_slice());
            match credentials::read(fields, conditions, methods, headers, body) {
                Reading::Login(credentials) if !credentials.unreadable => {
                    return Some((index, Facts::gather(&credentials, bytes, passwords, pairs)));
                }
                // Another endpoint at the same place may know how to read it.
                Reading::Login(credentials) if unreadable.is_none() => {
                    unreadable = Some((index, credentials));
                }
                Reading::Login(_) | Reading::NotALogin => {}
            }
        }
        let (index, credentials) = unreadable?;
        Some((index, Facts::gather(&credentials, bytes, passwords, pairs)))
    }

    /// The first endpoint that is at what the headers say, where no `_method` in the body
    /// must say so. For replay, which has no body and knows the credentials from elsewhere.
    #[must_use]
    pub fn endpoint(&self, headers: Headers<'_>) -> Option<usize> {
        match self.places(headers) {
            Places::At(endpoints) => {
                endpoints.iter().find(|(_, needs_method)| !needs_method).map(|(index, _)| *index)
            }
            Places::Upgrade => None,
        }
    }

    /// Decides an attempt at an endpoint of which everything is known at once, as live
    /// traffic is decided: first by a standing ban, then by all rules. For replay.
    pub fn decide<S: Store, P>(
        &self,
        world: &World<'_, S, P>,
        endpoint: usize,
        client: &Client,
        facts: Facts,
    ) -> (Decision, Attempt) {
        if self.sites.is_due(world.now) {
            self.tick(world);
        }
        let standing = Standing::read(&self.state(world, None), client);
        // A known device is heard out, as live.
        let banned = (!facts.known_device).then(|| self.stop_banned(world, client, &standing));
        if let Some(decision) = banned.flatten() {
            return (decision, Attempt(Phase::Settled));
        }
        let (decision, phase) = self.judge(
            world,
            endpoint,
            client,
            facts,
            Came { headers: None, standing: Some(standing) },
        );
        (decision, Attempt(phase))
    }

    /// Every endpoint that a request may be at.
    fn places(&self, headers: Headers<'_>) -> Places {
        let target = Target::of(headers);
        let mut endpoints = Vec::new();
        for (index, endpoint) in self.policy.endpoints.iter().enumerate() {
            match endpoint.place.recognise_target(&target) {
                Recognised::No => {}
                Recognised::Yes => endpoints.push((index, false)),
                Recognised::IfBodyNamesMethod => endpoints.push((index, true)),
                Recognised::Upgrade => return Places::Upgrade,
            }
        }
        Places::At(endpoints)
    }

    fn stop_banned<S: Store, P>(
        &self,
        world: &World<'_, S, P>,
        client: &Client,
        standing: &Standing,
    ) -> Option<Decision> {
        let mut changes = Changes::default();
        let verdict = self.state(world, None).stop_banned(client, standing, &mut changes)?;
        let facts = Facts { address_fell_back: client.fell_back, ..Facts::default() };
        Some(Decision {
            verdict,
            facts,
            admission: Admission::default(),
            asked: None,
            load_balancer: false,
            changes,
        })
    }

    /// Judges an attempt by what it shows and what the counters know, and charges them.
    fn judge<S: Store, P>(
        &self,
        world: &World<'_, S, P>,
        endpoint: usize,
        client: &Client,
        facts: Facts,
        came: Came<'_>,
    ) -> (Decision, Phase) {
        let state = self.state(world, Some(endpoint));
        let ledger = Ledger::open(&state, client, &facts, came.standing);
        let mut admission = Admission::default();
        let clients = self.policy.endpoints.get(endpoint).map(|it| it.clients).unwrap_or_default();
        let judged = ledger.judge(clients, || {
            admission = self.admit(world, endpoint, client, came.headers).unwrap_or_default();
            admission.admitted
        });
        let asked = (judged.verdict.action == Action::Challenge)
            .then(|| self.asker(endpoint, client, came.headers?, &admission))
            .flatten();
        let mut changes = Changes::default();
        let (open, counts) = ledger.charge(&judged, &mut changes);
        if counts {
            self.sites.note(endpoint, |tally| *tally = tally.plus(&Tally::seen(&facts)));
        }
        let phase = open.map_or(Phase::Settled, |open| Phase::Open(endpoint, Box::new(open)));
        let load_balancer = judged.spared_balancer;
        let verdict = judged.verdict;
        (Decision { verdict, facts, admission, asked, load_balancer, changes }, phase)
    }

    /// Learns how an open attempt went.
    fn learn<S: Store, P>(
        &self,
        world: &World<'_, S, P>,
        index: usize,
        open: &Open,
        response: Headers<'_>,
    ) -> Option<Learnt> {
        let endpoint = self.policy.endpoints.get(index)?;
        let (trusted, unrecognised) = self.trust(world.store, index, endpoint, open, response);
        let outcome = match outcome::judge(endpoint, response, trusted) {
            Outcome::Success if !(trusted && open.can_earn()) => Outcome::Unknown,
            outcome => outcome,
        };
        let mut changes = Changes::default();
        let tally = open.settle(&self.state(world, Some(index)), outcome, &mut changes);
        self.sites.note(index, |seen| *seen = seen.plus(&tally));
        let unrecognised = unrecognised.then(|| endpoint.name.clone());
        Some(Learnt { outcome, unrecognised, changes })
    }

    /// Whether what does not fail here may be believed to succeed, and whether just now it
    /// turned out that nothing here ever fails.
    fn trust(
        &self,
        store: &impl Store,
        index: usize,
        endpoint: &Endpoint,
        open: &Open,
        response: Headers<'_>,
    ) -> (bool, bool) {
        let cached = self.trusted.get(index);
        if cached.is_some_and(Cell::get) {
            return (true, false);
        }
        let failed = outcome::judge(endpoint, response, false) == Outcome::Failure;
        let answer = match open.username() {
            Some(username) if failed && response.status() == Some(401) => Answer::Denied(username),
            _ if failed => Answer::Failure,
            _ => Answer::Other,
        };
        let (answers, written) =
            Answers::learn(store, self.table.hash_key(), &endpoint.name, answer);
        // A configured condition is believed unless nothing ever fails; without one, only
        // upstream's own 401s show that failures are seen as such.
        let (trusted, for_good) = match endpoint.success {
            Some(_) => (!answers.not_recognised(), answers.failures() > 0),
            None => (answers.recognised(), answers.recognised()),
        };
        if let Some(cached) = cached {
            cached.set(for_good);
        }
        let turned_out = answers.not_recognised() && answers.attempts() == QUIET_ATTEMPTS;
        (trusted, turned_out && written == Written::Stored)
    }

    fn refuse_upgrade(&self) -> Decision {
        let action = if self.policy.mode == Mode::Enforce { Action::Block } else { Action::Allow };
        let verdict = Verdict {
            action,
            shadow_action: Action::Block,
            cause: Cause::Upgrade,
            ..Verdict::default()
        };
        Decision {
            verdict,
            facts: Facts::default(),
            admission: Admission::default(),
            asked: None,
            load_balancer: false,
            changes: Changes::default(),
        }
    }

    fn state<'a, S, P>(&'a self, world: &World<'a, S, P>, at: Option<usize>) -> State<'a, S> {
        State {
            policy: &self.policy,
            table: &self.table,
            store: world.store,
            now: world.now,
            site: at.map(|endpoint| self.sites.view(endpoint)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
