//! One login attempt, from its headers to its outcome: a state machine.
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
//! An attempt is decided exactly once. A ban that this worker has seen is enforced in the headers, so
//! that a banned client costs less than a login; one that another worker began, when the body has
//! come. Otherwise the headers decide only if they end the stream, because a decoy in the query or in
//! `Authorization` must not hide a body.
//!
//! A login that needs an answer from outside waits for it between its facts and the rules.
//!
//! `steps` and `response` hold the transitions, `asking` the wait for an answer from outside, `live` and
//! `pass` what is asked for, `matching` the endpoints that a request may be at, `read` its facts, `judge`
//! the decision, `learn` the outcome, `record` its line in a decision record, `fleet` what other gateways
//! are told of it, `local_reply` what the proxy answers itself, `challenge` the calls to the challenger, and
//! `replay` the entry for attempts whose facts are known at once, with a `cookie_jar` per client.

mod asking;
mod challenge;
mod cookie_jar;
mod fleet;
mod judge;
mod learn;
mod live;
mod local_reply;
mod matching;
mod pass;
mod read;
mod record;
mod replay;
mod response;
mod steps;

use std::cell::Cell;

use asking::AskedLogin;
pub use asking::Question;
pub use cookie_jar::CookieJar;
pub use fleet::FleetEffects;
use live::LiveLookups;
pub use local_reply::LocalReply;
pub use matching::Concern;
use matching::MatchedEndpoint;
pub use replay::{RecordedAnswer, RecordedLogin};
use response::OpenResponse;

use crate::attack_mode::{AttackMonitor, ModeChange};
use crate::challenge::{Admission, ChallengeResponse, ChallengeSubject, Challenger, Redemption};
use crate::decision::facts::Facts;
pub use crate::decision::ledger::Changes;
use crate::decision::ledger::{ClientEntries, ClientPlaces, PendingAttempt, StateView};
use crate::decision::password_record::PasswordMonitor;
use crate::decision::seen_bans::SeenBans;
use crate::decision::verdict::Verdict;
use crate::familiarity::learning::{FamiliarityMonitor, Reach};
use crate::fleet::report::FleetReport;
use crate::outcome::{AnswerMonitor, Outcome, OutcomeSuggestion};
use crate::policy::{EndpointId, Policy};
use crate::record::{LoginDraft, LoginRecorder, MeasuredLogin, ShownOutcome};
use crate::request::client::Client;
use crate::request::headers::KeptHeaders;
use crate::state::{Store, Table};
use crate::time::Millis;
use crate::tokens::device::Device;
use crate::tokens::signing::Keys;

/// How long successes at an endpoint count as new, in seconds: as long as an address's attempts,
/// which stand in for credit until then, are kept.
const NEW_SUCCESS_SECONDS: u64 = 3_600;

/// What the engine needs from its host for one step.
pub struct Host<'a, S, P, E = S> {
    /// The time of the step; it may step backwards.
    pub now: Millis,
    /// The data that all workers share.
    pub store: &'a S,
    /// The table's entries. In live traffic they are in the same store.
    pub entries: &'a E,
    /// The filter of breached passwords. Without it no password is breached.
    pub passwords: Option<&'a P>,
    /// The filter of breached `username:password` pairs.
    pub pairs: Option<&'a P>,
}

/// Decides attempts under one policy.
pub struct Engine {
    policy: Policy,
    table: Table,
    /// For each endpoint, whether its failures are recognised for good. Until then the state is
    /// asked at each response.
    trusted: Vec<Cell<bool>>,
    /// For each endpoint, when this worker last saw a response that could not be trusted yet.
    disbelieved: Vec<Cell<Option<Millis>>>,
    attack_monitor: AttackMonitor,
    password_monitor: PasswordMonitor,
    answer_monitor: AnswerMonitor,
    familiarity_monitor: FamiliarityMonitor,
    seen_bans: SeenBans,
    live_lookups: Option<LiveLookups>,
    recorder: Option<LoginRecorder>,
    /// Every rule is measured at each decision.
    explains: bool,
    challenger: Option<Challenger>,
    /// The keys of device cookies. Without them no device is known.
    device_keys: Option<Keys>,
}

