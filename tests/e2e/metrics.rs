//! Metrics: what the document lists is what Envoy exports, and what each counts.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::json;
use unstuff_tests::envoy::target;
use unstuff_tests::{PolicyBuilder, Sandbox, eventually, form, policy};

/// The table of all metrics.
const DOCUMENT: &str = include_str!("../../docs/metrics.md");

/// The most rules, and the most endpoints, of a configuration.
const MOST: usize = 64;

/// As many rules and endpoints as a configuration may have.
fn largest() -> PolicyBuilder {
    let rule = |number| {
        json!({ "name": format!("rule-{number}"), "when": { "password.breached": true },
                "then": "annotate", "mode": if number == 1 { "shadow" } else { "enforce" } })
    };
    let endpoint = |number| {
        json!({ "name": format!("door-{number}"), "match": { "path": format!("/login/{number}") },
                "credentials": { "form": { "username": "user", "password": "password" } },
                "failure": { "status": 401 }, "success": { "status": 200 } })
    };
    let rules: Vec<_> = (0..MOST).map(rule).collect();
    let endpoints: Vec<_> = (0..MOST).map(endpoint).collect();
    policy().with("rules", json!(rules)).with("endpoints", json!(endpoints))
}

#[tokio::test]
async fn the_document_lists_every_metric_that_envoy_exports_and_no_other() {
    let sandbox = Sandbox::start(largest()).await;
    let exported = sandbox.envoy.admin.metrics().await;
    let names: BTreeSet<String> = exported.iter().map(|(name, _)| documented_name(name)).collect();
    let listed = listed();
    let unlisted: Vec<_> = names.difference(&listed).collect();
    let missing: Vec<_> = listed.difference(&names).collect();
    assert!(
        unlisted.is_empty() && missing.is_empty(),
        "unlisted {unlisted:?}, missing {missing:?}"
    );
    // Of each rule three, of each endpoint one: nothing else grows with the configuration.
    let fixed = listed.iter().filter(|name| !name.ends_with(char::is_uppercase)).count();
    assert_eq!(exported.len(), fixed + 3 * MOST + MOST + 1);
}

#[tokio::test]
async fn each_rule_counts_what_it_matched_decided_and_would_have_done() {
    let sandbox = Sandbox::start(largest()).await;
    for user in ["alice", "bob"] {
        sandbox.send(form(user, "123456").to("/login/7")).await;
    }
    for (metric, count) in [
        ("matched.rule-0", 2),
        ("decided.rule-0", 2),
        ("shadow.rule-0", 0),
        ("matched.rule-1", 2),
        ("decided.rule-1", 0),
        ("shadow.rule-1", 2),
    ] {
        let name = format!("unstuff.rule.{metric}");
        eventually(&name, || async { sandbox.metric(&name).await == count }).await;
    }
    let scraped = sandbox.envoy.admin.prometheus().await;
    for line in [
        "unstuff_rule_matched{unstuff_rule=\"rule-1\"} 2",
        "unstuff_endpoint_under_attack{unstuff_endpoint=\"door-7\"} 0",
        "unstuff_attempts{} 2",
        "unstuff_filter_passwords_keys{} 10000",
    ] {
        assert!(scraped.lines().any(|it| it == line), "{line} is missing in\n{scraped}");
    }
    let version =
        format!("unstuff_module_configured{{unstuff_version=\"{}\"}} ", env!("CARGO_PKG_VERSION"));
    assert!(scraped.contains(&version), "{scraped}");
    let address = sandbox.envoy.admin.address();
    let tables = [format!("{address}"), format!("{address}/stats/prometheus")].map(|url| top(&url));
    for table in &tables {
        assert!(table.contains("attack mode: off"), "{table}");
        let row = table.lines().find(|line| line.starts_with("rule-1 ")).expect("a rule's row");
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["rule-1", "2", "0", "2"]);
    }
}

/// The table that `unstuff top` prints where there is no terminal.
fn top(url: &str) -> String {
    let tool = Command::new(target().join("release/unstuff")).args(["top", url]).output();
    let output = tool.expect("`make build` makes the tool");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// A metric's name as the document has it.
fn documented_name(name: &str) -> String {
    for (prefix, stands_for) in [
        ("unstuff.rule.matched.", "RULE"),
        ("unstuff.rule.decided.", "RULE"),
        ("unstuff.rule.shadow.", "RULE"),
        ("unstuff.endpoint.under_attack.", "ENDPOINT"),
        ("unstuff.module.configured.", "VERSION"),
    ] {
        if name.starts_with(prefix) {
            return format!("{prefix}{stands_for}");
        }
    }
    name.to_owned()
}

/// The names in the document's table, with every alternative of `{a,b}` written out.
fn listed() -> BTreeSet<String> {
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `unstuff."));
    let names =
        rows.filter_map(|row| row.split_once('`')).map(|(name, _)| format!("unstuff.{name}"));
    names.flat_map(|name| written_out(&name)).collect()
}

fn written_out(name: &str) -> Vec<String> {
    let Some((before, rest)) = name.split_once('{') else { return vec![name.to_owned()] };
    let (alternatives, behind) = rest.split_once('}').expect("a closed brace");
    let one = |alternative| written_out(&format!("{before}{alternative}{behind}"));
    alternatives.split(',').flat_map(one).collect()
}
