//! Istio: what an istiod makes of `envoy/istio`, in a stock Envoy.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::envoy::ModuleBuild;
use unstuff_tests::foreign_plugin::{FOREIGN_HEADER, FOREIGN_VALUE, ForeignPlugin};
use unstuff_tests::mesh::{ListedMetrics, Mesh, Plugin, gateway, sidecar};
use unstuff_tests::{PolicyBuilder, Request, eventually, form, policy};

const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);

/// A policy whose client is Envoy's view of it, as the manifest of the gateway has it.
fn banning() -> PolicyBuilder {
    policy().with("client", json!({})).ban_after(10).annotate_breached()
}

fn guess(number: u32) -> Request {
    form("alice", &format!("guess-{number}")).header("host", "shop.example")
}

/// The statuses of guesses from one address.
async fn guesses(mesh: &Mesh, from: Ipv4Addr, numbers: std::ops::RangeInclusive<u32>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for number in numbers {
        statuses.push(mesh.send_from(from, guess(number)).await.status);
    }
    statuses
}

fn ten_then_blocked() -> Vec<u16> {
    [vec![401; 10], vec![429; 2]].concat()
}

#[tokio::test]
async fn the_gateway_blocks_the_eleventh_guess_and_no_other_address() {
    let mesh = gateway().plugin(Plugin::new(banning())).start().await;
    assert_eq!(guesses(&mesh, ATTACKER, 1..=12).await, ten_then_blocked());
    assert_eq!(guesses(&mesh, Ipv4Addr::LOCALHOST, 1..=1).await, [401]);
    assert_eq!(mesh.app.request_count(), 11);
}

#[tokio::test]
async fn a_forwarded_address_does_not_help_at_the_gateway() {
    let mesh = gateway().plugin(Plugin::new(banning())).start().await;
    for number in 1..=10 {
        mesh.send(guess(number).from(&format!("198.51.100.{number}"))).await;
    }
    assert_eq!(mesh.send(guess(11).from("198.51.100.11")).await.status, 429);
}

#[tokio::test]
async fn behind_a_load_balancer_the_gateway_counts_its_clients() {
    // What numTrustedProxies: 1 of workload.yaml becomes.
    let one_proxy = |manager: &mut Value| manager["xff_num_trusted_hops"] = json!(1);
    let mesh = gateway().plugin(Plugin::new(banning())).change(one_proxy).start().await;
    for number in 1..=10 {
        mesh.send(guess(number).from("192.0.2.1, 198.51.100.7")).await;
    }
    assert_eq!(mesh.send(guess(11).from("192.0.2.2, 198.51.100.7")).await.status, 429);
    assert_eq!(mesh.send(guess(11).from("192.0.2.1, 198.51.100.8")).await.status, 401);
}

#[tokio::test]
async fn the_application_behind_the_gateway_reads_the_verdict_and_no_copy_of_a_client() {
    let mesh = gateway().plugin(Plugin::new(banning())).start().await;
    verdicts_arrive_and_copies_do_not(&mesh, "shop.example").await;
    let other = Request::get("/").header("host", "other.example");
    mesh.send(other.header("x-unstuff-verdict", "allow")).await;
    let last = mesh.app.received().pop().expect("a request");
    assert_eq!(last.header("x-unstuff-verdict"), None);
}

#[tokio::test]
async fn the_application_behind_a_sidecar_reads_the_verdict_and_no_copy_of_a_client() {
    let mesh = sidecar().plugin(Plugin::new(banning())).start().await;
    verdicts_arrive_and_copies_do_not(&mesh, "shop").await;
}

