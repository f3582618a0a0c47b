//! `unstuff doctor` at a real Envoy.

use std::process::Command;

use serde_json::{Value, json};
use unstuff_tests::envoy::target;
use unstuff_tests::{Sandbox, eventually, form, policy};

/// The key of a configuration: 32 bytes in base64.
const KEY: &str = "dW5zdHVmZi1kb2N0b3ItdW5zdHVmZi1kb2N0b3ItMTI=";

#[tokio::test]
async fn doctor_finds_nothing_wrong_with_the_shipped_configuration() {
    let sandbox = Sandbox::start(policy().ban_after(10).with("keys", json!([KEY]))).await;
    sandbox.send(form("alice", "in-no-list-of-breaches").from("203.0.113.9")).await;
    eventually("the login is counted", || async { sandbox.metric("unstuff.attempts").await == 1 })
        .await;
    let (code, said) = doctor(&sandbox, &["--format", "json"]);
    assert_eq!(code, Some(0), "{said}");
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(said["attempts"], 1);
    assert_eq!(said["module"], env!("CARGO_PKG_VERSION"), "the module tells its version");
    assert_eq!(said["plugins"][0]["accepted"], true);
}

#[tokio::test]
async fn doctor_names_what_is_wrong_and_never_a_key() {
    let keyed = policy().with("keys", json!([KEY]));
    let sandbox = Sandbox::builder(keyed).manager(without_protection).start().await;
    let (code, said) = doctor(&sandbox, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("warning: listener web: no buffer filter behind the module"), "{said}");
    assert!(said.contains("a client's own x-unstuff-verdict"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}

/// Takes the buffer filter away, and the removal of headers.
fn without_protection(manager: &mut Value) {
    let filters = manager["http_filters"].as_array_mut().expect("filters");
    filters.retain(|filter| filter["name"] != "envoy.filters.http.buffer");
    let host = &mut manager["route_config"]["virtual_hosts"][0];
    host["request_headers_to_remove"] = json!([]);
    for route in host["routes"].as_array_mut().expect("routes") {
        route["typed_per_filter_config"] = json!({});
    }
}

/// The exit code, and what is printed.
fn doctor(sandbox: &Sandbox, arguments: &[&str]) -> (Option<i32>, String) {
    let mut tool = Command::new(target().join("release/unstuff"));
    tool.arg("doctor").arg(sandbox.envoy.admin.address().to_string()).args(arguments);
    let output = tool.output().expect("`make build` makes the tool");
    let printed = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), printed.into_owned())
}
