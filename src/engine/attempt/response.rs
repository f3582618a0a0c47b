//! The response to an attempt that was let through: its headers, and its body where only that tells.
//!
//! If the headers tell the outcome, the attempt is settled by them, and the body is not looked at.
//! Otherwise the attempt stays pending while the beginning of the body passes, and is settled when
//! the body ends, when enough has come, or when nothing more comes.

use super::{Attempt, Engine, Host, Phase, ResponseEffects};
use crate::decision::facts::Breached;
use crate::decision::ledger::PendingAttempt;
use crate::outcome::response_prefix::{ResponsePrefix, is_readable};
use crate::outcome::{self, BodySeen, UpstreamResponse, echo};
use crate::policy::EndpointId;
use crate::request::headers::{Headers, KeptHeaders};
use crate::state::{EntryStore, Store};

/// An attempt whose response has begun and does not tell yet.
#[derive(Debug)]
pub(super) struct OpenResponse {
    endpoints: Vec<EndpointId>,
    pending: Box<PendingAttempt>,
    headers: KeptHeaders,
    body: ResponsePrefix,
}

impl Attempt {
    /// Whether the body of the response is read: pass it to [`Attempt::take_response`].
    #[must_use]
    pub fn reads_response(&self) -> bool {
        matches!(self.0, Phase::ReadingResponse(_))
    }

    /// How many bytes of the next part of the response's body are of use.
    #[must_use]
    pub fn response_bytes_wanted(&self) -> usize {
        if let Phase::ReadingResponse(open) = &self.0 { open.body.wanted() } else { 0 }
    }

    /// Takes the next part of the response's body. Returns whether it is enough: then call
    /// [`Engine::response_body`].
    pub fn take_response(&mut self, part: &[u8]) -> bool {
        if let Phase::ReadingResponse(open) = &mut self.0 { open.body.push(part) } else { false }
    }
}

impl Engine {
    /// Takes the headers of upstream's response to an attempt that was let through. Decide an
    /// attempt that is still held first, by the part of its body that has arrived. Returns nothing
    /// if the body of the response is needed, see [`Attempt::reads_response`].
    pub fn response_headers(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        response: Headers<'_>,
    ) -> Option<ResponseEffects> {
        let response = UpstreamResponse::begun(response, host.now);
        self.settle(host, attempt, &response)
    }

    /// Settles an attempt by the body of its response, of which all or a part has been taken.
    /// `ended`: it was all of it. Otherwise there is more than is read, or nothing more comes,
    /// because the client or upstream has gone.
    pub fn response_body(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        ended: bool,
    ) -> Option<ResponseEffects> {
        match std::mem::replace(&mut attempt.0, Phase::Settled) {
            Phase::ReadingResponse(open) => {
                let headers = open.headers.read();
                let response = UpstreamResponse {
                    headers: Headers::borrowed(&headers),
                    body: open.body.seen(ended),
                    now: host.now,
                    is_echo: open.pending.is_echo,
                    code_details: None,
                    recorded: None,
                    shown: None,
                };
                self.learn(host, &open.endpoints, &open.pending, &response)
            }
            other => {
                attempt.0 = other;
                None
            }
        }
    }

    /// Settles an attempt by its response, unless the response does not tell yet.
    pub(super) fn settle(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        response: &UpstreamResponse<'_>,
    ) -> Option<ResponseEffects> {
        match std::mem::replace(&mut attempt.0, Phase::Settled) {
            Phase::AwaitingOutcome(endpoints, pending) => {
                let is_open = matches!(response.body, BodySeen::Awaited)
                    && self.endpoints_ask_body(&endpoints, response);
                if !is_open {
                    return self.learn(host, &endpoints, &pending, response);
                }
                if !is_readable(response.headers) {
                    let unread = UpstreamResponse { body: BodySeen::Cut(b""), ..*response };
                    return self.learn(host, &endpoints, &pending, &unread);
                }
                let (headers, body) =
                    (response.headers.copied(&|_| true), ResponsePrefix::default());
                let open = OpenResponse { endpoints, pending, headers, body };
                attempt.0 = Phase::ReadingResponse(Box::new(open));
                None
            }
            open @ Phase::ReadingResponse(_) => {
                attempt.0 = open;
                None
            }
            _ => None,
        }
    }

    /// Whether what is known of a response does not tell at one of these endpoints, and its body
    /// may.
    pub(super) fn endpoints_ask_body(
        &self,
        endpoints: &[EndpointId],
        response: &UpstreamResponse<'_>,
    ) -> bool {
        let mut at = endpoints.iter().filter_map(|id| self.policy.endpoint(*id));
        at.any(|endpoint| outcome::asks_body(endpoint, response))
    }

    /// Whether the body of the response may be read, so that upstream must not compress it.
    #[must_use]
    pub fn may_read_response(&self, attempt: &Attempt) -> bool {
        let reads =
            |id| self.policy.endpoint(id).is_some_and(|endpoint| endpoint.reads_response_body());
        match &attempt.0 {
            Phase::Held(held) => held.endpoints.iter().any(|at| reads(at.id)),
            Phase::Asking(asked) => asked.login.endpoints.iter().copied().any(reads),
            Phase::AwaitingOutcome(endpoints, _) => endpoints.iter().copied().any(reads),
            Phase::New | Phase::ReadingResponse(_) | Phase::Settled => false,
        }
    }

    /// Whether a piece of a request could have brought the text that shows a success at one of these
    /// endpoints.
    pub(super) fn could_bring_success<'s>(
        &self,
        endpoints: impl Iterator<Item = EndpointId>,
        mut sent: impl Iterator<Item = &'s [u8]>,
    ) -> bool {
        let at = endpoints.filter_map(|id| self.policy.endpoint(id));
        let texts: Vec<_> = at.flat_map(|endpoint| endpoint.success_texts()).collect();
        !texts.is_empty() && sent.any(|piece| echo::could_bring(piece, &texts))
    }
}
