//! The fields of a trace line: one table for the parser and for `docs/trace.md`.

/// Whether a line must have a field.
#[derive(Clone, Copy)]
pub enum FieldPresence {
    /// It must; otherwise the error says what to give.
    Required {
        /// What to give.
        give: &'static str,
    },
    /// It need not.
    Optional {
        /// What a line without the field means.
        default: &'static str,
    },
}

use FieldPresence::{Optional, Required};

/// A row of the table.
pub struct FieldRow {
    /// The name in JSON.
    pub name: &'static str,
    /// The JSON type, and the range where there is one.
    pub values: &'static str,
    /// Whether the field is required.
    pub presence: FieldPresence,
    /// What the value means.
    pub meaning: &'static str,
    /// A value in JSON.
    pub example: &'static str,
}

macro_rules! fields {
    ($($Field:ident $name:literal: $values:literal, $presence:expr, $meaning:literal, $example:literal;)+) => {
        /// A field that a line may have.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum TraceField {
            $(#[doc = $meaning] $Field,)+
        }

        impl TraceField {
            /// All fields, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$Field),+];

            /// The field with this name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$Field),)+
                    _ => None,
                }
            }

            /// What is fixed about the field.
            pub const fn row(self) -> FieldRow {
                match self {
                    $(Self::$Field => FieldRow {
                        name: $name,
                        values: $values,
                        presence: $presence,
                        meaning: $meaning,
                        example: $example,
                    },)+
                }
            }
        }
    };
}

