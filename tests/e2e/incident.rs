//! What an operator does in an incident, by an update of the configuration and without a restart.

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::{PolicyBuilder, Sandbox, form, policy};

const LOCKED_OUT: &str = "198.51.100.7";
const ATTACKER: &str = "203.0.113.66";

fn banning() -> PolicyBuilder {
    policy().ban_after(3)
}

/// A policy with this section `lift`.
fn lifting(lift: Value) -> PolicyBuilder {
    banning().with("lift", lift)
}

async fn two_workers() -> Sandbox {
    let sandbox = Sandbox::builder(banning()).workers(2).start().await;
    for address in [LOCKED_OUT, ATTACKER] {
        get_banned(&sandbox, address).await;
    }
    sandbox
}

async fn get_banned(sandbox: &Sandbox, address: &str) {
    for guess in 0..5 {
        sandbox.send(form("alice", &format!("guess-{guess}")).from(address)).await;
    }
    assert_eq!(statuses(sandbox, address).await, [429; 8], "{address}");
}

/// The statuses of logins with the right password, on connections that both workers take.
async fn statuses(sandbox: &Sandbox, address: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(sandbox.send(form("alice", RIGHT).from(address)).await.status);
    }
    statuses
}

fn lifted(sandbox: &Sandbox) -> Vec<String> {
    let log = sandbox.envoy.log();
    let lines = log.lines().filter_map(|line| line.split_once("unstuff: lift: "));
    lines.map(|(_, line)| line.to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_lifts_one_ban_at_once_and_once() {
    let mut sandbox = two_workers().await;
    let list = json!({ "addresses": [LOCKED_OUT] });
    sandbox.envoy.reconfigure(lifting(list.clone())).await.expect("accepted");
    assert_eq!(statuses(&sandbox, LOCKED_OUT).await, [200; 8]);
    assert_eq!(statuses(&sandbox, ATTACKER).await, [429; 8], "nobody else's ban is lifted");
    let line = format!("{LOCKED_OUT}: forgotten: bans 1, failures 3, by ip-failures");
    assert_eq!(lifted(&sandbox), [line]);
    // The same list in another update, and after a rollback, lifts nothing again.
    get_banned(&sandbox, LOCKED_OUT).await;
    for policy in [lifting(list.clone()).annotate_breached(), banning(), lifting(list.clone())] {
        sandbox.envoy.reconfigure(policy).await.expect("accepted");
    }
    assert_eq!(statuses(&sandbox, LOCKED_OUT).await, [429; 8]);
    let again = json!({ "id": "again", "addresses": [LOCKED_OUT] });
    sandbox.envoy.reconfigure(lifting(again)).await.expect("accepted");
    assert_eq!(statuses(&sandbox, LOCKED_OUT).await, [200; 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_puts_an_address_on_the_allow_list_at_once() {
    let mut sandbox = two_workers().await;
    let client = json!({
        "address": { "header": "x-forwarded-for", "trusted_hops": 1 }, "allow": [LOCKED_OUT]
    });
    sandbox.envoy.reconfigure(banning().with("client", client)).await.expect("accepted");
    assert_eq!(statuses(&sandbox, LOCKED_OUT).await, [200; 8]);
    assert_eq!(statuses(&sandbox, ATTACKER).await, [429; 8]);
    // Taken off again, the ban is still there: the allow-list lifts nothing.
    sandbox.envoy.reconfigure(banning()).await.expect("accepted");
    assert_eq!(statuses(&sandbox, LOCKED_OUT).await, [429; 8]);
}

/// The blocks of JSON on the page for operators.
fn blocks() -> Vec<Value> {
    let page = include_str!("../../docs/incident.md");
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(|block| serde_json::from_str(block).expect("JSON")).collect()
}

#[tokio::test]
async fn the_module_accepts_what_the_page_on_incidents_says() {
    let mut sandbox = Sandbox::start(policy()).await;
    let blocks = blocks();
    assert!(blocks.len() >= 3);
    for block in blocks {
        let accepted = sandbox.envoy.reconfigure(PolicyBuilder::verbatim(&block.to_string())).await;
        assert_eq!(accepted, Ok(()), "{block}");
    }
}
