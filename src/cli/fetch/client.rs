//! The HTTP client: one request for one range, and its result.
//!
//! `ureq` blocks, so each request in flight has a thread. 64 small threads are easier to read
//! than an async runtime, and the pool keeps one connection alive per thread. The body is read
//! as it was sent and inflated here, because only then a truncated body can be told from a whole
//! one in every framing. Every error says whether a retry can help.

use std::io::Read;
use std::time::{Duration, SystemTime};

use flate2::bufread::MultiGzDecoder;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use super::backoff::retry_after;
use super::base_url::BaseUrl;
use super::prefix::RangePrefix;
use crate::tls;

/// The largest range in bytes, as sent or inflated; HIBP's have about 80 KB. With the number of
/// requests in flight it limits the memory.
const LARGEST: u64 = 2 << 20;

/// Bytes per connection. The library's default is 128 KiB, and there are many connections.
const INPUT_BUFFER: usize = 32 << 10;

/// Bytes per connection; a request has a few hundred.
const OUTPUT_BUFFER: usize = 4 << 10;

/// The user agent that the server sees.
const USER_AGENT: &str = concat!("unstuff/", env!("CARGO_PKG_VERSION"), " (range fetch)");

/// A server, and the connections to it.
pub(super) struct RangeClient {
    agent: Agent,
    base: BaseUrl,
}

/// A successful response.
#[derive(Debug)]
pub(super) enum RangeResponse {
    /// The content still has the ETag of the request.
    Unchanged,
    /// New content, in `text` of the buffers.
    Text {
        /// The content's ETag, if it can be stored.
        etag: Option<String>,
    },
}

/// Why a request failed.
#[derive(Debug)]
pub(super) struct RequestError {
    /// What went wrong, for a person.
    pub message: String,
    /// Whether a retry can help.
    pub retry: Retry,
}

/// Whether a retry can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// Yes, after a while.
    Soon,
    /// Yes, after the time that the server asked for.
    After(Duration),
    /// No.
    Never,
}

impl RequestError {
    /// An error that a retry may not see again.
    pub(super) fn passing(message: impl ToString) -> Self {
        Self { message: message.to_string(), retry: Retry::Soon }
    }
}

/// A worker's buffers, reused for each range.
#[derive(Default)]
pub(super) struct WorkerBuffers {
    /// The body as sent.
    pub wire: Vec<u8>,
    /// The body inflated.
    pub text: Vec<u8>,
    /// The file to write.
    pub file: Vec<u8>,
    /// Bytes of bodies received since this was last taken, as sent.
    pub received: u64,
}

impl RangeClient {
    /// A client for this many connections; `timeout` limits a whole request.
    pub(super) fn new(base: BaseUrl, connections: usize, timeout: Duration) -> Self {
        let agent = Agent::config_builder()
            .tls_config(tls::of_machine())
            .user_agent(USER_AGENT)
            .accept_encoding("gzip")
            .http_status_as_error(false)
            .max_redirects(3)
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            .input_buffer_size(INPUT_BUFFER)
            .output_buffer_size(OUTPUT_BUFFER)
            .timeout_global(Some(timeout))
            .build()
            .new_agent();
        Self { agent, base }
    }

    /// The address of a range.
    pub(super) fn address(&self, prefix: RangePrefix) -> String {
        self.base.range(prefix)
    }

    /// Requests a range; with `etag`, only if its content has changed.
    ///
    /// # Errors
    ///
    /// There is no response, a truncated one, or one that is neither content nor "unchanged".
    pub(super) fn get(
        &self,
        prefix: RangePrefix,
        etag: Option<&str>,
        now: impl Fn() -> SystemTime,
        buffers: &mut WorkerBuffers,
    ) -> Result<RangeResponse, RequestError> {
        buffers.wire.clear();
        let mut request = self.agent.get(self.address(prefix));
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        let mut response = request.call().map_err(RequestError::passing)?;
        // Read it for an error, too: then the connection can be used again.
        let mut body = response.body_mut().with_config().limit(LARGEST).reader();
        let read = body.read_to_end(&mut buffers.wire);
        // Counted here: a body that is not compressed becomes the text.
        buffers.received += buffers.wire.len() as u64;
        match response.status().as_u16() {
            200 => {
                read.map_err(|error| RequestError::passing(format!("body cut short: {error}")))?;
                inflate(&response, buffers)?;
                Ok(RangeResponse::Text { etag: storable_etag(response.headers()) })
            }
            304 if etag.is_some() => Ok(RangeResponse::Unchanged),
            status => Err(refusal(status, response.headers(), now())),
        }
    }
}

/// The error for any other status; "too many requests" and the server's errors can be retried.
fn refusal(status: u16, headers: &HeaderMap, now: SystemTime) -> RequestError {
    let wait = header(headers, "retry-after").and_then(|value| retry_after(value, now));
    let retry = match (status, wait) {
        // 304 is a server's error here, because the request named no ETag.
        (304 | 408 | 425 | 429 | 500..=599, Some(wait)) => Retry::After(wait),
        (304 | 408 | 425 | 429 | 500..=599, None) => Retry::Soon,
        _ => Retry::Never,
    };
    RequestError { message: format!("http status {status}"), retry }
}

/// Fills `text` from `wire`.
fn inflate(response: &Response<Body>, buffers: &mut WorkerBuffers) -> Result<(), RequestError> {
    let WorkerBuffers { wire, text, .. } = buffers;
    text.clear();
    let headers = response.headers();
    match header(headers, "content-encoding") {
        Some("gzip" | "x-gzip") => {
            // One byte above the limit shows that there is more.
            let mut gzip = MultiGzDecoder::new(&wire[..]).take(LARGEST + 1);
            gzip.read_to_end(text).map_err(|error| {
                RequestError::passing(format!("body is not a whole gzip file: {error}"))
            })?;
            if text.len() as u64 > LARGEST {
                return Err(RequestError::passing(format!("body inflates past {LARGEST} bytes")));
            }
        }
        None | Some("identity") => {
            let framed =
                headers.contains_key("content-length") || headers.contains_key("transfer-encoding");
            if !framed {
                let message = "the response has neither a content-length nor chunks, \
                               so a truncated one cannot be told from a whole one";
                return Err(RequestError::passing(message));
            }
            std::mem::swap(wire, text);
        }
        Some(other) => {
            return Err(RequestError::passing(format!(
                "content-encoding `{other}`; gzip was requested"
            )));
        }
    }
    Ok(())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The ETag, if it fits the label of a file (visible ASCII).
fn storable_etag(headers: &HeaderMap) -> Option<String> {
    let etag = header(headers, "etag")?;
    (!etag.is_empty() && etag.len() <= 256).then(|| etag.to_owned())
}