/// What to do with a request now.
#[derive(Debug)]
pub enum Step {
    /// It is no login, or it is decided already: let it through.
    PassThrough,
    /// Hold the body until it is complete or longer than [`Attempt::max_body_bytes`].
    Hold,
    /// Hold the request as it is, ask this, and go on with [`Engine::answer`].
    Ask(Question),
    /// Carry the verdict out.
    Decided(Box<Decision>),
    /// It is no login but presents a token to the challenge: answer with [`Engine::redeem`].
    Redeem(Box<Redemption>),
    /// It asks for a login page that is challenged: answer with [`Engine::challenge`].
    Challenge(Box<ChallengeSubject>),
    /// It asks for what is ours: answer with this.
    Answer(Box<ChallengeResponse>),
}

/// A verdict, its grounds and its effects.
#[derive(Debug, Default)]
pub struct Decision {
    /// The action and its reasons.
    pub verdict: Verdict,
    /// What the attempt shows by itself.
    pub facts: Facts,
    /// Rules about the address would have stopped it, but the address is a load balancer's that is
    /// mistaken for a client. The caller logs a warning.
    pub load_balancer: bool,
    /// Whether a pass admitted it, if it was challenged.
    pub admission: Admission,
    /// The client to challenge, if the built-in challenge is in use: answer with
    /// [`Engine::challenge`].
    pub challenge_subject: Option<ChallengeSubject>,
    /// The values behind it, if it is recorded or to be explained.
    pub measured: Option<Box<MeasuredLogin>>,
    /// The beginning of its line, if it is recorded: end it with [`Engine::record_answer`].
    pub draft: Option<LoginDraft>,
    /// The changes to the state.
    pub changes: Changes,
}

/// The effects of a response.
#[derive(Debug)]
pub struct ResponseEffects {
    /// The login's outcome.
    pub outcome: Outcome,
    /// What the response shows, whatever is believed of the endpoint, if logins are recorded.
    pub shown: Option<ShownOutcome>,
    /// Only the body tells the outcome, and it could not be read: it was compressed, longer than is
    /// read, or never came whole.
    pub is_unread: bool,
    /// The `Set-Cookie` header that makes the client's device known.
    pub set_cookie: Option<String>,
    /// The endpoint's name, if this attempt made it count as not recognised.
    pub unrecognised: Option<String>,
    /// What fits the answers at an endpoint whose conditions know no failure, if this one made it
    /// time to say so.
    pub suggestion: Option<OutcomeSuggestion>,
    /// What the fleet is told of a failure, see [`Engine::fleet_question`].
    pub fleet_report: Option<FleetReport>,
    /// The changes to the state.
    pub changes: Changes,
}

/// One attempt and its phase.
#[derive(Debug, Default)]
pub struct Attempt(Phase);

#[derive(Debug, Default)]
enum Phase {
    /// No headers have arrived.
    #[default]
    New,
    /// The headers match a login, and the body is awaited.
    Held(Box<HeldRequest>),
    /// Its credentials are read, and an answer from outside is awaited.
    Asking(Box<AskedLogin>),
    /// Let through at these endpoints and charged as pending. The outcome is awaited.
    AwaitingOutcome(Vec<EndpointId>, Box<PendingAttempt>),
    /// Its response has begun, and the headers do not tell the outcome.
    ReadingResponse(Box<OpenResponse>),
    /// It is no login, or it was stopped, or its outcome is learned.
    Settled,
}

/// A request that waits for its body.
#[derive(Debug)]
struct HeldRequest {
    headers: KeptHeaders,
    client: Client,
    places: ClientPlaces,
    /// The endpoints that the headers match, in the policy's order.
    endpoints: Vec<MatchedEndpoint>,
    /// The longest body that is read, in bytes.
    max_body_bytes: usize,
    /// The client's entries, if they were read to look for a ban.
    client_entries: Option<ClientEntries>,
    /// The headers tell a login, and a ban is looked for when its body has come.
    is_ban_due: bool,
    /// The device of its cookie, if the signature is valid and it is not locked.
    device: Option<Device>,
    /// The headers could have brought the text that shows a success.
    is_echo: bool,
    /// The device of its cookie, if it is locked, for its line in a record.
    locked_device: Option<Device>,
    /// A ban is looked for before the credentials are read.
    is_ban_first: bool,
}

impl Attempt {
    /// What is no attempt: nothing that follows has an effect.
    #[must_use]
    pub fn none() -> Self {
        Self(Phase::Settled)
    }

