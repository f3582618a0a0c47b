//! The decision on an attempt: first by a standing ban, then by the rules.
//!
//! An attempt that matched several endpoints is judged as at the strictest of them: it is in an
//! attack if any of them is, and a rule spares programs only where all of them are for programs.

use super::{Decision, Engine, Host, Phase};
use crate::challenge::{Admission, ChallengeForm, Clients, FleetPass};
use crate::decision::facts::{Facts, Pass};
use crate::decision::ledger::{Changes, ClientEntries, ClientPlaces, Ledger, StateView};
use crate::policy::{Action, EndpointId};
use crate::request::client::Client;
use crate::request::headers::Headers;
use crate::state::{EntryStore, Store};

/// What is known about a client before its attempt is judged.
pub(super) struct ClientContext<'a> {
    /// The client's entries, if they were read to look for a ban.
    pub client_entries: Option<ClientEntries>,
    /// The request's headers. Replay has none: there is no pass to read and no client to answer.
    pub headers: Option<Headers<'a>>,
    /// What the fleet said of its pass, if it was asked.
    pub said_of_pass: Option<FleetPass>,
    /// Whether the client cannot be shown a page, if a record tells.
    pub is_program: Option<bool>,
}

impl Engine {
    /// The entries of this client, or the decision of an enforced ban on it. A rule may exempt a
    /// known device from the ban, so there all rules judge it.
    pub(super) fn entries_unless_banned<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        (client, places): (&Client, ClientPlaces),
        has_device: bool,
    ) -> Result<ClientEntries, Box<Decision>> {
        let entries = ClientEntries::read(&self.state(host, &[]), places);
        let banned = || self.banned(host, client, &entries);
        (!has_device).then(banned).flatten().map_or(Ok(entries), Err)
    }

    /// The decision of an enforced ban.
    pub(super) fn banned<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        client: &Client,
        entries: &ClientEntries,
    ) -> Option<Box<Decision>> {
        let mut changes = Changes::default();
        let verdict = self.state(host, &[]).enforce_ban(client, entries, &mut changes)?;
        let facts = Facts { address_fell_back: client.fell_back, ..Facts::default() };
        Some(Box::new(Decision { verdict, facts, changes, ..Decision::default() }))
    }

    /// Who logs in at these endpoints: programs alone only if all of them are for programs.
    fn clients(&self, endpoints: &[EndpointId]) -> Clients {
        let mut all =
            endpoints.iter().filter_map(|at| self.policy.endpoint(*at)).map(|at| at.clients);
        let first = all.next().unwrap_or_default();
        if first == Clients::Api { all.find(|it| *it != first).unwrap_or(first) } else { first }
    }

    /// Who logs in at these endpoints, and whether this client cannot be shown a page.
    pub(super) fn audience(
        &self,
        endpoints: &[EndpointId],
        headers: Option<Headers<'_>>,
    ) -> (Clients, bool) {
        let clients = self.clients(endpoints);
        let is_program = match headers {
            Some(headers) => ChallengeForm::of(clients, headers) == ChallengeForm::Document,
            None => clients == Clients::Api,
        };
        (clients, is_program)
    }

    /// The state for an attempt with these facts.
    pub(super) fn state_for<'a, S, P, E>(
        &'a self,
        host: &Host<'a, S, P, E>,
        endpoints: &[EndpointId],
        facts: &Facts,
    ) -> StateView<'a, E> {
        let mut state = self.state(host, endpoints);
        // What tries no account is no part of an attack on accounts.
        state.site.under_attack &= !facts.is_about_address_only();
        state
    }

    /// Judges an attempt by its facts and the counters, and charges the counters with it.
    pub(super) fn judge<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoints: Vec<EndpointId>,
        client: &Client,
        mut facts: Facts,
        known: ClientContext<'_>,
    ) -> (Decision, Phase) {
        let endpoint = endpoints.first().and_then(|first| self.policy.endpoint(*first));
        let state = self.state_for(host, &endpoints, &facts);
        let ClientContext { client_entries, headers, said_of_pass, is_program } = known;
        let account = state.account(client, &facts);
        facts.doubt_device(&account);
        let ledger = Ledger::open(&state, client, &facts, client_entries, account);
        let mut admission = Admission::default();
        let (clients, is_document) = self.audience(&endpoints, headers);
        let is_program = is_program.unwrap_or(is_document);
        let judged = ledger.judge((clients, is_program), || {
            let admitted = self.admit(host, endpoint, client, headers, said_of_pass);
            admission = admitted.unwrap_or_default();
            admission.admitted || facts.pass == Pass::Admits
        });
        let measured = self.measures(&judged.verdict, &facts).then(|| {
            let matched = |id| judged.verdict.reasons.iter().any(|reason| reason.rule == id);
            Box::new(ledger.measured(is_program, |id| self.is_explaining() || matched(id)))
        });
        let challenge_subject = (judged.verdict.action == Action::Challenge)
            .then(|| self.subject(endpoint?, client, headers?, &admission))
            .flatten();
        let mut changes = Changes::default();
        let (open, stats) = ledger.charge(&judged, &mut changes);
        let is_read = facts.absent || facts.pairs.iter().any(|pair| pair.password.is_some());
        for at in endpoints.iter().filter(|_| is_read) {
            self.password_monitor.note(*at, facts.absent);
        }
        for at in &endpoints {
            self.attack_monitor.note(*at, &stats);
        }
        let phase =
            open.map_or(Phase::Settled, |open| Phase::AwaitingOutcome(endpoints, Box::new(open)));
        let load_balancer = judged.balancer_exempted;
        let verdict = judged.verdict;
        let decision = Decision {
            verdict,
            facts,
            admission,
            challenge_subject,
            load_balancer,
            measured,
            draft: None,
            changes,
        };
        (decision, phase)
    }
}
