//! Judging by each signal that a rule can name, and sparing whom it spares.

use std::time::Duration;

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::{
    AppResponse, PolicyBuilder, ReceivedRequest, Request, Sandbox, ambiguous, basic, form, policy,
};

const CLIENT: &str = "198.51.100.7";

/// Does `then` once `signal` is over a number.
fn when_over(signal: &str, over: u32, then: &str) -> PolicyBuilder {
    policy().rule(json!({
        "name": "over", "when": { signal: { "over": over, "within": "1h" } }, "then": then
    }))
}

/// Takes the client's address from a test's header, and allows this network.
fn allowing(network: &str) -> Value {
    json!({
        "address": { "header": "x-forwarded-for", "trusted_hops": 1 }, "allow": [network]
    })
}

#[tokio::test]
async fn one_username_too_many_from_an_address_is_blocked() {
    let sandbox = Sandbox::start(when_over("ip.usernames", 3, "block")).await;
    for user in ["alice", "bob", "carol", "alice", "Alice", "bob"] {
        assert_eq!(sandbox.send(form(user, RIGHT).from(CLIENT)).await.status, 200, "{user}");
    }
    let fourth = sandbox.send(form("dave", RIGHT).from(CLIENT)).await;
    assert_eq!(fourth.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.send(form("dave", RIGHT).from("203.0.113.9")).await.status, 200);
}

#[tokio::test]
async fn successes_of_an_address_count_and_failures_do_not() {
    let sandbox = Sandbox::start(when_over("ip.successes", 2, "annotate")).await;
    for password in [RIGHT, "wrong", RIGHT, "wrong", RIGHT] {
        sandbox.send(form("alice", password).from(CLIENT)).await;
        let last = sandbox.app.received().pop().expect("the last one");
        assert_eq!(last.header("x-unstuff-verdict"), Some("allow"));
    }
    sandbox.send(form("alice", RIGHT).from(CLIENT)).await;
    let last = sandbox.app.received().pop().expect("the last one");
    assert_eq!(last.header("x-unstuff-reasons"), Some("over"));
}

#[tokio::test]
async fn failures_at_one_account_from_many_addresses_are_challenged() {
    let sandbox = Sandbox::start(when_over("username.failures", 3, "challenge")).await;
    for last in 1..=3 {
        let guess = form("alice", "wrong").from(&format!("203.0.113.{last}"));
        assert_eq!(sandbox.send(guess).await.status, 401);
    }
    let fourth = sandbox.send(form("Alice", RIGHT).from(CLIENT)).await;
    assert_eq!((fourth.status, fourth.unstuff_reply()), (403, Some("challenge")));
    assert_eq!(sandbox.send(form("bob", RIGHT).from(CLIENT)).await.status, 200);
}

#[tokio::test]
async fn an_allowed_client_is_not_spared_by_a_rule_without_exemptions() {
    let strict = json!({
        "name": "strict", "when": { "credentials.ambiguous": true }, "then": "block", "exempt": []
    });
    let rules = policy().block_if("credentials.missing").rule(strict);
    let sandbox = Sandbox::start(rules.with("client", allowing("198.51.100.0/24"))).await;
    let missing = || Request::post("/login");
    assert_eq!(sandbox.send(missing().from(CLIENT)).await.unstuff_reply(), None);
    assert_eq!(sandbox.send(missing().from("203.0.113.9")).await.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.send(ambiguous("alice").from(CLIENT)).await.unstuff_reply(), Some("block"));
}

#[tokio::test]
async fn an_allowed_client_is_not_spared_the_ban_of_a_rule_without_exemptions() {
    let strict = json!({
        "name": "strict", "exempt": [],
        "when": { "ip.distinct_failures": { "over": 2, "within": "1h" } },
        "then": "block", "ban": "ip", "for": "1h"
    });
    let sandbox =
        Sandbox::start(policy().rule(strict).with("client", allowing("198.51.100.0/24"))).await;
    for (password, status) in [("one", 401), ("two", 401), ("three", 429), (RIGHT, 429)] {
        let response = sandbox.send(form("alice", password).from(CLIENT)).await;
        assert_eq!(response.status, status, "{password}");
    }
}

#[tokio::test]
async fn basic_is_judged_by_failures_and_distinct_counts_never_by_attempts() {
    let only_basic = policy().endpoint("credentials", json!({ "basic": true })).ban_after(3);
    let attempts = json!({ "ip.attempts": { "over": 3, "within": "1h" } });
    let rules = only_basic.rule(json!({ "name": "any", "when": attempts, "then": "block" }));
    let is_right =
        |received: &ReceivedRequest| received.header("authorization") == Some("Basic YWxpY2U6MA==");
    let app = move |received: &ReceivedRequest| {
        AppResponse::status(if is_right(received) { 200 } else { 401 })
    };
    let sandbox = Sandbox::builder(rules).on_request(app).start().await;
    // alice:0, with every request of a session, and a few mistakes that are always the same.
    for token in ["YWxpY2U6MA==", "YWxpY2U6MQ=="].repeat(10) {
        assert_eq!(sandbox.send(basic(token).from(CLIENT)).await.unstuff_reply(), None);
    }
    // alice:1, alice:2 … once each.
    for (token, reply) in [("Mg==", None), ("Mw==", None), ("NA==", Some("block"))] {
        let response = sandbox.send(basic(&format!("YWxpY2U6{token}")).from(CLIENT)).await;
        assert_eq!(response.unstuff_reply(), reply, "{token}");
    }
}

#[tokio::test]
async fn a_blocked_client_is_told_when_to_come_back() {
    let replies = json!({ "block": { "retry_after": "77s" } });
    for (rules, seconds) in [(policy(), "60"), (policy().with("replies", replies), "77")] {
        let sandbox = Sandbox::start(rules.block_if("credentials.ambiguous")).await;
        let response = sandbox.send(ambiguous("alice")).await;
        assert_eq!(response.header("retry-after"), Some(seconds));
    }
}

#[tokio::test]
async fn a_throttled_client_may_come_back_in_a_second() {
    let never = |_: &ReceivedRequest| AppResponse::status(401).after(Duration::from_secs(3600));
    let sandbox = Sandbox::builder(policy().ban_after(1)).on_request(never).start().await;
    // One login that is not answered yet: with another, two may have failed.
    let _unanswered = sandbox.begin(form("alice", "one").from(CLIENT)).await;
    let response = sandbox.send(form("alice", "two").from(CLIENT)).await;
    assert_eq!((response.status, response.unstuff_reply()), (429, Some("throttle")));
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(sandbox.app.request_count(), 1);
}
