//! The outcome of a login, from the response.
//!
//! Failure conditions come first: if a response matches both, it is a failure. Success needs
//! evidence: a configured condition, or an endpoint whose outcomes are recognised (`record`).
//! Any other outcome is unknown, and no counter learns from it.
//!
//! Most conditions are about headers (`set_cookie` and `destination` read one each). A condition can
//! also be about the body (`body_condition`, `json_lookup`), of which only the beginning is read
//! (`response_prefix`). A client can hang up before the body ends, or have it compressed. So where
//! only the body tells, a body that does not tell is a failure. And a client writes part of the page
//! that answers it, so a text proves a success only if the request cannot have brought it (`echo`).
//!
//! A response that upstream did not send is no outcome (`local_reply`), unless a condition names its
//! details.
//!
//! Where the conditions know no failure, `answer_monitor` keeps a table of the answers (`answers`),
//! and says which conditions (`suggestion`) and which preset (`preset_fit`) would fit.

mod answer_monitor;
mod answers;
pub(crate) mod body_condition;
pub(crate) mod destination;
pub(crate) mod echo;
pub(crate) mod json_lookup;
pub mod local_reply;
mod preset_fit;
pub(crate) mod record;
pub(crate) mod response_prefix;
pub(crate) mod set_cookie;
mod suggestion;
mod told;

pub(crate) use answer_monitor::AnswerMonitor;
pub use answers::FEW_ATTEMPTS;
pub use body_condition::BodySeen;
pub use record::{DENIED_USERNAMES, QUIET_ATTEMPTS};
pub use suggestion::OutcomeSuggestion;

use crate::policy::{Endpoint, HeaderCondition, ResponseCondition, StatusRange};
use crate::record::ShownOutcome;
use crate::request::headers::Headers;
use crate::time::Millis;
use destination::Destination;
use told::Told;

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
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Success, Self::Failure, Self::Unknown];

    /// The name in metrics and traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known of the response to a login.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamResponse<'a> {
    /// The headers.
    pub headers: Headers<'a>,
    /// The body.
    pub body: BodySeen<'a>,
    /// When it came: cookies expire.
    pub now: Millis,
    /// The request may have brought the text that shows a success.
    pub is_echo: bool,
    /// Why the proxy answered instead of upstream, if it did.
    pub code_details: Option<&'a [u8]>,
    /// What a trace says of the outcome, whatever the conditions say.
    pub recorded: Option<Outcome>,
    /// What it showed when it was recorded, where a record has no more of it.
    pub shown: Option<ShownOutcome>,
}

impl<'a> UpstreamResponse<'a> {
    /// A response whose headers have arrived.
    #[must_use]
    pub fn begun(headers: Headers<'a>, now: Millis) -> Self {
        Self {
            headers,
            body: BodySeen::Awaited,
            now,
            is_echo: false,
            code_details: None,
            recorded: None,
            shown: None,
        }
    }

    /// A response that the proxy or one of its filters made.
    pub(crate) fn local(headers: Headers<'a>, now: Millis, code_details: &'a [u8]) -> Self {
        Self { code_details: Some(code_details), ..Self::begun(headers, now) }
    }

    /// What a record says that it showed.
    fn shown(&self) -> Option<ShownOutcome> {
        if cfg!(feature = "replay") { self.shown } else { None }
    }

    /// A response in a trace, which records no bodies, and perhaps the outcome.
    #[must_use]
    pub fn recorded(headers: Headers<'a>, now: Millis, outcome: Option<Outcome>) -> Self {
        Self { body: BodySeen::Unrecorded, recorded: outcome, ..Self::begun(headers, now) }
    }
}

/// What the conditions of an endpoint say about a response: that it is a failure, and a success.
fn evidence(endpoint: &Endpoint, response: &UpstreamResponse<'_>) -> (Told, Told) {
    if let Some(outcome) = response.recorded {
        let is = |one| Told::from(outcome == one);
        return (is(Outcome::Failure), is(Outcome::Success));
    }
    let failed = endpoint.failure.iter().map(|it| it.holds(response)).max();
    let succeeds = |condition: &ResponseCondition| match condition.holds(response) {
        Told::Yes if response.is_echo && condition.has_text() => Told::No,
        told => told,
    };
    let succeeded = endpoint.success.iter().flatten().map(succeeds).max();
    (failed.unwrap_or(Told::No), succeeded.unwrap_or(Told::No))
}

