//! A value of a manifest, and the file that it stands in.

use serde_json::Value;

use crate::check::yaml::scalar;
use crate::check::yaml::{TextPosition, YamlKind, YamlNode};

/// A file of a run, by its number, and a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct FilePosition {
    pub file: usize,
    pub at: TextPosition,
}

/// A file of a run.
#[derive(Clone, Debug)]
pub(in super::super) struct ManifestFile {
    /// Its number in the run.
    pub index: usize,
    pub source: String,
    pub documents: Vec<YamlNode>,
}

impl ManifestFile {
    /// Its documents.
    pub(in super::super) fn nodes(&self) -> impl Iterator<Item = ManifestNode<'_>> {
        self.documents.iter().map(|node| ManifestNode { file: self, node })
    }
}

/// A value of a manifest.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct ManifestNode<'m> {
    pub file: &'m ManifestFile,
    pub node: &'m YamlNode,
}

impl<'m> ManifestNode<'m> {
    /// Where it stands.
    pub(in super::super) fn position(self) -> FilePosition {
        FilePosition { file: self.file.index, at: self.node.at }
    }

    fn of(self, node: &'m YamlNode) -> Self {
        Self { node, ..self }
    }

    /// The value under a key. Protobuf's JSON writes a name as `typed_config` or `typedConfig`.
    pub(super) fn get(self, key: &str) -> Option<Self> {
        let (_, value) = self.entries().find(|(name, _)| *name == key || snake(name) == key)?;
        Some(value)
    }

    /// The value under a path of keys.
    pub(super) fn at(self, path: &[&str]) -> Option<Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text under a path of keys.
    pub(super) fn text_at(self, path: &[&str]) -> Option<&'m str> {
        self.at(path)?.text()
    }

    /// The text of a scalar, whatever it means.
    pub(in super::super) fn text(self) -> Option<&'m str> {
        if let YamlKind::Scalar { text, .. } = &self.node.kind { Some(text) } else { None }
    }

    /// What a scalar means.
    pub(in super::super) fn scalar(self) -> Option<Value> {
        let YamlKind::Scalar { text, style } = &self.node.kind else { return None };
        Some(scalar::value(text, *style))
    }

    /// Whether the value under a path is true.
    pub(super) fn is_true(self, path: &[&str]) -> bool {
        self.at(path).and_then(Self::scalar) == Some(Value::Bool(true))
    }

    /// Whether it is an object.
    pub(in super::super) fn is_map(self) -> bool {
        matches!(self.node.kind, YamlKind::Map(_))
    }

    /// Whether it is a list.
    pub(in super::super) fn is_list(self) -> bool {
        matches!(self.node.kind, YamlKind::List(_))
    }

    /// The values of a list; none of anything else.
    pub(in super::super) fn items(self) -> impl Iterator<Item = Self> {
        let items =
            if let YamlKind::List(items) = &self.node.kind { items.as_slice() } else { &[] };
        items.iter().map(move |item| self.of(item))
    }

    /// The values of the list under a path.
    pub(super) fn items_at(self, path: &[&str]) -> impl Iterator<Item = Self> + use<'m> {
        self.at(path).into_iter().flat_map(Self::items)
    }

    /// The keys and values of an object; none of anything else.
    pub(in super::super) fn entries(self) -> impl Iterator<Item = (&'m str, Self)> {
        self.keyed().map(|(key, value)| (key.text().unwrap_or_default(), value))
    }

    /// The same, each key as a value.
    pub(super) fn keyed(self) -> impl Iterator<Item = (Self, Self)> {
        let entries =
            if let YamlKind::Map(entries) = &self.node.kind { entries.as_slice() } else { &[] };
        entries.iter().map(move |(key, value)| (self.of(key), self.of(value)))
    }

    /// Calls `visit` for this value and for all in it, until it says that it has seen enough of one.
    pub(super) fn walk(self, visit: &mut impl FnMut(Self) -> bool) {
        if visit(self) {
            self.items().for_each(|item| item.walk(visit));
            self.entries().for_each(|(_, value)| value.walk(visit));
        }
    }

    /// The last part of the `@type`, such as `Wasm`.
    pub(super) fn type_name(self) -> &'m str {
        last_part(self.text_at(&["@type"]).unwrap_or_default())
    }
}

/// What stands behind the last dot.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// `typedConfig` as `typed_config`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
