//! The entry of replay: an attempt whose facts are known at once.
//!
//! Everything behind the entry is the code of live traffic. `tests/live_and_replay.rs` holds that
//! both give the same verdicts and leave the same state.

use super::judge::ClientContext;
use super::matching::MatchedEndpoints;
use super::{Attempt, CookieJar, Decision, Engine, Host, Phase, ResponseEffects};
use crate::decision::facts::{Breached, Facts};
use crate::outcome::{Outcome, UpstreamResponse};
use crate::policy::EndpointId;
use crate::request::client::Client;
use crate::request::headers::Headers;
use crate::state::{EntryStore, Store};

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
        };
        let (decision, mut phase) = self.judge(host, vec![endpoint], client, facts, known);
        jar.settle_pass(&self.policy, &decision.facts, &decision.verdict, host.now);
        if let Phase::AwaitingOutcome(_, open) = &mut phase {
            open.device_id = device;
        }
        (decision, Attempt(phase))
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
