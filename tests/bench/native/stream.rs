//! One request: the same steps as in `src/filter/stream.rs`.
//!
//! Two things are simpler here. The headers wait with the body, so upstream sees nothing before the
//! verdict, without the buffer filter. And they can still be changed then, so the verdict is written
//! into them, without filter state and the route's part.

use std::rc::Rc;

use unstuff_engine::attempt::LocalReply;
use unstuff_engine::outcome::local_reply;
use unstuff_engine::policy::Reply;
use unstuff_engine::request::credentials::Body;
use unstuff_engine::request::headers::Headers;
use unstuff_engine::{Attempt, Decision, ResponseEffects, Step};

use crate::envoy::{BodyPart, EnvoyRequest, HeaderSide, NativeAttribute};
use crate::worker::NativeWorker;

const VERDICT: &str = "x-unstuff-verdict";
const REASONS: &str = "x-unstuff-reasons";
const EXPOSED: &str = "exposed-credential-check";

/// Marks replies of our own.
const MARKER: &str = "x-unstuff-reply";

/// What becomes of a request or of a part of it.
#[derive(Clone, Copy)]
pub(crate) enum Passage {
    /// It goes on, with all that was held.
    Continue,
    /// It is held.
    Hold,
    /// It was answered.
    Answered,
}

/// A request and what has become of it.
pub(crate) struct NativeStream {
    worker: Rc<NativeWorker>,
    attempt: Attempt,
}

impl NativeStream {
    /// A request of which nothing is known yet.
    pub(crate) fn new(worker: Rc<NativeWorker>) -> Self {
        Self { worker, attempt: Attempt::default() }
    }

    /// Takes the request's headers.
    pub(crate) fn request_headers(&mut self, envoy: EnvoyRequest, ended: bool) -> Passage {
        let headers = envoy.headers(HeaderSide::Request);
        let headers = Headers::new(&headers);
        for name in [VERDICT, REASONS, EXPOSED] {
            if headers.first(name).is_some() {
                envoy.set_request_header(name, "");
            }
        }
        let engine = &self.worker.engine;
        let Some(concern) = engine.concern(headers, ended) else {
            self.attempt = Attempt::none();
            return Passage::Continue;
        };
        let peer = envoy.attribute(NativeAttribute::SourceAddress).unwrap_or_default();
        let (host, attempt) = (self.worker.host(), &mut self.attempt);
        let step = engine.concerned(&host, attempt, concern, headers, &peer, ended);
        if engine.may_read_response(attempt) {
            envoy.set_request_header("accept-encoding", "identity");
        }
        self.follow(envoy, step)
    }

    /// Takes a part of the request's body.
    pub(crate) fn request_body(&mut self, envoy: EnvoyRequest, ended: bool) -> Passage {
        let Some(max) = self.attempt.max_body_bytes() else { return Passage::Continue };
        let parts = [BodyPart::RequestHeld, BodyPart::RequestNew];
        let bytes: usize = parts.iter().map(|part| envoy.body_bytes(*part)).sum();
        if ended || bytes > max { self.decide(envoy, ended) } else { Passage::Hold }
    }

    /// Takes the trailers, which end the body.
    pub(crate) fn request_trailers(&mut self, envoy: EnvoyRequest) -> Passage {
        if self.attempt.is_held() { self.decide(envoy, true) } else { Passage::Continue }
    }

    fn decide(&mut self, envoy: EnvoyRequest, ended: bool) -> Passage {
        let max = self.attempt.max_body_bytes().unwrap_or_default();
        let mut held = Vec::new();
        for part in [BodyPart::RequestHeld, BodyPart::RequestNew] {
            envoy.read_body(part, max.saturating_add(1), &mut held);
        }
        let body = match held.get(..max) {
            _ if held.is_empty() && ended => Body::None,
            Some(part) if held.len() > max => Body::Cut(part),
            _ if ended => Body::Complete(&held),
            _ => Body::Cut(&held),
        };
        let step = self.worker.engine.request_body(&self.worker.host(), &mut self.attempt, body);
        self.follow(envoy, step)
    }

