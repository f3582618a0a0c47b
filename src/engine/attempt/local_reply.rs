//! What becomes of an attempt that upstream did not answer.
//!
//! - A condition names the filter that answered: its reply is the outcome.
//! - No upstream has seen it: nothing was tried, so nothing is held against anybody.
//! - Anything else, and a client that hung up: the guess may have been checked, so the attempt stays
//!   charged until it lapses, and it is no failure.

use super::{Attempt, Engine, Host, Phase, ResponseEffects};
use crate::decision::facts::Breached;
use crate::decision::ledger::{Changes, PendingAttempt};
use crate::outcome::{self, Outcome, UpstreamResponse};
use crate::policy::EndpointId;
use crate::request::headers::Headers;
use crate::state::{EntryStore, Store};

/// A response that the proxy or one of its filters made instead of upstream.
#[derive(Clone, Copy, Debug)]
pub struct LocalReply<'a> {
    /// Its headers.
    pub headers: Headers<'a>,
    /// Its `response.code_details`.
    pub code_details: &'a [u8],
    /// No upstream has seen the request: [`outcome::local_reply::is_unseen`] says so, and the proxy
    /// has tried it only once.
    pub is_unseen: bool,
}

impl Engine {
    /// Takes a reply that upstream did not make to an attempt that was let through. Decide an
    /// attempt first that is still held, unless no upstream has seen it.
    pub fn local_reply(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
        reply: &LocalReply<'_>,
    ) -> Option<ResponseEffects> {
        let (endpoints, open) = match std::mem::replace(&mut attempt.0, Phase::Settled) {
            Phase::AwaitingOutcome(endpoints, open) => (endpoints, open),
            Phase::Held(_) | Phase::Asking(_) if reply.is_unseen => return None,
            other => {
                attempt.0 = other;
                return None;
            }
        };
        let response = UpstreamResponse::local(reply.headers, host.now, reply.code_details);
        if self.is_declared(&endpoints, &response) {
            return self.learn(host, &endpoints, &open, &response);
        }
        Some(self.unanswered(host, &open, reply.is_unseen))
    }

    /// Takes the charges of an attempt back that no upstream has seen, or lets them lapse.
    pub(super) fn unanswered<S, P, E: EntryStore>(
        &self,
        host: &Host<'_, S, P, E>,
        open: &PendingAttempt,
        is_unseen: bool,
    ) -> ResponseEffects {
        let (mut changes, state) = (Changes::default(), self.state(host, &[]));
        if is_unseen {
            open.refund(&state, &mut changes);
        } else {
            open.lose(&state, &mut changes);
        }
        ResponseEffects::unanswered(changes)
    }

    /// Ends an attempt whose stream is over without a response: the client hung up.
    pub fn abandon(
        &self,
        host: &Host<'_, impl Store, impl Breached, impl EntryStore>,
        attempt: &mut Attempt,
    ) -> Option<ResponseEffects> {
        let phase = std::mem::replace(&mut attempt.0, Phase::Settled);
        let Phase::AwaitingOutcome(_, open) = phase else { return None };
        Some(self.unanswered(host, &open, false))
    }

    /// Whether a condition of one of these endpoints names the reply.
    fn is_declared(&self, endpoints: &[EndpointId], response: &UpstreamResponse<'_>) -> bool {
        let mut at = endpoints.iter().filter_map(|id| self.policy.endpoint(*id));
        at.any(|endpoint| outcome::is_declared(endpoint, response))
    }
}

impl ResponseEffects {
    fn unanswered(changes: Changes) -> Self {
        Self {
            outcome: Outcome::Unknown,
            shown: None,
            is_unread: false,
            set_cookie: None,
            unrecognised: None,
            suggestion: None,
            fleet_report: None,
            changes,
        }
    }
}
