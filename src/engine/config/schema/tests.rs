//! The tables against the validator: every row means what it says.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::json_schema;
use super::markdown::{key_path, page, tables};
use super::{ABOUT, AbsentKey, KeySpec, NOT_REPLY_STATUS, TEXT, TOP, ValueKind, rules};
use crate::config::{Configured, Problem, parse};
use crate::decision::signals::Signal;

/// Objects in which keys can be tried: the path, a document in which `@` stands for the object, and
/// the keys that the object needs.
const OBJECTS: &[(&str, &str, &str)] = &[
    ("", "@", "{}"),
    ("endpoints[]", r#"{"endpoints": [@]}"#, r#"{"name": "web", "match": {"path": "/login"}}"#),
    ("endpoints[].match", r#"{"endpoints": [{"name": "web", "match": @}]}"#, r#"{"path": "/a"}"#),
    ("live_lookup", r#"{"live_lookup": @}"#, r#"{"cluster": "ranges"}"#),
    (
        "endpoints[].credentials",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/login"}, "credentials": @}]}"#,
        r#"{"form": {"password": "p"}}"#,
    ),
    (
        "endpoints[].credentials.form",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "credentials": {"form": @}}]}"#,
        r#"{"password": "p"}"#,
    ),
    (
        "endpoints[].credentials.json",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "credentials": {"json": @}}]}"#,
        r#"{"password": "/p"}"#,
    ),
    (
        "endpoints[].credentials.query",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "credentials": {"query": @}}]}"#,
        r#"{"password": "p"}"#,
    ),
    (
        "endpoints[].credentials.graphql",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "credentials": {"graphql": @}}]}"#,
        r#"{"field": "login", "password": "p"}"#,
    ),
    (
        "endpoints[].failure[]",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/login"}, "failure": [@]}]}"#,
        "{}",
    ),
    (
        "endpoints[].failure[].header",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "failure": [{"header": @}]}]}"#,
        r#"{"name": "x"}"#,
    ),
    (
        "endpoints[].success[]",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "failure": {"location": "/no"},
            "success": [@]}]}"#,
        "{}",
    ),
    (
        "endpoints[].success[].header",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "success": [{"header": @}]}]}"#,
        r#"{"name": "x"}"#,
    ),
    (
        "endpoints[].failure[].body",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "failure": [{"body": @}]}]}"#,
        r#"{"json": "/a"}"#,
    ),
    (
        "endpoints[].success[].body",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "success": [{"body": @}]}]}"#,
        r#"{"json": "/a"}"#,
    ),
    ("client", r#"{"client": @}"#, "{}"),
    (
        "client.address",
        r#"{"client": {"address": @}}"#,
        r#"{"header": "x-real-ip", "trusted_hops": 0}"#,
    ),
    (
        "rules[]",
        r#"{"rules": [@]}"#,
        r#"{"name": "a", "when": {"ip.failures": {"over": 9, "within": "1h"}}, "then": "block",
            "ban": "ip", "for": "1h"}"#,
    ),
    (
        r#"rules[].when["ip.failures"]"#,
        r#"{"rules": [{"name": "a", "when": {"ip.failures": @}, "then": "block"}]}"#,
        r#"{"over": 9, "within": "1h"}"#,
    ),
    (
        r#"rules[].when["ip.usernames"]"#,
        r#"{"rules": [{"name": "a", "when": {"ip.usernames": @}, "then": "block"}]}"#,
        r#"{"over": 9, "within": "1h"}"#,
    ),
    (
        r#"rules[].when["fingerprint.failed_share"]"#,
        r#"{"rules": [{"name": "a", "when": {"fingerprint.failed_share": @}, "then": "block"}]}"#,
        r#"{"over": 90, "within": "1h", "at_least": 20}"#,
    ),
    ("challenge", r#"{"challenge": @}"#, "{}"),
    ("challenge.surcharge", r#"{"challenge": {"surcharge": @}}"#, "{}"),
    ("challenge.no_script", r#"{"challenge": {"no_script": @}}"#, "{}"),
    (
        "challenge.handover",
        r#"{"challenge": {"handover": @}}"#,
        r#"{"url": "/a", "return": "https://example.com/login",
            "key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}"#,
    ),
    ("replies", r#"{"replies": @}"#, "{}"),
    ("replies.block", r#"{"replies": {"block": @}}"#, "{}"),
    ("replies.challenge", r#"{"replies": {"challenge": @}}"#, "{}"),
    ("replies.cors", r#"{"replies": {"cors": @}}"#, r#"{"origins": ["https://app.example"]}"#),
    ("state", r#"{"state": @}"#, "{}"),
    ("lift", r#"{"lift": @}"#, "{}"),
    (
        "fleet",
        r#"{"fleet": @}"#,
        r#"{"cluster": "limiter",
            "key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}"#,
    ),
    (
        "record",
        r#"{"record": @}"#,
        r#"{"logins": "sample",
            "key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}"#,
    ),
];

/// Keys that need another object around them; as [`OBJECTS`].
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "rules[].then",
        r#"{"rules": [@]}"#,
        r#"{"name": "a", "when": {"ip.failures": {"over": 9, "within": "1h"}}}"#,
    ),
    (
        "rules[].ban",
        r#"{"rules": [@]}"#,
        r#"{"name": "a", "when": {"ip.failures": {"over": 9, "within": "1h"},
            "network.failures": {"over": 9, "within": "1h"},
            "fingerprint.failures": {"over": 9, "within": "1h"}}, "then": "block", "for": "1h"}"#,
    ),
    (
        "rules[].scope",
        r#"{"fleet": {"cluster": "limiter",
                "key": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"},
            "rules": [@]}"#,
        r#"{"name": "a", "when": {"ip.failures": {"over": 9, "within": "1h"}}, "then": "block",
            "ban": "ip", "for": "1h"}"#,
    ),
    (
        r#"rules[].when["ip.usernames"].per_success"#,
        r#"{"rules": [{"name": "a", "when": {"ip.distinct_failures": @}, "then": "block"}]}"#,
        r#"{"over": 9, "within": "1h"}"#,
    ),
    (
        "endpoints[].failure[].body.contains",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "failure": [{"body": @}]}]}"#,
        "{}",
    ),
    (
        "endpoints[].success[].body.contains",
        r#"{"endpoints": [{"name": "web", "match": {"path": "/a"}, "success": [{"body": @}]}]}"#,
        "{}",
    ),
    (
        "replies.challenge.body",
        r#"{"replies": {"challenge": @}}"#,
        r#"{"content_type": "text/plain"}"#,
    ),
];

