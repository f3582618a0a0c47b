//! From a held request to what it shows, at every endpoint that it may be at.
//!
//! A request can be at several places: spellings, hosts, methods and path headers all
//! count, and so do two endpoints at one path. Which of them the application takes it for
//! cannot be known, and the client has a say in it. So all of them read, and what they read
//! is put together: a decoy for one endpoint is an ambiguity, not a hiding place.

use super::{Engine, HeldRequest, Host, MatchedEndpoint};
use crate::decision::facts::{Breached, Facts};
use crate::policy::Endpoint;
use crate::request::credentials::{self, Body, Credentials, Reading};
use crate::request::headers::Headers;

impl Engine {
    /// The endpoints that the request is a login at, and what it shows.
    pub(super) fn read<S, E>(
        &self,
        host: &Host<'_, S, impl Breached, E>,
        held: &HeldRequest,
        body: Body<'_>,
    ) -> Option<(Vec<usize>, Facts)> {
        let mut endpoints = Vec::new();
        let mut read: Option<Credentials> = None;
        for at in &held.endpoints {
            if let Reading::Login(credentials) = self.read_at(*at, held, body) {
                endpoints.push(at.index);
                read = Some(match read {
                    None => credentials,
                    Some(others) => others.merge(credentials),
                });
            }
        }
        let sent = all_that_was_sent(host, held, body);
        Some((endpoints, Facts::gather(&read?, &sent, host.passwords, host.pairs)))
    }

    fn read_at(&self, at: MatchedEndpoint, held: &HeldRequest, body: Body<'_>) -> Reading {
        let Some(endpoint) = self.policy.endpoints.get(at.index) else {
            return Reading::NotALogin;
        };
        let Endpoint { fields, body: conditions, matcher, .. } = endpoint;
        let methods = at.needs_method.then_some(matcher.methods.as_slice());
        credentials::read(fields, conditions, methods, Headers::new(&held.headers), body)
    }

    /// Whether the headers alone say that this is a login: then a standing ban stops it. A
    /// token refresh is none, nor is a request without `Authorization` where only Basic is
    /// read.
    pub(super) fn is_login_by_headers(&self, at: &MatchedEndpoint, headers: Headers<'_>) -> bool {
        self.policy.endpoints.get(at.index).is_some_and(|endpoint| {
            !at.needs_method
                && endpoint.body.is_empty()
                && (!endpoint.fields.only_basic() || headers.first("authorization").is_some())
        })
    }

    /// Whether the body has a say in whether it is a login, or in its credentials.
    pub(super) fn asks_body(&self, at: &MatchedEndpoint) -> bool {
        self.policy.endpoints.get(at.index).is_none_or(|endpoint| {
            at.needs_method || !endpoint.body.is_empty() || !endpoint.fields.only_basic()
        })
    }
}

/// All that may hold credentials, one after the other. Of a body that is cut off the rest
/// is not known and may differ each time: its time stands for it.
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
