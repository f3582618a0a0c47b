//! The person: mistypes, is challenged, and gets in, in Chromium.

use std::process::Command;

use serde_json::{Value, json};
use unstuff_tests::{PolicyBuilder, Sandbox};

use crate::manifest::AppManifest;
use crate::server::{AppServer, RIGHT};

/// How often the person mistypes before the login that is challenged.
pub(crate) const MISTYPES: u32 = 2;

/// How long a browser may take.
const BOUND_S: &str = "180";

/// Whether the person got in; else what went wrong.
pub(crate) async fn log_in(manifest: &AppManifest, server: &AppServer) -> Result<(), String> {
    // The default rules leave people alone who mistype twice, so a rule of the test challenges.
    let again = json!([{
        "name": "again",
        "when": { "ip.attempts": { "over": MISTYPES, "within": "1h" } },
        "then": "challenge"
    }]);
    let sandbox = in_front(manifest, server, Some(again)).await;
    let url = format!("http://localhost:{}", sandbox.address().port());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/applications/person.mjs");
    let person = serde_json::to_string(&manifest.person).expect("JSON");
    let mistypes = MISTYPES.to_string();
    let mut node = Command::new("timeout");
    node.args([BOUND_S, "node", script, &url, RIGHT, &mistypes, &person]);
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("it ends");
    let output = output.expect("node runs");
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{said}\nthe end of Envoy's log:\n{}", sandbox.envoy.tail()))
}

/// An Envoy with the module and the application's policy, in front of the application.
pub(crate) async fn in_front(
    manifest: &AppManifest,
    server: &AppServer,
    rules: Option<Value>,
) -> Sandbox {
    let mut policy = manifest.policy.clone();
    policy["mode"] = json!("enforce");
    if let Some(rules) = rules {
        policy["rules"] = rules;
    }
    Sandbox::builder(PolicyBuilder::verbatim(&policy.to_string()))
        .behind(server.address.port())
        .any_path_and_tool()
        .start()
        .await
}
