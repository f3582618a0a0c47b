//! The endpoints that a request may be at, by its headers alone.

use super::read::LoginRead;
use super::{Decision, Engine};
use crate::decision::verdict::{Cause, Verdict};
use crate::policy::{Action, Endpoint, EndpointId, Mode};
use crate::request::client;
use crate::request::credentials::Body;
use crate::request::endpoint_match::method::sends_a_body;
use crate::request::endpoint_match::{EndpointMatch, Target};
use crate::request::headers::Headers;

/// Headers that a request cannot be let through by alone: it may be a login, or present a token to the
/// challenge.
pub struct Concern(pub(super) MaybeConcerned);

impl Concern {
    /// Whether the request may be a login that its body decides.
    #[must_use]
    pub fn waits_for_body(&self) -> bool {
        matches!(self.0, MaybeConcerned::Matched(MatchedRequest::Login(_, None)))
    }
}

pub(super) enum MaybeConcerned {
    /// At these endpoints.
    Matched(MatchedRequest),
    /// It may be a redemption; which endpoints it matches is not known yet.
    PresentsToken,
    /// It asks for the script of login pages; whether its host has endpoints is not known yet.
    AsksForScript,
    /// It asks for the login page of this endpoint, which is under attack.
    AsksForPage(EndpointId),
}

/// A request that is at an endpoint, by its headers.
pub(super) enum MatchedRequest {
    /// An upgrade or CONNECT at a login location.
    Upgrade,
    /// A login at any of these, in the policy's order, as far as the headers tell. If no body decides,
    /// with what was read of it.
    Login(Vec<MatchedEndpoint>, Option<LoginRead>),
}

/// The endpoints that a request's headers match.
#[derive(Debug)]
pub(super) enum MatchedEndpoints {
    /// An upgrade or CONNECT at a login location.
    Upgrade,
    /// A login at any of these, in the policy's order. Empty if it is no login.
    Login(Vec<MatchedEndpoint>),
}

/// An endpoint that a request may be at.
#[derive(Clone, Copy, Debug)]
pub(super) struct MatchedEndpoint {
    /// The endpoint.
    pub id: EndpointId,
    /// The request is a login only if a `_method` in the body says so.
    pub needs_method: bool,
}

impl Engine {
    /// Whether a request's headers concern the engine. Most do not, and cost no more than this.
    #[must_use]
    pub fn concern(&self, headers: Headers<'_>, end_of_stream: bool) -> Option<Concern> {
        if self.may_be_redemption(headers) {
            return Some(Concern(MaybeConcerned::PresentsToken));
        }
        if self.may_ask_for_script(headers) {
            return Some(Concern(MaybeConcerned::AsksForScript));
        }
        let matched = self.matched_request(headers, end_of_stream).map(MaybeConcerned::Matched);
        let page = || self.attacked_page(headers).map(MaybeConcerned::AsksForPage);
        matched.or_else(page).map(Concern)
    }

    /// Whether a request may be a login, or is refused as an upgrade. Most requests without a body to
    /// a login's location are neither: they are for the page itself.
    pub(super) fn matched_request(
        &self,
        headers: Headers<'_>,
        end_of_stream: bool,
    ) -> Option<MatchedRequest> {
        let endpoints = match self.matched_endpoints(headers) {
            MatchedEndpoints::Upgrade => return Some(MatchedRequest::Upgrade),
            MatchedEndpoints::Login(endpoints) if endpoints.is_empty() => return None,
            MatchedEndpoints::Login(endpoints) => endpoints,
        };
        // A decoy in the query or in `Authorization` must not hide a body. Where no endpoint reads
        // bodies, there is nothing to wait for.
        if !end_of_stream && endpoints.iter().any(|at| self.asks_body(at)) {
            return Some(MatchedRequest::Login(endpoints, None));
        }
        let read = self.read(&endpoints, headers, Body::None)?;
        Some(MatchedRequest::Login(endpoints, Some(read)))
    }

    /// Whether a request's headers name the client, so that the peer's address does not matter.
    #[must_use]
    pub fn names_client(&self, headers: Headers<'_>) -> bool {
        client::named(&self.policy.client.address, headers).is_some()
    }

    /// Every endpoint that a request may be at.
    pub(super) fn matched_endpoints(&self, headers: Headers<'_>) -> MatchedEndpoints {
        let target = Target::of(headers);
        let mut endpoints = Vec::new();
        for (id, endpoint) in self.policy.endpoints_with_ids() {
            let matched = endpoint.matcher.match_target(&target);
            if matched == EndpointMatch::No || !could_hold(endpoint, headers) {
                continue;
            }
            match matched {
                EndpointMatch::No => {}
                EndpointMatch::Yes => {
                    endpoints.push(MatchedEndpoint { id, needs_method: false });
                }
                EndpointMatch::IfBodyNamesMethod => {
                    endpoints.push(MatchedEndpoint { id, needs_method: true });
                }
                EndpointMatch::Upgrade => return MatchedEndpoints::Upgrade,
            }
        }
        MatchedEndpoints::Login(endpoints)
    }

    /// Whether the headers of a request with a body tell a login, so that a ban can stop it before
    /// its body. A token refresh is no login, and neither is a GET, which may be of the page. Where
    /// only HTTP Basic is read, neither is a request without `Authorization`.
    pub(super) fn is_login_by_headers(&self, at: &MatchedEndpoint, headers: Headers<'_>) -> bool {
        self.policy.endpoint(at.id).is_some_and(|endpoint| {
            !at.needs_method
                && endpoint.body.is_empty()
                && headers.first(":method").is_some_and(sends_a_body)
                && (!endpoint.fields.only_basic() || headers.first("authorization").is_some())
        })
    }

    /// Whether the body decides whether the request is a login, or holds credentials.
    pub(super) fn asks_body(&self, at: &MatchedEndpoint) -> bool {
        self.policy.endpoint(at.id).is_none_or(|endpoint| {
            at.needs_method || !endpoint.body.is_empty() || !endpoint.fields.only_basic()
        })
    }

    /// The longest body that is read at any of these, in bytes.
    pub(super) fn max_body_bytes(&self, endpoints: &[MatchedEndpoint]) -> usize {
        let own = |at: &MatchedEndpoint| self.policy.endpoint(at.id)?.max_body_bytes;
        let most = endpoints.iter().map(|at| own(at).unwrap_or(self.policy.max_body_bytes)).max();
        most.unwrap_or(self.policy.max_body_bytes)
    }

    /// The decision on an upgrade or CONNECT at a login location: credentials would pass unseen
    /// in the tunnel.
    pub(super) fn refuse_upgrade(&self) -> Decision {
        let action = if self.policy.mode == Mode::Enforce { Action::Block } else { Action::Allow };
        let verdict = Verdict {
            action,
            shadow_action: Action::Block,
            cause: Cause::Upgrade,
            ..Verdict::default()
        };
        Decision { verdict, ..Decision::default() }
    }
}

/// Whether the query of a request could make it one to this endpoint.
pub(super) fn could_hold(endpoint: &Endpoint, headers: Headers<'_>) -> bool {
    endpoint.query.iter().all(|condition| condition.could_hold(headers))
}
