//! Envoy Gateway: what its translator makes of `envoy/envoy-gateway`, in a stock Envoy.

use serde_json::{Value, json};
use unstuff_tests::envoy_gateway::{EnvoyGateway, envoy_gateway};
use unstuff_tests::{PolicyBuilder, Request, form, policy};

const NAMES: [&str; 3] = ["x-unstuff-verdict", "x-unstuff-reasons", "exposed-credential-check"];

/// A policy whose client is Envoy's view of it, as the manifest has it.
fn banning() -> PolicyBuilder {
    policy().with("client", json!({})).ban_after(10).annotate_breached()
}

fn guess(number: u32) -> Request {
    form("alice", &format!("guess-{number}")).header("host", "shop.example")
}

async fn guesses(gateway: &EnvoyGateway, numbers: std::ops::RangeInclusive<u32>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for number in numbers {
        statuses.push(gateway.send(guess(number)).await.status);
    }
    statuses
}

fn ten_then_blocked() -> Vec<u16> {
    [vec![401; 10], vec![429; 2]].concat()
}

/// The order that Envoy Gateway has by default.
fn buffer_first(manager: &mut Value) {
    manager["http_filters"].as_array_mut().expect("filters").swap(0, 1);
}

/// What `earlyRequestHeaders` of clienttrafficpolicy.yaml becomes.
fn early_removal(manager: &mut Value) {
    let kind = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation";
    manager["early_header_mutation_extensions"] = json!([{
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": format!("type.googleapis.com/{kind}"),
            "mutations": NAMES.map(|name| json!({ "remove": name }))
        }
    }]);
}

/// What `clientIPDetection` of behind-a-proxy becomes; 1 and 0 of `numTrustedHops` are the same.
fn one_proxy_in_front(manager: &mut Value) {
    let kind = "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig";
    manager["use_remote_address"] = json!(false);
    manager["original_ip_detection_extensions"] = json!([{
        "name": "envoy.extensions.http.original_ip_detection.xff",
        "typed_config": {
            "@type": format!("type.googleapis.com/{kind}"),
            "xff_num_trusted_hops": 0, "skip_xff_append": false
        }
    }]);
}

#[tokio::test]
async fn a_module_from_a_server_switched_on_by_the_route_blocks_the_eleventh_guess() {
    let gateway = envoy_gateway(banning()).start().await;
    assert_eq!(guesses(&gateway, 1..=12).await, ten_then_blocked());
    assert_eq!(gateway.app.request_count(), 10);
    assert!(gateway.server.request_count() >= 1, "the module came from the server");
}

#[tokio::test]
async fn the_verdict_arrives_and_copies_of_a_client_do_not() {
    let gateway = envoy_gateway(banning()).change(early_removal).start().await;
    let spoof = |request: Request| {
        NAMES.iter().fold(request, |request, name| request.header(name, "spoofed"))
    };
    gateway.send(spoof(form("alice", "123456")).header("host", "shop.example")).await;
    gateway.send(spoof(Request::get("/rest")).header("host", "shop.example")).await;
    assert_eq!(arrived(&gateway), [vec!["annotate", "breached", "4"], vec![]]);
}

/// The values of the three headers in each request that the application received.
fn arrived(gateway: &EnvoyGateway) -> Vec<Vec<String>> {
    let values = |it: &unstuff_tests::ReceivedRequest| {
        let values = NAMES.iter().flat_map(|name| it.headers.get_all(*name));
        values.map(|value| value.to_str().expect("text").to_owned()).collect()
    };
    gateway.app.received().iter().map(values).collect()
}

#[tokio::test]
async fn in_the_default_order_blocks_hold_but_no_verdict_arrives() {
    let gateway = envoy_gateway(banning()).change(buffer_first).start().await;
    gateway.send(form("alice", "123456").header("host", "shop.example")).await;
    assert_eq!(arrived(&gateway), [Vec::<String>::new()]);
    assert_eq!(guesses(&gateway, 1..=10).await[8..], [401, 429]);
}

#[tokio::test]
async fn a_copy_with_underscores_is_dropped_where_the_policy_says_so() {
    let drop = |manager: &mut Value| {
        manager["common_http_protocol_options"]["headers_with_underscores_action"] =
            json!("DROP_HEADER");
    };
    let spoofed = Request::get("/rest").header("host", "shop.example");
    let spoofed = spoofed.header("x_unstuff_verdict", "allow");
    let mut gateway = envoy_gateway(banning()).start().await;
    assert_eq!(gateway.send(spoofed.clone()).await.status, 400);
    gateway.update(banning(), drop).await;
    assert_eq!(gateway.send(spoofed).await.status, 200);
    assert_eq!(gateway.app.only_request().header("x_unstuff_verdict"), None);
}