fields! {
    Time "time": "number or string",
        Required { give: "seconds since 1970, or RFC 3339" },
        "When the attempt was made: seconds since 1970, with fractions, or RFC 3339. Lines are in order of time.",
        "1767600000.25";
    Ip "ip": "string",
        Required { give: "the address that the attempt came from" },
        "The client's address, IPv4 or IPv6.",
        "\"203.0.113.7\"";
    User "user": "string",
        Optional { default: "unknown: nothing is counted for accounts" },
        "The username as typed. Normalised as in live traffic.",
        "\"alice@example.com\"";
    Password "password": "string",
        Optional { default: "unknown" },
        "The password as typed. Reports never repeat it. Prefer `password_sha1`.",
        "\"correct horse\"";
    PasswordSha1 "password_sha1": "string of 40 hexadecimal digits",
        Optional { default: "computed from `password`" },
        "The SHA-1 of the password: enough to look it up and to tell passwords apart. Takes precedence over `password`.",
        "\"5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8\"";
    Breached "breached": "boolean",
        Optional { default: "looked up in the filter" },
        "Whether the password is known from breaches. Overrides the lookup.",
        "true";
    PairBreached "pair_breached": "boolean",
        Optional { default: "looked up in the filter of pairs; needs `password`" },
        "Whether username and password are known together from a breach. Overrides the lookup.",
        "false";
    Headers "headers": "object of strings",
        Optional { default: "unknown: the client has no fingerprint" },
        "The request's headers, in their order. The client's fingerprint is computed from them, and endpoints may match on them. `{}` says that it sent none.",
        "{\"user-agent\": \"Mozilla/5.0\", \"accept-language\": \"en\"}";
    Host "host": "string",
        Optional { default: "the host of any endpoint" },
        "The request's host.",
        "\"example.com\"";
    Method "method": "string",
        Optional { default: "`POST`" },
        "The request's method.",
        "\"POST\"";
    Path "path": "string",
        Optional { default: "`/login`" },
        "The request's path, with its query if it has one.",
        "\"/login\"";
    Status "status": "integer, 100 to 599",
        Optional { default: "**required** without `outcome`" },
        "The status of upstream's response, if the attempt reaches upstream. The policy decides which status is a success.",
        "401";
    ResponseHeaders "response_headers": "object of strings",
        Optional { default: "none" },
        "The headers of upstream's response that the policy's `failure` and `success` ask for. A name may be repeated.",
        "{\"location\": \"/login?error=1\"}";
    Outcome "outcome": "`success`, `failure` or `unknown`",
        Optional { default: "the policy reads it from the response" },
        "How the login went. Takes precedence over what the policy makes of the response.",
        "\"failure\"";
    ResponseMs "response_ms": "number, 0 to 86400000",
        Optional { default: "0" },
        "Upstream's response time in milliseconds. The attempt is pending until then.",
        "240";
    Client "client": "string",
        Optional { default: "the client keeps no cookies" },
        "A name for a browser that keeps its cookies, the same on each of its lines.",
        "\"c-17\"";
    Copies "copies": "string",
        Optional { default: "the client's cookies are its own" },
        "The client whose cookies this one has copied, as malware does: it brings them until it has got some of its own.",
        "\"c-16\"";
    KnownDevice "known_device": "boolean",
        Optional { default: "false" },
        "Whether the client has a device cookie for this user from before the trace.",
        "true";
    Solves "solves": "boolean",
        Optional { default: "true if `client` is given" },
        "Whether the client solves a challenge.",
        "true";
    Label "label": "string",
        Optional { default: "`(none)`" },
        "Who makes the attempt. Reports count by label; `compare` takes `attack/…` for attacks and `benign/…` for people.",
        "\"attack/pool\"";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TraceLine, parse};

    /// A line with the example of every field but those `without`.
    fn line_without(without: &[&str]) -> String {
        let rows = TraceField::ALL.iter().map(|field| field.row());
        let given = rows.filter(|row| !without.contains(&row.name));
        let fields: Vec<_> =
            given.map(|row| format!("\"{}\": {}", row.name, row.example)).collect();
        format!("{{{}}}", fields.join(", "))
    }

    #[test]
    fn every_field_has_an_example_that_is_read() {
        let line =
            parse(line_without(&[]).as_bytes()).unwrap_or_else(|problem| panic!("{problem}"));
        assert!(line.unknown.is_none());
        let mut written = Vec::new();
        line.write(&mut written).unwrap();
        let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
        let given: serde_json::Value = serde_json::from_str(&line_without(&[])).unwrap();
        assert_eq!(written, given, "a field is read and not kept");
    }

    #[test]
    fn required_fields_are_those_that_the_parser_asks_for() {
        for row in TraceField::ALL.iter().map(|field| field.row()) {
            let problem = parse(line_without(&[row.name]).as_bytes()).err().unwrap_or_default();
            match row.presence {
                Required { give } => {
                    let expected = format!("`{}` is missing: give {give}", row.name);
                    assert!(problem.starts_with(&expected), "{problem}");
                }
                Optional { .. } => assert_eq!(problem, "", "{}", row.name),
            }
        }
    }

    #[test]
    fn documented_defaults_are_those_that_apply() {
        let default = |field: TraceField| match field.row().presence {
            Optional { default } => default,
            Required { .. } => "",
        };
        assert_eq!(default(TraceField::Method), format!("`{}`", TraceLine::METHOD));
        assert_eq!(default(TraceField::Path), format!("`{}`", TraceLine::PATH));
        assert_eq!(default(TraceField::Label), format!("`{}`", TraceLine::LABEL));
    }

    /// The table in Markdown, as `docs/trace.md` has it.
    fn markdown() -> String {
        let mut text =
            String::from("| field | type | default | meaning | example |\n|---|---|---|---|---|\n");
        for row in TraceField::ALL.iter().map(|field| field.row()) {
            let FieldRow { name, values, meaning, example, .. } = row;
            let default = match row.presence {
                Required { .. } => "**required**",
                Optional { default } => default,
            };
            text += &format!("| `{name}` | {values} | {default} | {meaning} | `{example}` |\n");
        }
        text
    }

    /// `UNSTUFF_BLESS=1` writes the table into the document instead.
    #[test]
    fn the_document_has_the_table_of_the_parser() {
        const MARKS: [&str; 2] = [
            "<!-- generated from src/trace/fields.rs -->\n",
            "<!-- end of the generated part -->\n",
        ];
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/trace.md");
        let found = std::fs::read_to_string(path).unwrap();
        let (before, rest) = found.split_once(MARKS[0]).unwrap();
        let (_, after) = rest.split_once(MARKS[1]).unwrap();
        let expected = [before, MARKS[0], &markdown(), MARKS[1], after].concat();
        if std::env::var_os("UNSTUFF_BLESS").is_some() {
            std::fs::write(path, &expected).unwrap();
        } else {
            assert!(found == expected, "docs/trace.md is out of date: UNSTUFF_BLESS=1");
        }
    }
}