/// Whether a response is a success without a configured condition, once failures at the endpoint have
/// been seen as such: a 2xx, 302 or 303.
fn is_success_if_recognised(endpoint: &Endpoint, response: &UpstreamResponse<'_>) -> bool {
    endpoint.learns_success
        && response.recorded.is_none()
        && response.code_details.is_none()
        && response.headers.status().is_some_and(is_answer_to_a_login)
}

/// Whether what is known of a response does not tell the outcome at an endpoint, and its body may.
pub(crate) fn asks_body(endpoint: &Endpoint, response: &UpstreamResponse<'_>) -> bool {
    endpoint.reads_response_body()
        && matches!(evidence(endpoint, response), (Told::Untold, _) | (Told::No, Told::Untold))
}

/// The outcome of upstream's response at an endpoint. `recognised`: failures there have been seen as such.
#[must_use]
pub fn judge(endpoint: &Endpoint, response: &UpstreamResponse<'_>, recognised: bool) -> Outcome {
    JudgedResponse::of(endpoint, response).outcome(recognised)
}

/// What a response shows at an endpoint, whether or not failures there have been seen as such.
#[derive(Clone, Copy)]
pub(crate) struct JudgedResponse {
    unrecognised: Outcome,
    recognised: Outcome,
}

impl JudgedResponse {
    /// Judges a response.
    pub(crate) fn of(endpoint: &Endpoint, response: &UpstreamResponse<'_>) -> Self {
        if let Some(shown) = response.shown() {
            return Self::shown_before(shown);
        }
        let (failed, succeeded) = evidence(endpoint, response);
        let unrecognised = told(failed, succeeded, response);
        let recognised = if is_success_if_recognised(endpoint, response) {
            told(failed, Told::Yes, response)
        } else {
            unrecognised
        };
        Self { unrecognised, recognised }
    }

    /// A response of which a record tells this.
    fn shown_before(shown: ShownOutcome) -> Self {
        let (unrecognised, recognised) = match shown {
            ShownOutcome::Plain(outcome) => (outcome, outcome),
            ShownOutcome::SuccessIfRecognised => (Outcome::Unknown, Outcome::Success),
        };
        Self { unrecognised, recognised }
    }

    /// The outcome.
    pub(crate) fn outcome(self, recognised: bool) -> Outcome {
        if recognised { self.recognised } else { self.unrecognised }
    }

    /// What a record says of it.
    pub(crate) fn shown(self) -> ShownOutcome {
        match (self.unrecognised, self.recognised) {
            (Outcome::Unknown, Outcome::Success) => ShownOutcome::SuccessIfRecognised,
            (outcome, _) => ShownOutcome::Plain(outcome),
        }
    }
}

/// The outcome where conditions say this of a failure and of a success.
fn told(failed: Told, succeeded: Told, response: &UpstreamResponse<'_>) -> Outcome {
    match (failed, succeeded) {
        (Told::Yes, _) => Outcome::Failure,
        (Told::No, Told::Yes) => Outcome::Success,
        // An empty body holds no failure, and only the headers can have shown the success.
        (Told::Untold, Told::Yes) if matches!(response.body, BodySeen::Whole([])) => {
            Outcome::Success
        }
        (Told::Untold, _) | (_, Told::Untold) => untold(response),
        (Told::No, Told::No) => Outcome::Unknown,
    }
}

/// Whether a response shows a failure at an endpoint.
pub(crate) fn shows_failure(endpoint: &Endpoint, response: &UpstreamResponse<'_>) -> bool {
    if let Some(shown) = response.shown() {
        return shown == ShownOutcome::Plain(Outcome::Failure);
    }
    evidence(endpoint, response).0 == Told::Yes
}

/// Whether a condition of an endpoint names a local reply.
pub(crate) fn is_declared(endpoint: &Endpoint, response: &UpstreamResponse<'_>) -> bool {
    let (failed, succeeded) = evidence(endpoint, response);
    failed == Told::Yes || succeeded == Told::Yes
}

