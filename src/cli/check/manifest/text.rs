//! The configuration that a manifest holds: its JSON as the module gets it, and the place of each
//! value.
//!
//! It stands there as an object, of which the control plane makes JSON, or as a string that is
//! JSON already. A string in several lines is read once more as YAML, so that places inside it are
//! those of the file.

use std::collections::BTreeMap;

use granit_parser::ScalarStyle;
use serde_json::Value;
use unstuff_engine::config::{Problem, path_step};

use super::node::{FilePosition, ManifestNode};
use crate::check::yaml::{self, TextPosition, YamlKind, YamlNode, scalar};

/// A configuration as the module gets it.
#[derive(Clone, Debug)]
pub(in super::super) struct ConfigurationText {
    /// What the module reads.
    pub json: String,
    /// Whether it stands there as a string.
    pub is_string: bool,
    /// Where it begins.
    pub position: FilePosition,
    /// The place of each value, by its path.
    places: BTreeMap<String, TextPosition>,
    /// Values that mean something else than they look like, by their path.
    surprises: BTreeMap<String, String>,
    /// The place of the first line of a text in several lines.
    first_line: Option<TextPosition>,
}

impl ConfigurationText {
    /// An object, or a string that holds JSON; `None` if it is neither.
    pub(super) fn of(node: ManifestNode<'_>) -> Option<Self> {
        let mut found = Self {
            json: String::new(),
            is_string: false,
            position: node.position(),
            places: BTreeMap::new(),
            surprises: BTreeMap::new(),
            first_line: None,
        };
        match &node.node.kind {
            YamlKind::Map(_) => {
                let mut json = String::new();
                found.collect(node.node, "$", &mut json);
                found.json = json;
            }
            YamlKind::Scalar { text, style } if scalar::value(text, *style).is_string() => {
                found.is_string = true;
                found.json.clone_from(text);
                found.read_inside(node.node, text, *style, &node.file.source);
            }
            _ => return None,
        }
        Some(found)
    }

    /// Writes a value as JSON, with its order and its duplicate keys, and keeps the places of its parts.
    fn collect(&mut self, node: &YamlNode, path: &str, json: &mut String) {
        self.places.insert(path.to_owned(), node.at);
        match &node.kind {
            YamlKind::Scalar { text, style } => {
                if let Some(surprise) = scalar::surprise(text, *style) {
                    self.surprises.insert(path.to_owned(), surprise);
                }
                json.push_str(&scalar::value(text, *style).to_string());
            }
            YamlKind::List(items) => {
                json.push('[');
                for (index, item) in items.iter().enumerate() {
                    json.push_str(if index == 0 { "" } else { "," });
                    self.collect(item, &format!("{path}[{index}]"), json);
                }
                json.push(']');
            }
            YamlKind::Map(entries) => {
                json.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    let name = key_of(key);
                    json.push_str(if index == 0 { "" } else { "," });
                    json.push_str(&Value::from(name.as_str()).to_string());
                    json.push(':');
                    let path = format!("{path}{}", path_step(&name));
                    self.collect(value, &path, json);
                    if !matches!(value.kind, YamlKind::Scalar { .. }) {
                        self.places.insert(path, key.at);
                    }
                }
                json.push('}');
            }
        }
    }

    /// The places inside a string, if its lines stand in the file as they are.
    fn read_inside(&mut self, node: &YamlNode, text: &str, style: ScalarStyle, source: &str) {
        if style != ScalarStyle::Literal {
            return;
        }
        let mut lines = source.lines().enumerate().skip(node.at.line.saturating_sub(1));
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let Some((index, line)) = lines.find(|(_, line)| line.ends_with(first)) else {
            return;
        };
        let blank = text.lines().take_while(|line| line.trim().is_empty()).count();
        let (line, column) = (index + 1 - blank, line.len() - first.len() + 1);
        let begin = TextPosition { line, column };
        self.first_line = Some(begin);
        if let Ok(documents) = yaml::parse(text) {
            documents.iter().for_each(|document| {
                self.collect(document, "$", &mut String::new());
            });
            self.surprises.clear();
            for place in self.places.values_mut() {
                *place = inside(begin, *place);
            }
        }
    }

    /// The place of a path: its own, else that of the nearest object around it.
    pub(in super::super) fn place(&self, path: &str) -> FilePosition {
        let mut part = path;
        while !part.is_empty() {
            if let Some(at) = self.places.get(part) {
                return FilePosition { at: *at, ..self.position };
            }
            part = part.rfind(['.', '[']).and_then(|end| part.get(..end)).unwrap_or_default();
        }
        self.position
    }

    /// A problem, its place in the file, and in words what YAML made of the value.
    pub(in super::super) fn locate(&self, mut problem: Problem) -> (FilePosition, Problem) {
        if let Some((at, wrong)) = self.syntax_error(&problem) {
            problem.wrong = wrong;
            return (FilePosition { at, ..self.position }, problem);
        }
        let position = self.place(&problem.path);
        let Some(surprise) = self.surprises.get(&problem.path) else { return (position, problem) };
        let fix = problem.fix.as_ref().map(|fix| format!("{fix}; ")).unwrap_or_default();
        problem.fix = Some(format!("{fix}{surprise}; quote it if it is a text"));
        (position, problem)
    }

    /// Where JSON in several lines is broken. The module counts lines from the text's beginning.
    fn syntax_error(&self, problem: &Problem) -> Option<(TextPosition, String)> {
        let begin = self.first_line?;
        let (what, rest) = problem.wrong.split_once(" at line ")?;
        let (line, rest) = rest.split_once(", column ")?;
        let (column, rest) = rest.split_once(": ")?;
        let at = TextPosition { line: line.parse().ok()?, column: column.parse().ok()? };
        Some((inside(begin, at), format!("{what}: {rest}")))
    }

    /// What YAML made of values that look like something else, where they were accepted.
    pub(in super::super) fn surprises(&self) -> impl Iterator<Item = (FilePosition, String)> {
        self.surprises.iter().map(|(path, text)| (self.place(path), format!("{path}: {text}")))
    }
}

/// A place in a text that begins at `begin`, whose lines are all indented like the first.
fn inside(begin: TextPosition, at: TextPosition) -> TextPosition {
    TextPosition {
        line: begin.line + at.line.saturating_sub(1),
        column: begin.column + at.column.saturating_sub(1),
    }
}

/// A key as JSON has it: `401` and `yes` are no texts in YAML, but every key of JSON is one.
fn key_of(key: &YamlNode) -> String {
    match &key.kind {
        YamlKind::Scalar { text, style } => match scalar::value(text, *style) {
            Value::String(text) => text,
            Value::Null => "null".to_owned(),
            other => other.to_string(),
        },
        _ => String::new(),
    }
}
