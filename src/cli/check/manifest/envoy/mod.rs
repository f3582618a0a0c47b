//! What surrounds the module in Envoy's own configuration: a bootstrap, or what a control plane
//! sends (listeners, extension configurations, routes).

pub(super) mod buffer;
mod chain;
mod routes;
mod wasm_filter;

use unstuff_engine::policy::Policy;

use super::JUDGES_ALONE;
use super::finding::Finding;
use super::node::ManifestNode;
use super::plugin::FoundPlugin;
use chain::FilterChain;
pub(super) use wasm_filter::{WasmFilter, settings};

/// A Wasm filter of ours, and the chains that it is in.
struct EnvoyPlugin<'m> {
    found: FoundPlugin<'m>,
    filter: WasmFilter<'m>,
    /// The chain that it stands in, and its number there; an extension configuration stands in
    /// none.
    inside: Option<usize>,
}

/// Envoy's configurations among the manifests.
#[derive(Default)]
pub(super) struct EnvoyView<'m> {
    plugins: Vec<EnvoyPlugin<'m>>,
    chains: Vec<FilterChain<'m>>,
    /// Wasm filters outside of chains, ours or not: chains refer to them by name.
    extensions: Vec<WasmFilter<'m>>,
    routes: Vec<ManifestNode<'m>>,
}

impl<'m> EnvoyView<'m> {
    /// What these documents hold.
    pub(super) fn of(documents: &[ManifestNode<'m>]) -> Self {
        let mut view = Self::default();
        documents.iter().for_each(|document| view.look(*document, None));
        view.plugins = view.ours();
        view
    }

    /// Looks for chains, routes and Wasm filters, in a listener or outside of one.
    fn look(&mut self, node: ManifestNode<'m>, listener: Option<ManifestNode<'m>>) {
        let listener = if node.get("filter_chains").is_some() { Some(node) } else { listener };
        if node.get("virtual_hosts").is_some() {
            self.routes.push(node);
        }
        if node.get("http_filters").is_some() {
            self.chains.push(FilterChain { manager: node, listener });
        } else if let Some(filter) = WasmFilter::of(node) {
            self.extensions.push(filter);
        }
        node.items().for_each(|item| self.look(item, listener));
        for (key, value) in node.entries() {
            // Those of a chain are not extensions that others refer to.
            if !matches!(key, "http_filters" | "httpFilters") {
                self.look(value, listener);
            }
        }
    }

    fn ours(&self) -> Vec<EnvoyPlugin<'m>> {
        let inside = (0..).zip(&self.chains).flat_map(|(index, chain): (usize, _)| {
            chain.filters().filter_map(WasmFilter::of).map(move |filter| (filter, Some(index)))
        });
        let outside = self.extensions.iter().map(|filter| (*filter, None));
        let ours = outside.chain(inside).filter(|(filter, _)| filter.is_ours());
        let plugin = |(filter, inside): (WasmFilter<'m>, Option<usize>)| {
            let place = match inside.and_then(|index| self.chains.get(index)) {
                Some(chain) => format!(" in {}", chain.title()),
                None => String::new(),
            };
            let title = format!("filter {}{place}", filter.name());
            let configuration = filter.configuration();
            let found = FoundPlugin { title, node: filter.node, configuration };
            EnvoyPlugin { found, filter, inside }
        };
        ours.map(plugin).collect()
    }

    /// Whether there is anything of Envoy's.
    pub(super) fn is_empty(&self) -> bool {
        self.chains.is_empty() && self.extensions.is_empty() && self.routes.is_empty()
    }

    /// The plugins of ours.
    pub(super) fn found(&self) -> impl Iterator<Item = &FoundPlugin<'m>> {
        self.plugins.iter().map(|it| &it.found)
    }

    /// What surrounds one of them, whose configuration means `policy`.
    pub(super) fn surroundings(&self, index: usize, policy: &Policy) -> Vec<Finding> {
        let Some(plugin) = self.plugins.get(index) else { return Vec::new() };
        let node = plugin.found.node;
        let mut findings = settings(plugin.filter.config, node);
        if plugin.filter.config.get("configuration").is_none() {
            findings.push(Finding::reminder(
                node,
                "no configuration: the module takes its defaults, in shadow mode",
            ));
        }
        let chains: Vec<_> = match plugin.inside {
            Some(index) => self.chains.get(index).into_iter().collect(),
            None => self.chains.iter().filter(|it| it.refers_to(plugin.filter.name())).collect(),
        };
        if chains.is_empty() {
            findings.push(Finding::reminder(
                node,
                "the listener with this filter is not in these files: neither the buffer filter nor \
                 the headers nor the client's address were checked",
            ));
        }
        for chain in chains {
            findings.extend(chain.surroundings(&plugin.filter, policy));
            findings.extend(self.neighbours(chain, &plugin.filter));
            findings.extend(routes::findings(chain, node, &self.routes));
        }
        findings
    }

    /// Other plugins, wherever they stand, that share the memory of one of ours.
    pub(super) fn sharing(&self, index: usize) -> Vec<Finding> {
        let Some(ours) = self.plugins.get(index).map(|it| it.filter) else { return Vec::new() };
        let inside = self.chains.iter().flat_map(FilterChain::filters).filter_map(WasmFilter::of);
        let all = inside.chain(self.extensions.iter().copied());
        let others = all.filter(|it| !it.is_ours() && it.vm_id() == ours.vm_id());
        others.map(|it| shares(&it)).collect()
    }

    /// The other Wasm filters of a chain.
    fn neighbours(&self, chain: &FilterChain<'m>, ours: &WasmFilter<'m>) -> Vec<Finding> {
        let inside = chain.filters().filter_map(WasmFilter::of);
        let outside = self.extensions.iter().filter(|it| chain.refers_to(it.name())).copied();
        let others = inside.chain(outside).filter(|it| !std::ptr::eq(it.node.node, ours.node.node));
        others
            .filter_map(|other| match other.is_ours() {
                true => Some(Finding::warning(
                    other.node,
                    format!("the module is in this chain twice: {JUDGES_ALONE}"),
                )),
                false if other.vm_id() == ours.vm_id() => Some(shares(&other)),
                false => None,
            })
            .collect()
    }
}

/// What is said of another plugin with the module's `vm_id`.
fn shares(other: &WasmFilter<'_>) -> Finding {
    let text = format!(
        "this plugin has the module's vm_id, {:?}: it can read and overwrite the counters and the bans",
        other.vm_id()
    );
    Finding::warning(other.node, text)
}
