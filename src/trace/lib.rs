//! The trace format: one login attempt as a line of JSON, written by `unstuff simulate` and read
//! by `unstuff replay`.
//!
//! Responsible for the fields, their defaults, and error messages that name the field at fault.
//! `docs/trace.md` documents the format; its table is generated from the fields that the parser
//! knows. An unknown field is not an error, so that a log with more fields is a trace as it is.
//! The first unknown name is reported, because a misspelt name would silently mean "absent".
//! A line has no `Debug`: it may hold a password.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::outcome::Outcome;
use unstuff_engine::time::Millis;

pub mod fields;
pub mod gzip;
mod line_file;
mod parser;
mod reader;
pub mod record;
#[cfg(test)]
mod tests;
mod values;

pub use line_file::LineFile;
pub use parser::{of_fields, parse};
pub use reader::{BadTraceLine, TraceReader};
pub use record::{EventOrder, NoteKind, RecordNote, RecordedLine};

/// One attempt of a trace.
#[derive(Serialize)]
pub struct TraceLine {
    /// When the attempt was made.
    #[serde(serialize_with = "seconds")]
    pub time: Millis,
    /// The client's address.
    pub ip: IpAddr,
    /// The username as typed; absent: unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password as typed. Nothing that is printed ever repeats it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The password's SHA-1: enough for lookups and distinct counts.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "hex")]
    pub password_sha1: Option<Sha1Digest>,
    /// Overrides the lookup of the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breached: Option<bool>,
    /// Overrides the lookup of username and password together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair_breached: Option<bool>,
    /// The request's headers in their order, for the client's fingerprint; absent: unknown.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_object")]
    pub headers: Option<Vec<(String, String)>>,
    /// The host; absent: the host of any endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The method; absent: [`TraceLine::METHOD`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path; absent: [`TraceLine::PATH`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The status of upstream's response, if the attempt reaches upstream. A line has it, or
    /// `outcome`, or both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers of upstream's response.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "object")]
    pub response_headers: Vec<(String, String)>,
    /// How the login went; absent: the policy reads it from the response.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "outcome")]
    pub outcome: Option<Outcome>,
    /// Upstream's response time in milliseconds. The engine learns the outcome that much later.
    pub response_ms: u64,
    /// The browser, if it keeps cookies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The browser whose cookies this one has copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies: Option<String>,
    /// Whether the client has a device cookie for this user from before the trace.
    pub known_device: bool,
    /// Whether the client solves challenges; absent: see [`TraceLine::solves`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solves: Option<bool>,
    /// Who makes the attempt; absent: [`TraceLine::LABEL`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What a decision record says beside, if the line is of one.
    #[serde(skip)]
    pub recorded: Option<Box<RecordedLine>>,
    /// The first field that the format does not have.
    #[serde(skip)]
    pub unknown: Option<String>,
}

impl TraceLine {
    /// A line without anything.
    pub(crate) const EMPTY: Self = Self {
        time: Millis(0),
        ip: IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
        user: None,
        password: None,
        password_sha1: None,
        breached: None,
        pair_breached: None,
        headers: None,
        host: None,
        method: None,
        path: None,
        status: None,
        response_headers: Vec::new(),
        outcome: None,
        response_ms: 0,
        client: None,
        copies: None,
        known_device: false,
        solves: None,
        label: None,
        recorded: None,
        unknown: None,
    };

    /// The method of a line without one.
    pub const METHOD: &'static str = "POST";
    /// The path of a line without one.
    pub const PATH: &'static str = "/login";
    /// The label of a line without one.
    pub const LABEL: &'static str = "(none)";

    /// Whether the client solves a challenge: as the line says, or if the client keeps cookies.
    pub fn solves(&self) -> bool {
        self.solves.unwrap_or(self.client.is_some())
    }

    /// The status of upstream's response; of a line that tells the outcome alone, the usual one.
    pub fn answered(&self) -> u16 {
        self.status.unwrap_or(if self.outcome == Some(Outcome::Failure) { 401 } else { 200 })
    }

    /// The password's digest, given or computed; none if the line has no password.
    pub fn digest(&self) -> Option<Sha1Digest> {
        let typed = self.password.as_ref().map(|password| Sha1Digest::of(password.as_bytes()));
        self.password_sha1.or(typed)
    }

    /// Writes the line, with its newline.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")
    }
}

fn seconds<S: Serializer>(time: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.0 as f64 / 1000.0)
}

fn hex<S: Serializer>(digest: &Option<Sha1Digest>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = digest.map(|digest| hex::encode(digest.as_bytes()));
    serializer.serialize_str(&text.unwrap_or_default())
}

fn outcome<S: Serializer>(outcome: &Option<Outcome>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.map_or("", Outcome::name))
}

fn optional_object<S: Serializer>(
    headers: &Option<Vec<(String, String)>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    object(headers.as_deref().unwrap_or_default(), serializer)
}

fn object<S: Serializer>(headers: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(headers.len()))?;
    for (name, value) in headers {
        map.serialize_entry(name, value)?;
    }
    map.end()
}
