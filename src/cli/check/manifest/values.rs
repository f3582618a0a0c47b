//! Configurations in files of any other shape, such as the values of a Helm chart.

use super::node::ManifestNode;
use super::plugin::{FoundPlugin, looks_ours};
use super::text::ConfigurationText;

/// The outermost values of a document that look like a configuration, except for the document itself.
/// There are none in JSON: that is a configuration by itself, with a misspelt key perhaps.
pub(super) fn found(document: ManifestNode<'_>) -> Vec<FoundPlugin<'_>> {
    let mut all = Vec::new();
    if document.file.source.trim_start().starts_with(['{', '[']) {
        return all;
    }
    for (key, value) in document.entries() {
        look(value, key, &mut all);
    }
    all
}

fn look<'m>(node: ManifestNode<'m>, path: &str, all: &mut Vec<FoundPlugin<'m>>) {
    if looks_ours(node) {
        let configuration = Ok(ConfigurationText::of(node));
        all.push(FoundPlugin { title: format!("value {path}"), node, configuration });
        return;
    }
    for (index, item) in (0..).zip(node.items()) {
        let index: usize = index;
        look(item, &format!("{path}[{index}]"), all);
    }
    for (key, value) in node.entries() {
        look(value, &format!("{path}.{key}"), all);
    }
}
