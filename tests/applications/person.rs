//! The person: mistypes, is challenged, and gets in, in Chromium.

use std::process::Command;

use serde_json::{Value, json};
use unstuff_tests::{PolicyBuilder, Sandbox};

use crate::manifest::AppManifest;
use crate::server::{AppServer, RIGHT};

/// How often the person mistypes before the login that is challenged.
pub(crate) const MISTYPES: u32 = 2;

/// How long a browser may take.
const BOUND_S: u32 = 180;

/// Whether the person got in; else what went wrong.
pub(crate) async fn log_in(manifest: &AppManifest, server: &AppServer) -> Result<(), String> {
    // The default rules leave people alone who mistype twice, so a rule of the test challenges.
    let again = json!({ "rules": [{
        "name": "again",
        "when": { "ip.attempts": { "over": MISTYPES, "within": "1h" } },
        "then": "challenge"
    }] });
    let sandbox = in_front(manifest, server, again).await;
    let (url, mistypes) = (sandbox.url_for_browsers(), MISTYPES.to_string());
    let told = tell(manifest, "mistypes", &[&url, &mistypes], BOUND_S).await;
    told.map(drop)
        .map_err(|said| format!("{said}\nthe end of Envoy's log:\n{}", sandbox.envoy.tail()))
}

/// Tells a story of `person.mjs`. What it prints, or what went wrong.
pub(crate) async fn tell(
    manifest: &AppManifest,
    story: &str,
    arguments: &[&str],
    bound_s: u32,
) -> Result<String, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/applications/person.mjs");
    let person = serde_json::to_string(&manifest.person).expect("JSON");
    let mut node = Command::new("timeout");
    node.arg(bound_s.to_string()).args(["node", script, story, &person, RIGHT]).args(arguments);
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("it ends");
    let output = output.expect("node runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// An Envoy with the module and the application's policy, in front of the application. The members of
/// `change` take the place of the policy's.
pub(crate) async fn in_front(manifest: &AppManifest, server: &AppServer, change: Value) -> Sandbox {
    let mut policy = manifest.policy.clone();
    policy["mode"] = json!("enforce");
    if let Value::Object(members) = change {
        for (name, value) in members {
            policy[name.as_str()] = value;
        }
    }
    Sandbox::builder(PolicyBuilder::verbatim(&policy.to_string()))
        .behind(server.address.port())
        .any_path_and_tool()
        .start()
        .await
}
