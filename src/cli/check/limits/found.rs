//! Values of a service's file, and whether they mean what is wanted.

use serde_json::Value;

use crate::check::manifest::ManifestNode;
use crate::fleet::LimitsNode;

/// The longest value that a message repeats, in characters.
const MAX_SHOWN: usize = 120;

/// The value of a field. Services know a field by one spelling alone.
pub(super) fn field<'m>(node: ManifestNode<'m>, key: &str) -> Option<ManifestNode<'m>> {
    node.entries().find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// Whether a value says nothing, as `shadow_mode: false`.
pub(super) fn is_empty(node: ManifestNode<'_>) -> bool {
    match node.scalar() {
        Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
        None => node.items().next().is_none() && node.entries().next().is_none(),
    }
}

/// Whether a value means what is wanted. Spaces, quotes and letter case are of no importance to a
/// condition in CEL or to a unit, and tell no two rules apart.
pub(super) fn is_same(wanted: &LimitsNode, found: ManifestNode<'_>) -> bool {
    match wanted {
        LimitsNode::Number(number) => {
            found.scalar().and_then(|it| it.as_f64()) == Some(f64::from(*number))
        }
        LimitsNode::Text(text) => found.text().is_some_and(|it| folded(it) == folded(text)),
        LimitsNode::List(items) => {
            let all = items.iter().zip(found.items()).all(|(one, other)| is_same(one, other));
            all && items.len() == found.items().count()
        }
        LimitsNode::Map(_) => false,
    }
}

fn folded(text: &str) -> String {
    let plain = text.chars().filter(|it| !it.is_whitespace());
    plain.map(|it| if it == '"' { '\'' } else { it.to_ascii_lowercase() }).collect()
}

/// A value in one line, cut short.
pub(super) fn shown(node: ManifestNode<'_>) -> String {
    let whole = inline(node);
    match whole.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", whole.get(..end).unwrap_or_default()),
        None => whole,
    }
}

fn inline(node: ManifestNode<'_>) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    if let Some(scalar) = node.scalar() {
        scalar.to_string()
    } else if node.is_map() {
        let field = |(key, value): (&str, ManifestNode<'_>)| format!("{key}: {}", inline(value));
        format!("{{ {} }}", joined(node.entries().map(field).collect()))
    } else {
        format!("[{}]", joined(node.items().map(inline).collect()))
    }
}