/// The outcome where only the body tells and does not. A client must not gain by hanging up before
/// the page ends, so it is a failure. An error of upstream is none: clients cause few of them.
fn untold(response: &UpstreamResponse<'_>) -> Outcome {
    let is_error = response.headers.status().is_some_and(|status| (500..=599).contains(&status));
    match response.body {
        BodySeen::Awaited | BodySeen::Unrecorded => Outcome::Unknown,
        _ if is_error => Outcome::Unknown,
        _ => Outcome::Failure,
    }
}

/// Whether a status may mean that a login succeeded: 2xx, 302 and 303. 301, 307 and 308 send a
/// request elsewhere before any password is checked.
const fn is_answer_to_a_login(status: u16) -> bool {
    matches!(status, 200..=299 | 302 | 303)
}

impl Endpoint {
    /// Whether a condition is about the body of responses.
    #[must_use]
    pub fn reads_response_body(&self) -> bool {
        self.failure.iter().chain(self.success.iter().flatten()).any(|it| it.body.is_some())
    }

    /// The texts that show a success.
    pub(crate) fn success_texts(&self) -> impl Iterator<Item = &str> {
        let bodies = self.success.iter().flatten().filter_map(|it| it.body.as_ref());
        bodies.filter_map(|body| body.text())
    }
}

impl ResponseCondition {
    /// Whether a response meets every part that is given.
    fn holds(&self, response: &UpstreamResponse<'_>) -> Told {
        if !self.headers_hold(response) {
            return Told::No;
        }
        self.body.as_ref().map_or(Told::Yes, |body| body.holds(response.body))
    }

    fn headers_hold(&self, response: &UpstreamResponse<'_>) -> bool {
        let headers = response.headers;
        self.is_about(response.code_details)
            && self.status_holds(headers)
            && self.header.as_ref().is_none_or(|header| header.holds(headers))
            && self.location.as_ref().is_none_or(|wanted| {
                headers
                    .all("location")
                    .any(|given| local_part(given).starts_with(wanted.as_bytes()))
            })
            && self.redirect.is_none_or(|wanted| Destination::of(headers) == Some(wanted))
            && self.cookie.as_ref().is_none_or(|cookie| cookie.is_set_by(headers, response.now))
    }

    /// Whether the condition is about responses of this origin: upstream's, or local ones.
    fn is_about(&self, code_details: Option<&[u8]>) -> bool {
        match code_details {
            None => self.code_details.is_empty(),
            Some(details) => self.code_details.iter().any(|pattern| pattern.names(details)),
        }
    }

    fn status_holds(&self, response: Headers<'_>) -> bool {
        self.status.is_empty()
            || response.status().is_some_and(|s| self.status.iter().any(|range| range.contains(s)))
    }

    /// Whether a text in the body is part of it.
    fn has_text(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.text().is_some())
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
        let is_met =
            |given: &[u8], wanted: &str| body_condition::contains(given, wanted.as_bytes());
        response
            .all(&self.name)
            .any(|given| self.contains.as_ref().is_none_or(|wanted| is_met(given, wanted)))
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
    use super::set_cookie::CookiePattern;
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
            query: vec![],
            max_body_bytes: None,
            kind: crate::policy::EndpointKind::Login,
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
            learns_success: success.is_none(),
            success: success.map(|s| vec![s]),
        }
    }

    fn judged(endpoint: &Endpoint, headers: &[Header], recognised: bool) -> Outcome {
        judge(endpoint, &UpstreamResponse::begun(Headers::new(headers), Millis(0)), recognised)
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
    fn a_sign_of_one_application_is_believed_beside_what_is_learned() {
        let sign =
            ResponseCondition { cookie: CookiePattern::parse("app").ok(), ..Default::default() };
        let both = Endpoint { learns_success: true, ..endpoint(status(401, 401), Some(sign)) };
        let signed = response("302", &[("set-cookie", "app=1")]);
        assert_eq!(judged(&both, &signed, false), Outcome::Success);
        assert_eq!(judged(&both, &response("302", &[]), false), Outcome::Unknown);
        assert_eq!(judged(&both, &response("302", &[]), true), Outcome::Success);
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
