//! The engine's side of decision records: what a login's line is made of, and when lines are due.

use super::matching::MatchedEndpoint;
use super::{Decision, Engine, Host, ResponseEffects};
use crate::decision::facts::Facts;
use crate::decision::ledger::ClientPlaces;
use crate::decision::verdict::Verdict;
use crate::outcome::Outcome;
use crate::policy::EndpointId;
use crate::record::{
    AnsweredBy, DraftParts, LoginAnswer, LoginDraft, LoginRecorder, MeasuredLogin, RecordedRequest,
    RecorderStart,
};
use crate::request::client::Client;
use crate::request::headers::Headers;
use crate::time::Millis;
use crate::tokens::device::Device;

impl Engine {
    /// The same engine with a record, if the policy asks for one.
    #[must_use]
    pub fn with_record(self, start: &RecorderStart<'_>) -> Self {
        let recorder = LoginRecorder::start(&self.policy, self.table.hash_key(), start);
        Self { recorder, ..self }
    }

    /// The same engine, which measures every rule at each decision: for explanations.
    #[must_use]
    pub fn explaining(self) -> Self {
        Self { explains: true, ..self }
    }

    /// Whether every rule is measured.
    pub(super) fn is_explaining(&self) -> bool {
        cfg!(feature = "replay") && self.explains
    }

    /// What makes this worker's lines, if there is a record.
    #[must_use]
    pub fn recorder(&self) -> Option<&LoginRecorder> {
        self.recorder.as_ref()
    }

    /// The lines for a login whose answer is known.
    #[must_use]
    pub fn record_answer(
        &self,
        now: Millis,
        draft: LoginDraft,
        answer: &LoginAnswer,
    ) -> Vec<String> {
        self.recorder().map(|it| it.finish(now, draft, answer)).unwrap_or_default()
    }

    /// The lines that are due without a login. Call it once a second.
    #[must_use]
    pub fn record_tick(&self, now: Millis) -> Vec<String> {
        self.recorder().map(|it| it.tick(now)).unwrap_or_default()
    }

    /// The last line of the record.
    #[must_use]
    pub fn record_end(&self, now: Millis) -> Vec<String> {
        self.recorder().map(|it| it.end(now)).unwrap_or_default()
    }

    /// How many lines this worker's record has.
    #[must_use]
    pub fn record_lines(&self) -> u64 {
        self.recorder().map(LoginRecorder::lines).unwrap_or_default()
    }

    /// A request whose login may have a line, with all of its headers.
    pub(super) fn recorded_request<'a>(
        &self,
        headers: Headers<'a>,
        locked_device: Option<&'a Device>,
        is_ban_first: bool,
    ) -> RecordedRequest<'a> {
        let brings_pass = self.may_be_admitted(headers);
        RecordedRequest { headers, locked_device, brings_pass, is_ban_first }
    }

    /// Whether a decision is measured: it has a line, or is to be explained.
    pub(super) fn measures(&self, verdict: &Verdict, facts: &Facts) -> bool {
        self.is_explaining() || self.recorder.as_ref().is_some_and(|it| it.wants(verdict, facts))
    }

    /// Begins the line of a login, if its decision is measured.
    #[inline(never)]
    pub(super) fn draft<S, P, E>(
        &self,
        host: &Host<'_, S, P, E>,
        request: RecordedRequest<'_>,
        (client, endpoints): (&Client, &[EndpointId]),
        device: Option<&Device>,
        decision: &Decision,
    ) -> Option<LoginDraft> {
        let (recorder, measured) = (self.recorder.as_ref()?, decision.measured.as_deref()?);
        let facts = &decision.facts;
        let of = |device: &Device| (device.id, facts.is_of(|name| device.knows(name)));
        Some(recorder.draft(
            host.now,
            &DraftParts {
                policy: &self.policy,
                request,
                client,
                endpoints,
                decision,
                measured,
                device: device.or(request.locked_device).map(of),
                shared_tags: recorder.shared_tags(facts),
            },
        ))
    }

    /// Begins the line of a login that a ban stops before its credentials are read.
    #[inline(never)]
    pub(super) fn draft_ban<S, P, E>(
        &self,
        host: &Host<'_, S, P, E>,
        (headers, locked_device): (Headers<'_>, Option<&Device>),
        (client, places): (&Client, ClientPlaces),
        endpoints: &[MatchedEndpoint],
        decision: &mut Decision,
    ) {
        if self.measures(&decision.verdict, &decision.facts) {
            let endpoints: Vec<EndpointId> = endpoints.iter().map(|at| at.id).collect();
            decision.measured = Some(Box::new(MeasuredLogin {
                identities: places.identities(),
                is_allowed: self.policy.client.is_allow_listed(client),
                is_under_attack: self.attack_monitor.view(&endpoints).under_attack,
                is_unread: true,
                ..MeasuredLogin::default()
            }));
            let request = self.recorded_request(headers, locked_device, true);
            decision.draft = self.draft(host, request, (client, &endpoints), None, decision);
        }
    }
}

impl LoginAnswer {
    /// The answer to a login that was let through, and what was learnt from it, if anything was.
    #[must_use]
    pub fn of(by: AnsweredBy, status: Option<u16>, learnt: Option<&ResponseEffects>) -> Self {
        Self {
            by,
            status,
            outcome: learnt.map_or(Outcome::Unknown, |it| it.outcome),
            shown: learnt.and_then(|it| it.shown),
        }
    }
}
