//! Which key or column of a log is which field of the trace.

use anyhow::{Context as _, ensure};
use unstuff_trace::fields::TraceField;

use super::record::{LogRecord, RecordField, from_right};

/// What is not read by its own name: keys of Istio's and of Envoy Gateway's access logs, and usual
/// names of columns.
const KNOWN: [(&str, &str); 15] = [
    ("start_time", "time"),
    ("downstream_remote_address", "ip"),
    ("response_code", "status"),
    ("duration", "response_ms"),
    ("authority", "host"),
    (":authority", "host"),
    ("x-envoy-origin-path", "path"),
    ("user_agent", "headers.user-agent"),
    ("user-agent", "headers.user-agent"),
    ("accept_language", "headers.accept-language"),
    ("accept-language", "headers.accept-language"),
    ("set_cookie", "response_headers.set-cookie"),
    ("set-cookie", "response_headers.set-cookie"),
    ("location", "response_headers.location"),
    ("username", "user"),
];

/// The fields of a log by name.
#[derive(Debug)]
pub(super) struct FieldMapping {
    /// As `--field` has them: each field, and its name in the log.
    given: Vec<(RecordField, String)>,
    trusted_hops: Option<usize>,
}

impl FieldMapping {
    /// Reads `FIELD=NAME` arguments.
    ///
    /// # Errors
    /// One is not of this form, or there is no such field.
    pub(super) fn of(arguments: &[String], trusted_hops: Option<usize>) -> anyhow::Result<Self> {
        let mut given = Vec::new();
        for argument in arguments {
            let wrong = || format!("--field {argument}: give FIELD=NAME, such as user=email");
            let (field, name) = argument.split_once('=').with_context(wrong)?;
            ensure!(!name.is_empty(), wrong());
            let field = RecordField::named(field).with_context(|| {
                format!(
                    "--field {argument}: a trace has no field {field}; its fields are {}, \
                     headers.NAME and response_headers.NAME",
                    fields()
                )
            })?;
            given.push((field, name.to_owned()));
        }
        Ok(Self { given, trusted_hops })
    }

    /// The field that a key or column of the log is.
    pub(super) fn field(&self, name: &str) -> Option<RecordField> {
        if let Some((field, _)) = self.given.iter().find(|(_, it)| it == name) {
            return Some(field.clone());
        }
        let known = KNOWN.iter().find(|(key, _)| *key == name).map_or(name, |(_, field)| *field);
        let field = RecordField::named(known)?;
        // A field that was given another source is not read from its usual one.
        self.given.iter().all(|(it, _)| *it != field).then_some(field)
    }

    /// The names that were given and that a log must have.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.given.iter().map(|(_, name)| name.as_str())
    }

    /// Sets a field of a record. An address may be a list.
    ///
    /// # Errors
    /// The list is too short.
    pub(super) fn set(
        &self,
        record: &mut LogRecord,
        field: &RecordField,
        text: &str,
    ) -> Result<(), String> {
        let is_list = *field == RecordField::Field(TraceField::Ip)
            && (text.contains(',') || self.trusted_hops.is_some());
        let hops = self.trusted_hops.unwrap_or(0);
        let text = if is_list { from_right(text, hops).ok_or_else(|| short(hops))? } else { text };
        record.set(field, text);
        Ok(())
    }
}

/// The error for a list of addresses that is too short.
pub(super) fn short(hops: usize) -> String {
    format!("the list of addresses is shorter than --trusted-hops {hops} asks for")
}

fn fields() -> String {
    let names = TraceField::ALL.iter().map(|field| field.row().name);
    let plain: Vec<&str> = names.filter(|name| !name.ends_with("headers")).collect();
    plain.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(arguments: &[&str]) -> anyhow::Result<FieldMapping> {
        let arguments: Vec<_> = arguments.iter().map(|it| (*it).to_owned()).collect();
        FieldMapping::of(&arguments, None)
    }

    #[test]
    fn every_known_name_is_a_field() {
        let none = mapping(&[]).unwrap();
        for (key, field) in KNOWN {
            assert_eq!(none.field(key), RecordField::named(field), "{key}");
            assert!(none.field(key).is_some(), "{key}");
        }
        assert!(none.field("bytes_sent").is_none());
    }

    #[test]
    fn field_that_is_given_replaces_the_usual_one() {
        let given = mapping(&["ip=x_forwarded_for", "headers.X-JA4=ja4"]).unwrap();
        assert_eq!(given.field("x_forwarded_for"), RecordField::named("ip"));
        assert!(given.field("downstream_remote_address").is_none());
        assert_eq!(given.field("ja4"), RecordField::named("headers.x-ja4"));
    }

    #[test]
    fn wrong_arguments_say_what_is_allowed() {
        for (argument, hint) in [
            ("user", "give FIELD=NAME"),
            ("user=", "give FIELD=NAME"),
            ("name=email", "a trace has no field name; its fields are time, ip, user"),
            ("headers=h", "headers.NAME"),
        ] {
            let error = mapping(&[argument]).unwrap_err().to_string();
            assert!(error.contains(hint), "{argument}: {error}");
        }
    }
}