async fn verdicts_arrive_and_copies_do_not(mesh: &Mesh, host: &str) {
    let spoof = |request: Request| {
        let request = request.header("host", host).header("exposed-credential-check", "1");
        request.header("x-unstuff-verdict", "allow").header("x-unstuff-reasons", "none")
    };
    mesh.send(spoof(form("alice", "123456"))).await;
    mesh.send(spoof(Request::get("/elsewhere"))).await;
    let names = ["x-unstuff-verdict", "x-unstuff-reasons", "exposed-credential-check"];
    let arrived: Vec<Vec<Option<String>>> = mesh
        .app
        .received()
        .iter()
        .map(|it| names.iter().map(|name| it.header(name).map(str::to_owned)).collect())
        .collect();
    let told = ["annotate", "breached", "4"].map(|it| Some(it.to_owned())).to_vec();
    assert_eq!(arrived, [told, vec![None, None, None]]);
}

#[tokio::test]
async fn an_upload_beside_the_login_is_neither_buffered_nor_refused() {
    for mesh in [gateway(), sidecar()] {
        let mesh = mesh.plugin(Plugin::new(banning())).start().await;
        let upload = Request::post("/echo").header("host", "shop.example").body(vec![7; 5 << 20]);
        let response = mesh.send(upload).await;
        assert_eq!((response.status, response.body.len()), (200, 5 << 20));
    }
}

#[tokio::test]
async fn a_blocked_login_reaches_the_application_at_no_byte_of_it() {
    let mesh = gateway().plugin(Plugin::new(banning())).start().await;
    guesses(&mesh, Ipv4Addr::LOCALHOST, 1..=10).await;
    let before = mesh.app.request_count();
    assert_eq!(mesh.send(guess(11).in_chunks_of(1)).await.status, 429);
    assert_eq!(mesh.app.request_count(), before);
}

#[tokio::test]
async fn the_sidecar_takes_the_last_forwarded_address_for_the_client() {
    let mesh = sidecar().plugin(Plugin::new(banning())).start().await;
    // What the ingress gateway appends is the last one; a client's own entries stand before it.
    for number in 1..=10 {
        let forwarded = format!("192.0.2.{number}, 198.51.100.7");
        assert_eq!(mesh.send(guess(number).from(&forwarded)).await.status, 401);
    }
    assert_eq!(mesh.send(guess(11).from("192.0.2.11, 198.51.100.7")).await.status, 429);
    assert_eq!(mesh.send(guess(11).from("198.51.100.8")).await.status, 401);
}

#[tokio::test]
async fn the_address_of_the_sidecars_manifest_skips_the_proxies_in_front_of_the_gateway() {
    let hops = json!({ "address": { "header": "x-forwarded-for", "trusted_hops": 1 } });
    let mesh = sidecar().plugin(Plugin::new(banning().with("client", hops))).start().await;
    for number in 1..=10 {
        mesh.send(guess(number).from("198.51.100.7, 203.0.113.1")).await;
    }
    assert_eq!(mesh.send(guess(11).from("198.51.100.7, 203.0.113.1")).await.status, 429);
    assert_eq!(mesh.send(guess(11).from("198.51.100.8, 203.0.113.1")).await.status, 401);
}

#[tokio::test]
async fn counters_and_bans_survive_a_change_of_the_configuration() {
    let mesh = gateway().plugin(Plugin::new(banning())).start().await;
    guesses(&mesh, ATTACKER, 1..=9).await;
    guesses(&mesh, Ipv4Addr::LOCALHOST, 1..=12).await;
    mesh.update(Plugin::new(banning().challenge_if("credentials.ambiguous"))).await.expect("good");
    assert_eq!(guesses(&mesh, ATTACKER, 10..=11).await, [401, 429]);
    assert_eq!(guesses(&mesh, Ipv4Addr::LOCALHOST, 13..=13).await, [429]);
}

#[tokio::test]
async fn a_bad_configuration_is_refused_and_the_old_one_stays() {
    for fail_strategy in ["FAIL_RELOAD", "FAIL_CLOSE", "FAIL_OPEN"] {
        let [good, bad] = [banning(), banning().with("mode", json!("enforced"))]
            .map(|policy| Plugin::new(policy).fail_strategy(envoys(fail_strategy)));
        let mesh = gateway().plugin(good).start().await;
        let log = mesh.update(bad).await.expect_err("`enforced` is not a mode");
        assert!(log.contains("$.mode"), "{fail_strategy}: the log should name the place: {log}");
        assert_eq!(guesses(&mesh, ATTACKER, 1..=12).await, ten_then_blocked(), "{fail_strategy}");
    }
}

