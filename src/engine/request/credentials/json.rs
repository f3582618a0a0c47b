//! JSON bodies: every scalar with its name, duplicates included.
//!
//! `serde_json::Value` keeps one of two equal keys, which a decoy exploits. So this module walks
//! the text and offers each scalar under its path: Python, PHP, JavaScript and Jackson take the
//! last of equal keys, others the first, Go any letter case.
//!
//! `serde_json` bounds the recursion (128 levels). Values that were offered before an error remain.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::names;

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

/// Offers every string and number in `text` with its canonical name; `offer` returns whether it is
/// a credential.
pub(super) fn walk(text: &[u8], offer: &mut dyn FnMut(&str, &[u8]) -> bool) -> JsonShape {
    if !matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return JsonShape::Other;
    }
    let mut path = String::new();
    let mut exact = true;
    let mut json = serde_json::Deserializer::from_slice(text);
    let walked = JsonNode { path: &mut path, offer, exact: &mut exact }.deserialize(&mut json);
    if walked.is_ok() && json.end().is_ok() && exact {
        JsonShape::Document
    } else {
        JsonShape::Broken
    }
}

/// A value and its path.
struct JsonNode<'a> {
    path: &'a mut String,
    offer: &'a mut dyn FnMut(&str, &[u8]) -> bool,
    /// Whether every credential has a text that all languages agree on.
    exact: &'a mut bool,
}

impl JsonNode<'_> {
    fn offer(&mut self, text: &str) -> bool {
        (self.offer)(self.path, text.as_bytes())
    }

    /// A value below this one, under the name that `extend` appends to the path.
    fn below(&mut self, extend: impl FnOnce(&mut String)) -> JsonNode<'_> {
        if !self.path.is_empty() {
            self.path.push('_');
        }
        extend(self.path);
        JsonNode { path: self.path, offer: self.offer, exact: self.exact }
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

    fn visit_bool<E: Error>(self, _value: bool) -> Result<(), E> {
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
        let length = self.path.len();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value_seed(self.below(|path| names::push(path, &key)))?;
            self.path.truncate(length);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut values: A) -> Result<(), A::Error> {
        let length = self.path.len();
        for index in 0_usize.. {
            let node = self.below(|path| {
                path.push(names::INDEX);
                path.push_str(&index.to_string());
            });
            let more = values.next_element_seed(node)?;
            self.path.truncate(length);
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
            found.push(format!("{name}={}", String::from_utf8_lossy(value)));
            name == "a"
        });
        (shape, found)
    }

    fn expect(text: &str, shape: JsonShape, found: &[&str]) {
        assert_eq!(read(text.as_bytes()), (shape, found.iter().map(|&f| f.into()).collect()));
    }

    #[test]
    fn every_scalar_is_offered_duplicates_included() {
        expect(r#"{"a":"x","A":"y","a":1}"#, JsonShape::Document, &["a=x", "a=y", "a=1"]);
        expect(r#" [{"b":{"c d":-2}},["z"]] "#, JsonShape::Document, &["#0_b_c_d=-2", "#1_#0=z"]);
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
