//! Envoy as a proxy of Envoy Gateway, with what its translator generates.
//!
//! The shape was captured (`tests/fixtures/envoy-gateway`). Ports, the policy and the digest are put
//! in; routes and endpoints, which arrive by streams of their own in a cluster, are put into the
//! listener and the clusters. The module comes from a server on loopback, without TLS.

use std::fs;
use std::ops::Deref;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::app_response::AppResponse;
use crate::application::{Application, Behaviour};
use crate::envoy::{BOOTSTRAP_FILE, Envoy, EnvoyOptions, ModuleBuild};
use crate::policy::PolicyBuilder;
use crate::sandbox::Sandbox;
use crate::wait::eventually;

const GENERATED: &str = include_str!("../fixtures/envoy-gateway/generated-1.8.3.json");

/// The listener's file in Envoy's folder.
const LISTENER_FILE: &str = "listener.json";

/// The captured listener of the Gateway, with its routes put in.
pub fn captured_listener() -> Value {
    let mut listener = captured("listener.v3.Listener", "default/web/http");
    let routes = captured("route.v3.RouteConfiguration", "default/web/http");
    let manager = connection_manager(&mut listener);
    manager.as_object_mut().expect("an object").remove("rds");
    manager["route_config"] = routes;
    listener
}

/// The connection manager of the captured listener.
pub fn connection_manager(listener: &mut Value) -> &mut Value {
    listener.pointer_mut("/default_filter_chain/filters/0/typed_config").expect("a manager")
}

/// A resource of the captured file, by the end of its type and by its name.
fn captured(kind: &str, name: &str) -> Value {
    let all: Value = serde_json::from_str(GENERATED).expect("the captured file is JSON");
    let resources = &all["default/web"][format!("type.googleapis.com/envoy.config.{kind}")];
    let mut resources = resources.as_array().expect("resources").iter();
    let found = resources.find(|it| it["name"] == name || it["cluster_name"] == name);
    found.expect("the resource").clone()
}

/// A Gateway before it starts.
pub struct EnvoyGatewayBuilder {
    policy: String,
    change: fn(&mut Value),
    digest: Option<String>,
    stats_config: Value,
}

/// The Gateway `web` of the captured file. The host is `shop.example`.
pub fn envoy_gateway(policy: PolicyBuilder) -> EnvoyGatewayBuilder {
    let (policy, stats_config) = (policy.into(), Value::Null);
    EnvoyGatewayBuilder { policy, change: |_| (), digest: None, stats_config }
}

impl EnvoyGatewayBuilder {
    /// Changes the connection manager, now and at each update.
    pub fn change(mut self, change: fn(&mut Value)) -> Self {
        self.change = change;
        self
    }

    /// Expects a module with another digest than the one that is served.
    pub fn digest(mut self, digest: &str) -> Self {
        self.digest = Some(digest.to_owned());
        self
    }

    /// Puts this into the bootstrap as `stats_config`.
    pub fn stats_config(mut self, stats_config: Value) -> Self {
        self.stats_config = stats_config;
        self
    }

    /// Starts the application, the server of the module, and Envoy.
    ///
    /// # Panics
    /// If Envoy does not start.
    pub async fn start(self) -> EnvoyGateway {
        let app = Application::start(Behaviour::default()).await;
        let module = fs::read(ModuleBuild::Shipped.path()).expect("`make build` makes it");
        let digest = self.digest.unwrap_or_else(|| format!("{:x}", Sha256::digest(&module)));
        let server = Application::start(Behaviour {
            on_headers: Box::new(|_| None),
            on_request: Box::new(move |_| AppResponse::status(200).body(module.clone())),
        })
        .await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = listener(&self.policy, &digest, server.port, self.change);
        let mut bootstrap = bootstrap(&folder.path().join(LISTENER_FILE), app.port, server.port);
        bootstrap["stats_config"] = self.stats_config;
        let files = [(LISTENER_FILE, listener), (BOOTSTRAP_FILE, bootstrap)];
        for (name, content) in files {
            fs::write(folder.path().join(name), content.to_string()).expect("a file");
        }
        let envoy = Envoy::launch(folder, EnvoyOptions::behind(app.port)).await;
        EnvoyGateway { sandbox: Sandbox::of(envoy, app), server, digest, change: self.change }
    }
}

