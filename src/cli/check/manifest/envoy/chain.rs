//! The HTTP filters of a connection manager, in their order.

use unstuff_engine::policy::Policy;
use unstuff_engine::request::client::AddressSource;

use super::buffer;
use super::wasm_filter::WasmFilter;
use crate::check::manifest::finding::Finding;
use crate::check::manifest::node::ManifestNode;

/// A connection manager, and the listener around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FilterChain<'m> {
    pub manager: ManifestNode<'m>,
    pub listener: Option<ManifestNode<'m>>,
}

impl<'m> FilterChain<'m> {
    /// `listener web`, for example.
    pub(super) fn title(&self) -> String {
        let name = self.listener.and_then(|it| it.text_at(&["name"]));
        let prefix = self.manager.text_at(&["stat_prefix"]);
        match (name, prefix) {
            (Some(name), _) => format!("listener {name}"),
            (None, Some(prefix)) => format!("connection manager {prefix}"),
            (None, None) => "a connection manager".to_owned(),
        }
    }

    /// The filters.
    pub(super) fn filters(&self) -> impl Iterator<Item = ManifestNode<'m>> {
        self.manager.items_at(&["http_filters"])
    }

    /// Whether a filter's configuration comes from an extension of this name.
    pub(super) fn refers_to(&self, name: &str) -> bool {
        self.filters()
            .any(|it| it.get("config_discovery").is_some() && it.text_at(&["name"]) == Some(name))
    }

    /// What is beside one of the filters, whose configuration means `policy`.
    pub(super) fn surroundings(&self, ours: &WasmFilter<'m>, policy: &Policy) -> Vec<Finding> {
        let is_ours = |it: &ManifestNode<'_>| {
            std::ptr::eq(it.node, ours.node.node) || it.text_at(&["name"]) == Some(ours.name())
        };
        let filters: Vec<_> = self.filters().collect();
        let (before, behind) = match filters.iter().position(is_ours) {
            Some(index) => filters.split_at(index),
            None => (&[][..], filters.as_slice()),
        };
        let mut findings = Vec::new();
        let is_buffer = |it: &&ManifestNode<'_>| buffer::is_buffer(**it);
        match (before.iter().find(is_buffer), behind.iter().find(is_buffer)) {
            (Some(early), _) => findings.push(Finding::warning(*early, buffer::BEFORE)),
            (None, None) => findings.push(Finding::warning(ours.node, buffer::NONE)),
            (None, Some(filter)) => {
                findings.extend(buffer::limit(*filter, &["typed_config"], policy));
                if !filter.is_true(&["disabled"]) {
                    findings.push(buffer::everywhere(*filter));
                }
            }
        }
        findings.extend(self.address(policy));
        findings
    }

    /// Which address the module counts.
    fn address(&self, policy: &Policy) -> Option<Finding> {
        let own = self.manager.is_true(&["use_remote_address"]);
        if own && self.is_behind_a_proxy() && is_last_entry(&policy.client.address) {
            return Some(Finding::warning(
                self.manager,
                "client.address takes the last entry of x-forwarded-for, which Envoy itself has added: \
                 the proxy before it (xff_num_trusted_hops) is everybody's address; set \
                 trusted_hops to the number of such proxies, or leave client.address out",
            ));
        }
        let configured = policy.client.address != AddressSource::Peer;
        let detected = self.manager.get("original_ip_detection_extensions").is_some();
        if own || configured || detected {
            return None;
        }
        let direction = self.listener.and_then(|it| it.text_at(&["traffic_direction"]));
        let place = if direction == Some("INBOUND") { "an inbound listener" } else { "a listener" };
        Some(Finding::warning(
            self.manager,
            format!(
                "without use_remote_address the client of {place} is the rightmost entry of \
                 x-forwarded-for, which a direct caller writes himself: set use_remote_address: true, \
                 or \"client\": {{\"address\": …}}"
            ),
        ))
    }

    /// Whether it is configured for proxies before it.
    fn is_behind_a_proxy(&self) -> bool {
        let hops = self.manager.get("xff_num_trusted_hops").and_then(ManifestNode::scalar);
        hops.and_then(|hops| hops.as_u64()).is_some_and(|hops| hops > 0)
    }

    /// The buffer filter, where it is switched off for the chain.
    pub(super) fn sleeping_buffer(&self) -> Option<ManifestNode<'m>> {
        self.filters().find(|it| buffer::is_buffer(*it) && it.is_true(&["disabled"]))
    }
}

/// Whether the address is what the nearest hop wrote into `x-forwarded-for`.
fn is_last_entry(address: &AddressSource) -> bool {
    matches!(address, AddressSource::Header { name, trusted_hops: 0 } if name == "x-forwarded-for")
}
