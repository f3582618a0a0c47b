//! The entry of replay: an attempt whose facts are known at once.
//!
//! Everything behind the entry is the code of live traffic. `tests/live_and_replay.rs` holds that
//! both give the same verdicts and leave the same state.

use super::judge::ClientContext;
use super::matching::MatchedEndpoints;
use super::{Attempt, CookieJar, Decision, Engine, Host, Phase, ResponseEffects};
use crate::decision::facts::{Breached, Facts};
use crate::decision::ledger::{ClientEntries, RecordedClient};
use crate::outcome::{Outcome, UpstreamResponse};
use crate::policy::EndpointId;
use crate::record::{AnsweredBy, ShownOutcome};
use crate::request::client::Client;
use crate::request::headers::Headers;
use crate::state::{EntryStore, Store};

/// A login as a record tells it.
#[derive(Debug)]
pub struct RecordedLogin {
    /// The endpoints that it is at.
    pub endpoints: Vec<EndpointId>,
    /// Its client. The identities in the facts are what is counted.
    pub client: Client,
    /// Its facts, with the identities of the record.
    pub facts: Facts,
    /// The tag of its device, which may be locked.
    pub device: Option<[u8; 8]>,
    /// The client cannot be shown a page.
    pub is_program: bool,
    /// A ban is looked for before the credentials are read.
    pub is_ban_first: bool,
    /// Whether the client is on the allow-list, where the record has not all of its address.
    pub is_allowed: Option<bool>,
}

/// The answer to a login as a record tells it.
#[derive(Clone, Copy, Debug)]
pub struct RecordedAnswer<'a> {
    /// Who gave it.
    pub by: AnsweredBy,
    /// Its headers: the status alone.
    pub headers: Headers<'a>,
    /// What it showed. `None`: the conditions of the endpoint tell by the status.
    pub shown: Option<ShownOutcome>,
}

impl Engine {
    /// The first endpoint that the headers alone match. For replay, which has no bodies.
    #[must_use]
    pub fn endpoint(&self, headers: Headers<'_>) -> Option<EndpointId> {
        match self.matched_endpoints(headers) {
            MatchedEndpoints::Login(endpoints) => {
                endpoints.iter().find(|at| !at.needs_method).map(|at| at.id)
            }
            MatchedEndpoints::Upgrade => None,
        }
    }

    /// Decides an attempt whose facts are known at once, as live traffic is decided: first by a
    /// ban, then by the rules. `jar` holds the client's cookies. For replay.
    pub fn decide<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoint: EndpointId,
        client: &Client,
        mut facts: Facts,
        jar: &mut CookieJar,
    ) -> (Decision, Attempt) {
        if self.attack_monitor.is_due(host.now) {
            self.tick(host);
        }
        let state = self.state(host, &[]);
        let device = jar.device.filter(|device| !state.is_locked(device));
        jar.present(&mut facts, host.now, jar.device.is_some() && device.is_none());
        let places = state.client_places(client);
        let has_device = facts.known_device || device.is_some();
        let client_entries = match self.entries_unless_banned(host, (client, places), has_device) {
            Ok(entries) => entries,
            Err(decision) => return (*decision, Attempt(Phase::Settled)),
        };
        let known = ClientContext {
            client_entries: Some(client_entries),
            headers: None,
            said_of_pass: None,
            is_program: None,
        };
        let (decision, mut phase) = self.judge(host, vec![endpoint], client, facts, known);
        jar.settle_pass(&self.policy, &decision.facts, &decision.verdict, host.now);
        if let Phase::AwaitingOutcome(_, open) = &mut phase {
            open.device_id = device;
        }
        (decision, Attempt(phase))
    }

    /// Decides a login of a record. Unlike [`Engine::decide`] it does not tick: a record tells when that
    /// was done.
    pub fn decide_recorded<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        login: RecordedLogin,
    ) -> (Decision, Attempt) {
        let RecordedLogin { endpoints, client, mut facts, device, .. } = login;
        let state = self.state(host, &[]);
        let recorded = facts.recorded.as_deref().cloned().unwrap_or_default();
        let places = state.recorded_places(&recorded);
        let unlocked = device.filter(|device| !state.is_locked(device));
        facts.known_device &= device.is_none() || unlocked.is_some();
        let mut client_entries = ClientEntries::read(&state, places);
        client_entries.recorded =
            RecordedClient { is_chosen: Some(recorded.is_chosen), is_allowed: login.is_allowed };
        if login.is_ban_first && unlocked.is_none() {
            if let Some(decision) = self.banned(host, &client, &client_entries) {
                return (*decision, Attempt(Phase::Settled));
            }
        }
        let known = ClientContext {
            client_entries: Some(client_entries),
            headers: None,
            said_of_pass: None,
            is_program: Some(login.is_program),
        };
        let (decision, mut phase) = self.judge(host, endpoints, &client, facts, known);
        if let Phase::AwaitingOutcome(_, open) = &mut phase {
            open.device_id = unlocked.filter(|_| !open.is_about_address_only());
        }
        (decision, Attempt(phase))
    }

    /// Takes the answer to a login of a record that is let through.
    pub fn answer_recorded<S: Store, P: Breached, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        attempt: &mut Attempt,
        answer: &RecordedAnswer<'_>,
    ) -> Option<ResponseEffects> {
        let recorded = UpstreamResponse::recorded(answer.headers, host.now, None);
        let response = UpstreamResponse { shown: answer.shown, ..recorded };
        let is_declared =
            answer.shown.is_some_and(|it| it != ShownOutcome::Plain(Outcome::Unknown));
        match answer.by {
            AnsweredBy::Upstream => self.settle(host, attempt, &response),
            AnsweredBy::Proxy | AnsweredBy::ProxyUnseen if is_declared => self.settle(
                host,
                attempt,
                &UpstreamResponse { code_details: Some(b""), ..response },
            ),
            by => {
                let phase = std::mem::replace(&mut attempt.0, Phase::Settled);
                let Phase::AwaitingOutcome(_, open) = phase else { return None };
                Some(self.unanswered(host, &open, by == AnsweredBy::ProxyUnseen))
            }
        }
    }

    /// Takes upstream's response to an attempt that [`Engine::decide`] let through, as
    /// [`UpstreamResponse::recorded`] has it. After a success the device in `jar` is known for its
    /// username.
    pub fn respond<S: Store, P: Breached, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        attempt: &mut Attempt,
        recorded: &UpstreamResponse<'_>,
        jar: &mut CookieJar,
    ) -> Option<ResponseEffects> {
        // As in live traffic, a success on a locked device makes a new device.
        let mut after_success = *jar;
        if let Phase::AwaitingOutcome(_, open) = &attempt.0 {
            if open.device_id.is_none() {
                after_success.replace_device();
            }
            open.only_username().into_iter().for_each(|it| after_success.remember(it));
        }
        let effects = self.settle(host, attempt, recorded)?;
        if effects.outcome == Outcome::Success {
            *jar = after_success;
        }
        Some(effects)
    }
}
