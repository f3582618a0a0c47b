//! The entry of replay: an attempt whose facts are known at once.
//!
//! Everything behind the entry is the code of live traffic. `tests/live_and_replay.rs` holds that
//! both give the same verdicts and leave the same state.

use super::judge::ClientContext;
use super::matching::MatchedEndpoints;
use super::{Attempt, Decision, Engine, Host, Phase};
use crate::decision::facts::Facts;
use crate::decision::ledger::ClientEntries;
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
    /// ban, then by the rules. For replay.
    pub fn decide<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoint: EndpointId,
        client: &Client,
        facts: Facts,
    ) -> (Decision, Attempt) {
        if self.attack_monitor.is_due(host.now) {
            self.tick(host);
        }
        let client_entries = ClientEntries::read(&self.state(host, None), client);
        // A rule may exempt a known device from the ban: it is judged, as in live traffic.
        let banned = (!facts.known_device).then(|| self.enforce_ban(host, client, &client_entries));
        if let Some(decision) = banned.flatten() {
            return (decision, Attempt(Phase::Settled));
        }
        let known = ClientContext { client_entries: Some(client_entries), headers: None };
        let (decision, phase) = self.judge(host, vec![endpoint], client, facts, known);
        (decision, Attempt(phase))
    }
}
