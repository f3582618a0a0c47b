//! The last requests and responses of each Envoy, kept for the report of a failed test.
//!
//! A transcript belongs to the port that a client connects to, because each sandbox has a port
//! of its own.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write;
use std::sync::{LazyLock, Mutex};

use crate::client::ClientResponse;
use crate::lock::lock;
use crate::request::Request;

/// How many exchanges a report shows.
const KEPT: usize = 3;

/// How many bytes of a body a report shows.
const BODY_BYTES: usize = 400;

/// Requests and their responses as text, by port.
static EXCHANGES: LazyLock<Mutex<HashMap<u16, VecDeque<String>>>> = LazyLock::new(Mutex::default);

/// Records an exchange. `request` is the text that [`describe`] or [`bytes`] returns.
pub(crate) fn record(port: u16, request: &str, response: &ClientResponse) {
    let mut text = format!("{request}  < {}\n", response.status);
    for (name, value) in &response.headers {
        let _ = writeln!(text, "  < {name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    text.push_str(&bytes("<", &response.body));
    let mut exchanges = lock(&EXCHANGES);
    let exchanges = exchanges.entry(port).or_default();
    exchanges.push_back(text);
    if exchanges.len() > KEPT {
        exchanges.pop_front();
    }
}

/// The last exchanges with an Envoy, the oldest first.
pub(crate) fn last(port: u16) -> String {
    let exchanges = lock(&EXCHANGES);
    let exchanges = exchanges.get(&port).into_iter().flatten();
    exchanges.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// A request as text.
pub(crate) fn describe(request: &Request) -> String {
    let mut text = format!("  > {} {}\n", request.method, request.target);
    for (name, value) in &request.headers {
        let _ = writeln!(text, "  > {name}: {}", String::from_utf8_lossy(value));
    }
    text + &bytes(">", &request.body)
}

/// The beginning of a body as text, each line behind a mark.
pub(crate) fn bytes(mark: &str, body: &[u8]) -> String {
    let shown = String::from_utf8_lossy(body.get(..BODY_BYTES).unwrap_or(body)).into_owned();
    let mut text: String = shown.lines().map(|line| format!("  {mark} {line}\n")).collect();
    if body.len() > BODY_BYTES {
        let _ = writeln!(text, "  {mark} … {} bytes in all", body.len());
    }
    text
}