    /// Whether it was let through and no response has come.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        matches!(self.0, Phase::AwaitingOutcome(..))
    }

    /// Whether the body is awaited.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.0, Phase::Held(_))
    }

    /// Whether an answer from outside is awaited.
    #[must_use]
    pub fn is_asking(&self) -> bool {
        matches!(self.0, Phase::Asking(_))
    }

    /// The longest body that is read, in bytes, of a request that is held. A longer one is given up to
    /// there, as [`Body::Cut`](crate::request::credentials::Body::Cut).
    #[must_use]
    pub fn max_body_bytes(&self) -> Option<usize> {
        match &self.0 {
            Phase::Held(held) => Some(held.max_body_bytes),
            Phase::Asking(asked) => Some(asked.login.held.max_body_bytes),
            _ => None,
        }
    }

    /// Whether nothing that follows has an effect.
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
        let names = || policy.endpoints.iter().map(|endpoint| endpoint.name.as_str());
        let attack_monitor = AttackMonitor::new(table.hash_key(), names(), 0);
        let attack_monitor = attack_monitor.in_a_fleet(policy.fleet.is_some());
        let password_monitor = PasswordMonitor::new(table.hash_key(), names());
        let answer_monitor = AnswerMonitor::new(policy.endpoints.len());
        let live_lookups = policy.live_lookup.as_ref().map(LiveLookups::new);
        Self {
            policy,
            table,
            trusted,
            disbelieved,
            attack_monitor,
            password_monitor,
            answer_monitor,
            familiarity_monitor: FamiliarityMonitor::default(),
            seen_bans: SeenBans::default(),
            live_lookups,
            recorder: None,
            explains: false,
            challenger: None,
            device_keys: None,
        }
    }

    /// The same engine as one of several workers. Each worker should write its own stripe of the
    /// endpoint counts. Any number is valid.
    #[must_use]
    pub fn on_stripe(mut self, stripe: u8) -> Self {
        self.attack_monitor.set_stripe(stripe);
        self
    }

    /// The same engine, with device cookies that these keys sign.
    #[must_use]
    pub fn with_devices(mut self, keys: Keys) -> Self {
        self.device_keys = Some(keys);
        self
    }

    /// Exchanges the endpoint counts, and what is learnt about accounts, with the other workers. Call
    /// it once a second and log what it returns.
    pub fn tick<S: Store, P, E>(&self, host: &Host<'_, S, P, E>) -> Vec<ModeChange> {
        self.recorder.iter().for_each(|it| it.note_tick(host.now));
        self.familiarity_monitor.tick(host.store, host.now);
        self.attack_monitor.tick(host.store, host.now)
    }

    /// Whether logins at an endpoint are judged in attack mode, as of the last tick.
    #[must_use]
    pub fn is_under_attack(&self, endpoint: EndpointId) -> bool {
        self.attack_monitor.view(&[endpoint]).under_attack
    }

    /// How far the budget for challenges reaches, as of the last tick.
    #[must_use]
    pub fn reach(&self, now: Millis) -> Reach {
        self.familiarity_monitor.learnt(now, self.policy.challenge_budget).reach
    }

    /// The endpoints that turned out to be sent no passwords, each once. Call it once a second and
    /// log them.
    pub fn without_passwords<S: Store, P, E>(&self, host: &Host<'_, S, P, E>) -> Vec<EndpointId> {
        self.password_monitor.tick(host.store)
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The table of counters.
    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// The state for an attempt that may be at any of these endpoints.
    fn state<'a, S, P, E>(
        &'a self,
        host: &Host<'a, S, P, E>,
        at: &[EndpointId],
    ) -> StateView<'a, E> {
        StateView {
            policy: &self.policy,
            table: &self.table,
            entries: host.entries,
            now: host.now,
            site: self.attack_monitor.view(at),
            familiarity: &self.familiarity_monitor,
            seen_bans: &self.seen_bans,
            successes_are_new: !at.is_empty()
                && at.iter().all(|endpoint| self.is_new_to_success(*endpoint, host.now)),
        }
    }

    /// Whether successes at an endpoint are not trusted yet, or for less than an hour: logins that
    /// succeeded before have earned no credit.
    fn is_new_to_success(&self, endpoint: EndpointId, now: Millis) -> bool {
        let configured =
            self.policy.endpoint(endpoint).is_none_or(|endpoint| !endpoint.learns_success);
        let trusted = self.trusted.get(endpoint.position()).is_some_and(Cell::get);
        let disbelieved = self.disbelieved.get(endpoint.position()).and_then(Cell::get);
        let lately = disbelieved.is_some_and(|then| now < then.plus_seconds(NEW_SUCCESS_SECONDS));
        !configured && (!trusted || lately)
    }
}

#[cfg(test)]
mod tests;