/// Envoy's name for a `failStrategy` of Istio.
fn envoys(fail_strategy: &str) -> &'static str {
    match fail_strategy {
        "FAIL_CLOSE" => "FAIL_CLOSED",
        "FAIL_OPEN" => "FAIL_OPEN",
        _ => "FAIL_RELOAD",
    }
}

/// Behind Istio the module comes after its listener: a proxy that has none is ready, and answers 500
/// to everything.
#[tokio::test]
async fn a_bad_configuration_at_the_first_start_watches_in_shadow_mode_until_a_good_one_comes() {
    for fail_strategy in ["FAIL_RELOAD", "FAIL_CLOSE", "FAIL_OPEN"] {
        let plugin = |policy| Plugin::new(policy).fail_strategy(envoys(fail_strategy));
        let bad = || plugin(banning().with("mode", json!("enforced")));
        let mesh = gateway().plugin(bad()).start().await;
        for host in ["shop.example", "other.example"] {
            let response = mesh.send(Request::get("/").header("host", host)).await;
            assert_eq!(response.status, 200, "{fail_strategy}");
        }
        assert_eq!(guesses(&mesh, ATTACKER, 1..=20).await, [401; 20], "{fail_strategy}");
        assert!(mesh.metric("unstuff.attempts").await >= 20, "{fail_strategy}");
        assert_eq!(mesh.metric("unstuff.configuration.refused").await, 1, "{fail_strategy}");
        let log = mesh.envoy.log();
        for said in ["$.mode: unknown value", "is refused and there is none before it"] {
            // It is said again every five minutes of the clock, and those may begin in between.
            assert!((1..=2).contains(&log.matches(said).count()), "{fail_strategy}: {said}");
        }
        mesh.update(plugin(banning())).await.expect("good");
        assert_eq!(mesh.metric("unstuff.configuration.refused").await, 0, "{fail_strategy}");
        assert_eq!(
            guesses(&mesh, Ipv4Addr::new(127, 0, 0, 8), 1..=12).await,
            ten_then_blocked(),
            "{fail_strategy}"
        );
        // From now on there is one before it.
        let other = plugin(banning().with("mode", json!("shadowed")));
        mesh.update(other).await.expect_err("`shadowed` is not a mode");
        eventually("the refusal is logged", || async {
            mesh.envoy.log().contains("given \"shadowed\"")
        })
        .await;
        assert_eq!(guesses(&mesh, Ipv4Addr::new(127, 0, 0, 8), 13..=13).await, [429]);
        // Envoy takes the first one again without a question, so it has to serve.
        mesh.update(bad()).await.expect("remembered");
        assert_eq!(guesses(&mesh, Ipv4Addr::new(127, 0, 0, 8), 14..=20).await, [401; 7]);
        assert_eq!(mesh.metric("unstuff.configuration.refused").await, 1, "{fail_strategy}");
    }
}

#[tokio::test]
async fn a_key_that_is_missing_at_the_first_start_is_not_replaced_by_a_random_one() {
    let policy = || banning().with("keys", json!([{ "env": "UNSTUFF_KEY" }]));
    let mesh = gateway().plugin(Plugin::new(policy())).start().await;
    let login = form("alice", RIGHT).header("host", "shop.example");
    let response = mesh.send(login).await;
    assert_eq!((response.status, response.cookie()), (200, None));
    assert_eq!(mesh.metric("unstuff.configuration.refused").await, 1);
    assert!(mesh.envoy.log().contains("$.keys[0]: the VM's environment has no variable"));
}

