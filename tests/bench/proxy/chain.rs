//! Envoy's configuration for a row, derived from the one that operators copy.
//!
//! What the operator's file has for Unstuff alone is taken out where there is no Unstuff: the
//! headers that tell the application, the words in the access log, and the buffer filter where
//! nothing holds a body. So all of it counts as Unstuff's cost.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use unstuff_tests::PolicyBuilder;
use unstuff_tests::config::{self, ConfigPatch, LISTENER_FILE};
use unstuff_tests::envoy::{BOOTSTRAP_FILE, Envoy, EnvoyOptions, ModuleBuild};

use crate::native;
use crate::rows::{BenchChain, BenchPolicy};

/// What a body may be long where a filter reads it: Unstuff's default.
const BODY_BYTES: u32 = 16 << 10;

const FLEET: BenchChain = BenchChain::Unstuff(BenchPolicy::Fleet);
const RECORDED: BenchChain = BenchChain::Unstuff(BenchPolicy::Recorded);

/// The files and ports that the rows' configurations name.
#[derive(Clone)]
pub(crate) struct BenchParts {
    /// The yardstick that does nothing.
    pub empty: PathBuf,
    /// The yardstick that holds bodies.
    pub hold: PathBuf,
    /// The module with a filter of 100 MiB, if a row needs it.
    pub large_filter: Option<PathBuf>,
    /// The native filter, if a row needs it.
    pub native: Option<PathBuf>,
    /// The application's port.
    pub app_port: u16,
    /// The authorisation server's port, if a row needs it.
    pub authorisation_port: Option<u16>,
    /// The port of the rate limit service of a fleet.
    pub limiter_port: u16,
}

/// Starts an Envoy with this chain on the cores of this thread, and waits until it serves.
pub(crate) async fn start(chain: BenchChain, workers: u32, parts: &BenchParts) -> Envoy {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let module = module(chain, parts);
    write(&folder, chain, &module.path(), parts);
    let options = EnvoyOptions { module, workers, ..EnvoyOptions::behind(parts.app_port) };
    Envoy::launch(folder, options).await
}

fn module(chain: BenchChain, parts: &BenchParts) -> ModuleBuild {
    match chain {
        BenchChain::EmptyModule => ModuleBuild::At(parts.empty.clone()),
        BenchChain::HoldingModule => ModuleBuild::At(parts.hold.clone()),
        BenchChain::Unstuff(BenchPolicy::LargeFilter) => {
            ModuleBuild::At(parts.large_filter.clone().expect("a module with a large filter"))
        }
        _ => ModuleBuild::Shipped,
    }
}

fn write(folder: &TempDir, chain: BenchChain, module: &Path, parts: &BenchParts) {
    let limiter = [("limiter", Some(parts.limiter_port))];
    let patch = ConfigPatch {
        module,
        app_port: parts.app_port,
        folder: folder.path(),
        raw_paths: false,
        unbuffered: !matches!(chain, BenchChain::HoldingModule | BenchChain::Unstuff(_)),
        port: 0,
        any_path_and_tool: false,
        http3: false,
        clusters: if chain == FLEET { &limiter } else { &[] },
        manager: |_| (),
    };
    let mut bootstrap = config::bootstrap(&patch);
    if let Some(port) = parts.authorisation_port {
        let clusters = &mut bootstrap["static_resources"]["clusters"];
        clusters.as_array_mut().expect("clusters").push(cluster(port));
    }
    let mut listener = config::listener(&patch, policy(chain));
    if !matches!(chain, BenchChain::Unstuff(_)) {
        let manager = "/resources/0/filter_chains/0/filters/0/typed_config";
        replace(listener.pointer_mut(manager).expect("a connection manager"), chain, parts);
    }
    let files = [(BOOTSTRAP_FILE, bootstrap), (LISTENER_FILE, listener)];
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content.to_string()).expect("a file");
    }
}

