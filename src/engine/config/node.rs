//! The document as typed: JSON with its order and its duplicate keys kept.
//!
//! `serde_json::Value` sorts keys and lets the last duplicate win; both hide what was
//! typed. Depth is bounded by `serde_json` (128 levels), here and when a node is dropped.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_json::error::Category;

use super::problem::Problem;

/// A JSON value and its place in the document.
#[derive(Debug)]
pub(super) struct ConfigNode {
    /// Counts values in the order in which they begin.
    pub order: usize,
    pub kind: NodeKind,
}

#[derive(Debug)]
pub(super) enum NodeKind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<ConfigNode>),
    ConfigObject(Vec<(String, ConfigNode)>),
}

/// Longer values are cut when they are quoted in a problem.
const MAX_QUOTED: usize = 40;

impl ConfigNode {
    /// Reads a document. No bytes, which Envoy passes for a plugin without
    /// configuration, mean `{}`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Box<Problem>> {
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        if text.trim_ascii().is_empty() {
            return Ok(Self { order: 0, kind: NodeKind::ConfigObject(Vec::new()) });
        }
        let mut json = serde_json::Deserializer::from_slice(text);
        Seed(&Cell::new(0))
            .deserialize(&mut json)
            .and_then(|node| json.end().map(|()| node))
            .map_err(|error| Box::new(not_json(&error, text)))
    }

    /// The value as JSON, cut short; `None` for lists and objects.
    pub(super) fn quoted(&self) -> Option<String> {
        match &self.kind {
            NodeKind::Null => Some("null".to_owned()),
            NodeKind::Bool(value) => Some(value.to_string()),
            NodeKind::Number(number) => Some(number.to_string()),
            NodeKind::Text(text) => Some(quote(text)),
            NodeKind::List(_) | NodeKind::ConfigObject(_) => None,
        }
    }
}

/// A string as it would be typed, cut short, without control characters.
pub(super) fn quote(text: &str) -> String {
    format!("{:?}", cut(text, MAX_QUOTED))
}

/// At most so many characters of a text.
pub(super) fn cut(text: &str, max: usize) -> String {
    let mut short: String = text.chars().take(max).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn not_json(error: &serde_json::Error, text: &[u8]) -> Problem {
    let (line, column) = (error.line(), error.column());
    let described = error.to_string();
    let what = described.split(" at line ").next().unwrap_or_default();
    let ended = error.classify() == Category::Eof;
    let place = if ended { "ends too early" } else { "is not JSON" };
    let problem = Problem::new(format!("{place} at line {line}, column {column}: {what}"));
    // `serde_json` counts from 1; a comment or a trailing comma begins just before.
    let near = text.split(|byte| *byte == b'\n').nth(line.saturating_sub(1));
    let at = near.and_then(|bytes| bytes.get(column.saturating_sub(1)));
    let problem = match at {
        _ if is_protobuf_struct(text) => problem.fix(
            "Envoy hands a google.protobuf.Struct over in binary; give the JSON as the value of \
             a google.protobuf.StringValue",
        ),
        Some(b'/' | b'#') => problem.fix("JSON has no comments; use an \"about\" key"),
        Some(b'\'') => problem.fix("use double quotes"),
        _ => problem,
    };
    Problem { path: "$".to_owned(), ..problem }
}

/// Whether this looks like a serialised `google.protobuf.Struct`: a map entry (tag 0x0a and
/// a length of one to three bytes) that begins with its key (tag 0x0a and a length).
fn is_protobuf_struct(bytes: &[u8]) -> bool {
    let [0x0a, rest @ ..] = bytes else { return false };
    let entry = rest.iter().take(3).position(|byte| *byte < 0x80).and_then(|n| rest.get(n + 1..));
    match entry {
        Some([0x0a, length, key @ ..]) => {
            let key = key.get(..usize::from(*length)).unwrap_or_default();
            !key.is_empty() && key.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_')
        }
        _ => false,
    }
}

/// Reads a value and counts it.
#[derive(Clone, Copy)]
struct Seed<'c>(&'c Cell<usize>);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ConfigNode;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<ConfigNode, D::Error> {
        let order = self.0.get();
        self.0.set(order.saturating_add(1));
        json.deserialize_any(self).map(|kind| ConfigNode { order, kind })
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = NodeKind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<NodeKind, E> {
        Ok(NodeKind::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<NodeKind, E> {
        Ok(NodeKind::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<NodeKind, E> {
        Ok(NodeKind::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<NodeKind, E> {
        Ok(NodeKind::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<NodeKind, E> {
        Ok(Number::from_f64(value).map_or(NodeKind::Null, NodeKind::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<NodeKind, E> {
        Ok(NodeKind::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<NodeKind, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(self)? {
            nodes.push(node);
        }
        Ok(NodeKind::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<NodeKind, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = object.next_key()? {
            entries.push((key, object.next_value_seed(self)?));
        }
        Ok(NodeKind::ConfigObject(entries))
    }
}
