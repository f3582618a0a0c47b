//! The outcome of a response, and its effects on the counters.
//!
//! If an attempt matched several endpoints, one of them suffices for a failure and all of them are
//! needed for a success, because the client may have chosen an endpoint whose answers mean
//! something else.

use std::cell::Cell;

use super::{Engine, Host, ResponseEffects};
use crate::decision::ledger::{Changes, PendingAttempt, Settled};
use crate::fleet::report::FleetReport;
use crate::outcome::record::{OutcomeRecord, QUIET_ATTEMPTS, UpstreamAnswer};
use crate::outcome::{self, BodySeen, JudgedResponse, Outcome, UpstreamResponse};
use crate::policy::{Endpoint, EndpointId};
use crate::record::ShownOutcome;
use crate::state::{EntryStore, Store, Written};
use crate::time::Millis;
use crate::tokens::device::Device;

impl Engine {
    /// Learns how a pending attempt went.
    pub(super) fn learn<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoints: &[EndpointId],
        open: &PendingAttempt,
        response: &UpstreamResponse<'_>,
    ) -> Option<ResponseEffects> {
        if open.is_about_address_only() {
            return self.learn_about_address(host, endpoints, open, response);
        }
        let mut outcomes = Vec::with_capacity(endpoints.len());
        let mut unrecognised = None;
        let mut suggestion = None;
        let mut believed = true;
        let mut shown = Vec::new();
        for &id in endpoints {
            let Some(endpoint) = self.policy.endpoint(id) else { continue };
            let judged = JudgedResponse::of(endpoint, response);
            let trust = self.trust(host, (id, endpoint), open, (response, judged));
            let outcome = match judged.outcome(trust.learned) {
                Outcome::Success if !(trust.signs && open.can_earn()) => Outcome::Unknown,
                outcome => outcome,
            };
            if self.recorder.is_some() {
                shown.push(judged.shown());
            }
            believed &= trust.learned || outcome == Outcome::Success;
            outcomes.push(outcome);
            if response.code_details.is_none() {
                suggestion = self.answer_monitor.note_answer(id, endpoint, response).or(suggestion);
            }
            if trust.turned_out {
                unrecognised = Some(endpoint.name.clone());
            }
        }
        let outcome = together(&outcomes);
        let mut changes = Changes::default();
        let settled = open.settle(&self.state(host, &[]), outcome, believed, &mut changes);
        for at in endpoints {
            self.attack_monitor.note(*at, &settled.stats);
        }
        let set_cookie = match outcome {
            // The cookie is a header, and those have passed when the body tells.
            Outcome::Success if matches!(response.body, BodySeen::Awaited) => {
                self.mint(host.now, open)
            }
            _ => None,
        };
        let is_unread = matches!(response.body, BodySeen::Cut(_) | BodySeen::Whole([]))
            && self.endpoints_ask_body(endpoints, response);
        Some(ResponseEffects {
            outcome,
            shown: shown_together(&shown),
            is_unread,
            set_cookie,
            unrecognised,
            suggestion,
            fleet_report: self.report(host, endpoints, open, &settled),
            changes,
        })
    }

    /// The same for an attempt that tries no account: nothing but a failure is learned, and nothing
    /// about the endpoint. A body that does not tell is none: it may answer another form.
    fn learn_about_address<S: Store, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoints: &[EndpointId],
        open: &PendingAttempt,
        response: &UpstreamResponse<'_>,
    ) -> Option<ResponseEffects> {
        let mut at = endpoints.iter().filter_map(|id| self.policy.endpoint(*id));
        if !at.any(|it| outcome::shows_failure(it, response)) {
            return None;
        }
        let (outcome, mut changes) = (Outcome::Failure, Changes::default());
        let settled = open.settle(&self.state(host, &[]), outcome, false, &mut changes);
        Some(ResponseEffects {
            outcome,
            shown: None,
            is_unread: false,
            set_cookie: None,
            unrecognised: None,
            suggestion: None,
            fleet_report: self.report(host, endpoints, open, &settled),
            changes,
        })
    }

    /// What the fleet is told of a failure.
    fn report<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        endpoints: &[EndpointId],
        open: &PendingAttempt,
        settled: &Settled,
    ) -> Option<FleetReport> {
        let is_reported = settled.is_new_failure && open.fleet_client.is_some();
        is_reported.then(|| open.fleet_report(&self.state(host, endpoints))).flatten()
    }

    /// The device cookie after a trusted success.
    fn mint(&self, now: Millis, open: &PendingAttempt) -> Option<String> {
        let (keys, username) = (self.device_keys.as_ref()?, open.only_username()?);
        Device::after_success(open.device.as_ref(), keys, username, now, &open.seed())
    }

    /// Whether successes at the endpoint are trusted after this response.
    fn trust<S: Store, P, E>(
        &self,
        host: &Host<'_, S, P, E>,
        (id, endpoint): (EndpointId, &Endpoint),
        open: &PendingAttempt,
        (response, judged): (&UpstreamResponse<'_>, JudgedResponse),
    ) -> SuccessTrust {
        let cached = self.trusted.get(id.position());
        if cached.is_some_and(Cell::get) {
            return SuccessTrust { learned: true, signs: true, turned_out: false };
        }
        let failed = judged.outcome(false) == Outcome::Failure;
        let answer = match open.username() {
            Some(username) if failed && response.headers.status() == Some(401) => {
                UpstreamAnswer::Denied(username)
            }
            _ if failed => UpstreamAnswer::Failure,
            _ => UpstreamAnswer::Other,
        };
        let (answers, written) =
            OutcomeRecord::learn(host.store, self.table.hash_key(), &endpoint.name, answer);
        let has_failed = answers.failures() > 0;
        // A configured condition is trusted unless nothing ever fails. Without one, only upstream's
        // own 401s prove that failures are recognised. Where both count, the application is not
        // known, so a sign needs a failure first.
        let learns = endpoint.learns_success && response.recorded.is_none();
        let (learned, signs, for_good) = match (learns, &endpoint.success) {
            (false, _) => (!answers.not_recognised(), !answers.not_recognised(), has_failed),
            (true, None) => (answers.recognised(), answers.recognised(), answers.recognised()),
            (true, Some(_)) => (answers.recognised(), has_failed, answers.recognised()),
        };
        if let Some(cached) = cached {
            cached.set(for_good);
        }
        if let Some(disbelieved) = self.disbelieved.get(id.position()).filter(|_| !learned) {
            disbelieved.set(Some(host.now));
        }
        let turned_out = answers.not_recognised() && answers.attempts() == QUIET_ATTEMPTS;
        SuccessTrust { learned, signs, turned_out: turned_out && written == Written::Stored }
    }
}