#[tokio::test]
async fn behind_a_proxy_the_last_forwarded_address_is_the_client() {
    let gateway = envoy_gateway(banning()).change(one_proxy_in_front).start().await;
    for number in 1..=10 {
        gateway.send(guess(number).from("192.0.2.1, 198.51.100.7")).await;
    }
    assert_eq!(gateway.send(guess(11).from("192.0.2.2, 198.51.100.7")).await.status, 429);
    assert_eq!(gateway.send(guess(11).from("198.51.100.8")).await.status, 401);
}

#[tokio::test]
async fn without_a_proxy_in_front_a_forwarded_address_does_not_help() {
    let gateway = envoy_gateway(banning()).start().await;
    for number in 1..=10 {
        gateway.send(guess(number).from(&format!("198.51.100.{number}"))).await;
    }
    assert_eq!(gateway.send(guess(11).from("198.51.100.11")).await.status, 429);
}

#[tokio::test]
async fn counters_survive_a_change_of_the_policy_and_not_of_its_name() {
    let mut gateway = envoy_gateway(banning()).start().await;
    assert_eq!(guesses(&gateway, 1..=12).await, ten_then_blocked());
    gateway.update(banning().challenge_if("credentials.ambiguous"), |_| ()).await;
    assert_eq!(guesses(&gateway, 13..=13).await, [429]);
    let renamed = |manager: &mut Value| {
        let vm = &mut manager["http_filters"][0]["typed_config"]["config"]["vm_config"];
        vm["vm_id"] = json!("envoyextensionpolicy/default/other/wasm/0");
    };
    gateway.update(banning(), renamed).await;
    assert_eq!(guesses(&gateway, 13..=13).await, [401]);
}

#[tokio::test]
async fn an_upload_beside_the_login_is_neither_buffered_nor_refused() {
    let gateway = envoy_gateway(banning()).start().await;
    let upload = Request::post("/echo").header("host", "shop.example").body(vec![7; 5 << 20]);
    let response = gateway.send(upload).await;
    assert_eq!((response.status, response.body.len()), (200, 5 << 20));
}

#[tokio::test]
async fn fail_reload_of_the_patch_is_accepted() {
    let patched = |manager: &mut Value| {
        manager["http_filters"][0]["typed_config"]["config"]["failure_policy"] =
            json!("FAIL_RELOAD");
    };
    let gateway = envoy_gateway(banning()).change(patched).start().await;
    assert_eq!(guesses(&gateway, 1..=12).await, ten_then_blocked());
}

/// The listener that holds a bad configuration would not come, and nothing would listen.
#[tokio::test]
async fn a_bad_configuration_at_the_first_start_watches_in_shadow_mode_until_a_good_one_comes() {
    let bad = banning().with("mode", json!("enforced"));
    let mut gateway = envoy_gateway(bad).start().await;
    assert_eq!(guesses(&gateway, 1..=20).await, [401; 20]);
    assert_eq!(gateway.metric("unstuff.configuration.refused").await, 1);
    assert!(gateway.envoy.log().contains("$.mode: unknown value"));
    gateway.update(banning(), |_| ()).await;
    assert_eq!(gateway.metric("unstuff.configuration.refused").await, 0);
    assert_eq!(guesses(&gateway, 21..=21).await, [429]);
}

/// The module cannot help where it is not.
#[tokio::test]
async fn a_module_with_another_digest_answers_no_route() {
    let at_once = |manager: &mut Value| {
        let vm = &mut manager["http_filters"][0]["typed_config"]["config"]["vm_config"];
        vm["code"]["remote"]["retry_policy"] = json!({ "num_retries": 0 });
    };
    let other = envoy_gateway(banning()).digest(&"0".repeat(64)).change(at_once);
    let gateway = other.start().await;
    for target in ["/login", "/"] {
        let response = gateway.send(Request::get(target).header("host", "shop.example")).await;
        assert!(response.status >= 500, "{target}: {}", response.status);
    }
    assert_eq!(gateway.app.request_count(), 0);
}

/// What `bootstrap` of envoyproxy.yaml becomes.
#[tokio::test]
async fn the_names_of_rules_endpoints_and_versions_are_labels() {
    let proxy = include_str!("../../envoy/envoy-gateway/base/envoyproxy.yaml");
    let proxy: Value = serde_saphyr::from_str(proxy).expect("YAML");
    let patch = &proxy["spec"]["bootstrap"]["jsonPatches"][0];
    assert_eq!(patch["path"], "/stats_config");
    let gateway = envoy_gateway(banning()).stats_config(patch["value"].clone()).start().await;
    guesses(&gateway, 1..=12).await;
    assert_eq!(gateway.metric("unstuff.attempts").await, 12);
    let scraped = gateway.envoy.admin.prometheus().await;
    for label in [
        "matched{unstuff_rule=\"",
        "under_attack{unstuff_endpoint=\"",
        "configured{unstuff_version=\"",
    ] {
        assert!(scraped.contains(label), "{label} is missing in\n{scraped}");
    }
    for name in ["unstuff_rule_matched_", "endpoint_under_attack_", "module_configured_"] {
        assert!(!scraped.contains(name), "{name} in\n{scraped}");
    }
}
