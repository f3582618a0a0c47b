//! Envoy's configuration for a test, derived from `envoy/standalone/envoy.yaml`.
//!
//! The tests run the file that operators copy. Only the ports, the module and the policy are
//! patched. The listener moves into a file that Envoy watches (LDS), so that a test can replace
//! the policy while Envoy serves.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::docs;
use crate::http3;
use crate::policy::PolicyBuilder;

const STANDALONE: &str = include_str!("../../envoy/standalone/envoy.yaml");

const LISTENER: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";

/// What is buffered where every path may be a login: more than `max_body` of an endpoint.
const ANY_PATH_BYTES: u32 = 2 << 20;

/// The differences from the operator's file.
pub struct ConfigPatch<'a> {
    /// The module to load.
    pub module: &'a Path,
    /// Port of the application on loopback.
    pub app_port: u16,
    /// The folder that holds the listener file.
    pub folder: &'a Path,
    /// Whether Envoy does not normalise paths, so that the module sees every spelling.
    pub raw_paths: bool,
    /// Whether the buffer filter is left out.
    pub unbuffered: bool,
    /// Port of the listener; 0 lets the kernel choose.
    pub port: u16,
    /// Whether every route is a login's, and HTTP/1.0 is spoken: for applications that log in
    /// under any path, and for tools such as hydra.
    pub any_path_and_tool: bool,
    /// Whether a second listener speaks HTTP/3.
    pub http3: bool,
    /// Clusters of the documentation beside the application's ([`docs::cluster`]): a name, and a port
    /// of loopback.
    pub clusters: &'a [(&'static str, Option<u16>)],
    /// What else the test changes in the HTTP connection manager.
    pub manager: ManagerPatch,
}

/// A change of the HTTP connection manager, made last.
pub type ManagerPatch = fn(&mut Value);

/// The name of the listener file in [`ConfigPatch::folder`].
pub const LISTENER_FILE: &str = "listener.json";

/// Envoy's bootstrap: the admin interface, the cluster, and the path of the listener file.
pub fn bootstrap(patch: &ConfigPatch) -> Value {
    let mut root = standalone();
    root["node"] = json!({ "id": "rig", "cluster": "rig" });
    root["admin"]["address"]["socket_address"]["port_value"] = json!(0);
    root["dynamic_resources"]["lds_config"] = json!({
        "resource_api_version": "V3",
        "path_config_source": {
            "path": patch.folder.join(LISTENER_FILE),
            "watched_directory": { "path": patch.folder }
        }
    });
    let resources = &mut root["static_resources"];
    resources.as_object_mut().map(|map| map.remove("listeners"));
    let endpoint = "/clusters/0/load_assignment/endpoints/0/lb_endpoints/0/endpoint";
    at(resources, endpoint)["address"]["socket_address"]["port_value"] = json!(patch.app_port);
    for (name, port) in patch.clusters {
        let cluster = cluster(name, *port);
        resources["clusters"].as_array_mut().expect("clusters").push(cluster);
    }
    root
}

/// A cluster as the documentation has it, at this port of loopback; without a port, one that has no
/// endpoint.
fn cluster(name: &str, port: Option<u16>) -> Value {
    let documented = serde_saphyr::from_str::<Vec<Value>>(docs::cluster(name));
    let mut cluster = documented.expect("YAML").swap_remove(0);
    assert_eq!(cluster["name"], name);
    let endpoints = &mut cluster["load_assignment"]["endpoints"][0]["lb_endpoints"];
    match port {
        Some(port) => {
            endpoints[0]["endpoint"]["address"]["socket_address"]["port_value"] = json!(port);
        }
        None => *endpoints = json!([]),
    }
    cluster
}

/// The listener in the format of Envoy's file-based discovery.
pub fn listener(patch: &ConfigPatch, policy: PolicyBuilder) -> Value {
    let mut listener = at(&mut standalone(), "/static_resources/listeners/0").take();
    listener["@type"] = json!(LISTENER);
    listener["address"]["socket_address"]["port_value"] = json!(patch.port);
    let manager = at(&mut listener, "/filter_chains/0/filters/0/typed_config");
    if patch.raw_paths {
        let manager = manager.as_object_mut().expect("an object");
        manager.remove("normalize_path");
        manager.remove("merge_slashes");
        manager.remove("path_with_escaped_slashes_action");
    }
    let plugin = at(manager, "/http_filters/0/typed_config/config");
    at(plugin, "/vm_config/code/local")["filename"] = json!(patch.module);
    at(plugin, "/configuration")["value"] = json!(String::from(policy));
    let routes = at(manager, "/route_config/virtual_hosts/0/routes");
    if patch.unbuffered {
        routes[0].as_object_mut().map(|route| route.remove("typed_per_filter_config"));
    }
    if patch.any_path_and_tool {
        let mut buffer = routes[0]["typed_per_filter_config"].take();
        buffer["envoy.filters.http.buffer"]["buffer"] =
            json!({ "max_request_bytes": ANY_PATH_BYTES });
        routes[1]["typed_per_filter_config"] = buffer;
        routes.as_array_mut().expect("routes").remove(0);
        // Without a `host` header, which HTTP/1.0 does not have, a request needs a default.
        manager["http_protocol_options"] =
            json!({ "accept_http_10": true, "default_host_for_http_10": "localhost" });
    }
    (patch.manager)(manager);
    match patch.http3 {
        true => json!({ "resources": [listener, http3::listener(&listener)] }),
        false => json!({ "resources": [listener] }),
    }
}

/// The policy of the operator's file, as JSON text.
pub fn standalone_policy() -> String {
    let path = "/static_resources/listeners/0/filter_chains/0/filters/0/typed_config\
                /http_filters/0/typed_config/config/configuration/value";
    at(&mut standalone(), path).as_str().expect("a string").to_owned()
}

fn standalone() -> Value {
    let root: Map<String, Value> =
        serde_saphyr::from_str(STANDALONE).expect("envoy/standalone/envoy.yaml is YAML");
    Value::Object(root)
}

fn at<'a>(value: &'a mut Value, pointer: &str) -> &'a mut Value {
    value.pointer_mut(pointer).unwrap_or_else(|| {
        panic!("envoy/standalone/envoy.yaml has no {pointer}; the rig follows its structure")
    })
}
