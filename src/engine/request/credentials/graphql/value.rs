//! Values of arguments and of variables, as trees in which nothing is lost.
//!
//! `serde_json::Value` keeps one of two equal keys; here each stays.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value of an argument, or of JSON. Never printed: passwords are among them.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum GraphqlValue {
    /// `null`, or a value that cannot be a credential (`true`).
    Nothing,
    /// A string, an integer or a word.
    Text(String),
    /// A text that servers read differently: a fraction, a block string.
    Inexact(String),
    /// `$name`, in arguments only.
    Variable(String),
    List(Vec<GraphqlValue>),
    /// Keys and values in their order, equal keys included.
    Object(Vec<(String, GraphqlValue)>),
}

impl GraphqlValue {
    /// Reads a JSON text; `None` if strict parsers refuse it. `serde_json` bounds the depth (128).
    pub(super) fn from_json(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }
}

impl<'de> Deserialize<'de> for GraphqlValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonTree)
    }
}

struct JsonTree;

impl<'de> Visitor<'de> for JsonTree {
    type Value = GraphqlValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<GraphqlValue, E> {
        Ok(GraphqlValue::Nothing)
    }

    fn visit_bool<E>(self, _value: bool) -> Result<GraphqlValue, E> {
        Ok(GraphqlValue::Nothing)
    }

    fn visit_i64<E>(self, value: i64) -> Result<GraphqlValue, E> {
        Ok(GraphqlValue::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<GraphqlValue, E> {
        Ok(GraphqlValue::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<GraphqlValue, E> {
        Ok(GraphqlValue::Inexact(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<GraphqlValue, E> {
        Ok(GraphqlValue::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<GraphqlValue, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(GraphqlValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GraphqlValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(GraphqlValue::Object(entries))
    }
}
