//! The facts of a held request, from its credentials at every endpoint that it may be at.
//!
//! A request can match several endpoints: by spellings of the path, hosts, methods, path headers,
//! or because two endpoints share a path. The engine cannot know which one the application will
//! choose, and the client can influence it. So the credentials of all of them are merged: a decoy
//! for one endpoint makes the attempt ambiguous and hides nothing.

use super::matching::MatchedEndpoint;
use super::{Engine, HeldRequest, Host};
use crate::decision::facts::{Breached, Facts};
use crate::policy::{Endpoint, EndpointId};
use crate::request::credentials::{self, Body, Credentials, Reading};
use crate::request::headers::Headers;

/// What was read of a login.
pub(super) struct LoginRead {
    /// The endpoints at which it is a login, in the policy's order.
    pub endpoints: Vec<EndpointId>,
    /// Its credentials, merged.
    pub credentials: Credentials,
}

impl Engine {
    /// Reads a request at every endpoint that it may be at; `None` if it is no login at any.
    pub(super) fn read(
        &self,
        at: &[MatchedEndpoint],
        headers: Headers<'_>,
        body: Body<'_>,
    ) -> Option<LoginRead> {
        let read_at = |at: &MatchedEndpoint| match self.read_at(*at, headers, body) {
            Reading::Login(credentials) => Some((at.id, credentials)),
            Reading::NotALogin => None,
        };
        let mut read: Vec<_> = at.iter().filter_map(read_at).collect();
        // Where nothing could be the password, nobody logs in: a password of another endpoint is
        // that one's, and so is the outcome.
        if read.iter().any(|(_, credentials)| !credentials.absent) {
            read.retain(|(_, credentials)| !credentials.absent);
        }
        let endpoints = read.iter().map(|(id, _)| *id).collect();
        let credentials = read.into_iter().map(|(_, it)| it).reduce(Credentials::merge)?;
        Some(LoginRead { endpoints, credentials })
    }

    fn read_at(&self, at: MatchedEndpoint, headers: Headers<'_>, body: Body<'_>) -> Reading {
        let Some(endpoint) = self.policy.endpoint(at.id) else {
            return Reading::NotALogin;
        };
        let Endpoint { fields, body: conditions, matcher, .. } = endpoint;
        let methods = at.needs_method.then_some(matcher.methods.as_slice());
        credentials::read(fields, conditions, methods, headers, body)
    }
}

/// The facts of a held request with these credentials.
pub(super) fn facts<S, P: Breached, E>(
    host: &Host<'_, S, P, E>,
    held: &HeldRequest,
    credentials: &Credentials,
    body: Body<'_>,
) -> Facts {
    let sent = all_that_was_sent(host, held, body);
    Facts::gather(credentials, &sent, host.passwords, host.pairs)
}

/// Everything that may hold credentials, concatenated. The missing rest of a body that is cut off
/// may differ each time, so the time stands for it.
fn all_that_was_sent<S, P, E>(
    host: &Host<'_, S, P, E>,
    held: &HeldRequest,
    body: Body<'_>,
) -> Vec<u8> {
    let mut sent = Vec::new();
    for (_, value) in &held.headers {
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
