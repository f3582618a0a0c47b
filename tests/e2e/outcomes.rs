//! How a login went: what is taken for its outcome, and what is not.

use serde_json::json;
use unstuff_tests::{AppResponse, PolicyBuilder, ReceivedRequest, Sandbox, form, policy};

use crate::load::{Load, flood};

const CLIENT: &str = "198.51.100.7";

/// Answers with one of `statuses` are failures, and upstream is told at a later attempt of
/// an address that one of its attempts has failed.
fn failing_with(statuses: &[u16]) -> PolicyBuilder {
    policy().endpoint("failure", json!({ "status": statuses })).rule(json!({
        "name": "has-failed",
        "when": { "ip.failures": { "over": 1, "within": "1h" } },
        "then": "annotate"
    }))
}

/// How many logins are known to have succeeded and to have failed.
async fn known(sandbox: &Sandbox) -> [u64; 2] {
    [
        sandbox.metric("unstuff.outcome.success").await,
        sandbox.metric("unstuff.outcome.failure").await,
    ]
}

#[tokio::test]
async fn a_reply_of_an_unstuff_further_in_is_not_a_failure() {
    // A gateway's before a sidecar's: what the inner one answers comes from upstream.
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
        let told =
            |received: ReceivedRequest| received.header("x-unstuff-reasons").map(str::to_owned);
        assert!(
            sandbox.app.received().into_iter().all(|received| told(received).is_none()),
            "{reply}"
        );
        assert_eq!(known(&sandbox).await, [0, 0], "{reply}");
        // The same answers without the mark are.
        sandbox.send(form("alice", "to-the-application").from(CLIENT)).await;
        assert_eq!(known(&sandbox).await, [0, 1]);
    }
}

#[tokio::test]
async fn an_answer_of_envoys_own_is_not_an_outcome() {
    let mut sandbox = Sandbox::start(failing_with(&[401, 503])).await;
    sandbox.app.stop().await;
    for guess in ["one", "two", "three"] {
        let response = sandbox.send(form("alice", guess).from(CLIENT)).await;
        assert_eq!((response.status, response.unstuff_reply()), (503, None));
    }
    assert_eq!(sandbox.metric("unstuff.verdict.allow").await, 3, "none was told of a failure");
    assert_eq!(known(&sandbox).await, [0, 0]);
}

#[tokio::test]
async fn an_answer_that_does_not_say_is_counted_as_unknown() {
    let sandbox = Sandbox::builder(policy()).on_request(|_| AppResponse::status(500)).start().await;
    sandbox.send(form("alice", "wrong")).await;
    assert_eq!(known(&sandbox).await, [0, 0]);
    assert_eq!(sandbox.metric("unstuff.outcome.unknown").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_at_which_nothing_ever_fails_is_called_out_and_earns_nothing() {
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
