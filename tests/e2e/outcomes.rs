//! Outcomes: which responses count as success or failure, and which do not count.

use serde_json::json;
use unstuff_tests::{AppResponse, PolicyBuilder, ReceivedRequest, Sandbox, form, policy};

use crate::load::{Load, flood};

const CLIENT: &str = "198.51.100.7";

/// A policy in which these statuses are failures. A later attempt of an address that has failed
/// is annotated.
fn failing_with(statuses: &[u16]) -> PolicyBuilder {
    policy().endpoint("failure", json!({ "status": statuses })).rule(json!({
        "name": "has-failed",
        "when": { "ip.failures": { "over": 1, "within": "1h" } },
        "then": "annotate"
    }))
}

/// The numbers of successes and failures so far.
async fn successes_and_failures(sandbox: &Sandbox) -> [u64; 2] {
    [
        sandbox.metric("unstuff.outcome.success").await,
        sandbox.metric("unstuff.outcome.failure").await,
    ]
}

#[tokio::test]
async fn a_reply_of_another_unstuff_upstream_is_not_a_failure() {
    // For example a gateway and a sidecar: the gateway receives the sidecar's reply.
    for (status, reply) in [(429, "block"), (403, "challenge")] {
        let inner = move |received: &ReceivedRequest| match received.body_has("to-the-application")
        {
            true => AppResponse::status(401),
            false => AppResponse::status(status).header("x-unstuff-reply", reply),
        };
        let sandbox =
            Sandbox::builder(failing_with(&[401, 403, 429])).on_request(inner).start().await;
        for guess in ["one", "two", "three"] {
            assert_eq!(sandbox.send(form("alice", guess).from(CLIENT)).await.status, status);
        }
        let reasons =
            |received: ReceivedRequest| received.header("x-unstuff-reasons").map(str::to_owned);
        assert!(
            sandbox.app.received().into_iter().all(|received| reasons(received).is_none()),
            "{reply}"
        );
        assert_eq!(successes_and_failures(&sandbox).await, [0, 0], "{reply}");
        // The same status without the header is a failure.
        sandbox.send(form("alice", "to-the-application").from(CLIENT)).await;
        assert_eq!(successes_and_failures(&sandbox).await, [0, 1]);
    }
}

#[tokio::test]
async fn a_response_by_envoy_itself_is_not_an_outcome() {
    let mut sandbox = Sandbox::start(failing_with(&[401, 503])).await;
    sandbox.app.stop().await;
    for guess in ["one", "two", "three"] {
        let response = sandbox.send(form("alice", guess).from(CLIENT)).await;
        assert_eq!((response.status, response.unstuff_reply()), (503, None));
    }
    assert_eq!(sandbox.metric("unstuff.verdict.allow").await, 3, "no attempt was annotated");
    assert_eq!(successes_and_failures(&sandbox).await, [0, 0]);
}

#[tokio::test]
async fn a_response_that_is_neither_is_an_unknown_outcome() {
    let sandbox = Sandbox::builder(policy()).on_request(|_| AppResponse::status(500)).start().await;
    sandbox.send(form("alice", "wrong")).await;
    assert_eq!(successes_and_failures(&sandbox).await, [0, 0]);
    assert_eq!(sandbox.metric("unstuff.outcome.unknown").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_without_any_failure_is_reported_and_its_outcomes_are_unknown() {
    // WordPress answers a failed login with 200.
    let sandbox = Sandbox::builder(policy()).on_request(|_| AppResponse::status(200)).start().await;
    let load = Load { requests: 199, connections: 4 };
    flood(&sandbox, load, |number| form(&format!("user-{number}"), "wrong")).await;
    assert_eq!(sandbox.metric("unstuff.endpoint.unrecognised").await, 0);
    for password in ["the-200th", "the-201st"] {
        sandbox.send(form("alice", password)).await;
        assert_eq!(sandbox.metric("unstuff.endpoint.unrecognised").await, 1);
    }
    assert_eq!(sandbox.metric("unstuff.outcome.unknown").await, 2);
    let line = "endpoint `web`: 200 attempts brought no failure";
    assert_eq!(sandbox.envoy.log().matches(line).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_that_fit_the_answers_are_suggested_once() {
    // As Passport does: back to the form, or home.
    let answer = |received: &ReceivedRequest| {
        let to = if received.body_has("correct") { "/home" } else { "/login" };
        AppResponse::status(302).header("location", to)
    };
    let sandbox = Sandbox::builder(policy()).on_request(answer).start().await;
    sandbox.send(form("alice", "correct")).await;
    // On one connection, so at one worker.
    let load = Load { requests: 60, connections: 1 };
    flood(&sandbox, load, |number| {
        let word = if number == 1 { "correct" } else { "wrong" };
        form(&format!("user-{number}"), &format!("{word}-{number}"))
    })
    .await;
    assert_eq!(sandbox.metric("unstuff.endpoint.suggested").await, 1);
    let log = sandbox.envoy.log();
    let fits = "This fits: \"failure\": {\"location\":\"/login\",\"status\":302}";
    assert_eq!(log.matches(fits).count(), 1);
    assert!(log.contains("\"success\": {\"location\":\"/home\",\"status\":302}"));
}
