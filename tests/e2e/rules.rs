//! Rules: signals, actions, exemptions, and the `retry-after` of their replies.

use std::time::Duration;

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::{
    AppResponse, PolicyBuilder, ReceivedRequest, Sandbox, ambiguous, basic, form, policy,
};

const CLIENT: &str = "198.51.100.7";

/// A policy with one rule: `then`, once `signal` is over a number within an hour.
fn when_over(signal: &str, over: u32, then: &str) -> PolicyBuilder {
    policy().rule(json!({
        "name": "over", "when": { signal: { "over": over, "within": "1h" } }, "then": then
    }))
}

/// A `client` section that allows this network.
fn allowing(network: &str) -> Value {
    json!({
        "address": { "header": "x-forwarded-for", "trusted_hops": 1 }, "allow": [network]
    })
}

#[tokio::test]
async fn an_address_with_too_many_usernames_is_blocked() {
    let sandbox = Sandbox::start(when_over("ip.usernames", 3, "block")).await;
    for user in ["alice", "bob", "carol", "alice", "Alice", "bob"] {
        assert_eq!(sandbox.send(form(user, RIGHT).from(CLIENT)).await.status, 200, "{user}");
    }
    let fourth = sandbox.send(form("dave", RIGHT).from(CLIENT)).await;
    assert_eq!(fourth.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.send(form("dave", RIGHT).from("203.0.113.9")).await.status, 200);
}

#[tokio::test]
async fn only_successes_count_as_successes_of_an_address() {
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
async fn a_rule_without_exemptions_applies_to_an_allowed_client() {
    let strict = json!({
        "name": "strict", "when": { "credentials.ambiguous": true }, "then": "block", "exempt": []
    });
    let rules = policy().block_if("credentials.absent").rule(strict);
    let sandbox = Sandbox::start(rules.with("client", allowing("198.51.100.0/24"))).await;
    let absent = || form("", "").body("user=alice");
    assert_eq!(sandbox.send(absent().from(CLIENT)).await.unstuff_reply(), None);
    assert_eq!(sandbox.send(absent().from("203.0.113.9")).await.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.send(ambiguous("alice").from(CLIENT)).await.unstuff_reply(), Some("block"));
}

#[tokio::test]
async fn a_ban_without_exemptions_applies_to_an_allowed_client() {
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
async fn counts_of_attempts_do_not_apply_to_http_basic() {
    let only_basic = policy().endpoint("credentials", json!({ "basic": true })).ban_after(3);
    let attempts = json!({ "ip.attempts": { "over": 3, "within": "1h" } });
    let rules = only_basic.rule(json!({ "name": "any", "when": attempts, "then": "block" }));
    let is_right =
        |received: &ReceivedRequest| received.header("authorization") == Some("Basic YWxpY2U6MA==");
    let app = move |received: &ReceivedRequest| {
        AppResponse::status(if is_right(received) { 200 } else { 401 })
    };
    let sandbox = Sandbox::builder(rules).on_request(app).start().await;
    // alice:0 as with every request of a session, and one mistake that is repeated.
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
async fn a_block_has_the_configured_retry_after() {
    let replies = json!({ "block": { "retry_after": "77s" } });
    for (rules, seconds) in [(policy(), "60"), (policy().with("replies", replies), "77")] {
        let sandbox = Sandbox::start(rules.block_if("credentials.ambiguous")).await;
        let response = sandbox.send(ambiguous("alice")).await;
        assert_eq!(response.header("retry-after"), Some(seconds));
    }
}

#[tokio::test]
async fn a_throttle_has_a_retry_after_of_one_second() {
    let never = |_: &ReceivedRequest| AppResponse::status(401).after(Duration::from_secs(3600));
    let sandbox = Sandbox::builder(policy().ban_after(1)).on_request(never).start().await;
    // The first login has no response yet. With a second one, two may have failed.
    let _unanswered = sandbox.begin(form("alice", "one").from(CLIENT)).await;
    let response = sandbox.send(form("alice", "two").from(CLIENT)).await;
    assert_eq!((response.status, response.unstuff_reply()), (429, Some("throttle")));
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(sandbox.app.request_count(), 1);
}
