//! A service's own configuration as a tree, which is printed and which `unstuff check --limits`
//! compares with what a service has.

use serde_json::Value;

/// A value of a service's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LimitsNode {
    Text(String),
    Number(u32),
    List(Vec<Self>),
    /// Fields in the order in which they are printed.
    Map(Vec<(&'static str, Self)>),
}

impl LimitsNode {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The value of a field, if it has one and is an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(fields) = self else { return None };
        fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The tree in YAML.
    pub(super) fn yaml(&self) -> String {
        self.lines().into_iter().map(|line| line + "\n").collect()
    }

    fn lines(&self) -> Vec<String> {
        match self {
            Self::Text(_) | Self::Number(_) => vec![self.inline()],
            Self::List(items) => items.iter().flat_map(Self::item_lines).collect(),
            Self::Map(fields) => {
                fields.iter().flat_map(|(key, value)| value.field_lines(key)).collect()
            }
        }
    }

    fn item_lines(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.lines().into_iter().map(|line| format!("  {line}")).collect();
        if let Some(first) = lines.first_mut() {
            first.replace_range(..2, "- ");
        }
        lines
    }

    fn field_lines(&self, key: &str) -> Vec<String> {
        if let Self::Text(_) | Self::Number(_) = self {
            return vec![format!("{key}: {}", self.inline())];
        }
        let below = self.lines().into_iter().map(|line| format!("  {line}"));
        std::iter::once(format!("{key}:")).chain(below).collect()
    }

    /// The tree in one line. Texts are written as in JSON, which YAML reads, so that a domain cannot
    /// break out of its quotes.
    pub(crate) fn inline(&self) -> String {
        match self {
            Self::Text(text) => Value::from(text.as_str()).to_string(),
            Self::Number(number) => number.to_string(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::inline).collect::<Vec<_>>().join(", "))
            }
            Self::Map(fields) => {
                let field = |(key, value): &(&str, Self)| format!("{key}: {}", value.inline());
                format!("{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
            }
        }
    }
}
