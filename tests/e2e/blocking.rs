//! Blocking, bans and shadow mode: who is stopped, with which reply, and who is not.

use serde_json::json;
use unstuff_tests::application::RIGHT;
use unstuff_tests::{Sandbox, ambiguous, form, policy};

const ATTACKER: &str = "198.51.100.7";

#[tokio::test]
async fn an_address_is_banned_after_too_many_failures_and_no_other_address() {
    let sandbox = Sandbox::start(policy().ban_after(10)).await;
    for guess in 1..=10 {
        let response = sandbox.send(form("alice", &format!("guess-{guess}")).from(ATTACKER)).await;
        assert_eq!(response.status, 401, "guess {guess}");
    }
    let eleventh = sandbox.send(form("alice", "guess-11").from(ATTACKER)).await;
    assert_eq!((eleventh.status, eleventh.unstuff_reply()), (429, Some("block")));
    assert_eq!(eleventh.header("cache-control"), Some("no-store"));
    // The ban covers correct passwords too. Another address is not banned.
    assert_eq!(sandbox.send(form("alice", RIGHT).from(ATTACKER)).await.status, 429);
    assert_eq!(sandbox.send(form("alice", RIGHT).from("203.0.113.9")).await.status, 200);
    assert_eq!(sandbox.app.request_count(), 11);
}

#[tokio::test]
async fn a_banned_address_is_blocked_before_it_sends_a_body_of_unknown_length() {
    let sandbox = Sandbox::start(policy().ban_after(1)).await;
    for password in ["one", "two"] {
        sandbox.send(form("alice", password).from(ATTACKER)).await;
    }
    let pending = sandbox.connect().await.open(form("alice", "").from(ATTACKER)).await;
    let response = pending.response().await;
    assert_eq!(
        (response.unstuff_reply(), response.header("connection")),
        (Some("block"), Some("close"))
    );
}

#[tokio::test]
async fn a_banned_address_with_a_short_body_keeps_its_connection() {
    let sandbox = Sandbox::start(policy().ban_after(1)).await;
    let mut connection = sandbox.connect().await;
    for password in ["one", "two", "three", "four"] {
        let response = connection.send(form("alice", password).from(ATTACKER)).await;
        assert_eq!(response.header("connection"), None, "{password}");
    }
    assert_eq!(connection.send(form("alice", RIGHT).from(ATTACKER)).await.status, 429);
    assert_eq!(sandbox.app.request_count(), 1);
}

#[tokio::test]
async fn repetitions_of_one_wrong_password_do_not_ban() {
    let sandbox = Sandbox::start(policy().ban_after(10)).await;
    for _ in 0..30 {
        assert_eq!(sandbox.send(form("cron", "expired").from(ATTACKER)).await.status, 401);
    }
}

#[tokio::test]
async fn own_block_is_not_counted_as_failure() {
    // A 403 of the application is a failure. A 403 of the module must not be.
    let rules = policy().ban_after(3).block_if("credentials.ambiguous");
    let sandbox =
        Sandbox::start(rules.with("replies", json!({ "block": { "status": 403 } }))).await;
    for user in 0..20 {
        let response = sandbox.send(ambiguous(&format!("user-{user}")).from(ATTACKER)).await;
        assert_eq!((response.status, response.unstuff_reply()), (403, Some("block")));
    }
    assert_eq!(sandbox.metric("unstuff.outcome.failure").await, 0);
    assert_eq!(sandbox.send(form("alice", RIGHT).from(ATTACKER)).await.status, 200);
}

#[tokio::test]
async fn shadow_mode_blocks_nothing_and_reports_what_it_would_block() {
    let sandbox = Sandbox::start(policy().ban_after(3).with("mode", json!("shadow"))).await;
    for guess in 0..10 {
        let response = sandbox.send(form("alice", &format!("guess-{guess}")).from(ATTACKER)).await;
        assert_eq!(response.status, 401);
    }
    assert_eq!(sandbox.metric("unstuff.shadow.block").await, 7);
    let last = sandbox.app.received().pop().expect("the last one");
    assert_eq!(last.header("x-unstuff-verdict"), Some("allow"));
    assert_eq!(last.header("x-unstuff-reasons"), Some("shadow:ip-failures"));
}

#[tokio::test]
async fn a_challenge_is_a_problem_document_for_api_clients() {
    let sandbox = Sandbox::start(policy().challenge_if("credentials.ambiguous")).await;
    let response = sandbox.send(ambiguous("alice")).await;
    assert_eq!((response.status, response.unstuff_reply()), (403, Some("challenge")));
    assert_eq!(response.header("content-type"), Some("application/problem+json"));
    let problem: serde_json::Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(problem["status"], 403);
}

#[tokio::test]
async fn a_challenge_can_redirect_to_a_configured_url() {
    let away = json!({ "challenge": { "redirect": "https://example.com/prove" } });
    let rules = policy().challenge_if("credentials.ambiguous").with("replies", away);
    let sandbox = Sandbox::start(rules).await;
    let response = sandbox.send(ambiguous("alice")).await;
    assert_eq!(response.status, 303);
    assert_eq!(response.header("location"), Some("https://example.com/prove"));
}

#[tokio::test]
async fn an_address_that_the_client_prepends_is_ignored() {
    let sandbox = Sandbox::start(policy().ban_after(5)).await;
    for guess in 0..5 {
        let spoofed = format!("192.0.2.{guess}, {ATTACKER}");
        sandbox.send(form("alice", &format!("guess-{guess}")).from(&spoofed)).await;
    }
    assert_eq!(sandbox.send(form("alice", "guess-5").from(ATTACKER)).await.status, 429);
}

#[tokio::test]
async fn ipv6_addresses_of_one_64_prefix_are_one_client() {
    let sandbox = Sandbox::start(policy().ban_after(5)).await;
    for guess in 0..5 {
        let address = format!("2001:db8:1:2:{guess:x}::1");
        sandbox.send(form("alice", &format!("guess-{guess}")).from(&address)).await;
    }
    let same = form("alice", "guess-5").from("2001:db8:1:2:ffff::1");
    assert_eq!(sandbox.send(same).await.status, 429);
    let beside = form("alice", "guess-5").from("2001:db8:1:3::1");
    assert_eq!(sandbox.send(beside).await.status, 401);
}

#[tokio::test]
async fn an_allowed_network_is_not_banned() {
    let allowed = json!({
        "address": { "header": "x-forwarded-for", "trusted_hops": 1 },
        "allow": ["198.51.100.0/24"]
    });
    let sandbox = Sandbox::start(policy().ban_after(3).with("client", allowed)).await;
    for guess in 0..10 {
        let response = sandbox.send(form("alice", &format!("guess-{guess}")).from(ATTACKER)).await;
        assert_eq!(response.status, 401);
    }
}
