//! The document as typed: JSON with its order and its duplicate keys kept.
//!
//! `serde_json::Value` sorts keys and lets the last duplicate win; both hide what was
//! typed. Depth is bounded by `serde_json` (128 levels), here and when a node is dropped.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::not_json::not_json;
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
