//! One request for one range: what was asked, and what came of it.
//!
//! `ureq`, blocking, on a thread per request in flight: 64 small threads cost less to read
//! than an async runtime, and its pool keeps one connection alive for each. The body is read
//! as it was sent and inflated here, since only so can a body cut short be told from a whole
//! one in every framing. Every problem says whether trying again can help.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use flate2::bufread::MultiGzDecoder;
use rustls::crypto::ring;
use ureq::http::{HeaderMap, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::base_url::BaseUrl;
use super::patience::retry_after;
use super::prefix::Prefix;

/// No range is larger than this, sent or inflated; HIBP's are about 80 KB. With the number of
/// requests in flight it bounds the memory.
const LARGEST: u64 = 2 << 20;

/// Per connection; the library's own are 128 KiB each, and there are many connections.
const INPUT_BUFFER: usize = 32 << 10;

/// Per connection: a request is a few hundred bytes.
const OUTPUT_BUFFER: usize = 4 << 10;

/// How the tool introduces itself to the server.
const USER_AGENT: &str = concat!("unstuff/", env!("CARGO_PKG_VERSION"), " (range fetch)");

/// A server, and the connections to it.
pub struct Client {
    agent: Agent,
    base: BaseUrl,
}

/// What the server said.
#[derive(Debug)]
pub enum Answer {
    /// The content is still the one that the ETag names.
    Unchanged,
    /// The content, which is in the buffers' `text`.
    Text {
        /// The server's name for it.
        etag: Option<String>,
    },
}

/// Why there is no answer.
#[derive(Debug)]
pub struct Trouble {
    /// What went wrong, as a person reads it.
    pub what: String,
    /// Whether trying again can help.
    pub again: Again,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// After a while.
    Soon,
    /// After the time that the server asked for.
    After(Duration),
    /// No.
    Never,
}

impl Trouble {
    /// A problem that may pass.
    pub fn passing(what: impl ToString) -> Self {
        Self { what: what.to_string(), again: Again::Soon }
    }
}

/// A worker's memory, used for one range after another.
#[derive(Default)]
pub struct Buffers {
    /// The body as sent.
    pub wire: Vec<u8>,
    /// The body inflated.
    pub text: Vec<u8>,
    /// The file to write.
    pub file: Vec<u8>,
}

impl Client {
    /// A client with room for this many connections; `timeout` is for a whole request.
    pub fn new(base: BaseUrl, connections: usize, timeout: Duration) -> Self {
        // The machine's own roots: behind a company's proxy no others will do.
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
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
    pub fn address(&self, prefix: Prefix) -> String {
        self.base.range(prefix)
    }

    /// Asks for a range, or only for a change of what `etag` names.
    ///
    /// # Errors
    ///
    /// No answer, half an answer, or one that is neither a content nor "unchanged".
    pub fn get(
        &self,
        prefix: Prefix,
        etag: Option<&str>,
        now: impl Fn() -> SystemTime,
        buffers: &mut Buffers,
    ) -> Result<Answer, Trouble> {
        buffers.wire.clear();
        let mut request = self.agent.get(self.address(prefix));
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        let mut response = request.call().map_err(Trouble::passing)?;
        // Also of an error: a body that was read to its end leaves the connection usable.
        let mut body = response.body_mut().with_config().limit(LARGEST).reader();
        let read = body.read_to_end(&mut buffers.wire);
        match response.status().as_u16() {
            200 => {
                read.map_err(|error| Trouble::passing(format!("body cut short: {error}")))?;
                inflate(&response, buffers)?;
                Ok(Answer::Text { etag: storable_etag(response.headers()) })
            }
            304 if etag.is_some() => Ok(Answer::Unchanged),
            status => Err(refusal(status, response.headers(), now())),
        }
    }
}

/// A status that is no answer; "too many requests" and the server's own faults pass.
fn refusal(status: u16, headers: &HeaderMap, now: SystemTime) -> Trouble {
    let wait = header(headers, "retry-after").and_then(|value| retry_after(value, now));
    let again = match (status, wait) {
        // 304 is one: to a request that named no ETag, it is a fault of the server's.
        (304 | 408 | 425 | 429 | 500..=599, Some(wait)) => Again::After(wait),
        (304 | 408 | 425 | 429 | 500..=599, None) => Again::Soon,
        _ => Again::Never,
    };
    Trouble { what: format!("http status {status}"), again }
}

/// Fills `text` from `wire`.
fn inflate(response: &Response<Body>, buffers: &mut Buffers) -> Result<(), Trouble> {
    let Buffers { wire, text, .. } = buffers;
    text.clear();
    let headers = response.headers();
    match header(headers, "content-encoding") {
        Some("gzip" | "x-gzip") => {
            // One byte more than allowed, to see that there is more.
            let mut gzip = MultiGzDecoder::new(&wire[..]).take(LARGEST + 1);
            gzip.read_to_end(text)
                .map_err(|error| Trouble::passing(format!("body is no whole gzip: {error}")))?;
            if text.len() as u64 > LARGEST {
                return Err(Trouble::passing(format!("body inflates past {LARGEST} bytes")));
            }
        }
        None | Some("identity") => {
            let framed =
                headers.contains_key("content-length") || headers.contains_key("transfer-encoding");
            if !framed {
                let what = "the answer has neither a content-length nor chunks, \
                            so that a cut one cannot be told from a whole one";
                return Err(Trouble::passing(what));
            }
            std::mem::swap(wire, text);
        }
        Some(other) => {
            return Err(Trouble::passing(format!(
                "content-encoding `{other}`; gzip was asked for"
            )));
        }
    }
    Ok(())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The ETag, if it is one that fits the label of a file (visible ASCII).
fn storable_etag(headers: &HeaderMap) -> Option<String> {
    let etag = header(headers, "etag")?;
    (!etag.is_empty() && etag.len() <= 256).then(|| etag.to_owned())
}
