//! One request on its way: callbacks in, verdict out.
//!
//! Requests are held in the one way that works on stock Envoy, Istio and Envoy Gateway:
//! headers continue, the body pauses until the verdict. Pausing headers would stop body
//! callbacks too. What the engine knows of the attempt says which phase it is in; every
//! callback asks it first, so that a request is decided exactly once.

use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action as Flow;
use unstuff_engine::attempt::{
    Attempt, Decision, Engine, LocalReply, Question, ResponseEffects, Step,
};
use unstuff_engine::challenge::{ChallengeResponse, ChallengeSubject, Redemption};
use unstuff_engine::outcome::local_reply;
use unstuff_engine::policy::Reply;
use unstuff_engine::record::{AnsweredBy, LoginAnswer, LoginDraft};
use unstuff_engine::request::credentials::Body;
use unstuff_engine::request::headers::Headers;

use crate::challenge;
use crate::host::{self, Buffer, Map};
use crate::injection::PageInjection;
use crate::lookups::Wait;
use crate::metrics::{self, Metric, RuleEvent};
use crate::module::{Module, ModuleHost};
use crate::own_headers;

/// The filter state that holds the verdict. It tells another Unstuff behind this one that the login is
/// judged already, because no client can set it.
const VERDICT: &str = "unstuff_verdict";

/// Marks replies of our own: a sidecar's must not look like a failed login to a gateway.
const MARKER: &str = "x-unstuff-reply";

/// A request and what has become of it.
pub(crate) struct Stream {
    module: Rc<Module>,
    attempt: Attempt,
    /// The request's `Origin`, where replies carry CORS headers. Envoy shows headers in their own
    /// phase alone, and most replies are sent in the body's.
    origin: Option<Vec<u8>>,
    /// What holds the request although its body has come.
    wait: Option<Wait>,
    /// The login's line in the decision record, until its answer is known.
    draft: Option<LoginDraft>,
    /// The status of the response, where the line waits for what follows it.
    status: Option<u16>,
    /// The script of login pages, on its way into the response.
    injection: PageInjection,
}

impl Stream {
    /// A request of which nothing is known yet.
    pub(crate) fn new(module: Rc<Module>) -> Self {
        Self {
            module,
            attempt: Attempt::default(),
            origin: None,
            wait: None,
            draft: None,
            status: None,
            injection: PageInjection::default(),
        }
    }

    /// Whether another Unstuff has judged this login: two would count it twice.
    fn is_judged(&self) -> bool {
        let judged = host::property(&[VERDICT]).is_some();
        if judged {
            self.module.warn_of_another();
        }
        judged
    }

    /// Reads what is held of the body and lets the engine go on with it.
    fn with_body(
        &mut self,
        complete: bool,
        go_on: impl FnOnce(&Engine, &ModuleHost<'_>, &mut Attempt, Body<'_>) -> Step,
    ) -> Step {
        let max = self.attempt.max_body_bytes().unwrap_or_default();
        // One byte more than is read tells a body that fits from one that does not.
        let held = host::buffer(Buffer::RequestBody, max.saturating_add(1));
        let body = match held.get(..max) {
            _ if held.is_empty() && complete => Body::None,
            Some(part) if held.len() > max => Body::Cut(part),
            _ if complete => Body::Complete(&held),
            _ => Body::Cut(&held),
        };
        let Some(host) = self.module.host() else { return Step::PassThrough };
        go_on(&self.module.engine, &host, &mut self.attempt, body)
    }

    /// Lets the engine judge what is held of the body, unless somebody has.
    fn judge(&mut self, complete: bool) -> Step {
        if self.is_judged() {
            self.attempt = Attempt::none();
            return Step::PassThrough;
        }
        self.with_body(complete, Engine::request_body)
    }

    /// Decides by the body: all of it if it is `complete`.
    fn decide(&mut self, complete: bool) -> Flow {
        let step = self.judge(complete);
        self.follow(step, complete)
    }

    /// Decides by what there is, because nothing more can be waited for.
    fn decide_now(&mut self) -> Flow {
        if self.attempt.is_held() {
            match self.judge(false) {
                Step::Ask(_) => {}
                step => return self.follow(step, false),
            }
        }
        if self.attempt.is_asking() { self.take_answer(None) } else { Flow::Continue }
    }