/// A key of the configuration, as a place to try values at.
struct KeyTrial {
    path: String,
    row: &'static KeySpec,
    document: &'static str,
    object: Map<String, Value>,
}

impl KeyTrial {
    fn all() -> Vec<Self> {
        let trial = |(object_path, row): (String, &'static KeySpec)| {
            let path = key_path(&object_path, row.name);
            let (_, document, object) = EXCEPTIONS
                .iter()
                .find(|(other, ..)| *other == path)
                .or_else(|| OBJECTS.iter().find(|(other, ..)| *other == object_path))
                .unwrap_or_else(|| panic!("no document to try {path} in"));
            let object = serde_json::from_str(object).expect("an object");
            Self { path, row, document, object }
        };
        let rows = tables().into_iter().flat_map(|(path, keys)| {
            keys.iter().map(move |row| (path.clone(), row)).collect::<Vec<_>>()
        });
        rows.map(trial).collect()
    }

    /// Parses a document in which the key has this value, or is absent.
    fn parse(&self, value: Option<Value>) -> Result<Configured, Vec<Problem>> {
        let mut object = self.object.clone();
        match value {
            Some(value) => object.insert(self.row.name.to_owned(), value),
            None => object.remove(self.row.name),
        };
        let object = Value::Object(object).to_string();
        parse(self.document.replace('@', &object).as_bytes())
    }

    /// Holds that a value is refused, and that the problem names its place.
    fn refuses(&self, value: Value) {
        let shown = value.to_string();
        let problems = self.parse(Some(value)).expect_err(&format!("{} takes {shown}", self.path));
        let name = &self.row.name;
        let here = |problem: &Problem| problem.path.contains(name);
        assert!(problems.iter().any(here), "{}: {shown}: {problems:?}", self.path);
    }
}

