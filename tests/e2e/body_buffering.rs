//! Buffering of a request until its verdict, in every form that a request can have.

use std::time::Duration;

use unstuff_tests::{
    AppResponse, PolicyBuilder, ReceivedRequest, Request, Sandbox, ambiguous, eventually, form,
    policy,
};

/// A policy that blocks `ambiguous("mallory")` at the first attempt.
fn blocks_ambiguous() -> PolicyBuilder {
    policy().block_if("credentials.ambiguous")
}

#[tokio::test]
async fn a_blocked_request_does_not_reach_the_application() {
    let sandbox = Sandbox::start(blocks_ambiguous()).await;
    let response = sandbox.send(ambiguous("mallory")).await;
    assert_eq!((response.status, response.unstuff_reply()), (429, Some("block")));
    let chunked = sandbox.send(ambiguous("mallory").in_chunks_of(3)).await;
    assert_eq!(chunked.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.app.request_count(), 0, "{:?}", sandbox.app.received());
}

#[tokio::test]
async fn without_the_buffer_filter_a_blocked_body_does_not_reach_the_application() {
    let sandbox = Sandbox::builder(blocks_ambiguous()).unbuffered().start().await;
    let response = sandbox.send(ambiguous("mallory").in_chunks_of(3)).await;
    assert_eq!(response.unstuff_reply(), Some("block"));
    assert!(
        sandbox
            .app
            .received()
            .iter()
            .all(|received| received.body.is_empty() && !received.is_complete)
    );
}

#[tokio::test]
async fn a_body_that_ends_in_trailers_is_decided() {
    let sandbox = Sandbox::start(blocks_ambiguous()).await;
    let response = sandbox.send_h2(ambiguous("mallory").trailer("x-checksum", "1")).await;
    assert_eq!(response.unstuff_reply(), Some("block"));
    let response = sandbox.send_h2(form("alice", "wrong").trailer("x-checksum", "1")).await;
    assert_eq!(response.status, 401);
    assert!(sandbox.app.only_request().body_has("user=alice"));
}

#[tokio::test]
async fn a_login_without_a_body_is_decided() {
    let sandbox = Sandbox::start(blocks_ambiguous()).await;
    let by_query = || Request::post("/login?user=mallory&password=a&password=b");
    assert_eq!(sandbox.send(by_query()).await.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.send_h2(by_query()).await.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.app.request_count(), 0);
}

#[tokio::test]
async fn chunks_of_one_byte_get_the_same_verdict() {
    let sandbox = Sandbox::start(blocks_ambiguous().annotate_breached()).await;
    for (request, status) in [(ambiguous("mallory"), 429), (form("alice", "123456"), 401)] {
        let mut raw = sandbox.raw().await;
        raw.write_byte_by_byte(&request).await;
        assert_eq!(raw.response().await.status, status);
        assert_eq!(sandbox.send_h2(request.in_chunks_of(1)).await.status, status);
    }
    let received = sandbox.app.received();
    assert_eq!(received.len(), 2);
    assert!(
        received.iter().all(|received| received.header("x-unstuff-verdict") == Some("annotate"))
    );
}

#[tokio::test]
async fn a_response_before_the_end_of_the_body_is_counted() {
    let early = |_: &_| Some(AppResponse::status(401));
    let sandbox = Sandbox::builder(policy()).unbuffered().on_headers(early).start().await;
    let mut pending = sandbox.connect().await.open(form("alice", "")).await;
    pending.write("user=alice&pass").await;
    assert_eq!(pending.response().await.status, 401);
    // The part that arrived is decided, and its outcome is counted, because the credentials may
    // have been in the headers. The worker still serves.
    assert_eq!(sandbox.metric("unstuff.attempts").await, 1);
    assert_eq!(sandbox.metric("unstuff.credentials.unreadable").await, 1);
    assert_eq!(sandbox.metric("unstuff.outcome.failure").await, 1);
    assert_eq!(sandbox.send(form("alice", "wrong")).await.status, 401);
}

#[tokio::test]
async fn a_client_that_disconnects_before_the_response_is_still_charged() {
    let slow = |received: &ReceivedRequest| match received.body_has("alice") {
        true => AppResponse::status(401).after(Duration::from_secs(3600)),
        false => AppResponse::status(401),
    };
    let sandbox = Sandbox::builder(policy().ban_after(2)).on_request(slow).start().await;
    let login = |user: &str| form(user, "wrong").from("198.51.100.7");
    drop(sandbox.begin(login("alice")).await);
    let resets = "http.web.downstream_rq_rx_reset";
    let closed = "http.web.downstream_cx_destroy_remote_active_rq";
    let admin = &sandbox.envoy.admin;
    eventually("Envoy notices the disconnect", || async {
        admin.stat(resets).await + admin.stat(closed).await > 0
    })
    .await;
    // The worker still serves. The outcome is unknown, so the charge stays. Otherwise a client
    // could avoid being counted by disconnecting.
    assert_eq!(sandbox.send(login("bob")).await.status, 401);
    assert_eq!(sandbox.send(login("carol")).await.unstuff_reply(), Some("throttle"));
    assert_eq!(sandbox.metric("unstuff.outcome.failure").await, 1, "bob's");
}

#[tokio::test]
async fn a_client_that_disconnects_within_the_body_does_no_harm() {
    let sandbox = Sandbox::start(policy()).await;
    let mut pending = sandbox.connect().await.open(form("alice", "")).await;
    pending.write("user=alice&pass").await;
    let active = "http.web.downstream_rq_active";
    let admin = &sandbox.envoy.admin;
    eventually("Envoy holds the request", || async { admin.stat(active).await == 1 }).await;
    drop(pending);
    eventually("Envoy drops the request", || async { admin.stat(active).await == 0 }).await;
    assert_eq!(sandbox.app.request_count(), 0);
    assert_eq!(sandbox.send(form("alice", "wrong")).await.status, 401);
}

#[tokio::test]
async fn a_large_upload_to_another_path_is_not_changed() {
    let sandbox = Sandbox::start(blocks_ambiguous()).await;
    let upload = Request::post("/upload").content("application/octet-stream", vec![7; 50 << 20]);
    assert_eq!(sandbox.send(upload).await.status, 200);
    let received = sandbox.app.only_request();
    assert!(received.is_complete && received.body.len() == 50 << 20);
    assert_eq!(sandbox.metric("unstuff.attempts").await, 0);
}

#[tokio::test]
async fn a_stream_on_another_path_is_not_buffered() {
    let sandbox = Sandbox::start(blocks_ambiguous()).await;
    let mut pending = sandbox.connect_h2().await.open(Request::post("/echo")).await;
    pending.write("one").await;
    let mut stream = pending.headers().await;
    assert_eq!(stream.read().await, "one");
    assert_eq!(sandbox.send(ambiguous("mallory")).await.unstuff_reply(), Some("block"));
    stream.write("two").await;
    assert_eq!(stream.read().await, "two");
}
