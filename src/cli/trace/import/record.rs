//! What a log tells of a request: fields of a trace, as JSON.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde_json::{Map, Value, json};
use unstuff_engine::breached::Sha1Digest;
use unstuff_trace::fields::TraceField;

/// Numbers from here on are milliseconds since 1970, and seconds below: this many seconds are the
/// year 5138, and this many milliseconds the year 1973.
const MILLISECONDS_FROM: f64 = 1e11;

/// Where a value of a log goes: a field of the trace, or a header in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RecordField {
    /// A field.
    Field(TraceField),
    /// A header of the request, lower case.
    Header(String),
    /// A header of the response, lower case.
    ResponseHeader(String),
}

impl RecordField {
    /// The field of this name: `user`, `headers.user-agent`.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.split_once('.') {
            Some(("headers", header)) => Some(Self::Header(header.to_lowercase())),
            Some(("response_headers", header)) => Some(Self::ResponseHeader(header.to_lowercase())),
            _ => match TraceField::named(name)? {
                TraceField::Headers | TraceField::ResponseHeaders => None,
                field => Some(Self::Field(field)),
            },
        }
    }
}

impl fmt::Display for RecordField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => f.write_str(field.row().name),
            Self::Header(name) => write!(f, "headers.{name}"),
            Self::ResponseHeader(name) => write!(f, "response_headers.{name}"),
        }
    }
}

/// The fields of one request. It has no `Debug`: it may hold a password.
#[derive(Default)]
pub(super) struct LogRecord {
    fields: Map<String, Value>,
}

impl LogRecord {
    /// Sets a field from its text. A text that stands for nothing (`-`) leaves it out. A text that is
    /// not of the field's type stays one, so that the trace's parser says what is wrong with it.
    pub(super) fn set(&mut self, field: &RecordField, text: &str) {
        if text.is_empty() || text == "-" {
            return;
        }
        match field {
            RecordField::Header(name) => self.set_in("headers", name, text),
            RecordField::ResponseHeader(name) => self.set_in("response_headers", name, text),
            RecordField::Field(TraceField::Password) => {
                let digest = hex::encode(Sha1Digest::of(text.as_bytes()).as_bytes());
                self.put(TraceField::PasswordSha1, json!(digest));
            }
            RecordField::Field(field) => self.put(*field, value(*field, text)),
        }
    }

    /// Whether the field is set.
    pub(super) fn has(&self, field: TraceField) -> bool {
        self.fields.contains_key(field.row().name)
    }

    /// The fields of the trace's line.
    pub(super) fn into_fields(self) -> Map<String, Value> {
        self.fields
    }

    fn put(&mut self, field: TraceField, value: Value) {
        self.fields.entry(field.row().name).or_insert(value);
    }

    fn set_in(&mut self, object: &str, name: &str, text: &str) {
        let headers = self.fields.entry(object).or_insert_with(|| json!({}));
        if let Value::Object(headers) = headers {
            headers.entry(name).or_insert_with(|| json!(text));
        }
    }
}

/// A text as a value of a field's type, if it is one.
fn value(field: TraceField, text: &str) -> Value {
    let typed = match field {
        TraceField::Time => time(text),
        TraceField::Status | TraceField::ResponseMs => number(text),
        TraceField::Breached
        | TraceField::PairBreached
        | TraceField::KnownDevice
        | TraceField::Solves => boolean(text),
        TraceField::Ip => Some(json!(without_port(text))),
        _ => None,
    };
    typed.unwrap_or_else(|| json!(text))
}

fn number(text: &str) -> Option<Value> {
    let whole = text.parse::<u64>().map(|number| json!(number));
    whole.ok().or_else(|| text.parse::<f64>().ok().map(|number| json!(number)))
}

fn boolean(text: &str) -> Option<Value> {
    match text.to_lowercase().as_str() {
        "true" | "t" | "yes" | "1" => Some(json!(true)),
        "false" | "f" | "no" | "0" => Some(json!(false)),
        _ => None,
    }
}

/// Seconds or milliseconds since 1970, or a date and a time without a zone, which is UTC.
fn time(text: &str) -> Option<Value> {
    if let Ok(number) = text.parse::<f64>() {
        return Some(json!(if number < MILLISECONDS_FROM { number } else { number / 1000.0 }));
    }
    if text.parse::<jiff::Timestamp>().is_ok() {
        return None;
    }
    let time = text.parse::<jiff::civil::DateTime>().ok()?;
    Some(json!(jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?.to_string()))
}

/// An address without its port.
fn without_port(text: &str) -> String {
    if text.parse::<IpAddr>().is_ok() {
        return text.to_owned();
    }
    text.parse::<SocketAddr>().map_or_else(|_| text.to_owned(), |it| it.ip().to_string())
}

/// The address so many places from the right of a list.
pub(super) fn from_right(list: &str, hops: usize) -> Option<&str> {
    list.rsplit(',').nth(hops).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[(&str, &str)]) -> unstuff_trace::TraceLine {
        let mut record = LogRecord::default();
        for (name, text) in fields {
            record.set(&RecordField::named(name).unwrap(), text);
        }
        unstuff_trace::of_fields(record.into_fields()).unwrap_or_else(|problem| panic!("{problem}"))
    }

    const FEW: [(&str, &str); 3] = [("time", "1767600000"), ("ip", "::1"), ("status", "401")];

    #[test]
    fn times_have_many_forms() {
        for text in [
            "1767600000",
            "1767600000000",
            "2026-01-05T08:00:00Z",
            "2026-01-05T10:00:00+02:00",
            "2026-01-05 08:00:00",
            "2026-01-05T08:00:00.000",
        ] {
            let line = read(&[("time", text), FEW[1], FEW[2]]);
            assert_eq!(line.time.0, 1_767_600_000_000, "{text}");
        }
    }

    #[test]
    fn addresses_lose_their_port() {
        for (text, address) in
            [("192.0.2.1:4711", "192.0.2.1"), ("[2001:db8::1]:443", "2001:db8::1"), ("::1", "::1")]
        {
            assert_eq!(read(&[FEW[0], ("ip", text), FEW[2]]).ip.to_string(), address);
        }
        assert_eq!(from_right("203.0.113.9, 10.0.0.7", 0), Some("10.0.0.7"));
        assert_eq!(from_right("203.0.113.9, 10.0.0.7", 1), Some("203.0.113.9"));
        assert_eq!(from_right("203.0.113.9", 1), None);
    }

    #[test]
    fn password_is_kept_as_its_sha1_alone() {
        let line = read(&[&FEW[..], &[("password", "hunter2")]].concat());
        assert!(line.password.is_none());
        assert_eq!(line.digest(), Some(Sha1Digest::of(b"hunter2")));
    }

    #[test]
    fn dash_stands_for_nothing() {
        let line = read(&[&FEW[..], &[("user", "-"), ("headers.user-agent", "")]].concat());
        assert!(line.user.is_none() && line.headers.is_none());
        let line =
            read(&[&FEW[..], &[("known_device", "yes"), ("headers.User-Agent", "a")]].concat());
        assert!(line.known_device);
        assert_eq!(line.headers, Some(vec![("user-agent".to_owned(), "a".to_owned())]));
    }
}