/// The listener in the format of file-based discovery.
fn listener(policy: &str, digest: &str, server: u16, change: fn(&mut Value)) -> Value {
    let mut listener = captured_listener();
    listener["@type"] = json!("type.googleapis.com/envoy.config.listener.v3.Listener");
    listener["address"]["socket_address"] = json!({ "address": "127.0.0.1", "port_value": 0 });
    let manager = connection_manager(&mut listener);
    let config = &mut manager["http_filters"][0]["typed_config"]["config"];
    let code = &mut config["vm_config"]["code"]["remote"];
    code["http_uri"]["uri"] = json!(format!("http://127.0.0.1:{server}/unstuff.wasm"));
    code["sha256"] = json!(digest);
    config["configuration"]["value"] = json!(policy);
    change(manager);
    json!({ "resources": [listener] })
}

fn bootstrap(listener: &std::path::Path, app: u16, server: u16) -> Value {
    let routed = ["httproute/default/login/rule/0", "httproute/default/rest/rule/0"];
    let clusters = routed.iter().map(|name| {
        let mut cluster = captured("cluster.v3.Cluster", name);
        let mut endpoints = captured("endpoint.v3.ClusterLoadAssignment", name);
        let endpoint = &mut endpoints["endpoints"][0]["lb_endpoints"][0]["endpoint"];
        endpoint["address"]["socket_address"]["port_value"] = json!(app);
        cluster.as_object_mut().expect("an object").remove("eds_cluster_config");
        cluster["type"] = json!("STATIC");
        cluster["load_assignment"] = endpoints;
        cluster
    });
    let address = json!({ "socket_address": { "address": "127.0.0.1", "port_value": server } });
    let code = json!({
        "name": "wasm_cluster", "type": "STATIC", "connect_timeout": "10s",
        "load_assignment": {
            "cluster_name": "wasm_cluster",
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }]
        }
    });
    let loopback = json!({ "socket_address": { "address": "127.0.0.1", "port_value": 0 } });
    json!({
        "node": { "id": "rig", "cluster": "rig" },
        "admin": { "address": loopback },
        "dynamic_resources": { "lds_config": {
            "resource_api_version": "V3", "path_config_source": { "path": listener }
        } },
        "static_resources": { "clusters": clusters.chain([code]).collect::<Vec<_>>() }
    })
}

/// A proxy of Envoy Gateway with an application behind it.
pub struct EnvoyGateway {
    sandbox: Sandbox,
    /// Serves the module.
    pub server: Application,
    digest: String,
    change: fn(&mut Value),
}

impl Deref for EnvoyGateway {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl EnvoyGateway {
    /// Replaces the policy while Envoy serves, and changes the connection manager further. Returns
    /// when Envoy uses the new listener.
    pub async fn update(&mut self, policy: PolicyBuilder, change: fn(&mut Value)) {
        let mut next = listener(&String::from(policy), &self.digest, self.server.port, self.change);
        change(connection_manager(&mut next["resources"][0]));
        let admin = self.sandbox.envoy.admin;
        let accepted = admin.stat("listener_manager.lds.update_success").await;
        self.sandbox.envoy.replace_file(LISTENER_FILE, &next);
        eventually("Envoy uses the new listener", || async {
            admin.stat("listener_manager.lds.update_success").await > accepted
                && admin.stat("listener_manager.total_filter_chains_draining").await == 0
                && admin.stat("listener_manager.total_listeners_draining").await == 0
                && admin.stat("listener_manager.total_listeners_warming").await == 0
        })
        .await;
        self.sandbox.envoy.port = admin.listener_port().await.expect("a listener");
    }
}
