//! The demo's decision record: Envoy's log and the policy, to replay the demo's own traffic.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the demo fails by panicking, as tests do"
)]

use std::fs;

use serde_json::{Value, json};
use unstuff_tests::envoy::target;
use unstuff_tests::{PolicyBuilder, Sandbox, config, eventually};

/// The record's key. A key that everybody knows is good for a demo alone.
const KEY: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The operators' example with a record. The demo's attacker is faster than its quota.
pub(crate) fn policy() -> PolicyBuilder {
    let mut policy: Value =
        serde_json::from_str(&config::standalone_policy()).expect("the example's policy is JSON");
    policy["record"] = json!({ "key": KEY, "per_second": 1_000 });
    PolicyBuilder::verbatim(&policy.to_string())
}

/// Writes the log and the policy below target/, and says what they are for.
pub(crate) async fn keep(sandbox: &Sandbox, policy: &PolicyBuilder) {
    let attempts = usize::try_from(sandbox.metric("unstuff.attempts").await).expect("a count");
    let logins = |log: &str| log.matches("\"kind\":\"login\"").count();
    eventually("the record is whole", || async { logins(&sandbox.envoy.log()) == attempts }).await;
    let folder = target().join("demo");
    fs::create_dir_all(&folder).expect("target/demo");
    fs::write(folder.join("envoy.log"), sandbox.envoy.log()).expect("the log");
    fs::write(folder.join("policy.json"), String::from(policy.clone())).expect("the policy");
    // Not a part of the table, which is drawn for the README.
    eprintln!(
        "\nEach login has a line in target/demo/envoy.log. What had fail2ban done with them?\n  \
         target/release/unstuff replay target/demo/envoy.log --policy envoy/policies/fail2ban.json"
    );
}
