//! The outcome of a login, from the headers of the response.
//!
//! Failure conditions come first: if a response matches both, it is a failure. Success needs
//! evidence: a configured condition, or an endpoint whose outcomes are recognised (`record`).
//! Any other outcome is unknown, and no counter learns from it.

pub(crate) mod record;

pub use record::{DENIED_USERNAMES, QUIET_ATTEMPTS};

use crate::policy::{Endpoint, HeaderCondition, ResponseCondition, StatusRange};
use crate::request::headers::Headers;

/// The outcome of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Upstream accepted the credentials.
    Success,
    /// Upstream refused the credentials.
    Failure,
    /// The response does not tell.
    Unknown,
}

impl Outcome {
    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }
}

/// The outcome of upstream's response. `recognised`: failures at the endpoint have been seen as
/// such, so a 2xx, 302 or 303 is a success even without a configured condition.
#[must_use]
pub fn judge(endpoint: &Endpoint, response: Headers<'_>, recognised: bool) -> Outcome {
    let any_holds = |conditions: &[ResponseCondition]| conditions.iter().any(|c| c.holds(response));
    if any_holds(&endpoint.failure) {
        return Outcome::Failure;
    }
    let succeeded = match &endpoint.success {
        Some(conditions) => any_holds(conditions),
        None => recognised && response.status().is_some_and(is_answer_to_a_login),
    };
    if succeeded { Outcome::Success } else { Outcome::Unknown }
}

/// Whether a status may mean that a login succeeded: 2xx, 302 and 303. 301, 307 and 308 send a
/// request elsewhere before any password is checked.
const fn is_answer_to_a_login(status: u16) -> bool {
    matches!(status, 200..=299 | 302 | 303)
}

impl ResponseCondition {
    /// Whether a response meets every part that is given.
    #[must_use]
    pub fn holds(&self, response: Headers<'_>) -> bool {
        self.status_holds(response)
            && self.header.as_ref().is_none_or(|header| header.holds(response))
            && self.location.as_ref().is_none_or(|wanted| {
                response
                    .all("location")
                    .any(|given| local_part(given).starts_with(wanted.as_bytes()))
            })
    }

    fn status_holds(&self, response: Headers<'_>) -> bool {
        self.status.is_empty()
            || response.status().is_some_and(|s| self.status.iter().any(|range| range.contains(s)))
    }
}

impl StatusRange {
    /// Whether `status` lies in the range.
    #[must_use]
    pub const fn contains(self, status: u16) -> bool {
        self.first <= status && status <= self.last
    }
}

impl HeaderCondition {
    fn holds(&self, response: Headers<'_>) -> bool {
        response.all(&self.name).any(|given| match &self.contains {
            None => true,
            Some(wanted) => {
                wanted.is_empty() || given.windows(wanted.len()).any(|w| w == wanted.as_bytes())
            }
        })
    }
}

/// A redirect's target without scheme and host: applications write both forms.
fn local_part(location: &[u8]) -> &[u8] {
    // Only at the start: the client may control the query.
    let scheme = location.iter().position(|b| !(b.is_ascii_alphanumeric() || b"+-.".contains(b)));
    let after_scheme = scheme
        .and_then(|at| location.get(at..)?.strip_prefix(b"://"))
        .or_else(|| location.strip_prefix(b"//"));
    let Some(rest) = after_scheme else { return location };
    let path = rest.iter().position(|b| matches!(b, b'/' | b'?' | b'#'));
    path.and_then(|at| rest.get(at..)).unwrap_or(b"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::Clients;
    use crate::request::headers::Header;

    fn response(status: &str, more: &[(&str, &str)]) -> Vec<Header> {
        std::iter::once((":status", status))
            .chain(more.iter().copied())
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect()
    }

    fn status(first: u16, last: u16) -> ResponseCondition {
        ResponseCondition { status: vec![StatusRange { first, last }], ..Default::default() }
    }

    fn endpoint(failure: ResponseCondition, success: Option<ResponseCondition>) -> Endpoint {
        Endpoint {
            login_page: None,
            clients: Clients::Auto,
            name: "web".into(),
            matcher: crate::request::endpoint_match::EndpointMatcher {
                hosts: vec![],
                methods: vec![],
                paths: vec![],
            },
            fields: crate::request::credentials::CredentialFields::default(),
            body: vec![],
            failure: vec![failure],
            success: success.map(|s| vec![s]),
        }
    }

    fn judged(endpoint: &Endpoint, headers: &[Header], recognised: bool) -> Outcome {
        judge(endpoint, Headers::new(headers), recognised)
    }

    #[test]
    fn failure_is_looked_for_before_success() {
        let both = endpoint(status(200, 200), Some(status(200, 299)));
        assert_eq!(judged(&both, &response("200", &[]), true), Outcome::Failure);
        assert_eq!(judged(&both, &response("204", &[]), true), Outcome::Success);
    }

    #[test]
    fn success_without_a_condition_is_believed_only_once_recognised() {
        let plain = endpoint(status(401, 401), None);
        assert_eq!(judged(&plain, &response("302", &[]), false), Outcome::Unknown);
        assert_eq!(judged(&plain, &response("302", &[]), true), Outcome::Success);
        for elsewhere in ["301", "307", "308", "500"] {
            assert_eq!(judged(&plain, &response(elsewhere, &[]), true), Outcome::Unknown);
        }
    }

    #[test]
    fn a_redirect_is_told_by_its_local_part() {
        let back =
            ResponseCondition { location: Some("/login?error".into()), ..Default::default() };
        let e = endpoint(back, Some(status(302, 302)));
        for target in [
            "/login?error=1",
            "/login?error&next=x://y/home",
            "https://shop.example/login?error",
            "//shop.example/login?error",
        ] {
            let headers = response("302", &[("location", target)]);
            assert_eq!(judged(&e, &headers, false), Outcome::Failure, "{target}");
        }
        for target in ["/home", "https://shop.example", "https://evil.example/?/login?error"] {
            let headers = response("302", &[("location", target)]);
            assert_eq!(judged(&e, &headers, false), Outcome::Success, "{target}");
        }
    }

    #[test]
    fn every_part_of_a_condition_must_hold() {
        let both = ResponseCondition {
            header: Some(HeaderCondition { name: "x-login".into(), contains: Some("fail".into()) }),
            ..status(200, 200)
        };
        let e = endpoint(both, None);
        assert_eq!(judged(&e, &response("200", &[("X-Login", "failed")]), false), Outcome::Failure);
        assert_eq!(judged(&e, &response("200", &[]), false), Outcome::Unknown);
        assert_eq!(judged(&e, &response("201", &[("x-login", "failed")]), false), Outcome::Unknown);
    }
}
