//! What the challenge answers by itself, without upstream.

use super::admission::PASS_COOKIE;
use super::refusal::Refusal;

/// An answer of our own. Whoever sends it adds the marker header and `no-store`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChallengeResponse {
    /// HTTP status.
    pub status: u16,
    /// The marker header's value: `challenge`, or `pass` where one is given.
    pub name: &'static str,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
    /// What happened, for the metrics.
    pub events: Vec<ChallengeEvent>,
}

/// What happened at the challenge: each is counted on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeEvent {
    /// A puzzle was given out.
    Issued,
    /// A browser was sent to the other challenge.
    HandedOver,
    /// A puzzle was solved in exchange for a pass.
    Solved,
    /// A wait was over in exchange for a pass.
    Waited,
    /// The other challenge was passed.
    Returned,
    /// One attempt of a pass was used.
    Used,
    /// A token was not taken.
    Refused(Refusal),
}

impl ChallengeResponse {
    /// A document of a type.
    #[must_use]
    pub(super) fn document(status: u16, kind: &str, body: String) -> Self {
        let headers = vec![("content-type", kind.to_owned())];
        Self { status, name: "challenge", headers, body, events: Vec::new() }
    }

    /// A redirect that is followed by GET, so that no password is sent on.
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

    /// Gives a pass that lasts so many seconds, as a cookie of this host alone.
    #[must_use]
    pub(super) fn with_pass(self, pass: &str, seconds: u32) -> Self {
        // Lax: the login form may be on another host of the same site.
        let cookie = format!(
            "{PASS_COOKIE}={pass}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"
        );
        Self { name: "pass", ..self }.header("set-cookie", cookie)
    }
}
