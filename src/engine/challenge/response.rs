//! Responses that the challenge sends itself, without upstream.

use super::protocol::PASS_COOKIE;
use super::refusal::Refusal;

/// A response of our own. The sender adds the marker header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChallengeResponse {
    /// HTTP status.
    pub status: u16,
    /// The marker header's value: `challenge`, `pass` if the response carries one or has seen one, `puzzle`
    /// or `script`.
    pub name: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// The events to count.
    pub events: Vec<ChallengeEvent>,
}

/// An event of the challenge; each has its own metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeEvent {
    /// A challenge was issued.
    Issued,
    /// A login page fetched a puzzle ahead of its login.
    Fetched,
    /// A browser was redirected to the external challenge.
    HandedOver,
    /// A solution was exchanged for a pass.
    Solved,
    /// A completed wait was exchanged for a pass.
    Waited,
    /// A browser came back from the external challenge with a valid answer.
    Returned,
    /// One attempt of a pass was used.
    Used,
    /// A token was refused.
    Refused(Refusal),
}

/// What is said to one client is no cache's.
fn no_store() -> (&'static str, String) {
    ("cache-control", "no-store".to_owned())
}

impl ChallengeResponse {
    /// A response with a body of this content type.
    #[must_use]
    pub(super) fn document(status: u16, kind: &str, body: String) -> Self {
        let headers = vec![no_store(), ("content-type", kind.to_owned())];
        Self { status, name: "challenge", headers, body, events: Vec::new() }
    }

    /// A 303 redirect: browsers follow it by GET, so the password is not sent again.
    #[must_use]
    pub(super) fn redirect(location: String) -> Self {
        let headers = vec![no_store(), ("location", location)];
        Self { status: 303, name: "challenge", headers, ..Self::default() }
    }

    /// A script that caches keep as `cache_control` says.
    #[must_use]
    pub(super) fn script(body: String, cache_control: &str) -> Self {
        let headers = vec![
            ("cache-control", cache_control.to_owned()),
            ("content-type", "text/javascript; charset=utf-8".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
        ];
        Self { status: 200, name: "script", headers, body, events: Vec::new() }
    }

    #[must_use]
    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    #[must_use]
    pub(super) fn event(mut self, event: ChallengeEvent) -> Self {
        self.events.push(event);
        self
    }

    /// Another value of the marker header.
    #[must_use]
    pub(super) fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// Sets the pass as a cookie of this host that lasts `seconds`.
    #[must_use]
    pub(super) fn with_pass(self, pass: &str, seconds: u32) -> Self {
        // Lax: the login form may be on another host of the same site.
        let cookie = format!(
            "{PASS_COOKIE}={pass}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
        );
        self.named("pass").header("set-cookie", cookie)
    }
}
