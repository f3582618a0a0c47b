//! The routes behind a chain: what becomes of the headers there, and where the buffer filter is on.

use super::buffer;
use super::chain::FilterChain;
use crate::check::manifest::finding::Finding;
use crate::check::manifest::headers::{HeaderChanges, forged, unheard};
use crate::check::manifest::node::ManifestNode;

/// What the routes of a chain do; `node` is the module's filter.
pub(super) fn findings<'m>(
    chain: &FilterChain<'m>,
    node: ManifestNode<'m>,
    all: &[ManifestNode<'m>],
) -> Vec<Finding> {
    let Some(table) = route_table(chain, all) else {
        return vec![Finding::reminder(
            node,
            format!(
                "the routes of {} are not in these files: they were not checked",
                chain.title()
            ),
        )];
    };
    let mut findings = Vec::new();
    let mut told = HeaderChanges::of_envoy(table);
    let whole = told.clone();
    for host in table.items_at(&["virtual_hosts"]) {
        let of_host = HeaderChanges::of_envoy(host).and(&whole);
        told = told.and(&of_host);
        let mut forgeable = Vec::new();
        for route in host.items_at(&["routes"]) {
            let of_route = HeaderChanges::of_envoy(route).and(&of_host);
            forgeable.extend(of_route.forgeable().map(|headers| (route, headers)));
            told = told.and(&of_route);
        }
        // One finding is enough where no route does it.
        let is_host =
            !forgeable.is_empty() && forgeable.len() == host.items_at(&["routes"]).count();
        let places = forgeable.iter().take(if is_host { 1 } else { usize::MAX });
        findings.extend(places.map(|(route, headers)| {
            Finding::warning(if is_host { host } else { *route }, forged(headers))
        }));
    }
    findings.extend(told.untold().map(|headers| Finding::warning(table, unheard(&headers))));
    if let Some(buffer) = chain.sleeping_buffer().filter(|it| !is_switched_on(table, *it)) {
        findings.push(buffer::nowhere(buffer));
    }
    findings
}

/// The routes of a chain: beside it, or by their name.
fn route_table<'m>(chain: &FilterChain<'m>, all: &[ManifestNode<'m>]) -> Option<ManifestNode<'m>> {
    let inline = chain.manager.get("route_config");
    let named = || {
        let name = chain.manager.text_at(&["rds", "route_config_name"])?;
        all.iter().find(|it| it.text_at(&["name"]) == Some(name)).copied()
    };
    inline.or_else(named)
}

/// Whether a route or a virtual host switches the buffer filter on.
fn is_switched_on(table: ManifestNode<'_>, filter: ManifestNode<'_>) -> bool {
    let name = filter.text_at(&["name"]).unwrap_or(buffer::BUFFER);
    let mut found = false;
    table.walk(&mut |node| {
        let own = node.at(&["typed_per_filter_config", name]);
        found |= own.is_some_and(|own| own.get("buffer").is_some() || own.get("config").is_some());
        !found
    });
    found
}
