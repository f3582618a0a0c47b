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
    /// Bytes per chunk; the whole body at once, with its length, if `None`.
    pub chunk: Option<usize>,
    /// The pause after each chunk.
    pub pause: Duration,
    /// Whether the connection breaks before the body ends.
    pub is_broken: bool,
}

impl AppResponse {
    /// A response with a status, without headers or body.
    pub fn status(status: u16) -> Self {
        let (headers, body) = (Vec::new(), Vec::new());
        let (delay, pause) = (Duration::ZERO, Duration::ZERO);
        let (echo, chunk, is_broken) = (false, None, false);
        Self { status, headers, body, delay, echo, chunk, pause, is_broken }
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

    /// Sends the body in chunks of `bytes`, without a `content-length`.
    pub fn in_chunks_of(mut self, bytes: usize) -> Self {
        self.chunk = Some(bytes);
        self
    }

    /// Pauses after each chunk.
    pub fn every(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// Sends the body in chunks and breaks the connection instead of ending it.
    pub fn broken_off(mut self) -> Self {
        self.is_broken = true;
        self.chunk = self.chunk.or(Some(self.body.len()));
        self
    }

    /// Delays the response.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}
