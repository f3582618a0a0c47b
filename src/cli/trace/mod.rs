//! The line of a trace: one login attempt as JSON, for `simulate` to write and `replay` to
//! read.
//!
//! Responsible for the fields, what they mean when absent, and for saying what is wrong
//! with a line in words that name the field. An unknown field is no error, so that a log
//! with more in it is a trace as it is; but the first one is kept, since a misspelt name
//! would silently mean "absent". A line borrows from the buffer that it was read into, and
//! has no `Debug`: it may hold a password.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::time::Millis;

mod field;
mod reader;
#[cfg(test)]
mod tests;
mod value;

pub use reader::{BadLine, Reader};

/// One attempt of a trace.
#[derive(Serialize)]
pub struct Line<'a> {
    /// When it was made: seconds since the epoch, or RFC 3339.
    #[serde(serialize_with = "seconds")]
    pub time: Millis,
    /// Who made it.
    pub ip: IpAddr,
    /// The username as typed.
    pub user: Cow<'a, str>,
    /// The password. Never repeated in anything that is printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Cow<'a, str>>,
    /// Its SHA-1, as 40 hex digits; enough for lookups and distinct counts.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "hex")]
    pub password_sha1: Option<Sha1Digest>,
    /// Overrides the lookup of the password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breached: Option<bool>,
    /// Overrides the lookup of username and password together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pair_breached: Option<bool>,
    /// Request headers, in their order; for the fingerprint.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "map")]
    pub headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The host; absent: any endpoint's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Cow<'a, str>>,
    /// The method; absent: [`Line::METHOD`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Cow<'a, str>>,
    /// The path; absent: [`Line::PATH`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Cow<'a, str>>,
    /// What upstream answers if the attempt reaches it.
    pub status: u16,
    /// Upstream's time in milliseconds; the outcome is learnt that much later. Absent: 0.
    pub response_ms: u64,
    /// A browser that keeps cookies; absent: none are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Cow<'a, str>>,
    /// It brought a valid device cookie for this user, from before the trace. Absent: false.
    pub known_device: bool,
    /// Whether a challenge put to it is solved; absent: see [`Line::solves`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solves: Option<bool>,
    /// Whose attempt it is; absent: [`Line::LABEL`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Cow<'a, str>>,
    /// The first field with a name that traces do not have.
    #[serde(skip)]
    pub unknown: Option<Cow<'a, str>>,
}

impl Line<'_> {
    /// The method of a line that names none.
    pub const METHOD: &'static str = "POST";
    /// The path of a line that names none.
    pub const PATH: &'static str = "/login";
    /// The label of a line that has none.
    pub const LABEL: &'static str = "(none)";

    /// Whether a challenge would be solved: as the line says, or as clients with cookies do.
    pub fn solves(&self) -> bool {
        self.solves.unwrap_or(self.client.is_some())
    }

    /// The digest by which the password is looked up and told from others, where it is known.
    pub fn digest(&self) -> Option<Sha1Digest> {
        let typed = self.password.as_ref().map(|password| Sha1Digest::of(password.as_bytes()));
        self.password_sha1.or(typed)
    }
}

/// Reads one line of a trace; what is wrong with it otherwise, in words.
pub fn parse(line: &[u8]) -> Result<Line<'_>, String> {
    // Once for the line is cheaper than once for each string in it.
    let line = std::str::from_utf8(line)
        .map_err(|error| format!("not UTF-8 (column {})", error.valid_up_to() + 1))?;
    serde_json::from_str(line).map_err(|error| {
        let text = error.to_string();
        // A line of a trace is one line: only the column says anything.
        match text.rsplit_once(" at line ") {
            Some((problem, _)) => format!("{problem} (column {})", error.column()),
            None => text,
        }
    })
}

/// Text that borrows from the line where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn seconds<S: Serializer>(time: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.0 as f64 / 1000.0)
}

fn hex<S: Serializer>(digest: &Option<Sha1Digest>, serializer: S) -> Result<S::Ok, S::Error> {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let bytes = digest.iter().flat_map(|digest| digest.as_bytes());
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or_default();
    let text: String = bytes.flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    serializer.serialize_str(&text)
}

fn map<S: Serializer>(
    headers: &[(Cow<'_, str>, Cow<'_, str>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(headers.len()))?;
    for (name, value) in headers {
        map.serialize_entry(name, value)?;
    }
    map.end()
}
