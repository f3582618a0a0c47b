//! The file docs/configuration.schema.json, from the tables of keys: JSON Schema (2020-12).
//!
//! Editors complete and check a configuration with it while it is typed. It refuses what a table
//! can say: unknown keys, types, words, ranges. What depends on other values is the validator's
//! alone, so `unstuff check` stays the judge. Lengths in bytes are not checked either, because a
//! schema counts characters.

use serde_json::{Map, Value, json};

use super::markdown::described;
use super::{ABOUT, AbsentKey, KeySpec, KeyTable, TOP, UNLIMITED, ValueKind, rules};
use crate::config::PRESETS;
use crate::config::units::MAX_NAME;
use crate::decision::signals::{SignalRow, TABLE};

/// A whole number and a unit. Its range stands in the description.
const DURATION: &str = "^[0-9]+[smhd]$";

/// The whole schema.
pub(super) fn document() -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of Unstuff",
        "$defs": { "conditions": conditions() },
    });
    extend(&mut schema, of_kind(&TOP));
    schema
}

/// The schema of the values of a kind.
fn of_kind(kind: &ValueKind) -> Value {
    match kind {
        ValueKind::Unknown => json!(false),
        ValueKind::Boolean => boolean(),
        ValueKind::Integer { .. } | ValueKind::ReplyStatus => integers(kind),
        ValueKind::Numbers(numbers) => json!({ "enum": numbers }),
        ValueKind::Seconds { .. } => pattern(DURATION),
        ValueKind::SecondsOrNull { .. } => any_of([pattern(DURATION), json!({ "type": "null" })]),
        ValueKind::Bytes(_) => any_of([integers(kind), pattern("^[0-9]+(KiB|MiB|GiB)$")]),
        ValueKind::Words(words) => json!({ "enum": words }),
        ValueKind::Name => pattern(&format!("^[a-z0-9-]{{1,{MAX_NAME}}}$")),
        ValueKind::Preset => any_of([
            json!({ "enum": PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>() }),
            pattern("^[a-z0-9-]+/[a-z0-9-]+$"),
        ]),
        ValueKind::HeaderName => pattern("^[-A-Za-z0-9!#$%&'*+.^_`|~]+$"),
        ValueKind::Path | ValueKind::Location => pattern("^/"),
        ValueKind::Target => pattern("^(https://|/)"),
        ValueKind::Pointer => pattern("^(/|$)"),
        ValueKind::CodeDetails => pattern("^[!-~]+$"),
        ValueKind::Network => pattern("/[0-9]+$"),
        ValueKind::Text { .. }
        | ValueKind::HeaderValue
        | ValueKind::Binding
        | ValueKind::Origin
        | ValueKind::Host
        | ValueKind::Method
        | ValueKind::PathRegex
        | ValueKind::Field
        | ValueKind::Cookie
        | ValueKind::Address => json!({ "type": "string" }),
        ValueKind::Status => any_of([integers(kind), pattern("^([1-5]xx|[0-9]{3}-[0-9]{3})$")]),
        ValueKind::Scalar => json!({ "type": ["string", "number", "boolean", "null"] }),
        ValueKind::SecretKey => any_of([json!({ "type": "string" }), of_kind(&super::VARIABLE)]),
        ValueKind::Window => json!({ "type": "string" }),
        ValueKind::Conditions => json!({ "$ref": "#/$defs/conditions" }),
        ValueKind::Object(keys) => object(keys, required(keys)),
        ValueKind::Switch(keys) => any_of([boolean(), object(keys, required(keys))]),
        ValueKind::Map(of) => json!({ "type": "object", "additionalProperties": of_kind(of) }),
        ValueKind::Rules { of, max } => any_of([
            json!({ "type": "array", "items": of_kind(of), "maxItems": max }),
            json!({
                "type": "object",
                "properties": { ABOUT: { "type": "string" } },
                "additionalProperties": of_kind(&rules::CHANGE),
            }),
        ]),
        ValueKind::RuleChange(keys) => {
            let words = rules::CHANGES.map(|(word, _)| word);
            any_of([json!({ "enum": words }), change(keys)])
        }
        ValueKind::List { of, min, max } => {
            let mut list = json!({ "type": "array", "items": of_kind(of), "minItems": min });
            if *max != UNLIMITED {
                list["maxItems"] = json!(max);
            }
            list
        }
        ValueKind::OneOrMore(of) => {
            any_of([of_kind(of), json!({ "type": "array", "items": of_kind(of), "minItems": 1 })])
        }
    }
}