/// The default rules with the endpoint of the operator's file, behind another proxy.
fn policy(chain: BenchChain) -> PolicyBuilder {
    let mode = match chain {
        BenchChain::Unstuff(BenchPolicy::Shadow) => "shadow",
        BenchChain::Unstuff(_) | BenchChain::Native => "enforce",
        // A yardstick is told nothing.
        _ => return PolicyBuilder::verbatim(""),
    };
    let policy = unstuff_tests::policy().default_rules();
    let policy = policy.with("mode", mode.into()).with("challenge", json!({}));
    match chain {
        FLEET => {
            let fleet = json!({ "cluster": "limiter", "key": "0f".repeat(32) });
            let rules = json!({ "ip-guessing": { "scope": "fleet" } });
            policy.with("fleet", fleet).with("rules", rules)
        }
        RECORDED => {
            let record = json!({
                "key": "0e".repeat(32), "per_second": 100_000, "allowed_per_second": 100_000
            });
            policy.with("record", record)
        }
        _ => policy,
    }
}

/// Puts another filter in Unstuff's place, and takes out what belongs to Unstuff.
fn replace(manager: &mut Value, chain: BenchChain, parts: &BenchParts) {
    let log = "%START_TIME% %REQ(:METHOD)% %PATH(NQ)% %RESPONSE_CODE% \
               %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%\n";
    manager["access_log"][0]["typed_config"]["log_format"]["text_format_source"] =
        json!({ "inline_string": log });
    let host = manager["route_config"]["virtual_hosts"][0].as_object_mut().expect("a host");
    host.remove("request_headers_to_add");
    host.remove("request_headers_to_remove");
    let filters = manager["http_filters"].as_array_mut().expect("filters");
    match chain {
        BenchChain::Alone => drop(filters.drain(..2)),
        BenchChain::EmptyModule => drop(filters.remove(1)),
        BenchChain::HoldingModule | BenchChain::Unstuff(_) => (),
        BenchChain::ExtAuthz => put(filters, "ext_authz", ext_authz(parts)),
        BenchChain::Lua => put(filters, "lua", lua()),
        BenchChain::LocalRateLimit => put(filters, "local_ratelimit", local_rate_limit()),
        BenchChain::Native => {
            let policy = filters[0]["typed_config"]["config"]["configuration"].take();
            let library = parts.native.as_deref().expect("the native filter");
            put(filters, "unstuff", native::filter(library, &policy));
        }
    }
}

fn put(filters: &mut Vec<Value>, name: &str, config: Value) {
    filters.drain(..2);
    filters.insert(0, json!({ "name": name, "typed_config": config }));
}

/// The type of an HTTP filter's configuration.
pub(crate) fn typed(name: &str) -> String {
    format!("type.googleapis.com/envoy.extensions.filters.http.{name}")
}

fn ext_authz(parts: &BenchParts) -> Value {
    let port = parts.authorisation_port.expect("an authorisation server");
    json!({
        "@type": typed("ext_authz.v3.ExtAuthz"),
        "http_service": { "server_uri": {
            "uri": format!("http://127.0.0.1:{port}"), "cluster": "authorisation", "timeout": "1s"
        } },
        "with_request_body": { "max_request_bytes": BODY_BYTES }
    })
}

fn lua() -> Value {
    let script = "function envoy_on_request(handle)\n  local body = handle:body()\n  \
                  if body then body:getBytes(0, body:length()) end\nend\n";
    json!({ "@type": typed("lua.v3.Lua"), "default_source_code": { "inline_string": script } })
}

fn local_rate_limit() -> Value {
    let always = json!({ "default_value": { "numerator": 100 } });
    json!({
        "@type": typed("local_ratelimit.v3.LocalRateLimit"),
        "stat_prefix": "bench",
        "token_bucket": {
            "max_tokens": 1_000_000_000, "tokens_per_fill": 1_000_000_000, "fill_interval": "1s"
        },
        "filter_enabled": always,
        "filter_enforced": always
    })
}

fn cluster(port: u16) -> Value {
    let address = json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } });
    json!({
        "name": "authorisation",
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": "authorisation",
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }]
        }
    })
}