/// The module cannot help where it is not.
#[tokio::test]
async fn a_module_file_that_is_missing_answers_500_until_it_is_there() {
    let missing = Plugin::new(banning()).module(ModuleBuild::At("/nowhere/unstuff.wasm".into()));
    let mesh = gateway().plugin(missing).start().await;
    for host in ["shop.example", "other.example"] {
        let response = mesh.send(Request::get("/").header("host", host)).await;
        assert_eq!((response.status, response.body.len()), (500, 0));
    }
    mesh.update(Plugin::new(banning())).await.expect("good");
    eventually("the module serves", || async {
        mesh.send(Request::get("/").header("host", "shop.example")).await.status == 200
    })
    .await;
    assert_eq!(guesses(&mesh, ATTACKER, 1..=12).await, ten_then_blocked());
}

#[tokio::test]
async fn without_a_configuration_the_defaults_watch_in_shadow_mode() {
    let mesh = gateway().plugin(Plugin::new(banning()).without_config()).start().await;
    for number in 0..20 {
        let body = format!("username=alice&password=guess-{number}");
        let login = form("", "").body(body).header("host", "shop.example");
        assert_eq!(mesh.send(login).await.status, 401);
    }
    assert!(mesh.metric("unstuff.attempts").await >= 20);
}

#[tokio::test]
async fn another_plugin_with_the_same_empty_vm_id_does_no_harm_to_counters() {
    let foreign = ForeignPlugin::assemble();
    let other = Plugin::new(policy()).named("foreign").module(foreign.module());
    for first in [true, false] {
        let ours = Plugin::new(banning());
        let order = if first { [ours, other.clone()] } else { [other.clone(), ours] };
        let mesh = order.into_iter().fold(gateway(), |mesh, it| mesh.plugin(it)).start().await;
        assert_eq!(guesses(&mesh, ATTACKER, 1..=12).await, ten_then_blocked());
        let received = mesh.app.received();
        assert_eq!(received.len(), 10);
        assert!(received.iter().all(|it| it.header(FOREIGN_HEADER) == Some(FOREIGN_VALUE)));
    }
}

/// What a plugin may do that shares the table, by mistake.
#[tokio::test]
async fn junk_of_another_plugin_under_our_keys_neither_stops_the_module_nor_lets_guesses_pass() {
    let keys = ["meta", "key", "announced", "lift", "learnt", "up/00000000", "ip/00000000"];
    let keys = keys.map(|key| format!("unstuff/{key}"));
    let foreign = ForeignPlugin::writing(&keys.each_ref().map(String::as_str));
    let other = Plugin::new(policy()).named("foreign").module(foreign.module());
    let mesh = gateway().plugin(other).plugin(Plugin::new(banning())).start().await;
    assert_eq!(guesses(&mesh, ATTACKER, 1..=12).await, ten_then_blocked());
    // The next configuration finds junk in place of what the last one agreed on.
    mesh.update(Plugin::new(banning().challenge_if("credentials.ambiguous"))).await.expect("good");
    let again = guesses(&mesh, ATTACKER, 1..=12).await;
    assert_eq!(again.last(), Some(&429), "{again:?}");
    let log = mesh.envoy.log();
    assert!(!log.contains("VM failed") && !log.contains("in-VM"), "a trap");
}

/// A policy that watches this path.
fn watching(path: &str) -> PolicyBuilder {
    policy().with("client", json!({})).endpoint("match", json!({ "path": path })).ban_after(10)
}

#[tokio::test]
async fn of_two_plugins_of_ours_the_first_judges_and_the_second_stays_out() {
    let stricter = policy().with("client", json!({})).ban_after(5);
    let second = Plugin::new(stricter).named("unstuff-two");
    let mesh = gateway().plugin(Plugin::new(banning())).plugin(second).start().await;
    assert_eq!(guesses(&mesh, ATTACKER, 1..=12).await, ten_then_blocked());
    assert_eq!(mesh.metric("unstuff.attempts").await, 12, "each login counts once");
    assert_eq!(mesh.metric("unstuff.outcome.failure").await, 10);
    assert_eq!(mesh.envoy.log().matches("another Unstuff stands before this one").count(), 1);
}

