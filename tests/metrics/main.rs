//! `make test-metrics`: the alert rules in `promtool`, and the dashboard's queries in a real Prometheus.
//!
//! Prometheus scrapes Envoy while people log in and a script tries stolen passwords. A query without an
//! answer is a panel that stays empty.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod prometheus;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use prometheus::{Prometheus, program};
use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::mesh::{ListedMetrics, Plugin, gateway};
use unstuff_tests::{Request, Sandbox, eventually, form, policy};

/// The alert rules.
const RULES: &str = "envoy/prometheus/unstuff.rules.yml";
/// Their tests.
const RULE_TESTS: &str = "envoy/prometheus/unstuff.test.yml";
/// What makes labels of names in Prometheus.
const RELABELLING: &str = "envoy/prometheus/relabel.yml";
/// The dashboard.
const DASHBOARD: &str = "envoy/grafana/unstuff.json";
/// The page that lists metrics and alerts.
const PAGE: &str = "docs/metrics.md";

/// A password of the starter filter.
const BREACHED: &str = "123456";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn alert_rules_are_valid_and_their_tests_pass() {
    for arguments in [["check", "rules", RULES], ["test", "rules", RULE_TESTS]] {
        let output = Command::new(program("promtool")).current_dir(root()).args(arguments).output();
        let output = output.expect("`setup/prometheus` fetches promtool");
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn every_alert_is_tested_and_in_the_document() {
    let names: Vec<String> = read(RULES)
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: ").map(str::to_owned))
        .collect();
    assert!(names.len() >= 7, "{names:?}");
    for name in names {
        let fires = format!("alertname=\"{name}\"");
        assert!(read(RULE_TESTS).contains(&fires), "no test lets {name} fire");
        assert!(read(PAGE).contains(&format!("`{name}`")), "{PAGE} does not have {name}");
    }
}

#[test]
fn alerts_and_dashboard_ask_only_for_metrics_that_the_document_lists() {
    let page = read(PAGE);
    let listed = |metric: &str| {
        // `unstuff_verdict_block` is listed as `unstuff.verdict.{allow,…,block}`.
        let words: Vec<&str> = metric.split('_').collect();
        page.lines().filter(|line| line.starts_with("| `unstuff.")).any(|line| {
            let name = line.split('`').nth(1).unwrap_or_default().replace('_', ".");
            words.iter().all(|word| name.split(['.', '{', ',', '}']).any(|it| it == *word))
        })
    };
    let asked: BTreeSet<String> =
        [read(RULES), read(DASHBOARD)].iter().flat_map(|it| metrics_in(it)).collect();
    let unlisted: Vec<_> = asked.iter().filter(|metric| !listed(metric)).collect();
    assert!(asked.len() > 20 && unlisted.is_empty(), "{unlisted:?} of {asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_the_dashboard_is_answered_in_a_simulated_attack() {
    // No rule stops the attack before attack mode does.
    let attack = json!({ "name": "attack", "then": "challenge",
        "when": { "site.under_attack": true, "password.breached": true } });
    let sandbox = Sandbox::start(policy().annotate_breached().rule(attack)).await;
    let prometheus = Prometheus::scrape(sandbox.envoy.admin.address()).await;
    // Each scrape must see another count, so the traffic goes on until the queries are answered, and
    // the attack is an alert.
    let mut unanswered = queries();
    assert!(unanswered.len() > 12, "{unanswered:?}");
    unanswered.push("ALERTS{alertname=\"UnstuffAttackBegan\", alertstate=\"firing\"}".to_owned());
    for round in 0..120 {
        login_and_attack(&sandbox, round).await;
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        let mut still = Vec::new();
        for query in unanswered {
            let answer = prometheus.query(&query).await;
            assert_eq!(answer["status"], "success", "{query}: {answer}");
            let results = answer["data"]["result"].as_array().cloned().unwrap_or_default();
            let is_number = |it: &Value| it["value"][1].as_str().is_some_and(|it| it != "NaN");
            if !results.iter().any(is_number) {
                still.push(query);
            }
        }
        unanswered = still;
        if unanswered.is_empty() {
            break;
        }
    }
    assert!(unanswered.is_empty(), "no answer to {unanswered:#?}");
}

/// In Istio, whose API has no `stats_tags`.
#[tokio::test(flavor = "multi_thread")]
async fn prometheus_makes_labels_of_names_where_envoy_does_not() {
    let mesh = gateway().plugin(Plugin::new(policy().annotate_breached()));
    let mesh = mesh.istio_metrics(&ListedMetrics::of_istio()).start().await;
    let prometheus = Prometheus::scrape_with(mesh.envoy.admin.address(), &read(RELABELLING)).await;
    mesh.send(form("ann", BREACHED).header("host", "shop.example")).await;
    let version = env!("CARGO_PKG_VERSION").replace('.', "_");
    for query in [
        "sum by (unstuff_rule) (unstuff_rule_matched{unstuff_rule=\"breached\"}) == 1",
        "unstuff_rule_decided{unstuff_rule=\"breached\"} == 1",
        "unstuff_rule_shadow{unstuff_rule=\"breached\"} == 0",
        "unstuff_endpoint_under_attack{unstuff_endpoint=\"web\"} == 0",
        &format!("unstuff_module_configured{{unstuff_version=\"{version}\"}} > 0"),
        // A name without one of the three is what it was.
        "unstuff_attempts{unstuff_rule=\"\", unstuff_endpoint=\"\", unstuff_version=\"\"} == 1",
    ] {
        eventually(query, || async { prometheus.count(query).await == 1 }).await;
    }
    let long = "{__name__=~\"unstuff_(rule_matched|endpoint_under_attack|module_configured)_.+\"}";
    assert_eq!(prometheus.count(long).await, 0, "{long}");
}

/// A person logs in, and a script tries stolen passwords from many addresses.
async fn login_and_attack(sandbox: &Sandbox, round: u32) {
    let person = login("ann", RIGHT).from("203.0.113.9");
    sandbox.send(person).await;
    for number in 0..12 {
        let from = format!("198.51.{}.{number}", 100 + round % 100);
        sandbox.send(login(&format!("victim-{round}-{number}"), BREACHED).from(&from)).await;
    }
}

fn login(user: &str, password: &str) -> Request {
    form(user, password).header("user-agent", "a browser")
}

/// The queries of all panels, for all gateways.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets =
        panels.iter().flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    let queries = targets.map(|target| target["expr"].as_str().expect("a query").to_owned());
    queries
        .map(|query| query.replace("$__rate_interval", "10s").replace("$instance", ".*"))
        .collect()
}

/// The names of the module's metrics in a text.
fn metrics_in(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let labels = ["unstuff_rule", "unstuff_endpoint", "unstuff_version"];
    let ours = words.filter(|word| word.starts_with("unstuff_") && !labels.contains(word));
    ours.map(str::to_owned).collect()
}
