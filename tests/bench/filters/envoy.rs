//! An Envoy with one module and no application, for measurements.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use crate::{measure, root};

/// The time limit of a start, also on a busy machine.
const BOUND: Duration = Duration::from_secs(300);
/// Memory is steady if it stays within 1 % for this time. V8 compiles in the background.
const STEADY_FOR: Duration = Duration::from_secs(5);

/// A running Envoy. Dropping the value ends its process.
pub(crate) struct BenchEnvoy {
    process: Child,
    folder: TempDir,
}

impl BenchEnvoy {
    /// Starts Envoy with this module and waits until it serves.
    pub(crate) fn start(module: &Path, workers: u32) -> Self {
        let version = include_str!("../../../setup/envoy.version").trim();
        let binary = root().join("target/envoy").join(version).join("envoy");
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("envoy.json"), configuration(module).to_string()).expect("a file");
        let log = File::create(at("log")).expect("a file");
        let process = Command::new(&binary)
            .arg("--config-path")
            .arg(at("envoy.json"))
            .args(["--concurrency", &workers.to_string(), "--disable-hot-restart"])
            .args(["--log-level", "info"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
        let mut envoy = Self { process, folder };
        envoy.wait_for("starting main dispatch loop");
        envoy
    }

    /// Waits until the log contains a text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let started = Instant::now();
        while !self.log().contains(text) {
            let ended = self.process.try_wait().expect("its state");
            assert!(ended.is_none() && started.elapsed() < BOUND, "{text:?}: {}", self.log());
            thread::park_timeout(Duration::from_millis(50));
        }
    }

    /// The log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }

    /// The steady resident memory, and the peak before it, in bytes.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let started = Instant::now();
        let now = || measure::resident(self.process.id()).expect("a running Envoy");
        let (mut reference, mut since) = (now(), Instant::now());
        while since.elapsed() < STEADY_FOR && started.elapsed() < BOUND {
            thread::park_timeout(Duration::from_millis(100));
            if now().abs_diff(reference) > reference / 100 {
                (reference, since) = (now(), Instant::now());
            }
        }
        (now(), measure::peak_of(self.process.id()).expect("a running Envoy"))
    }
}

impl Drop for BenchEnvoy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configuration(module: &Path) -> serde_json::Value {
    let typed = |name: &str| format!("type.googleapis.com/envoy.extensions.filters.{name}");
    let wasm = json!({
        "@type": typed("http.wasm.v3.Wasm"),
        "config": {
            "vm_config": {
                "runtime": "envoy.wasm.runtime.v8",
                "code": { "local": { "filename": module } }
            },
            "configuration": {
                "@type": "type.googleapis.com/google.protobuf.StringValue",
                "value": "{}"
            }
        }
    });
    let manager = json!({
        "@type": typed("network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "bench",
        "route_config": { "virtual_hosts": [{
            "name": "all",
            "domains": ["*"],
            "routes": [{ "match": { "prefix": "/" }, "direct_response": { "status": 204 } }]
        }] },
        "http_filters": [
            { "name": "module", "typed_config": wasm },
            { "name": "router", "typed_config": { "@type": typed("http.router.v3.Router") } }
        ]
    });
    let loopback = json!({ "socket_address": { "address": "127.0.0.1", "port_value": 0 } });
    json!({ "static_resources": { "listeners": [{
        "name": "bench",
        "address": loopback,
        "filter_chains": [{ "filters": [{ "name": "http", "typed_config": manager }] }]
    }] } })
}