    /// Decides by the answer from outside, or without one.
    pub(crate) fn take_answer(&mut self, answer: Option<&[u8]>) -> Flow {
        let wait = self.wait.take();
        let complete = wait.as_ref().is_some_and(|wait| wait.body_is_complete);
        if let (Some(fleet), true) = (&self.module.fleet, wait.is_some_and(|it| it.is_for_fleet)) {
            fleet.note_pass_answer(&self.module, answer);
        }
        let step = self.with_body(complete, |engine, host, attempt, body| {
            engine.answer(host, attempt, body, answer)
        });
        self.follow(step, complete)
    }

    fn follow(&mut self, step: Step, complete: bool) -> Flow {
        match step {
            Step::PassThrough | Step::Hold => Flow::Continue,
            Step::Ask(question) => self.ask(&question, complete),
            Step::Decided(mut decision) => {
                self.draft = decision.draft.take();
                match self.carry_out(&decision) {
                    None => Flow::Continue,
                    stopped => {
                        self.record(AnsweredBy::Module, stopped, None);
                        Flow::Pause
                    }
                }
            }
            Step::Redeem(redemption) => self.redeem(&redemption),
            Step::Challenge(subject) => match self.challenge(&subject) {
                Some(answer) => {
                    self.send(&answer);
                    Flow::Pause
                }
                None => Flow::Continue,
            },
            Step::Answer(answer) => {
                self.send(&answer);
                Flow::Pause
            }
        }
    }

    /// Asks, and holds the request until there is an answer.
    fn ask(&mut self, question: &Question, body_is_complete: bool) -> Flow {
        match self.module.lookups.ask(&self.module, question) {
            Some(until) => {
                let is_for_fleet = matches!(question, Question::Pass(_));
                self.wait = Some(Wait { until: Some(until), is_for_fleet, body_is_complete });
                Flow::Pause
            }
            None => self.take_answer(None),
        }
    }

    /// Whether an answer from outside is awaited.
    pub(crate) fn is_asking(&self) -> bool {
        self.attempt.is_asking()
    }

    /// What holds the request.
    pub(crate) fn wait(&mut self) -> Option<&mut Wait> {
        self.wait.as_mut()
    }

    /// Carries a verdict out. Returns the status of the reply to who is stopped.
    fn carry_out(&self, decision: &Decision) -> Option<u16> {
        self.count(decision);
        let verdict = &decision.verdict;
        let policy = self.module.engine.policy();
        host::set_filter_state(VERDICT, verdict.action.name());
        let reasons = verdict.reasons_text(policy);
        if !reasons.is_empty() {
            host::set_filter_state("unstuff_reasons", &reasons);
        }
        if let Some(exposed) = verdict.exposed {
            host::set_filter_state("unstuff_exposed", exposed.header_value());
        }
        let subject = decision.challenge_subject.as_ref();
        if let Some(answer) = subject.and_then(|subject| self.challenge(subject)) {
            self.send(&answer);
            return Some(answer.status);
        }
        let reply = verdict.reply(policy)?;
        self.reply(&reply, verdict.reply_name());
        Some(reply.status)
    }

    /// The built-in challenge.
    fn challenge(&self, subject: &ChallengeSubject) -> Option<ChallengeResponse> {
        self.module.engine.challenge(&self.module.host()?, subject, challenge::random()?)
    }

    /// Answers a request that brings something to the challenge.
    fn redeem(&self, redemption: &Redemption) -> Flow {
        let redeem = |random| self.module.engine.redeem(&self.module.host()?, redemption, random);
        match challenge::random().and_then(redeem) {
            Some(answer) => self.send(&answer),
            None => self.reply(&self.module.engine.policy().replies.challenge, "challenge"),
        }
        Flow::Pause
    }

    /// Sends an answer of the challenge.
    fn send(&self, answer: &ChallengeResponse) {
        self.with_cors(|cors| challenge::send(answer, MARKER, cors, &self.module.metrics));
    }

    /// Calls `send` with the CORS headers of a reply to this request.
    fn with_cors(&self, send: impl FnOnce(&[(&str, &str)])) {
        let Some(cors) = &self.module.engine.policy().replies.cors else { return send(&[]) };
        send(&cors.headers(self.origin.as_deref()));
    }

    fn reply(&self, reply: &Reply, name: &str) {
        let retry_after = reply.retry_after.map(|seconds| seconds.to_string());
        let mut headers = vec![(MARKER, name), ("cache-control", "no-store")];
        headers.push(("content-type", &reply.content_type));
        if let Some(seconds) = &retry_after {
            headers.push(("retry-after", seconds));
        }
        if let Some(location) = &reply.location {
            headers.push(("location", location));
        }
        self.with_cors(|cors| {
            let headers = [&headers, cors].concat();
            host::send_reply(reply.status, "unstuff", &headers, &reply.body);
        });
    }

