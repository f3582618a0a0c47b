//! Envoy's buffer filter, put behind the module by an `EnvoyFilter`.

use unstuff_engine::policy::Policy;

use super::patch::Patch;
use super::plugin::IstioPlugin;
use crate::check::manifest::envoy::buffer::{self, BUFFER, NONE, ROUTER};
use crate::check::manifest::finding::Finding;
use crate::check::manifest::node::ManifestNode;

/// What the patches for the same workloads do about the buffer filter.
pub(super) fn findings(
    plugin: &IstioPlugin<'_>,
    patches: &[&Patch<'_>],
    routes: &[ManifestNode<'_>],
    policy: &Policy,
) -> Vec<Finding> {
    let is_buffer = |value: &ManifestNode<'_>| buffer::is_buffer(*value);
    let filters = patches.iter().filter(|it| it.applies_to == "HTTP_FILTER");
    let buffers: Vec<_> =
        filters.filter_map(|it| Some((*it, it.value.filter(is_buffer)?))).collect();
    if buffers.is_empty() {
        let text = format!(
            "{NONE}; put it before the router with an EnvoyFilter for the same workloads \
             (INSERT_BEFORE {ROUTER})"
        );
        return vec![Finding::warning(plugin.found.node, text)];
    }
    let mut findings: Vec<_> = buffers.iter().filter_map(|(patch, _)| placed(patch)).collect();
    let switched_on = switches(patches);
    for (_, value) in &buffers {
        findings.extend(buffer::limit(*value, &["typed_config"], policy));
        if !value.is_true(&["disabled"]) {
            findings.push(buffer::everywhere(*value));
        } else if switched_on.is_empty() {
            findings.push(buffer::nowhere(*value));
        }
    }
    for (patch, value) in switched_on {
        findings.extend(buffer::limit(value, &["buffer"], policy));
        findings.extend(route_exists(patch, routes));
    }
    findings
}

/// Whether the filter is put behind the module.
fn placed(patch: &Patch<'_>) -> Option<Finding> {
    let text = match (patch.operation, patch.beside()) {
        ("INSERT_BEFORE", Some(ROUTER)) => return None,
        ("INSERT_FIRST", _) => format!("{}; {INSERT}", buffer::BEFORE),
        (_, Some(name)) if name.contains("wasmplugin/") || name.contains("trafficextension/") => {
            format!(
                "the filters of plugins have other names since Istio 1.30, and a patch that matches \
                 none does nothing: {INSERT}"
            )
        }
        _ => format!("the buffer filter may stand anywhere: {INSERT}"),
    };
    Some(Finding::warning(patch.node, text))
}

const INSERT: &str = "insert the buffer filter with INSERT_BEFORE envoy.filters.http.router";

/// The patches of routes that switch the buffer filter on, and what they set.
fn switches<'p, 'm>(patches: &[&'p Patch<'m>]) -> Vec<(&'p Patch<'m>, ManifestNode<'m>)> {
    let routes = ["HTTP_ROUTE", "VIRTUAL_HOST", "ROUTE_CONFIGURATION"];
    let of_routes = patches.iter().filter(|it| routes.contains(&it.applies_to));
    let switch = |patch: &&'p Patch<'m>| {
        let own = patch.value?.at(&["typed_per_filter_config", BUFFER])?;
        own.get("buffer")?;
        Some((*patch, own))
    };
    of_routes.filter_map(switch).collect()
}

/// A patch for a route that no `VirtualService` names does nothing, and nobody says so.
fn route_exists(patch: &Patch<'_>, routes: &[ManifestNode<'_>]) -> Option<Finding> {
    let wanted = patch.route()?;
    let name = wanted.text()?;
    let named = |route: &ManifestNode<'_>| {
        let route_name = route.text_at(&["name"]).unwrap_or_default();
        let mut matches = route.items_at(&["match"]).filter_map(|it| it.text_at(&["name"]));
        route_name == name || matches.any(|it| format!("{route_name}.{it}") == name)
    };
    let gateway = patch.context == "GATEWAY";
    (gateway && !routes.is_empty() && !routes.iter().any(named)).then(|| {
        Finding::warning(
            wanted,
            format!(
                "no VirtualService of these files has a route named {name:?}, and a patch that matches \
                 none does nothing"
            ),
        )
    })
}