/// An object with these keys, of which some are required.
fn object(keys: KeyTable, required: Vec<&str>) -> Value {
    let mut properties: Map<_, _> =
        keys.iter().map(|row| (row.name.to_owned(), property(row))).collect();
    properties.insert(ABOUT.to_owned(), json!({ "type": "string" }));
    closed(properties, &required)
}

/// A change to a rule with these keys: those that differ. `null` takes a default rule's away. The
/// name stands outside.
fn change(keys: KeyTable) -> Value {
    let mut change = object(keys, Vec::new());
    for row in keys.iter().filter(|row| row.doc.absent != AbsentKey::Refused) {
        let property = &mut change["properties"][row.name];
        *property = any_of([property.take(), json!({ "type": "null" })]);
    }
    change["properties"]["name"] = json!(false);
    change
}

fn closed(properties: Map<String, Value>, required: &[&str]) -> Value {
    let mut object =
        json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

fn required(keys: KeyTable) -> Vec<&'static str> {
    let needed = keys.iter().filter(|row| row.doc.absent == AbsentKey::Refused);
    needed.map(|row| row.name).collect()
}

/// The values of a key, with what an editor shows beside them.
fn property(row: &KeySpec) -> Value {
    let parsed = |text: &str| serde_json::from_str::<Value>(text).expect("a row's JSON");
    let mut description = format!("{} Value: {}.", row.doc.meaning, described(&row.kind));
    let mut shown = json!({ "examples": [parsed(row.doc.example)] });
    match row.doc.absent {
        AbsentKey::Refused => {}
        AbsentKey::Default(default) => shown["default"] = parsed(default),
        AbsentKey::Otherwise(words) => {
            description = format!("{description} If absent: {words}.");
        }
    }
    shown["description"] = json!(without_links(&description));
    extend(&mut shown, of_kind(&row.kind));
    shown
}

/// Conditions by signal: each has its own measure and windows.
fn conditions() -> Value {
    let condition = |row: &'static SignalRow| {
        let mut schema = of_kind(rules::condition(row));
        let windows: Vec<_> = row.windows().iter().map(|window| window.name()).collect();
        if !windows.is_empty() {
            schema["properties"]["within"]["enum"] = json!(windows);
        }
        schema["description"] = json!(row.about);
        (row.name.to_owned(), schema)
    };
    let mut properties: Map<_, _> = TABLE.iter().map(condition).collect();
    properties.insert(ABOUT.to_owned(), json!({ "type": "string" }));
    let mut conditions = closed(properties, &[]);
    conditions["minProperties"] = json!(1);
    conditions
}

fn integers(kind: &ValueKind) -> Value {
    let range = kind.range();
    json!({ "type": "integer", "minimum": range.start(), "maximum": range.end() })
}

fn pattern(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

fn boolean() -> Value {
    json!({ "type": "boolean" })
}

fn any_of<const N: usize>(schemas: [Value; N]) -> Value {
    json!({ "anyOf": schemas.to_vec() })
}

/// Adds the keys of `more` that `schema` does not have: a description of the key is worth more than
/// one of its kind.
fn extend(schema: &mut Value, more: Value) {
    if let (Value::Object(schema), Value::Object(more)) = (schema, more) {
        more.into_iter().for_each(|(key, value)| {
            schema.entry(key).or_insert(value);
        });
    }
}

/// A text of the page, whose links lead nowhere in an editor: `[words](target)` becomes `words`.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, words, after)) = first_link(rest) {
        plain = plain + before + words;
        rest = after;
    }
    plain + rest
}

fn first_link(text: &str) -> Option<(&str, &str, &str)> {
    let (before, link) = text.split_once('[')?;
    let (words, target) = link.split_once("](")?;
    let (_, after) = target.split_once(')')?;
    Some((before, words, after))
}