    fn count(&self, decision: &Decision) {
        let count = |metric| self.module.metrics.count(metric);
        let rule = |id, event| self.module.policy_metrics.count(id, event);
        let (verdict, facts) = (&decision.verdict, &decision.facts);
        // What tries no account counts among the logins only where it is stopped.
        if !facts.is_about_address_only() || verdict.action.stops() {
            count(Metric::Attempts);
            count(metrics::verdict(verdict.action));
        }
        if verdict.shadow_action > verdict.action {
            metrics::shadow(verdict.shadow_action).into_iter().for_each(count);
        }
        for reason in &verdict.reasons {
            rule(reason.rule, RuleEvent::Matched);
            if reason.shadow {
                rule(reason.rule, RuleEvent::Shadow);
            }
        }
        verdict.decided.into_iter().for_each(|decided| rule(decided, RuleEvent::Decided));
        let flags = [
            (facts.breached, Metric::Breached),
            (facts.absent, Metric::Absent),
            (facts.unreadable, Metric::Unreadable),
            (facts.ambiguous, Metric::Ambiguous),
            (facts.is_batched(), Metric::Batched),
            (facts.address_fell_back, Metric::AddressFallback),
            (facts.known_device, Metric::KnownDevice),
            (decision.load_balancer, Metric::LoadBalancer),
        ];
        decision.admission.events().for_each(|event| count(challenge::metric(event)));
        metrics::live_lookup(facts.live_lookup).into_iter().for_each(count);
        flags.into_iter().filter(|(up, _)| *up).for_each(|(_, metric)| count(metric));
        self.module.count_changes(&decision.changes);
        if decision.load_balancer {
            self.module.warn_of_load_balancer();
        }
    }

    /// Settles the attempt by what has come of the response's body: all of it if it has `ended`.
    fn settle_by_body(&mut self, ended: bool) {
        let Some(host) = self.module.host_lately() else { return };
        let learnt = self.module.engine.response_body(&host, &mut self.attempt, ended);
        self.record(AnsweredBy::Upstream, self.status, learnt.as_ref());
        self.learn(learnt);
    }

    /// Takes upstream's response. It may come before the request has ended, by credentials in the
    /// headers perhaps. (Its body, if it was held, upstream has not seen.)
    fn take_response(&mut self, response: Headers<'_>, end_of_stream: bool) -> Flow {
        if self.decide_now() == Flow::Pause {
            return Flow::Pause;
        }
        let Some(host) = self.module.host_lately() else { return Flow::Continue };
        let learnt = self.module.engine.response_headers(&host, &mut self.attempt, response);
        self.status = response.status();
        if self.attempt.is_settled() {
            self.record(AnsweredBy::Upstream, self.status, learnt.as_ref());
        }
        self.learn(learnt);
        if end_of_stream && self.attempt.reads_response() {
            self.settle_by_body(true);
        }
        Flow::Continue
    }

    /// Takes a response that Envoy or another filter made.
    fn take_local_reply(&mut self, headers: Headers<'_>, code_details: &[u8]) -> Flow {
        // The filter may have checked credentials in the headers before the body came.
        let is_unseen = local_reply::is_unseen(code_details) && !was_retried();
        if !is_unseen && self.decide_now() == Flow::Pause {
            return Flow::Pause;
        }
        let Some(host) = self.module.host_lately() else { return Flow::Continue };
        let reply = LocalReply { headers, code_details, is_unseen };
        let learnt = self.module.engine.local_reply(&host, &mut self.attempt, &reply);
        let by = if is_unseen { AnsweredBy::ProxyUnseen } else { AnsweredBy::Proxy };
        self.record(by, headers.status(), learnt.as_ref());
        self.learn(learnt);
        Flow::Continue
    }

    /// Ends the login's line in the decision record, if it has one.
    fn record(&mut self, by: AnsweredBy, status: Option<u16>, learnt: Option<&ResponseEffects>) {
        let Some(draft) = self.draft.take() else { return };
        self.module.record_login(draft, &LoginAnswer::of(by, status, learnt));
    }

    fn learn(&self, learnt: Option<ResponseEffects>) {
        let Some(learnt) = learnt else { return };
        if let Some(cookie) = &learnt.set_cookie {
            host::add_response_header("set-cookie", cookie);
        }
        self.module.learn(&learnt);
    }
}

