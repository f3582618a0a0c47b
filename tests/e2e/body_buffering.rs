//! Holding a request until its verdict, whatever shape it comes in.

use std::time::Duration;

use unstuff_tests::{
    AppResponse, PolicyBuilder, ReceivedRequest, Request, Sandbox, ambiguous, eventually, form,
    policy,
};

/// The policy under which `ambiguous("mallory")` is blocked at once.
fn blocks_ambiguous() -> PolicyBuilder {
    policy().block_if("credentials.ambiguous")
}

#[tokio::test]
async fn upstream_sees_nothing_of_a_blocked_request() {
    let sandbox = Sandbox::start(blocks_ambiguous()).await;
    let response = sandbox.send(ambiguous("mallory")).await;
    assert_eq!((response.status, response.unstuff_reply()), (429, Some("block")));
    let chunked = sandbox.send(ambiguous("mallory").in_chunks_of(3)).await;
    assert_eq!(chunked.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.app.request_count(), 0, "{:?}", sandbox.app.received());
}

#[tokio::test]
async fn a_block_holds_without_the_buffer_filter_too() {
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
async fn blocks_when_body_ends_in_trailers() {
    let sandbox = Sandbox::start(blocks_ambiguous()).await;
    let response = sandbox.send_h2(ambiguous("mallory").trailer("x-checksum", "1")).await;
    assert_eq!(response.unstuff_reply(), Some("block"));
    let response = sandbox.send_h2(form("alice", "wrong").trailer("x-checksum", "1")).await;
    assert_eq!(response.status, 401);
    assert!(sandbox.app.only_request().body_has("user=alice"));
}

#[tokio::test]
async fn decides_header_only_login_without_hanging() {
    let sandbox = Sandbox::start(policy().block_if("credentials.missing")).await;
    assert_eq!(sandbox.send(Request::post("/login")).await.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.send_h2(Request::post("/login")).await.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.app.request_count(), 0);
}

#[tokio::test]
async fn one_byte_chunks_same_verdict() {
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
async fn upstream_answers_before_body_end() {
    let early = |_: &_| Some(AppResponse::status(401));
    let sandbox = Sandbox::builder(policy()).unbuffered().on_headers(early).start().await;
    let mut pending = sandbox.connect().await.open(form("alice", "")).await;
    pending.write("user=alice&pass").await;
    assert_eq!(pending.response().await.status, 401);
    // Decided by the part that had come, and learnt from: the credentials may have been in the
    // headers. The worker goes on.
    assert_eq!(sandbox.metric("unstuff.attempts").await, 1);
    assert_eq!(sandbox.metric("unstuff.credentials.unreadable").await, 1);
    assert_eq!(sandbox.metric("unstuff.outcome.failure").await, 1);
    assert_eq!(sandbox.send(form("alice", "wrong")).await.status, 401);
}

#[tokio::test]
async fn client_disconnects_before_response() {
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
    eventually("Envoy notices", || async {
        admin.stat(resets).await + admin.stat(closed).await > 0
    })
    .await;
    // The worker goes on. Nobody knows how that login went, so its charge stands, or hanging
    // up would be the way not to be counted.
    assert_eq!(sandbox.send(login("bob")).await.status, 401);
    assert_eq!(sandbox.send(login("carol")).await.unstuff_reply(), Some("throttle"));
    assert_eq!(sandbox.metric("unstuff.outcome.failure").await, 1, "bob's");
}

#[tokio::test]
async fn client_disconnects_within_the_body() {
    let sandbox = Sandbox::start(policy()).await;
    let mut pending = sandbox.connect().await.open(form("alice", "")).await;
    pending.write("user=alice&pass").await;
    let active = "http.web.downstream_rq_active";
    let admin = &sandbox.envoy.admin;
    eventually("Envoy holds the request", || async { admin.stat(active).await == 1 }).await;
    drop(pending);
    eventually("Envoy lets it go", || async { admin.stat(active).await == 0 }).await;
    assert_eq!(sandbox.app.request_count(), 0);
    assert_eq!(sandbox.send(form("alice", "wrong")).await.status, 401);
}

#[tokio::test]
async fn a_large_upload_beside_the_login_passes_untouched() {
    let sandbox = Sandbox::start(blocks_ambiguous()).await;
    let upload = Request::post("/upload").content("application/octet-stream", vec![7; 50 << 20]);
    assert_eq!(sandbox.send(upload).await.status, 200);
    let received = sandbox.app.only_request();
    assert!(received.is_complete && received.body.len() == 50 << 20);
    assert_eq!(sandbox.metric("unstuff.attempts").await, 0);
}

#[tokio::test]
async fn a_long_stream_beside_the_login_passes_as_it_comes() {
    let sandbox = Sandbox::start(blocks_ambiguous()).await;
    let mut pending = sandbox.connect_h2().await.open(Request::post("/echo")).await;
    pending.write("one").await;
    let mut stream = pending.headers().await;
    assert_eq!(stream.read().await, "one");
    assert_eq!(sandbox.send(ambiguous("mallory")).await.unstuff_reply(), Some("block"));
    stream.write("two").await;
    assert_eq!(stream.read().await, "two");
}
