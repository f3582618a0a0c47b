//! Objects of a document, and the paths of what is in them.
//!
//! This file and `reader` import each other, because a value may be an object and an object holds
//! values.

use super::node::{ConfigNode, quote};
use super::problem::Problem;
use super::reader::ConfigValue;

/// An object whose keys have been looked through.
#[derive(Clone, Debug)]
pub(super) struct ConfigObject<'d> {
    value: ConfigValue<'d>,
    entries: &'d [(String, ConfigNode)],
}

impl<'d> ConfigObject<'d> {
    /// The object that `value` is, with its entries.
    pub(super) fn of(value: &ConfigValue<'d>, entries: &'d [(String, ConfigNode)]) -> Self {
        Self { value: value.clone(), entries }
    }

    /// The value of `key`, if there. A key without a row in the object's table is never read.
    #[inline(never)]
    pub(super) fn get(&self, key: &str) -> Option<ConfigValue<'d>> {
        debug_assert!(self.value.kind.has(key), "{key:?} has no row");
        self.iter().find(|(given, _)| *given == key).map(|(_, value)| value)
    }

    /// The value of `key`; if absent, a problem with the hint of its row.
    #[inline(never)]
    pub(super) fn need(&self, key: &str) -> Option<ConfigValue<'d>> {
        let hint = self.value.kind.row(key).and_then(|row| row.hint);
        self.need_or(key, hint.unwrap_or_default())
    }

    /// The value of `key`; if absent, a problem with `hint` as its fix.
    #[inline(never)]
    pub(super) fn need_or(&self, key: &str, hint: &str) -> Option<ConfigValue<'d>> {
        let found = self.get(key);
        if found.is_none() {
            self.value.report(Problem::new(format!("{key:?} is missing")).fix(hint));
        }
        found
    }

    /// Every key and value, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'d str, ConfigValue<'d>)> + use<'d> {
        let ConfigValue { kind, path, problems, .. } = self.value.clone();
        self.entries.iter().map(move |(key, node)| {
            let path = format!("{path}{}", path_step(key));
            let form = kind.row(key).map_or("", |row| row.form);
            (key.as_str(), ConfigValue { node, kind: kind.at(key), form, path, problems })
        })
    }

    /// Whether it has no keys.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// A step of a JSON path: `.key`, or `["a.key"]` where a dot would mislead.
pub fn path_step(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !key.is_empty() && key.len() <= 64 && key.bytes().all(plain) {
        format!(".{key}")
    } else {
        format!("[{}]", quote(key))
    }
}
