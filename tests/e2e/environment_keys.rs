//! Keys that the module reads from its VM's environment.

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::lacking::is_lacking;
use unstuff_tests::{PolicyBuilder, Request, Sandbox, form, policy};

const KEY: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const OTHER: &str = "2222222222222222222222222222222222222222222222222222222222222222";

const THIRD: &str = "3333333333333333333333333333333333333333333333333333333333333333";

/// Signs with these keys, and annotates a known device.
fn with_keys(keys: Value) -> PolicyBuilder {
    policy().with("keys", keys).annotate_if("device.known")
}

fn of_variable(name: &str) -> PolicyBuilder {
    with_keys(json!([{ "env": name }]))
}

/// Sets the variables of a filter's VM.
fn set(filter: &mut Value, variables: &Value) {
    filter["typed_config"]["config"]["vm_config"]["environment_variables"] =
        json!({ "key_values": variables });
}

fn with_variables(manager: &mut Value) {
    set(&mut manager["http_filters"][0], &json!({ "UNSTUFF_KEY": KEY, "SHORT": "s3cret" }));
}

fn right(user: &str) -> Request {
    form(user, RIGHT).from("203.0.113.9")
}

async fn device_of(sandbox: &Sandbox, user: &str) -> String {
    sandbox.send(right(user)).await.cookie().expect("a cookie")
}

async fn is_known(sandbox: &Sandbox, cookie: &str, user: &str) -> bool {
    let known = sandbox.metric("unstuff.device.known").await;
    sandbox.send(right(user).header("cookie", cookie)).await;
    sandbox.metric("unstuff.device.known").await > known
}

#[tokio::test]
async fn a_key_of_the_environment_signs_like_one_that_is_written_down() {
    let written = Sandbox::start(with_keys(json!([KEY]))).await;
    let cookie = device_of(&written, "ann").await;
    let sandbox =
        Sandbox::builder(of_variable("UNSTUFF_KEY")).manager(with_variables).start().await;
    assert!(is_known(&sandbox, &cookie, "ann").await);
    assert!(!sandbox.envoy.log().contains(KEY), "a key is in the log");
}

#[tokio::test]
async fn a_variable_without_a_key_rejects_the_configuration_and_the_old_one_stays() {
    let policy = of_variable("UNSTUFF_KEY");
    let mut sandbox = Sandbox::builder(policy).manager(with_variables).start().await;
    let cookie = device_of(&sandbox, "ann").await;
    for (name, expected) in [
        ("MISSING", "$.keys[0]: the VM's environment has no variable of this name"),
        ("SHORT", "$.keys[0]: the variable holds no key"),
    ] {
        let log = sandbox.envoy.reconfigure(of_variable(name)).await.expect_err("no key");
        assert!(log.contains(expected), "{log}");
        assert!(!log.contains("s3cret"), "the value is in the log: {log}");
    }
    assert!(is_known(&sandbox, &cookie, "ann").await, "no other key has taken its place");
}

/// Puts the module into the chain twice, with another variable and the same `vm_id`, as in Istio.
fn with_two_plugins(manager: &mut Value) {
    with_variables(manager);
    let filters = manager["http_filters"].as_array_mut().expect("filters");
    let mut second = filters[0].clone();
    second["name"] = json!("second");
    set(&mut second, &json!({ "SECOND_KEY": OTHER }));
    let config = &mut second["typed_config"]["config"];
    config["name"] = json!("second");
    config["configuration"]["value"] = json!(
        r#"{"keys": [{"env": "SECOND_KEY"}], "endpoints": [{"name": "b", "match": {"path": "/b"}}]}"#
    );
    filters.insert(1, second);
}

#[tokio::test]
async fn two_plugins_in_one_proxy_read_variables_of_their_own() {
    let test = "environment_keys::two_plugins_in_one_proxy_read_variables_of_their_own";
    if is_lacking(test) {
        return;
    }
    let policy = of_variable("UNSTUFF_KEY");
    let mut sandbox = Sandbox::builder(policy).manager(with_two_plugins).start().await;
    let cookie = device_of(&sandbox, "ann").await;
    assert!(is_known(&sandbox, &cookie, "ann").await);
    // The variable of the second plugin is not the first one's.
    let log = sandbox.envoy.reconfigure(of_variable("SECOND_KEY")).await.expect_err("not its own");
    assert!(log.contains("no variable of this name"), "{log}");
}

/// Hands Envoy's own variables over to the VM, as `valueFrom: HOST` and `hostKeys` do.
fn with_host_variables(manager: &mut Value) {
    manager["http_filters"][0]["typed_config"]["config"]["vm_config"]["environment_variables"] =
        json!({ "host_env_keys": ["UNSTUFF_KEY", "UNSTUFF_KEY_BEFORE"] });
}

#[tokio::test]
async fn a_rotation_takes_a_restart_and_forgets_no_device_while_the_key_before_is_there() {
    let both = || with_keys(json!([{ "env": "UNSTUFF_KEY" }, { "env": "UNSTUFF_KEY_BEFORE" }]));
    let start = |key, before| {
        let sandbox = Sandbox::builder(both()).manager(with_host_variables);
        sandbox.environment("UNSTUFF_KEY", key).environment("UNSTUFF_KEY_BEFORE", before).start()
    };
    let old = start(KEY, THIRD).await;
    let cookie = device_of(&old, "ann").await;
    drop(old);
    let rotated = start(OTHER, KEY).await;
    assert!(is_known(&rotated, &cookie, "ann").await);
    let renewed = device_of(&rotated, "ann").await;
    drop(rotated);
    let later = start(OTHER, THIRD).await;
    assert!(is_known(&later, &renewed, "ann").await);
    assert!(!is_known(&later, &cookie, "ann").await, "the key that signed it is gone");
}

/// Envoy does not start then, or does not listen, and a rollout notices.
#[tokio::test]
async fn a_named_variable_that_is_missing_at_the_first_start_of_a_file_does_not_listen() {
    let start = Sandbox::builder(of_variable("MISSING")).manager(with_variables).start();
    let started = tokio::spawn(async { drop(start.await) }).await;
    let panic = started.expect_err("no listener").into_panic();
    let text = panic.downcast_ref::<&str>().copied().unwrap_or_default();
    assert!(text.contains("did not accept its first listener"), "{text}");
}