    fn follow(&self, envoy: EnvoyRequest, step: Step) -> Passage {
        match step {
            // Without the challenge nothing is redeemed, and without calls nothing is asked.
            Step::PassThrough
            | Step::Redeem(_)
            | Step::Challenge(_)
            | Step::Answer(_)
            | Step::Ask(_) => Passage::Continue,
            Step::Hold => Passage::Hold,
            Step::Decided(decision) => self.carry_out(envoy, &decision),
        }
    }

    fn carry_out(&self, envoy: EnvoyRequest, decision: &Decision) -> Passage {
        let (verdict, policy) = (&decision.verdict, self.worker.engine.policy());
        if let Some(reply) = verdict.reply(policy) {
            answer(envoy, &reply, verdict.reply_name());
            return Passage::Answered;
        }
        envoy.set_request_header(VERDICT, verdict.action.name());
        let reasons = verdict.reasons_text(policy);
        if !reasons.is_empty() {
            envoy.set_request_header(REASONS, &reasons);
        }
        if let Some(exposed) = verdict.exposed {
            envoy.set_request_header(EXPOSED, exposed.header_value());
        }
        Passage::Continue
    }

    /// Takes the response's headers. What is still held then, upstream has not seen.
    pub(crate) fn response_headers(&mut self, envoy: EnvoyRequest, ended: bool) {
        if self.attempt.is_settled() || self.attempt.is_held() {
            return;
        }
        let response = envoy.headers(HeaderSide::Response);
        let headers = Headers::new(&response);
        if headers.first(MARKER).is_some() {
            return;
        }
        let (host, engine) = (self.worker.host(), &self.worker.engine);
        let details = envoy.attribute(NativeAttribute::ResponseCodeDetails);
        let learnt = match details.as_deref() {
            Some(code_details) if code_details != local_reply::VIA_UPSTREAM => {
                let is_unseen = local_reply::is_unseen(code_details);
                let reply = LocalReply { headers, code_details, is_unseen };
                engine.local_reply(&host, &mut self.attempt, &reply)
            }
            _ => engine.response_headers(&host, &mut self.attempt, headers),
        };
        learn(envoy, learnt);
        if ended {
            self.complete();
        }
    }

    /// Copies a part of the response's body where only that tells the outcome.
    pub(crate) fn response_body(&mut self, envoy: EnvoyRequest, ended: bool) {
        if !self.attempt.reads_response() {
            return;
        }
        let mut part = Vec::new();
        envoy.read_body(BodyPart::Response, self.attempt.response_bytes_wanted(), &mut part);
        if self.attempt.take_response(&part) || ended {
            self.worker.engine.response_body(&self.worker.host(), &mut self.attempt, ended);
        }
    }

    /// Settles a response that has ended.
    pub(crate) fn complete(&mut self) {
        if self.attempt.reads_response() {
            self.worker.engine.response_body(&self.worker.host(), &mut self.attempt, true);
        }
    }

    /// The stream is over. What is still awaited will not come.
    pub(crate) fn end(&mut self) {
        let (host, engine) = (self.worker.host(), &self.worker.engine);
        if self.attempt.reads_response() {
            engine.response_body(&host, &mut self.attempt, false);
        } else if self.attempt.is_unanswered() {
            engine.abandon(&host, &mut self.attempt);
        }
    }
}

fn learn(envoy: EnvoyRequest, learnt: Option<ResponseEffects>) {
    if let Some(cookie) = learnt.and_then(|it| it.set_cookie) {
        envoy.add_response_header("set-cookie", &cookie);
    }
}

fn answer(envoy: EnvoyRequest, reply: &Reply, name: &str) {
    let retry_after = reply.retry_after.map(|seconds| seconds.to_string());
    let mut headers = vec![(MARKER, name), ("cache-control", "no-store")];
    headers.push(("content-type", &reply.content_type));
    if let Some(seconds) = &retry_after {
        headers.push(("retry-after", seconds));
    }
    if let Some(location) = &reply.location {
        headers.push(("location", location));
    }
    envoy.answer(reply.status, &headers, &reply.body);
}
