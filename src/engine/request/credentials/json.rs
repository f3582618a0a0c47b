//! JSON bodies: every scalar with its name, duplicates included.
//!
//! `serde_json::Value` keeps one of two equal keys, which a decoy exploits. So this module walks
//! the text and offers each scalar under its path: Python, PHP, JavaScript and Jackson take the
//! last of equal keys, others the first, Go any letter case.
//!
//! `serde_json` bounds the recursion (128 levels). Values that were offered before an error remain.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::json_path::JsonPath;
use super::sent_name::SentName;

/// The kind of JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonShape {
    /// One object or array, and nothing after it.
    Document,
    /// A text that starts like a document but that strict parsers refuse. Lenient ones (Gson,
    /// Jackson's options, Go's decoder with trailing data) may accept it.
    Broken,
    /// Anything else.
    Other,
}

/// A value of the document, as the languages read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonScalar<'a> {
    /// A string or a number.
    Text(&'a [u8]),
    /// An object or a boolean, whose text is different in each language.
    NoText,
}

/// Offers every string and number in `text` with its name, and every object and boolean as what has
/// no text; `offer` returns whether it is a credential.
pub(super) fn walk(
    text: &[u8],
    offer: &mut dyn FnMut(&SentName<'_>, JsonScalar<'_>) -> bool,
) -> JsonShape {
    if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return JsonShape::Other;
    }
    let mut path = JsonPath::default();
    let mut exact = true;
    let mut json = serde_json::Deserializer::from_slice(text);
    let node = JsonNode { path: &mut path, offer, exact: &mut exact };
    let walked = node.deserialize(&mut json);
    if walked.is_ok() && json.end().is_ok() && exact {
        JsonShape::Document
    } else {
        JsonShape::Broken
    }
}

/// A value and its path.
struct JsonNode<'a> {
    path: &'a mut JsonPath,
    offer: &'a mut dyn FnMut(&SentName<'_>, JsonScalar<'_>) -> bool,
    /// Whether every credential has a text that all languages agree on.
    exact: &'a mut bool,
}

impl JsonNode<'_> {
    fn offer(&mut self, text: &str) -> bool {
        (self.offer)(&self.path.name(), JsonScalar::Text(text.as_bytes()))
    }

    fn offer_no_text(&mut self) {
        if (self.offer)(&self.path.name(), JsonScalar::NoText) {
            *self.exact = false;
        }
    }

    fn below(&mut self) -> JsonNode<'_> {
        JsonNode { path: self.path, offer: self.offer, exact: self.exact }
    }
}

/// A key, which is appended to the path.
struct JsonKey<'a>(&'a mut JsonPath);

impl<'de> DeserializeSeed<'de> for JsonKey<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for JsonKey<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        self.0.push(key);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for JsonNode<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonNode<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(mut self, _value: bool) -> Result<(), E> {
        self.offer_no_text();
        Ok(())
    }

    fn visit_i64<E: Error>(mut self, value: i64) -> Result<(), E> {
        self.offer(&value.to_string());
        Ok(())
    }

    fn visit_u64<E: Error>(mut self, value: u64) -> Result<(), E> {
        self.offer(&value.to_string());
        Ok(())
    }

    /// A fraction, an exponent or a very large number, whose text differs between languages.
    fn visit_f64<E: Error>(mut self, value: f64) -> Result<(), E> {
        if self.offer(&value.to_string()) {
            *self.exact = false;
        }
        Ok(())
    }

    fn visit_str<E: Error>(mut self, value: &str) -> Result<(), E> {
        self.offer(value);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        if !self.path.is_document() {
            self.offer_no_text();
        }
        let here = self.path.mark();
        while map.next_key_seed(JsonKey(self.path))?.is_some() {
            map.next_value_seed(self.below())?;
            self.path.return_to(here);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        let here = self.path.mark();
        for index in 0_usize.. {
            self.path.push_index(index);
            let more = values.next_element_seed(self.below())?;
            self.path.return_to(here);
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8]) -> (JsonShape, Vec<String>) {
        let mut found = Vec::new();
        let shape = walk(text, &mut |name, value| {
            if let JsonScalar::Text(value) = value {
                let element = name.element.map(|at| format!("{at}:")).unwrap_or_default();
                let value = String::from_utf8_lossy(value);
                found.push(format!("{element}{}={value}", name.text));
            }
            name.text == "a"
        });
        (shape, found)
    }

    fn expect(text: &str, shape: JsonShape, found: &[&str]) {
        assert_eq!(read(text.as_bytes()), (shape, found.iter().map(|&f| f.into()).collect()));
    }

    #[test]
    fn every_scalar_is_offered_duplicates_included() {
        expect(r#"{"a":"x","A":"y","a":1}"#, JsonShape::Document, &["a=x", "A=y", "a=1"]);
        expect(r#" [{"b":{"c d":-2}},["z"]] "#, JsonShape::Document, &["0:b[c d]=-2", "1:[0]=z"]);
        expect(r#"{"a":null,"b":true,"\u0063":"\u0064"}"#, JsonShape::Document, &["c=d"]);
        expect(r#"{"a":"x","latitude":52.5}"#, JsonShape::Document, &["a=x", "latitude=52.5"]);
        expect("{}", JsonShape::Document, &[]);
    }

    #[test]
    fn text_that_strict_parsers_refuse_is_broken_and_read_up_to_the_error() {
        expect(r#"{"a":"x"}{"a":"y"}"#, JsonShape::Broken, &["a=x"]);
        expect(r#"{"a":"x","b":"#, JsonShape::Broken, &["a=x"]);
        expect(r#"{"a":"x",}"#, JsonShape::Broken, &["a=x"]);
        expect(r#"{'a':'x'}"#, JsonShape::Broken, &[]);
        expect(r#"{"a":1e5}"#, JsonShape::Broken, &["a=100000"]);
        assert_eq!(read(b"{\"a\":\"\xff\"}").0, JsonShape::Broken);
        assert_eq!(read("[".repeat(100_000).as_bytes()).0, JsonShape::Broken);
    }

    #[test]
    fn scalars_and_forms_are_not_documents() {
        expect("\"a\"", JsonShape::Other, &[]);
        expect("a=b", JsonShape::Other, &[]);
        expect("", JsonShape::Other, &[]);
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>, json in "[\\[\\]{}:,\"ab01. ]{0,40}") {
            read(&bytes);
            read(json.as_bytes());
        }
    }
}
