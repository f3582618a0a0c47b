//! Looks up a value in the JSON of a response, which may be cut off anywhere.
//!
//! The text is walked, not parsed into a document: what stands before the cut is found, whatever
//! follows. Of equal keys each is looked at. A list at the top is the answer to a batch, so the
//! pointer is tried in each of its values.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::told::Told;

/// A place in a JSON document (RFC 6901), as the keys that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPointer(Vec<String>);

impl JsonPointer {
    /// The place that a pointer names.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let key = |text: &str| text.replace("~1", "/").replace("~0", "~");
        Self(text.split('/').skip(1).map(key).collect())
    }
}

/// A JSON value without parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonLeaf {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(String),
}

impl JsonLeaf {
    /// Whether both are the same value: `1` and `1.0` are.
    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) => {
                one == two || (one.as_f64().is_some() && one.as_f64() == two.as_f64())
            }
            _ => self == other,
        }
    }

    /// Whether the value says something: it is not `null`, `false`, 0 or empty.
    fn says_something(&self) -> bool {
        match self {
            Self::Null | Self::Bool(false) => false,
            Self::Bool(true) => true,
            Self::Number(number) => number.as_f64() != Some(0.0),
            Self::Text(text) => !text.is_empty(),
        }
    }
}

/// What servers write before JSON so that no other site can load it as a script.
const GUARDS: [&[u8]; 4] = [b")]}',", b")]}'", b"while(1);", b"for(;;);"];

/// Whether JSON has the value at the pointer, or any that says something. Text that is no JSON has
/// none; text that begins like JSON and breaks off does not tell.
pub(super) fn look_up(
    text: &[u8],
    is_whole: bool,
    pointer: &JsonPointer,
    equals: Option<&JsonLeaf>,
) -> Told {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text).trim_ascii_start();
    let unguarded = GUARDS.iter().find_map(|guard| text.strip_prefix(*guard));
    let text = unguarded.unwrap_or(text).trim_ascii_start();
    match text.first() {
        Some(b'{' | b'[') => {}
        None if !is_whole => return Told::Untold,
        _ => return Told::No,
    }
    let found = Cell::new(false);
    let walk = JsonWalk { keys: &pointer.0, equals, found: &found, is_top: true };
    let walked = walk.deserialize(&mut serde_json::Deserializer::from_slice(text));
    match walked {
        _ if found.get() => Told::Yes,
        Ok(()) => Told::No,
        Err(_) => Told::Untold,
    }
}

/// A value, and the keys from it to the one that is looked for.
#[derive(Clone, Copy)]
struct JsonWalk<'a> {
    keys: &'a [String],
    equals: Option<&'a JsonLeaf>,
    found: &'a Cell<bool>,
    is_top: bool,
}

impl JsonWalk<'_> {
    /// Looks at a value without parts.
    fn scalar<E: Error>(&self, value: &JsonLeaf) -> Result<(), E> {
        let holds = self.equals.map_or_else(|| value.says_something(), |it| it.equals(value));
        if self.keys.is_empty() && holds { self.stop() } else { Ok(()) }
    }

    /// Whether any value with parts, if it has some, is looked for here.
    fn is_wanted(&self) -> bool {
        self.keys.is_empty() && self.equals.is_none()
    }

    /// Nothing that follows matters.
    fn stop<E: Error>(&self) -> Result<(), E> {
        self.found.set(true);
        Err(E::custom("found"))
    }

    fn number<E: Error>(&self, number: impl Into<Number>) -> Result<(), E> {
        self.scalar(&JsonLeaf::Number(number.into()))
    }

    /// The walk below this value, if the next key is this one.
    fn below(&self, is_next: impl FnOnce(&str) -> bool) -> Option<Self> {
        let (next, keys) = self.keys.split_first()?;
        is_next(next).then_some(Self { keys, is_top: false, ..*self })
    }
}

