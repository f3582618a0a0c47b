//! Envoy as a proxy of Istio, with what an istiod hands to it.
//!
//! The shapes were captured (`tests/fixtures/istio`). Only ports, paths and the plugins are put in.
//! As in a cluster, a plugin is a resource of its own (ECDS), here in a file that Envoy watches, and
//! has no `vm_id`.

use std::fs;
use std::ops::Deref;

use serde_json::{Value, json};

use crate::application::{Application, Behaviour};
use crate::envoy::{Envoy, EnvoyOptions, ModuleBuild};
use crate::policy::PolicyBuilder;
use crate::sandbox::Sandbox;
use crate::wait::eventually;

const GATEWAY: &str = include_str!("../fixtures/istio/gateway.json");
const GATEWAY_PLUGIN: &str = include_str!("../fixtures/istio/ecds-gateway.json");
const SIDECAR: &str = include_str!("../fixtures/istio/sidecar.json");
const SIDECAR_PLUGIN: &str = include_str!("../fixtures/istio/ecds-sidecar.json");

/// The port of the application in the captured files.
const CAPTURED_APP: u16 = 22520;

/// Where the connection manager is in a captured file.
const MANAGER: &str = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config";

/// The captured configuration of the ingress gateway.
pub fn istio_gateway() -> Value {
    parse(GATEWAY)
}

/// The captured configuration of a sidecar.
pub fn istio_sidecar() -> Value {
    parse(SIDECAR)
}

/// The captured resource of the plugin of the gateway.
pub fn istio_plugin() -> Value {
    parse(GATEWAY_PLUGIN)
}

/// The connection manager in a captured configuration of Istio.
pub fn connection_manager(captured: &mut Value) -> &mut Value {
    captured.pointer_mut(MANAGER).expect("a connection manager")
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("a captured file is JSON")
}

/// A `WasmPlugin`, as istiod hands it to a proxy.
#[derive(Clone, Debug)]
pub struct Plugin {
    name: &'static str,
    /// `None` is a plugin without `pluginConfig`.
    policy: Option<String>,
    fail_strategy: &'static str,
    module: ModuleBuild,
}

impl Plugin {
    /// The plugin of the manifests, with this `pluginConfig`.
    pub fn new(policy: PolicyBuilder) -> Self {
        let policy = Some(String::from(policy));
        let (name, module) = ("unstuff", ModuleBuild::Shipped);
        Self { name, policy, fail_strategy: "FAIL_RELOAD", module }
    }

    /// Takes the configuration away.
    pub fn without_config(mut self) -> Self {
        self.policy = None;
        self
    }

    /// Gives it another name.
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Sets its `failStrategy`.
    pub fn fail_strategy(mut self, fail_strategy: &'static str) -> Self {
        self.fail_strategy = fail_strategy;
        self
    }

    /// Loads another module.
    pub fn module(mut self, module: ModuleBuild) -> Self {
        self.module = module;
        self
    }

    /// The resource in the shape of a captured one, in the format of file-based discovery.
    fn resource(&self, captured: &str) -> Value {
        let mut file = parse(captured);
        let resource = &mut file["resources"][0];
        resource["name"] = renamed(&resource["name"], self.name);
        let config = &mut resource["typed_config"]["config"];
        config["name"] = renamed(&config["name"], self.name);
        config["vm_config"]["code"]["local"]["filename"] = json!(self.module.path());
        config["failure_policy"] = json!(self.fail_strategy);
        match &self.policy {
            Some(policy) => config["configuration"]["value"] = json!(policy),
            None => drop(config.as_object_mut().map(|config| config.remove("configuration"))),
        }
        file
    }

    fn file(&self) -> String {
        format!("{}.json", self.name)
    }
}

/// A captured name, such as `istio-system.unstuff~istio-translated-wasmplugin`, for this plugin.
fn renamed(captured: &Value, name: &str) -> Value {
    let captured = captured.as_str().expect("a name");
    json!(captured.replace(".unstuff~", &format!(".{name}~")))
}

/// A proxy of Istio before it starts.
pub struct MeshBuilder {
    shape: &'static str,
    plugin_shape: &'static str,
    plugins: Vec<Plugin>,
    change: Box<dyn FnOnce(&mut Value)>,
    stats_config: Value,
}

/// The ingress gateway. Clients are told apart by where they connect from; the host is
/// `shop.example`.
pub fn gateway() -> MeshBuilder {
    MeshBuilder::new(GATEWAY, GATEWAY_PLUGIN)
}

/// A sidecar, for what comes in. The client is the last entry of `x-forwarded-for`.
pub fn sidecar() -> MeshBuilder {
    MeshBuilder::new(SIDECAR, SIDECAR_PLUGIN)
}

impl MeshBuilder {
    fn new(shape: &'static str, plugin_shape: &'static str) -> Self {
        let change = Box::new(|_: &mut Value| ());
        let stats_config = Value::Null;
        Self { shape, plugin_shape, plugins: Vec::new(), change, stats_config }
    }

    /// Adds a plugin behind the earlier ones.
    pub fn plugin(mut self, plugin: Plugin) -> Self {
        self.plugins.push(plugin);
        self
    }

    /// Changes the connection manager before the start.
    pub fn change(mut self, change: impl FnOnce(&mut Value) + 'static) -> Self {
        self.change = Box::new(change);
        self
    }

    /// Exports only what a proxy of Istio exports. All metrics are exported without it.
    pub fn istio_metrics(mut self, listed: &ListedMetrics) -> Self {
        self.stats_config = listed.stats_config();
        self
    }

