//! What the application answers.

use std::time::Duration;

/// An answer of the application, as told by the test.
#[derive(Clone, Debug)]
pub struct AppResponse {
    /// The status code.
    pub status: u16,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The whole body, unless [`AppResponse::echo`].
    pub body: Vec<u8>,
    /// How long the application takes.
    pub delay: Duration,
    /// Whether the body is the request's, sent back as it arrives.
    pub echo: bool,
}

impl AppResponse {
    /// A status and nothing else.
    pub fn status(status: u16) -> Self {
        let (headers, body) = (Vec::new(), Vec::new());
        Self { status, headers, body, delay: Duration::ZERO, echo: false }
    }

    /// The request's body, sent back as it arrives.
    pub fn echo() -> Self {
        Self { echo: true, ..Self::status(200) }
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// After a time.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}
