//! The headers of the verdict, by patches of virtual hosts or by `VirtualService` objects.

use super::patch::Patch;
use super::plugin::IstioPlugin;
use crate::check::manifest::finding::Finding;
use crate::check::manifest::headers::{HeaderChanges, forged, unheard};
use crate::check::manifest::node::ManifestNode;

/// What becomes of the headers. What patches do on every virtual host holds on every route.
pub(super) fn findings(
    plugin: &IstioPlugin<'_>,
    patches: &[&Patch<'_>],
    routes: &[ManifestNode<'_>],
) -> Vec<Finding> {
    let node = plugin.found.node;
    let wide = ["VIRTUAL_HOST", "ROUTE_CONFIGURATION"];
    let everywhere = patches
        .iter()
        .filter(|it| wide.contains(&it.applies_to))
        .filter_map(|it| it.value)
        .map(HeaderChanges::of_envoy)
        .reduce(|one, other| one.and(&other))
        .unwrap_or_default();
    let by_route: Vec<_> =
        routes.iter().map(|route| (*route, of_route(*route).and(&everywhere))).collect();
    let mut findings = Vec::new();
    if everywhere.is_empty() && by_route.iter().any(|(_, changes)| !changes.is_empty()) {
        // Routes do it one by one, so each must.
        for (route, changes) in &by_route {
            findings.extend(changes.forgeable().map(|it| Finding::warning(*route, forged(&it))));
        }
    } else {
        findings.extend(everywhere.forgeable().map(|it| Finding::warning(node, forged(&it))));
    }
    let told = by_route.into_iter().fold(everywhere, |all, (_, changes)| all.and(&changes));
    findings.extend(told.untold().map(|it| Finding::warning(node, unheard(&it))));
    findings
}

/// What a route of a `VirtualService` does.
fn of_route(route: ManifestNode<'_>) -> HeaderChanges {
    let mut changes = HeaderChanges::default();
    changes.remove(route.items_at(&["headers", "request", "remove"]));
    for kind in ["set", "add"] {
        let made = route.at(&["headers", "request", kind]).into_iter();
        made.flat_map(ManifestNode::entries).for_each(|(_, value)| changes.tell(value.text()));
    }
    changes
}
