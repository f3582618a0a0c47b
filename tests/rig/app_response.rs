//! The response that the application sends.

use std::time::Duration;

/// A response of the application, chosen by the test.
#[derive(Clone, Debug)]
pub struct AppResponse {
    /// The status code.
    pub status: u16,
    /// Headers beside those that hyper adds.
    pub headers: Vec<(String, String)>,
    /// The whole body; unused with [`AppResponse::echo`].
    pub body: Vec<u8>,
    /// How long the application waits before it responds.
    pub delay: Duration,
    /// Whether the body is the request's, sent back as it arrives.
    pub echo: bool,
}

impl AppResponse {
    /// A response with a status, without headers or body.
    pub fn status(status: u16) -> Self {
        let (headers, body) = (Vec::new(), Vec::new());
        Self { status, headers, body, delay: Duration::ZERO, echo: false }
    }

    /// A response whose body is the request's, sent back as it arrives.
    pub fn echo() -> Self {
        Self { echo: true, ..Self::status(200) }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Delays the response.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}
