//! The headers that carry the verdict to the application: a client's own copies are removed from
//! requests, and the module's are added.

use std::collections::BTreeSet;

use super::node::ManifestNode;

/// Each header, and the filter state that it is made of.
const HEADERS: [(&str, &str); 3] = [
    ("x-unstuff-verdict", "unstuff_verdict"),
    ("x-unstuff-reasons", "unstuff_reasons"),
    ("exposed-credential-check", "unstuff_exposed"),
];

/// What becomes of the headers on a route, or on all of a virtual host.
#[derive(Clone, Debug, Default)]
pub(super) struct HeaderChanges {
    removed: BTreeSet<String>,
    /// The filter states that are added as headers.
    told: BTreeSet<&'static str>,
}

impl HeaderChanges {
    /// Those of a route, virtual host or route configuration of Envoy.
    pub(super) fn of_envoy(node: ManifestNode<'_>) -> Self {
        let mut changes = Self::default();
        changes.remove(node.items_at(&["request_headers_to_remove"]));
        for added in node.items_at(&["request_headers_to_add"]) {
            changes.tell(added.text_at(&["header", "value"]));
        }
        changes
    }

    /// The headers that a list names are removed.
    pub(super) fn remove<'m>(&mut self, names: impl Iterator<Item = ManifestNode<'m>>) {
        self.removed.extend(names.filter_map(ManifestNode::text).map(str::to_lowercase));
    }

    /// A header with this value is added.
    pub(super) fn tell(&mut self, value: Option<&str>) {
        let value = value.unwrap_or_default();
        let states = HEADERS.iter().map(|(_, state)| *state);
        self.told.extend(states.filter(|state| value.contains(&format!("wasm.{state}"))));
    }

    /// Both together.
    pub(super) fn and(mut self, other: &Self) -> Self {
        self.removed.extend(other.removed.iter().cloned());
        self.told.extend(&other.told);
        self
    }

    /// Whether nothing is done.
    pub(super) fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.told.is_empty()
    }

    /// The headers that a client can forge here.
    pub(super) fn forgeable(&self) -> Option<String> {
        let kept = |(header, _): &&(&str, &str)| !self.removed.contains(*header);
        listed(HEADERS.iter().filter(kept).map(|(header, _)| *header))
    }

    /// The headers that the application is not told here.
    pub(super) fn untold(&self) -> Option<String> {
        let silent = |(_, state): &&(&str, &str)| !self.told.contains(state);
        listed(HEADERS.iter().filter(silent).map(|(header, _)| *header))
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<_> = names.collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// What is said of headers that a client can forge.
pub(super) fn forged(headers: &str) -> String {
    format!(
        "a client's own {headers} reach the application: remove them from requests on every route"
    )
}

/// What is said of headers that are not made.
pub(super) fn unheard(headers: &str) -> String {
    format!(
        "the application is not told {headers}: make the header of the filter state, such as \
         %FILTER_STATE(wasm.unstuff_verdict:PLAIN)%"
    )
}