impl<'de> DeserializeSeed<'de> for JsonWalk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JsonWalk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(&JsonLeaf::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.scalar(&JsonLeaf::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.number(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.number(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        Number::from_f64(value).map_or(Ok(()), |number| self.number(number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.scalar(&JsonLeaf::Text(value.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match self.below(|next| next == key) {
                Some(walk) => map.next_value_seed(walk)?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
            if self.is_wanted() {
                return self.stop();
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let indexed = self.below(|next| next.parse() == Ok(index));
            let each = Self { is_top: false, ..self };
            let more = match indexed.or(self.is_top.then_some(each)) {
                Some(walk) => values.next_element_seed(walk)?.is_some(),
                None => values.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
            if self.is_wanted() {
                return self.stop();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(text: &str, pointer: &str, equals: Option<&str>) -> Told {
        let equals = equals.map(|json| match serde_json::from_str(json).expect("a scalar") {
            serde_json::Value::Null => JsonLeaf::Null,
            serde_json::Value::Bool(value) => JsonLeaf::Bool(value),
            serde_json::Value::Number(value) => JsonLeaf::Number(value),
            other => JsonLeaf::Text(other.as_str().expect("a string").to_owned()),
        });
        look_up(text.as_bytes(), true, &JsonPointer::parse(pointer), equals.as_ref())
    }

    #[test]
    fn value_that_says_something_is_there() {
        for (text, pointer, expected) in [
            (r#"{"errors":[{"message":"no"}],"data":null}"#, "/errors", Told::Yes),
            (r#"{"data":{"login":{"token":"t"}}}"#, "/data/login/token", Told::Yes),
            (r#"{"data":{"login":null}}"#, "/data/login", Told::No),
            (r#"{"errors":[]}"#, "/errors", Told::No),
            (r#"{"errors":{}}"#, "/errors", Told::No),
            (r#"{"errors":{"a":1}}"#, "/errors", Told::Yes),
            (r#"{"errors":null,"errors":["x"]}"#, "/errors", Told::Yes),
            (r#"{"ok":false}"#, "/ok", Told::No),
            (r#"{"code":0}"#, "/code", Told::No),
            (r#"{"code":-7}"#, "/code", Told::Yes),
            (r#"{"a":{"errors":[1]}}"#, "/errors", Told::No),
            (r#"{"Errors":[1]}"#, "/errors", Told::No),
            (r#"{"a/b":{"~":"x"}}"#, "/a~1b/~0", Told::Yes),
            (r#"{"errors":[{"message":"no"}]}"#, "/errors/0/message", Told::Yes),
            (r#"{"errors":[{"message":"no"}]}"#, "/errors/1/message", Told::No),
        ] {
            assert_eq!(told(text, pointer, None), expected, "{text} {pointer}");
        }
    }

    #[test]
    fn value_is_compared_with_its_type() {
        for (text, equals, expected) in [
            (r#"{"a":"ok"}"#, r#""ok""#, Told::Yes),
            (r#"{"a":"\u006fk"}"#, r#""ok""#, Told::Yes),
            (r#"{"a":"OK"}"#, r#""ok""#, Told::No),
            (r#"{"a":1.0}"#, "1", Told::Yes),
            (r#"{"a":"1"}"#, "1", Told::No),
            (r#"{"a":false}"#, "false", Told::Yes),
            (r#"{"a":null}"#, "null", Told::Yes),
            (r#"{"b":null}"#, "null", Told::No),
            (r#"{"a":["ok"]}"#, r#""ok""#, Told::No),
        ] {
            assert_eq!(told(text, "/a", Some(equals)), expected, "{text} {equals}");
        }
    }

    #[test]
    fn answer_to_a_batch_is_looked_through() {
        assert_eq!(told(r#"[{"data":1},{"errors":[1]}]"#, "/errors", None), Told::Yes);
        assert_eq!(told(r#"[{"data":1},{"errors":[]}]"#, "/errors", None), Told::No);
        assert_eq!(told(r#"[["x"],{"a":1}]"#, "/1/a", None), Told::Yes);
        assert_eq!(told(r#"[[{"errors":[1]}]]"#, "/errors", None), Told::No);
    }

    #[test]
    fn guard_before_json_is_passed_over_and_a_page_is_no_json() {
        for guard in ["\u{feff}", ")]}'\n", ")]}',\n", "while(1);", " for(;;); "] {
            assert_eq!(told(&format!("{guard}{{\"a\":1}}"), "/a", None), Told::Yes, "{guard}");
        }
        for page in ["<html>{\"a\":1}</html>", "\"a\"", "true", "  "] {
            assert_eq!(told(page, "/a", None), Told::No, "{page}");
        }
    }

    #[test]
    fn json_that_breaks_off_tells_what_stands_before() {
        let answer = br#"{"data":{"login":null},"errors":[{"message":"wrong"}],"more":1}"#;
        let errors = JsonPointer::parse("/errors");
        for end in 0..answer.len() {
            let part = answer.get(..end).expect("a part");
            let told = look_up(part, false, &errors, None);
            // The list is known to hold something when its first value is whole.
            let known = part.windows(2).any(|two| two == b"\"}");
            assert_eq!(told, if known { Told::Yes } else { Told::Untold }, "{end} bytes");
        }
        assert_eq!(told("{\"a\":1", "/b", None), Told::Untold);
        assert_eq!(told(&"[".repeat(100_000), "/b", None), Told::Untold);
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>, json in "[\\[\\]{}:,\"ab01. ]{0,40}", pointer in "(/[ab01]?){0,3}") {
            let pointer = JsonPointer::parse(&pointer);
            look_up(&bytes, true, &pointer, None);
            look_up(json.as_bytes(), false, &pointer, Some(&JsonLeaf::Null));
        }
    }
}
