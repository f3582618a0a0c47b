//! A Wasm plugin of Istio: by a `WasmPlugin`, a `TrafficExtension`, or a patch of an `EnvoyFilter`.

use unstuff_engine::config::Problem;
use unstuff_engine::policy::Policy;
use unstuff_engine::request::client::AddressSource;

use super::IstioPlace;
use super::patch::Patch;
use crate::check::manifest::envoy::{self, WasmFilter};
use crate::check::manifest::finding::Finding;
use crate::check::manifest::kubernetes::{KubeObject, Workloads};
use crate::check::manifest::node::ManifestNode;
use crate::check::manifest::plugin::{FoundPlugin, looks_ours, names_ours};
use crate::check::manifest::text::ConfigurationText;

/// A plugin, and where it is.
#[derive(Clone, Debug)]
pub(super) struct IstioPlugin<'m> {
    pub found: FoundPlugin<'m>,
    pub is_ours: bool,
    pub workloads: Workloads<'m>,
    /// The context of a patch.
    pub context: Option<&'m str>,
    /// What shares the counters.
    pub vm_id: &'m str,
    /// `failStrategy`, `url` and the like of a `WasmPlugin`; `None` for a patch.
    settings: Option<ManifestNode<'m>>,
    /// The object's `spec`.
    spec: ManifestNode<'m>,
}

impl<'m> IstioPlugin<'m> {
    /// The plugin of a `WasmPlugin` or a `TrafficExtension`.
    pub(super) fn of(object: &KubeObject<'m>) -> Option<Self> {
        let spec = object.node.get("spec")?;
        let settings = match object.kind {
            "WasmPlugin" => spec,
            "TrafficExtension" => spec.get("wasm")?,
            _ => return None,
        };
        let config = settings.get("pluginConfig");
        let is_ours = names_ours(Some(object.name))
            || names_ours(settings.text_at(&["url"]))
            || names_ours(settings.text_at(&["pluginName"]))
            || config.is_some_and(looks_ours);
        let configuration = match config {
            Some(node) if node.is_map() => Ok(ConfigurationText::of(node)),
            Some(_) => Err(Box::new(Problem::of_document(
                "pluginConfig is not an object",
                "write the configuration below it, in YAML, without quotes around the whole",
            ))),
            None => Ok(None),
        };
        Some(Self {
            found: FoundPlugin { title: object.title(), node: object.node, configuration },
            is_ours,
            workloads: Workloads::of(object),
            context: None,
            vm_id: "",
            settings: Some(settings),
            spec,
        })
    }

    /// The plugin of a patch.
    pub(super) fn of_patch(patch: &Patch<'m>) -> Option<Self> {
        let wasm = WasmFilter::of(patch.value?)?;
        Some(Self {
            found: FoundPlugin {
                title: format!("{} (patch {})", patch.title, patch.index),
                node: patch.node,
                configuration: wasm.configuration(),
            },
            is_ours: wasm.is_ours(),
            workloads: patch.workloads.clone(),
            context: Some(patch.context),
            vm_id: wasm.vm_id(),
            settings: None,
            spec: wasm.config,
        })
    }

    /// What its own fields say.
    pub(super) fn itself(&self, place: IstioPlace, policy: &Policy) -> Vec<Finding> {
        let mut findings = match self.settings {
            Some(settings) => self.of_object(settings, place),
            None => self.of_envoy_filter(place),
        };
        let peer = policy.client.address == AddressSource::Peer;
        if place == IstioPlace::Sidecar && peer {
            findings.push(Finding::warning(
                self.found.node,
                "in a sidecar the client is the rightmost entry of x-forwarded-for, which a direct \
                 caller writes himself: set \"client\": {\"address\": …}, and let only the gateway \
                 reach the workload (mutual TLS and an AuthorizationPolicy)",
            ));
        }
        findings
    }

    fn of_object(&self, settings: ManifestNode<'m>, place: IstioPlace) -> Vec<Finding> {
        let node = self.found.node;
        let mut findings = Vec::new();
        if settings.get("pluginConfig").is_none() {
            findings.push(Finding::reminder(
                node,
                "no pluginConfig: the module takes its defaults, in shadow mode",
            ));
        }
        findings.extend(fail_strategy(node, settings.get("failStrategy")));
        findings.extend(pinned(node, settings));
        match self.spec.get("phase") {
            None => findings.push(Finding::warning(
                node,
                "no phase: the module comes after authentication and authorisation; set phase: AUTHN",
            )),
            Some(phase) if phase.text() != Some("AUTHN") => findings.push(Finding::warning(
                phase,
                "filters of earlier phases see logins that the module stops: set phase: AUTHN",
            )),
            Some(_) => {}
        }
        if place == IstioPlace::Sidecar {
            let matches: Vec<_> = self.spec.items_at(&["match"]).collect();
            let server = |it: &ManifestNode<'_>| it.text_at(&["mode"]) == Some("SERVER");
            if matches.is_empty() || !matches.iter().all(server) {
                findings.push(Finding::warning(
                    self.spec.get("match").unwrap_or(node),
                    "the module is put on outbound listeners as well, where the workload itself is the \
                     client: set match: [{mode: SERVER}]",
                ));
            }
        }
        if self.vm_id.is_empty() {
            findings.push(Finding::reminder(
                node,
                "vm_id is empty, as in every WasmPlugin: each other Wasm plugin in the proxy can read \
                 and overwrite the counters and the bans",
            ));
        }
        findings
    }

    fn of_envoy_filter(&self, place: IstioPlace) -> Vec<Finding> {
        let node = self.found.node;
        let mut findings = envoy::settings(self.spec, node);
        if place == IstioPlace::Sidecar && self.context != Some("SIDECAR_INBOUND") {
            findings.push(Finding::warning(
                node,
                "the module is put on outbound listeners as well, where the workload itself is the \
                 client: set context: SIDECAR_INBOUND",
            ));
        }
        findings
    }
}

/// What becomes of requests after the module has trapped or could not be loaded.
fn fail_strategy<'m>(
    node: ManifestNode<'m>,
    strategy: Option<ManifestNode<'m>>,
) -> Option<Finding> {
    match strategy.and_then(ManifestNode::text) {
        Some("FAIL_RELOAD") => None,
        Some("FAIL_OPEN") => Some(Finding::warning(
            strategy.unwrap_or(node),
            "FAIL_OPEN lets every login pass unjudged where the module cannot be fetched or has \
             trapped: set FAIL_RELOAD",
        )),
        _ => Some(Finding::warning(
            strategy.unwrap_or(node),
            "a module that has trapped answers 503 until the proxy restarts: set failStrategy: \
             FAIL_RELOAD (Istio 1.27 and later)",
        )),
    }
}

/// Whether the module that is fetched is pinned.
fn pinned<'m>(node: ManifestNode<'m>, settings: ManifestNode<'m>) -> Option<Finding> {
    let url = settings.text_at(&["url"])?;
    let pinned = settings.get("sha256").is_some() || url.contains("@sha256:");
    let fetched = ["http://", "https://", "oci://"].iter().any(|scheme| url.starts_with(scheme))
        || !url.contains("://");
    (fetched && !pinned).then(|| {
        Finding::warning(
            settings.get("url").unwrap_or(node),
            "no sha256: nothing verifies the module that is fetched; for oci:// it is the digest of \
             the image's manifest (`unstuff image` prints it), for https:// that of the file",
        )
    })
}
