//! From the text of a line to a [`TraceLine`], or to a sentence that says what is wrong.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::TraceLine;
use super::fields::{FieldPresence, TraceField};
use super::record::{self, RecordItem};
use super::values::{
    AddressValue, DigestValue, HeadersValue, OutcomeValue, ResponseTimeValue, StatusValue,
    TimeValue,
};

/// Parses one line: of a trace, or a login of a decision record.
///
/// # Errors
/// What is wrong with the line, naming the field; never with a password or a hash in it.
pub fn parse(line: &[u8]) -> Result<TraceLine, String> {
    match parse_item(line)? {
        RecordItem::Login(line) => Ok(*line),
        RecordItem::Note(_) => Err("a line of a record that is no login".to_owned()),
    }
}

/// Parses a line, which may be a record's that is no login.
pub(crate) fn parse_item(line: &[u8]) -> Result<RecordItem, String> {
    // Once for the line is cheaper than once for each string in it.
    let line = std::str::from_utf8(line)
        .map_err(|error| format!("not UTF-8 (column {})", error.valid_up_to() + 1))?;
    if let Some(recorded) = record::find(line) {
        return record::read(recorded);
    }
    let line = serde_json::from_str(line).map_err(|error| explain(line, &error))?;
    Ok(RecordItem::Login(Box::new(line)))
}

/// Makes a line of fields that come from another format.
///
/// # Errors
/// As for [`parse`].
pub fn of_fields(fields: Map<String, Value>) -> Result<TraceLine, String> {
    serde_path_to_error::deserialize(Value::Object(fields))
        .map_err(|error| sentence(&error.path().to_string(), &error.inner().to_string()))
}

/// Says what is wrong with a line. It is parsed again to find the field: tracking the path of
/// every value would slow all good lines down.
fn explain(line: &str, error: &serde_json::Error) -> String {
    let mut again = serde_json::Deserializer::from_str(line);
    let tracked = serde_path_to_error::deserialize::<_, TraceLine>(&mut again).err();
    let path = tracked.map(|error| error.path().to_string()).unwrap_or_default();
    let text = error.to_string();
    // A trace line is one line: only the column is of use.
    let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(problem, _)| problem);
    format!("{} (column {})", sentence(&path, problem), error.column())
}

/// What is wrong with the field at a path.
fn sentence(path: &str, problem: &str) -> String {
    match path {
        // About the line as a whole.
        "" | "." => problem.to_owned(),
        // Serde repeats the value, which must not appear for these.
        "password" => "`password`: not a string".to_owned(),
        "password_sha1" => "`password_sha1`: not a SHA-1: give 40 hex digits".to_owned(),
        path => format!("`{path}`: {problem}"),
    }
}

impl<'de> Deserialize<'de> for TraceLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LineVisitor)
    }
}

/// Reads the fields one by one. By hand rather than derived: `null` counts as absent, the first
/// unknown name is kept, and the messages come from the table of fields.
struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = TraceLine;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object, one login attempt")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TraceLine, A::Error> {
        let (mut time, mut ip, mut status, mut outcome) = (None, None, None, None);
        let (mut digest, mut headers, mut response_ms) = (None, None, None);
        let mut response_headers = None;
        let mut known_device: Option<bool> = None;
        let mut line = TraceLine::EMPTY;
        while let Some(name) = map.next_key()? {
            let field = match name {
                FieldName::Known(field) => field,
                FieldName::Unknown(name) => {
                    let IgnoredAny = map.next_value()?;
                    line.unknown.get_or_insert(name);
                    continue;
                }
            };
            match field {
                TraceField::Time => put(&mut time, &mut map, field)?,
                TraceField::Ip => put(&mut ip, &mut map, field)?,
                TraceField::User => put(&mut line.user, &mut map, field)?,
                TraceField::Password => put(&mut line.password, &mut map, field)?,
                TraceField::PasswordSha1 => put(&mut digest, &mut map, field)?,
                TraceField::Breached => put(&mut line.breached, &mut map, field)?,
                TraceField::PairBreached => put(&mut line.pair_breached, &mut map, field)?,
                TraceField::Headers => put(&mut headers, &mut map, field)?,
                TraceField::Host => put(&mut line.host, &mut map, field)?,
                TraceField::Method => put(&mut line.method, &mut map, field)?,
                TraceField::Path => put(&mut line.path, &mut map, field)?,
                TraceField::Status => put(&mut status, &mut map, field)?,
                TraceField::ResponseHeaders => put(&mut response_headers, &mut map, field)?,
                TraceField::Outcome => put(&mut outcome, &mut map, field)?,
                TraceField::ResponseMs => put(&mut response_ms, &mut map, field)?,
                TraceField::Client => put(&mut line.client, &mut map, field)?,
                TraceField::Copies => put(&mut line.copies, &mut map, field)?,
                TraceField::KnownDevice => put(&mut known_device, &mut map, field)?,
                TraceField::Solves => put(&mut line.solves, &mut map, field)?,
                TraceField::Label => put(&mut line.label, &mut map, field)?,
            }
        }
        TimeValue(line.time) = required(time, TraceField::Time)?;
        AddressValue(line.ip) = required(ip, TraceField::Ip)?;
        line.status = status.map(|StatusValue(status)| status);
        line.outcome = outcome.map(|OutcomeValue(outcome)| outcome);
        if line.status.is_none() && line.outcome.is_none() {
            return Err(A::Error::custom(NO_ANSWER));
        }
        line.password_sha1 = digest.map(|DigestValue(digest)| digest);
        line.headers = headers.map(|HeadersValue(headers)| headers);
        line.response_headers =
            response_headers.map_or_else(Vec::new, |HeadersValue(headers)| headers);
        line.response_ms = response_ms.map_or(0, |ResponseTimeValue(time)| time);
        line.known_device = known_device.unwrap_or(false);
        Ok(line)
    }
}

/// The error for a line that does not tell how upstream answered.
const NO_ANSWER: &str = "`status` is missing: give the status of upstream's response, as 200 or 401, or \
                         give `outcome`";

/// The name of a field.
enum FieldName {
    Known(TraceField),
    Unknown(String),
}

impl<'de> Deserialize<'de> for FieldName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = FieldName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field's name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<FieldName, E> {
                let field = TraceField::named(name);
                Ok(field.map_or_else(|| FieldName::Unknown(name.to_owned()), FieldName::Known))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Reads a value into `slot`; `null` counts as absent.
fn put<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    slot: &mut Option<T>,
    map: &mut A,
    field: TraceField,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(A::Error::custom(format!("`{}` is given twice", field.row().name)));
    }
    *slot = map.next_value()?;
    Ok(())
}

/// The value of a field that a line must have.
fn required<T, E: Error>(value: Option<T>, field: TraceField) -> Result<T, E> {
    value.ok_or_else(|| {
        let row = field.row();
        let give = match row.presence {
            FieldPresence::Required { give } => give,
            FieldPresence::Optional { .. } => row.values,
        };
        E::custom(format!("`{}` is missing: give {give}", row.name))
    })
}
