//! Objects of a document, and the paths of what is in them.

use super::node::{Node, quote};
use super::problem::Problem;
use super::reader::Value;

/// An object whose keys have been looked through.
#[derive(Clone, Debug)]
pub(super) struct Object<'d> {
    value: Value<'d>,
    entries: &'d [(String, Node)],
}

impl<'d> Object<'d> {
    /// The object that `value` is, with its entries.
    pub fn of(value: &Value<'d>, entries: &'d [(String, Node)]) -> Self {
        Self { value: value.clone(), entries }
    }

    /// The value of `key`, if there.
    pub fn get(&self, key: &str) -> Option<Value<'d>> {
        self.iter().find(|(given, _)| *given == key).map(|(_, value)| value)
    }

    /// The value of `key`; a problem with `hint` as its fix, if absent.
    pub fn need(&self, key: &str, hint: &str) -> Option<Value<'d>> {
        let found = self.get(key);
        if found.is_none() {
            self.value.report(Problem::new(format!("{key:?} is missing")).fix(hint));
        }
        found
    }

    /// Every key and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'d str, Value<'d>)> + use<'d> {
        let (path, problems) = (self.value.path.clone(), self.value.problems);
        self.entries.iter().map(move |(key, node)| {
            let path = format!("{path}{}", step(key));
            (key.as_str(), Value { node, path, problems })
        })
    }

    /// Whether it has no keys.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// A step of a JSON path: `.key`, or `["a.key"]` where a dot would mislead.
fn step(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !key.is_empty() && key.len() <= 64 && key.bytes().all(plain) {
        format!(".{key}")
    } else {
        format!("[{}]", quote(key))
    }
}
