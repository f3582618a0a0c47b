//! What surrounds the module in Istio: its `WasmPlugin` or `TrafficExtension`, and the `EnvoyFilter`
//! and `VirtualService` objects for the same workloads.

mod buffer;
mod headers;
mod patch;
mod plugin;

use unstuff_engine::policy::Policy;

use super::JUDGES_ALONE;
use super::finding::Finding;
use super::kubernetes::{KubeObject, Workloads};
use super::node::ManifestNode;
use super::plugin::FoundPlugin;
use patch::Patch;
use plugin::IstioPlugin;

/// Where a plugin's workloads are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IstioPlace {
    Gateway,
    /// A sidecar of an application.
    Sidecar,
    /// A proxy of ambient mode, which takes no `EnvoyFilter`.
    Waypoint,
}

/// The objects of Istio among the manifests.
pub(super) struct IstioView<'m> {
    plugins: Vec<IstioPlugin<'m>>,
    patches: Vec<Patch<'m>>,
    /// The routes of all `VirtualService` objects, each with the object's name.
    routes: Vec<ManifestNode<'m>>,
    waypoints: Vec<&'m str>,
}

impl<'m> IstioView<'m> {
    /// What concerns Istio among these objects.
    pub(super) fn of(objects: &[KubeObject<'m>]) -> Self {
        let of_kind = |kind: &'static str| objects.iter().filter(move |it| it.kind == kind);
        let patches: Vec<_> = of_kind("EnvoyFilter").flat_map(Patch::all).collect();
        let mut plugins: Vec<_> = objects.iter().filter_map(IstioPlugin::of).collect();
        plugins.extend(patches.iter().filter_map(IstioPlugin::of_patch));
        let is_waypoint = |it: &&KubeObject<'m>| {
            it.node.text_at(&["spec", "gatewayClassName"]) == Some("istio-waypoint")
        };
        Self {
            plugins,
            patches,
            routes: of_kind("VirtualService").flat_map(|it| it.spec_items(&["http"])).collect(),
            waypoints: of_kind("Gateway").filter(is_waypoint).map(|it| it.name).collect(),
        }
    }

    /// The plugins of ours.
    pub(super) fn found(&self) -> impl Iterator<Item = &FoundPlugin<'m>> {
        self.plugins.iter().filter(|it| it.is_ours).map(|it| &it.found)
    }

    /// What surrounds one of them, whose configuration means `policy`.
    pub(super) fn surroundings(&self, index: usize, policy: &Policy) -> Vec<Finding> {
        let ours: Vec<_> = self.plugins.iter().filter(|it| it.is_ours).collect();
        let Some(plugin) = ours.get(index).copied() else { return Vec::new() };
        let place = self.place(plugin);
        let mut findings = plugin.itself(place, policy);
        findings.extend(self.neighbours(plugin));
        let patches: Vec<_> =
            self.patches.iter().filter(|it| it.workloads.meet(&plugin.workloads)).collect();
        if place == IstioPlace::Waypoint {
            findings.push(Finding::reminder(
                plugin.found.node,
                "no EnvoyFilter applies to a waypoint: stopped logins are stopped, but the application \
                 may see their headers, and it is told no verdict",
            ));
            return findings;
        }
        findings.extend(buffer::findings(plugin, &patches, &self.routes, policy));
        findings.extend(headers::findings(plugin, &patches, &self.routes));
        findings
    }

    fn place(&self, plugin: &IstioPlugin<'m>) -> IstioPlace {
        let waypoint = |(kind, name): &(&str, &str)| {
            *kind != "Gateway" || name.contains("waypoint") || self.waypoints.contains(name)
        };
        let workloads: &Workloads<'_> = &plugin.workloads;
        let patched = |it: &&Patch<'_>| it.workloads.meet(workloads);
        let mut contexts = self.patches.iter().filter(patched).map(|it| it.context);
        let is_gateway = plugin.context == Some("GATEWAY") || workloads.is_gateway();
        // A name that says nothing: what is patched there tells.
        let is_patched = contexts.clone().next().is_some() && contexts.all(|it| it == "GATEWAY");
        if workloads.targets.iter().any(waypoint) {
            IstioPlace::Waypoint
        } else if is_gateway || is_patched {
            IstioPlace::Gateway
        } else {
            IstioPlace::Sidecar
        }
    }

    /// Other plugins in the same proxies.
    fn neighbours(&self, plugin: &IstioPlugin<'m>) -> Vec<Finding> {
        let node = plugin.found.node;
        let others = self.plugins.iter().filter(|it| it.found.title != plugin.found.title);
        let near = others.filter(|it| it.workloads.meet(&plugin.workloads));
        near.filter_map(|other| match other.is_ours {
            true => Some(Finding::warning(
                node,
                format!(
                    "{} is the module as well, in the same proxies: {JUDGES_ALONE} for each workload",
                    other.found.title
                ),
            )),
            false if other.vm_id == plugin.vm_id => Some(Finding::warning(
                node,
                format!(
                    "{} has the same vm_id, {:?}: it can read and overwrite the counters and the bans; \
                     only an EnvoyFilter can name another",
                    other.found.title, plugin.vm_id
                ),
            )),
            false => None,
        })
        .collect()
    }
}
