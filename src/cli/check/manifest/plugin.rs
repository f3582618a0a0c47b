//! A Wasm plugin that a manifest names, ours or another.

use serde_json::Value;
use unstuff_engine::config::Problem;

use super::node::ManifestNode;
use super::text::ConfigurationText;
use crate::check::yaml::YamlKind;

/// A configuration of ours that was found, with what can be said before it is read.
#[derive(Clone, Debug)]
pub(super) struct FoundPlugin<'m> {
    /// `WasmPlugin istio-system/unstuff`, for example.
    pub title: String,
    /// Where it is.
    pub node: ManifestNode<'m>,
    /// What the module is given; without one it takes its defaults.
    pub configuration: Result<Option<ConfigurationText>, Box<Problem>>,
}

/// The word that the names, addresses and files of our module have.
const OURS: &str = "unstuff";

/// Whether a name, a URL or a file is one of ours.
pub(super) fn names_ours(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.to_lowercase().contains(OURS))
}

/// Whether a value is a configuration of ours, as an object or as JSON in a string.
pub(super) fn looks_ours(node: ManifestNode<'_>) -> bool {
    if let YamlKind::Map(_) = node.node.kind {
        let mode = node.text_at(&["mode"]).is_some_and(is_mode);
        let list = |key| node.get(key).is_some_and(|it| it.text().is_none());
        return mode || list("endpoints") || list("rules");
    }
    let Some(Ok(Value::Object(map))) = node.text().map(serde_json::from_str) else { return false };
    let mode = map.get("mode").and_then(Value::as_str).is_some_and(is_mode);
    mode || map.contains_key("endpoints") || map.contains_key("rules")
}

fn is_mode(word: &str) -> bool {
    matches!(word, "shadow" | "enforce")
}