/// Which successes at an endpoint are trusted.
struct SuccessTrust {
    /// Those that no condition names, because its outcomes are recognised; the configured ones,
    /// where there are no others.
    learned: bool,
    /// Those that a condition names.
    signs: bool,
    /// This response made the endpoint count as not recognised.
    turned_out: bool,
}

/// What a response shows at several endpoints; `None` without any.
fn shown_together(shown: &[ShownOutcome]) -> Option<ShownOutcome> {
    let plain = |it: &ShownOutcome| match it {
        ShownOutcome::Plain(outcome) => *outcome,
        ShownOutcome::SuccessIfRecognised => Outcome::Success,
    };
    let outcomes: Vec<Outcome> = shown.iter().map(plain).collect();
    match together(&outcomes) {
        Outcome::Success if shown.contains(&ShownOutcome::SuccessIfRecognised) => {
            Some(ShownOutcome::SuccessIfRecognised)
        }
        outcome => shown.first().map(|_| ShownOutcome::Plain(outcome)),
    }
}

/// The outcome of an attempt from its outcomes at each endpoint.
fn together(outcomes: &[Outcome]) -> Outcome {
    if outcomes.contains(&Outcome::Failure) {
        Outcome::Failure
    } else if !outcomes.is_empty() && outcomes.iter().all(|o| *o == Outcome::Success) {
        Outcome::Success
    } else {
        Outcome::Unknown
    }
}