/// A policy as text. The order of fingerprint headers means nothing.
fn policy(outcome: Result<Configured, Vec<Problem>>, path: &str) -> String {
    let mut policy = outcome.unwrap_or_else(|problems| panic!("{path}: {problems:?}")).policy;
    policy.client.fingerprint.sort();
    format!("{policy:?}")
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn every_example_is_accepted() {
    for trial in KeyTrial::all() {
        let with_example = policy(trial.parse(Some(value(trial.row.doc.example))), &trial.path);
        assert!(!with_example.is_empty());
        assert!(!trial.row.doc.meaning.is_empty(), "{} has no meaning", trial.path);
    }
}

#[test]
fn an_absent_key_means_its_default_or_is_refused() {
    for trial in KeyTrial::all() {
        match trial.row.doc.absent {
            AbsentKey::Default(default) => {
                if matches!(trial.row.kind, ValueKind::Object(_)) {
                    assert_eq!(default, "{}", "{}", trial.path);
                }
                let given = policy(trial.parse(Some(value(default))), &trial.path);
                // Conditions and credentials need one of their keys, so the default is compared
                // in an object that has another.
                assert_eq!(given, policy(trial.parse(None), &trial.path), "{}", trial.path);
            }
            AbsentKey::Refused => {
                let problems = trial.parse(None).expect_err(&trial.path);
                let missing = format!("{:?} is missing", trial.row.name);
                assert!(problems.iter().any(|problem| problem.wrong == missing), "{problems:?}");
                assert!(problems.iter().all(|problem| problem.fix.is_some()), "{problems:?}");
            }
            AbsentKey::Otherwise(words) => assert!(!words.is_empty()),
        }
    }
}

#[test]
fn a_value_out_of_range_is_refused() {
    for trial in KeyTrial::all() {
        for (inside, outside) in bounds(&trial.row.kind) {
            policy(trial.parse(Some(inside)), &trial.path);
            trial.refuses(outside);
        }
    }
}

#[test]
fn a_value_of_another_type_is_refused() {
    for trial in KeyTrial::all() {
        if !matches!(trial.row.kind, ValueKind::SecondsOrNull { .. } | ValueKind::Scalar) {
            trial.refuses(Value::Null);
        }
        trial.refuses(json!([[]]));
    }
}

/// Values at both ends of a kind, each with the one beyond it.
fn bounds(kind: &ValueKind) -> Vec<(Value, Value)> {
    let seconds = |seconds: u32| json!(format!("{seconds}s"));
    match kind {
        ValueKind::Integer { min: 0, max } => {
            vec![(json!(0), json!(-1)), (json!(max), json!(max + 1))]
        }
        ValueKind::Integer { min, max } => {
            vec![(json!(min), json!(min - 1)), (json!(max), json!(max + 1))]
        }
        ValueKind::Numbers(numbers) => {
            let between = |number: &u32| (json!(number), json!(number + 1));
            numbers.iter().map(between).collect()
        }
        ValueKind::Seconds { min, max } | ValueKind::SecondsOrNull { min, max } => {
            vec![(seconds(*min), seconds(min - 1)), (seconds(*max), seconds(max + 1))]
        }
        ValueKind::Bytes(range) => vec![
            (json!(range.start()), json!(range.start() - 1)),
            (json!(range.end()), json!(range.end() + 1)),
        ],
        ValueKind::Words(words) => {
            words.iter().map(|word| (json!(word), json!(format!("{word}x")))).collect()
        }
        ValueKind::Text { max } if *max < u32::MAX => {
            let longest = usize::try_from(*max).expect("a length");
            // A page must contain more than its length.
            let required = crate::challenge::page::REQUIRED.concat();
            let text = |length: usize| json!(format!("{required:x<length$}"));
            vec![(text(longest), text(longest + 1))]
        }
        ValueKind::OneOrMore(ValueKind::Status) => {
            vec![(json!(100), json!(99)), (json!(599), json!(600)), (json!("5xx"), json!("6xx"))]
        }
        ValueKind::ReplyStatus => {
            let beyond = [json!(399), json!(600)];
            let excepted = NOT_REPLY_STATUS.map(|status| json!(status));
            let refused = beyond.into_iter().chain(excepted);
            refused.map(|refused| (json!(599), refused)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn a_list_longer_or_shorter_than_its_range_is_refused() {
    for trial in KeyTrial::all() {
        let (ValueKind::List { .. } | ValueKind::Rules { .. }) = trial.row.kind else { continue };
        let (least, most) = (trial.row.kind.least(), trial.row.kind.most());
        if least > 0 {
            trial.refuses(json!([]));
        }
        if most < usize::MAX {
            let example = value(trial.row.doc.example);
            let first = &example.as_array().expect("a list")[0];
            trial.refuses(Value::Array(vec![first.clone(); most + 1]));
        }
    }
}

/// Looks up the row of every key below `value`; paths as in `tables`.
fn walk(path: &str, kind: &'static ValueKind, value: &Value, seen: &mut BTreeSet<String>) {
    match (value, kind) {
        (Value::Object(object), ValueKind::Object(_) | ValueKind::Switch(_)) => {
            for (key, value) in object.iter().filter(|(key, _)| *key != ABOUT) {
                let path = key_path(path, key);
                let row = kind.row(key).unwrap_or_else(|| panic!("{path} has no row"));
                walk(&path, &row.kind, value, seen);
                seen.insert(path);
            }
        }
        (Value::Object(conditions), ValueKind::Conditions) => {
            for (name, value) in conditions {
                let row = Signal::named(name).expect("a signal").row();
                let kind = rules::condition(row);
                // The path under which `tables` has the conditions of this measure.
                let all = tables();
                let same = all.iter().find(|(other, keys)| {
                    other.starts_with(&format!("{path}["))
                        && format!("{keys:?}") == format!("{:?}", kind.keys())
                });
                walk(same.map_or("flag", |(path, _)| path), kind, value, seen);
            }
        }
        (
            Value::Array(values),
            ValueKind::List { of, .. } | ValueKind::OneOrMore(of) | ValueKind::Rules { of, .. },
        ) => {
            for value in values {
                walk(&format!("{path}[]"), of, value, seen);
            }
        }
        (Value::Object(changes), ValueKind::Rules { of, .. }) => {
            for change in changes.values() {
                walk(&format!("{path}[]"), of, change, seen);
            }
        }
        (value, ValueKind::OneOrMore(of)) => walk(&format!("{path}[]"), of, value, seen),
        (Value::Object(object), ValueKind::Map(of)) => {
            for (key, value) in object {
                walk(&key_path(path, key), of, value, seen);
            }
        }
        _ => {}
    }
}

#[test]
fn every_key_of_the_fixtures_has_a_row_and_every_row_is_in_a_fixture() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/config/good");
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the folder of fixtures") {
        let file = entry.expect("an entry of the folder").path();
        if file.extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(&file).expect("the fixture");
            if !text.trim().is_empty() {
                walk("", &TOP, &value(&text), &mut seen);
            }
        }
    }
    let rows: BTreeSet<_> = KeyTrial::all().into_iter().map(|trial| trial.path).collect();
    let unseen: Vec<_> = rows.difference(&seen).collect();
    assert!(unseen.is_empty(), "in no good fixture: {unseen:?}");
}

#[test]
fn a_key_without_a_row_has_no_value() {
    assert!(matches!(TOP.at("mode"), ValueKind::Words(_)));
    assert!(matches!(TOP.at("modes"), ValueKind::Unknown));
    assert!(matches!(TOP.at(ABOUT), ValueKind::Text { .. }) && !TEXT.has("mode"));
}

#[test]
fn the_page_about_the_configuration_is_up_to_date() {
    generated("configuration.md", &page());
}

#[test]
fn the_schema_of_the_configuration_is_up_to_date() {
    let schema = serde_json::to_string_pretty(&json_schema::document()).expect("JSON");
    generated("configuration.schema.json", &format!("{schema}\n"));
}

/// Compares with a file of `docs`. `UNSTUFF_BLESS=1` writes it instead.
fn generated(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("UNSTUFF_BLESS").is_some() {
        std::fs::write(&path, text).expect("the file");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "docs/{name} is out of date: UNSTUFF_BLESS=1");
}