    /// Starts the application and Envoy.
    ///
    /// # Panics
    /// If Envoy does not start.
    pub async fn start(self) -> Mesh {
        let app = Application::start(Behaviour::default()).await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut bootstrap = parse(self.shape);
        let manager = connection_manager(&mut bootstrap);
        let filters = manager["http_filters"].as_array_mut().expect("filters");
        let captured = filters.remove(0);
        for (at, plugin) in self.plugins.iter().enumerate() {
            let mut filter = captured.clone();
            filter["name"] = renamed(&filter["name"], plugin.name);
            let source = &mut filter["config_discovery"]["config_source"];
            source["path_config_source"]["path"] = json!(folder.path().join(plugin.file()));
            filters.insert(at, filter);
            let file = folder.path().join(plugin.file());
            fs::write(file, plugin.resource(self.plugin_shape).to_string()).expect("a file");
        }
        (self.change)(manager);
        use_ports(&mut bootstrap, app.port);
        bootstrap["node"]["id"] = json!(node_id(self.shape));
        bootstrap["stats_config"] = self.stats_config;
        fs::write(folder.path().join("envoy.json"), bootstrap.to_string()).expect("a file");
        let envoy = Envoy::launch(folder, EnvoyOptions::behind(app.port)).await;
        Mesh { sandbox: Sandbox::of(envoy, app), plugin_shape: self.plugin_shape }
    }
}

/// Which of Envoy's metrics a proxy of Istio exports, by the beginning or the end of their names.
#[derive(Clone, Debug)]
pub struct ListedMetrics {
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl ListedMetrics {
    /// Istio's own list (`pkg/bootstrap/config.go` of Istio 1.30), which is always in force.
    pub fn of_istio() -> Self {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let prefixes =
            ["cluster_manager", "listener_manager", "server", "cluster.xds-grpc", "wasm"];
        let suffixes = ["rbac.allowed", "rbac.denied", "shadow_allowed", "shadow_denied"];
        Self { prefixes: owned(&prefixes), suffixes: owned(&suffixes) }
    }

    /// The same, and what `proxyStatsMatcher` in the patch of a workload lists.
    ///
    /// # Panics
    /// If the patch has none.
    pub fn with_workload(workload: &str) -> Self {
        let patch: Value = serde_saphyr::from_str(workload).expect("YAML");
        let settings = patch
            .pointer("/spec/template/metadata/annotations/proxy.istio.io~1config")
            .and_then(Value::as_str)
            .expect("settings of the proxy");
        let settings: Value = serde_saphyr::from_str(settings).expect("YAML in YAML");
        let names = |key: &str| -> Vec<String> {
            let names = settings["proxyStatsMatcher"][key].as_array().expect("a list").iter();
            names.map(|it| it.as_str().expect("a name").to_owned()).collect()
        };
        let mut listed = Self::of_istio();
        listed.prefixes.extend(names("inclusionPrefixes"));
        listed.suffixes.extend(names("inclusionSuffixes"));
        listed
    }

    fn stats_config(&self) -> Value {
        let prefixes = self.prefixes.iter().map(|it| json!({ "prefix": it }));
        let suffixes = self.suffixes.iter().map(|it| json!({ "suffix": it }));
        let patterns: Vec<Value> = prefixes.chain(suffixes).collect();
        json!({ "stats_matcher": { "inclusion_list": { "patterns": patterns } } })
    }
}

/// What Istio's agent calls such a proxy: its role, its address, its pod and its domain.
fn node_id(shape: &str) -> String {
    let role = if shape == SIDECAR { "sidecar" } else { "router" };
    format!("{role}~127.0.0.1~proxy-5d5f8c.istio-system~istio-system.svc.cluster.local")
}

/// Lets the kernel choose what Envoy listens on, and puts the application's port in.
fn use_ports(value: &mut Value, app: u16) {
    match value {
        Value::Object(fields) => {
            if let Some(port) = fields.get_mut("port_value") {
                let is_app = *port == json!(CAPTURED_APP);
                *port = json!(if is_app { app } else { 0 });
            }
            fields.values_mut().for_each(|value| use_ports(value, app));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| use_ports(value, app)),
        _ => {}
    }
}

/// A proxy of Istio with an application behind it.
pub struct Mesh {
    sandbox: Sandbox,
    plugin_shape: &'static str,
}

impl Deref for Mesh {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl Mesh {
    /// Replaces a plugin while Envoy serves. Returns when Envoy uses or rejects the new one.
    ///
    /// # Errors
    /// The lines that Envoy and the module logged, if Envoy rejects the plugin.
    pub async fn update(&self, plugin: Plugin) -> Result<(), String> {
        let envoy = &self.sandbox.envoy;
        let resource = plugin.resource(self.plugin_shape);
        let stats = format!(
            "extension_config_discovery.http_filter.{}",
            resource["resources"][0]["name"].as_str().expect("a name")
        );
        let [reload, rejected] =
            ["config_reload", "update_rejected"].map(|it| format!("{stats}.{it}"));
        let before = [envoy.admin.stat(&reload).await, envoy.admin.stat(&rejected).await];
        let logged = envoy.log().len();
        envoy.replace_file(&plugin.file(), &resource);
        eventually("Envoy accepts or rejects the plugin", || async {
            envoy.admin.stat(&reload).await > before[0]
                || envoy.admin.stat(&rejected).await > before[1]
        })
        .await;
        if envoy.admin.stat(&rejected).await > before[1] {
            return Err(envoy.log().get(logged..).unwrap_or_default().to_owned());
        }
        Ok(())
    }
}
