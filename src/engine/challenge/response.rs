//! Responses that the challenge sends itself, without upstream.

use super::protocol::PASS_COOKIE;
use super::refusal::Refusal;

/// A response of our own. The sender adds the marker header and `cache-control: no-store`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChallengeResponse {
    /// HTTP status.
    pub status: u16,
    /// The marker header's value: `challenge`, or `pass` if the response carries one or has seen one.
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

impl ChallengeResponse {
    /// A response with a body of this content type.
    #[must_use]
    pub(super) fn document(status: u16, kind: &str, body: String) -> Self {
        let headers = vec![("content-type", kind.to_owned())];
        Self { status, name: "challenge", headers, body, events: Vec::new() }
    }

    /// A 303 redirect: browsers follow it by GET, so the password is not sent again.
    #[must_use]
    pub(super) fn redirect(location: String) -> Self {
        let headers = vec![("location", location)];
        Self { status: 303, name: "challenge", headers, ..Self::default() }
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
