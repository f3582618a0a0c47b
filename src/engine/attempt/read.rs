//! The facts of a held request, from its credentials at every endpoint that it may be at.
//!
//! A request can match several endpoints: by spellings of the path, hosts, methods, path headers,
//! or because two endpoints share a path. The engine cannot know which one the application will
//! choose, and the client can influence it. So the credentials of all of them are merged: a decoy
//! for one endpoint makes the attempt ambiguous and hides nothing.

use super::matching::MatchedEndpoint;
use super::{Engine, HeldRequest, Host};
use crate::breached::Sha1Digest;
use crate::decision::facts::{Breached, Facts};
use crate::policy::{Endpoint, EndpointId, EndpointKind};
use crate::request::credentials::{self, Body, Credentials, Reading};
use crate::request::headers::Headers;

/// A request whose credentials were read: all that its decision needs.
#[derive(Debug)]
pub(super) struct UndecidedLogin {
    pub held: Box<HeldRequest>,
    /// The endpoints at which it is a login, in the policy's order.
    pub endpoints: Vec<EndpointId>,
    pub facts: Facts,
}

/// What was read of a login.
pub(super) struct LoginRead {
    /// The endpoints at which it is a login, in the policy's order.
    pub endpoints: Vec<EndpointId>,
    /// Its credentials, merged.
    pub credentials: Credentials,
    /// What is sent to the endpoints, by the strictest of them.
    pub kind: EndpointKind,
}

impl Engine {
    /// Reads a request at every endpoint that it may be at; `None` if it is no login at any.
    pub(super) fn read(
        &self,
        at: &[MatchedEndpoint],
        headers: Headers<'_>,
        body: Body<'_>,
    ) -> Option<LoginRead> {
        let read_at = |at: &MatchedEndpoint| {
            let endpoint = self.policy.endpoint(at.id)?;
            match read_at(*at, endpoint, headers, body) {
                Reading::Login(credentials) => {
                    Some(LoginRead { endpoints: vec![at.id], credentials, kind: endpoint.kind })
                }
                Reading::NotALogin => None,
            }
        };
        let mut read: Vec<_> = at.iter().filter_map(read_at).collect();
        // Where nothing could be the password, nobody logs in: a password of another endpoint is
        // that one's, and so is the outcome.
        if read.iter().any(|it| !it.credentials.absent) {
            read.retain(|it| !it.credentials.absent);
        }
        read.into_iter().reduce(LoginRead::merge)
    }
}

impl LoginRead {
    /// Merges what was read at another endpoint.
    fn merge(mut self, other: Self) -> Self {
        self.endpoints.extend(other.endpoints);
        Self {
            endpoints: self.endpoints,
            credentials: self.credentials.merge(other.credentials),
            kind: self.kind.with(other.kind),
        }
    }
}

fn read_at(
    at: MatchedEndpoint,
    endpoint: &Endpoint,
    headers: Headers<'_>,
    body: Body<'_>,
) -> Reading {
    let Endpoint { fields, body: conditions, matcher, kind, .. } = endpoint;
    let methods = at.needs_method.then_some(matcher.methods.as_slice());
    match credentials::read(fields, conditions, methods, headers, body) {
        // The name comes alone there.
        Reading::Login(found) if *kind == EndpointKind::Identifier => {
            Reading::Login(Credentials { absent: false, ..found })
        }
        reading => reading,
    }
}

/// The facts of a held request of which this was read.
pub(super) fn facts<S, P: Breached, E>(
    host: &Host<'_, S, P, E>,
    held: &HeldRequest,
    LoginRead { credentials, kind, .. }: &LoginRead,
    body: Body<'_>,
) -> Facts {
    let sent = || Sha1Digest::of(&all_that_was_sent(host, held, body));
    let mut facts = Facts::gather(credentials, sent, host.passwords, host.pairs);
    facts.kind = *kind;
    if facts.is_about_address_only() {
        facts.unread = facts.unread.or_else(|| Some(sent()));
    }
    facts
}

/// Everything that may hold credentials, concatenated. The missing rest of a body that is cut off
/// may differ each time, so the time stands for it.
fn all_that_was_sent<S, P, E>(
    host: &Host<'_, S, P, E>,
    held: &HeldRequest,
    body: Body<'_>,
) -> Vec<u8> {
    let mut sent = Vec::new();
    for (_, value) in held.headers.read() {
        sent.extend_from_slice(value);
        sent.push(b'\n');
    }
    match body {
        Body::None => {}
        Body::Complete(bytes) => sent.extend_from_slice(bytes),
        Body::Cut(bytes) => {
            sent.extend_from_slice(bytes);
            sent.extend_from_slice(&host.now.0.to_le_bytes());
        }
    }
    sent
}