#[tokio::test]
async fn a_second_plugin_judges_what_the_first_does_not_watch() {
    let second = Plugin::new(watching("/other-login")).named("unstuff-two");
    let mesh = gateway().plugin(Plugin::new(banning())).plugin(second).start().await;
    let spoofed = |path| guess(1).to(path).header("x-unstuff-judged", "1");
    for path in ["/other-login", "/login"] {
        assert_eq!(mesh.send(spoofed(path)).await.status, 401);
    }
    assert_eq!(mesh.metric("unstuff.attempts").await, 2);
    assert!(!mesh.envoy.log().contains("another Unstuff"));
}

#[tokio::test]
async fn an_inbound_listener_without_an_address_is_warned_of() {
    let header = json!({ "address": { "header": "x-forwarded-for", "trusted_hops": 0 } });
    let said = "client.address: the listener is inbound";
    for (mesh, client, times) in
        [(sidecar(), json!({}), 1), (sidecar(), header, 0), (gateway(), json!({}), 0)]
    {
        let plugin = Plugin::new(banning().with("client", client.clone()));
        let mesh = mesh.plugin(plugin).start().await;
        guesses(&mesh, ATTACKER, 1..=2).await;
        assert_eq!(mesh.envoy.log().matches(said).count(), times, "{client}");
    }
}

#[tokio::test]
async fn an_update_lifts_a_ban_and_takes_an_address_on_the_allow_list() {
    let mesh = gateway().plugin(Plugin::new(banning())).start().await;
    guesses(&mesh, ATTACKER, 1..=12).await;
    let lift = banning().with("lift", json!({ "addresses": [ATTACKER.to_string()] }));
    mesh.update(Plugin::new(lift)).await.expect("good");
    assert_eq!(guesses(&mesh, ATTACKER, 1..=12).await, ten_then_blocked());
    let allow = banning().with("client", json!({ "allow": [ATTACKER.to_string()] }));
    mesh.update(Plugin::new(allow)).await.expect("good");
    assert_eq!(guesses(&mesh, ATTACKER, 13..=13).await, [401]);
}

/// So an alert on what `workload.yaml` lists sees a refused configuration.
#[tokio::test]
async fn the_metrics_that_the_workload_lists_tell_a_refused_configuration() {
    for workload in [
        include_str!("../../envoy/istio/gateway/workload.yaml"),
        include_str!("../../envoy/istio/sidecar/workload.yaml"),
    ] {
        let listed = ListedMetrics::with_workload(workload);
        let mesh = gateway().plugin(Plugin::new(banning())).istio_metrics(&listed).start().await;
        let admin = mesh.envoy.admin;
        let bad = Plugin::new(banning().with("mode", json!("enforced")));
        mesh.update(bad).await.expect_err("`enforced` is not a mode");
        let refused = "extension_config_discovery.http_filter.*update_rejected";
        assert_eq!(admin.stat(refused).await, 1);
        guesses(&mesh, ATTACKER, 1..=1).await;
        eventually("a guess", || async { admin.metric("unstuff.attempts").await == 1 }).await;
        // What is not listed is not there, so the list is in force.
        assert!(!admin.prometheus().await.contains("envoy_http_downstream_rq"));
    }
}

/// A waypoint has no workload of the operator's, so its metrics must be in Istio's own list.
#[tokio::test]
async fn the_modules_metrics_are_in_the_list_that_istio_has_by_itself() {
    let listed = ListedMetrics::of_istio();
    let mesh = gateway().plugin(Plugin::new(banning())).istio_metrics(&listed).start().await;
    guesses(&mesh, ATTACKER, 1..=1).await;
    let admin = mesh.envoy.admin;
    eventually("a guess", || async { admin.metric("unstuff.attempts").await == 1 }).await;
    let scraped = admin.prometheus().await;
    assert!(scraped.contains("unstuff_rule_matched_"), "{scraped}");
    assert!(scraped.contains("envoy_wasm_"), "{scraped}");
    assert!(!scraped.contains("envoy_extension_config_discovery"), "{scraped}");
}