/// Whether Envoy has sent the request to upstream more than once. What the last try says does not
/// speak of the tries before it.
fn was_retried() -> bool {
    host::property(&["upstream", "request_attempt_count"])
        .and_then(|count| Some(u64::from_le_bytes(*count.first_chunk()?) > 1))
        .unwrap_or_default()
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, end_of_stream: bool) -> Flow {
        let bytes = host::headers(Map::Request);
        let headers = bytes.read();
        let headers = Headers::borrowed(&headers);
        own_headers::remove(headers);
        if self.module.engine.policy().replies.cors.is_some() {
            self.origin = headers.first("origin").map(<[u8]>::to_vec);
        }
        #[cfg(feature = "test-trap")]
        if crate::trap::trigger(headers) {
            return Flow::Pause;
        }
        let Some(concern) = self.module.engine.concern(headers, end_of_stream) else {
            self.attempt = Attempt::none();
            self.injection = PageInjection::of_request(&self.module, headers);
            return Flow::Continue;
        };
        if !concern.waits_for_body() && self.is_judged() {
            self.attempt = Attempt::none();
            return Flow::Continue;
        }
        self.module.warn_of_inbound_listener();
        let peer = if self.module.engine.names_client(headers) {
            Vec::new()
        } else {
            host::property(&["source", "address"]).unwrap_or_default()
        };
        let host = match concern.waits_for_body() {
            true => self.module.host_lately(),
            false => self.module.host(),
        };
        let Some(host) = host else { return Flow::Continue };
        let step = self.module.engine.concerned(
            &host,
            &mut self.attempt,
            concern,
            headers,
            &peer,
            end_of_stream,
        );
        if self.module.engine.may_read_response(&self.attempt) {
            host::replace_request_header("accept-encoding", b"identity");
        }
        if matches!(step, Step::PassThrough) {
            self.injection = PageInjection::of_request(&self.module, headers);
        }
        self.follow(step, end_of_stream)
    }

    fn on_http_request_body(&mut self, size: usize, end_of_stream: bool) -> Flow {
        match self.attempt.max_body_bytes() {
            None => Flow::Continue,
            Some(_) if self.is_asking() => Flow::Pause,
            Some(max) if end_of_stream || size > max => self.decide(end_of_stream),
            Some(_) => Flow::Pause,
        }
    }

    /// With trailers, `end_of_stream` is never true on the body.
    fn on_http_request_trailers(&mut self, _: usize) -> Flow {
        if self.is_asking() {
            Flow::Pause
        } else if self.attempt.is_held() {
            self.decide(true)
        } else {
            Flow::Continue
        }
    }

    fn on_http_response_headers(&mut self, _: usize, end_of_stream: bool) -> Flow {
        if self.attempt.is_settled() {
            self.injection.take_response(&self.module, end_of_stream);
            return Flow::Continue;
        }
        let bytes = host::headers(Map::Response);
        let response = bytes.read();
        let response = Headers::borrowed(&response);
        // A reply of an Unstuff, here or upstream, says nothing about the login.
        if response.first(MARKER).is_some() {
            self.status = response.status();
            return Flow::Continue;
        }
        match host::property(&["response", "code_details"]) {
            Some(details) if details != local_reply::VIA_UPSTREAM => {
                self.take_local_reply(response, &details)
            }
            _ => self.take_response(response, end_of_stream),
        }
    }

    /// Copies what passes where only the body tells the outcome, and holds nothing back.
    fn on_http_response_body(&mut self, size: usize, end_of_stream: bool) -> Flow {
        if self.injection.take_body(size, end_of_stream) == Flow::Pause {
            return Flow::Pause;
        }
        if self.attempt.reads_response() {
            let part = host::buffer(Buffer::ResponseBody, self.attempt.response_bytes_wanted());
            if self.attempt.take_response(&part) || end_of_stream {
                self.settle_by_body(end_of_stream);
            }
        }
        Flow::Continue
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Flow {
        if self.attempt.reads_response() {
            self.settle_by_body(true);
        }
        Flow::Continue
    }

    /// The stream is over. What is still awaited will not come: the client or upstream has gone.
    fn on_log(&mut self) {
        if self.attempt.reads_response() {
            self.settle_by_body(false);
        } else if self.attempt.is_unanswered() {
            let Some(host) = self.module.host() else { return };
            let learnt = self.module.engine.abandon(&host, &mut self.attempt);
            let by = self.status.map_or(AnsweredBy::Nobody, |_| AnsweredBy::Proxy);
            self.record(by, self.status, learnt.as_ref());
            self.learn(learnt);
        }
    }
}
