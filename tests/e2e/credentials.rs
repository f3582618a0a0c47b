//! Reading of credentials: all candidates are found, and an unreadable body is flagged.

use serde_json::json;
use unstuff_tests::{
    ReceivedRequest, Request, Sandbox, ambiguous, basic, eventually, form, json_login, policy,
};

#[tokio::test]
async fn a_duplicate_content_type_is_unreadable() {
    let sandbox = Sandbox::start(policy().challenge_if("credentials.unreadable")).await;
    let both = form("alice", "wrong").header("content-type", "application/json");
    let mut raw = sandbox.raw().await;
    raw.write_request(&both).await;
    assert_eq!(raw.response().await.unstuff_reply(), Some("challenge"));
    assert_eq!(sandbox.metric("unstuff.credentials.unreadable").await, 1);
}

#[tokio::test]
async fn a_compressed_body_is_unreadable() {
    let sandbox = Sandbox::start(policy().challenge_if("credentials.unreadable")).await;
    let body = gzip(b"user=alice&password=123456");
    let compressed = form("", "").body(body).header("content-encoding", "gzip");
    assert_eq!(sandbox.send(compressed).await.unstuff_reply(), Some("challenge"));
}

#[tokio::test]
async fn the_policy_decides_on_an_oversize_body() {
    // Over the limit of the module, of the buffer filter, and of Envoy's buffers.
    for kib in [17, 70, 2_000] {
        let sandbox = Sandbox::start(policy().challenge_if("credentials.unreadable")).await;
        let body = format!("user=alice&password=wrong&rest={}", "x".repeat(kib << 10));
        let response = sandbox.send(form("", "").body(body.clone())).await;
        assert_eq!(response.unstuff_reply(), Some("challenge"), "{kib} KiB: {}", response.status);
        let response = sandbox.send_h2(form("", "").body(body)).await;
        assert_eq!(response.unstuff_reply(), Some("challenge"), "{kib} KiB: {}", response.status);
    }
}

/// Sends a login with a body of this size under a policy that annotates it. Returns the status
/// and the requests that reached the application.
async fn let_through_with(bytes: usize) -> (u16, Vec<ReceivedRequest>) {
    let sandbox = Sandbox::start(policy().annotate_if("credentials.unreadable")).await;
    let start = "user=alice&password=wrong&rest=";
    let body = format!("{start}{}", "x".repeat(bytes - start.len()));
    let response = sandbox.send(form("", "").body(body)).await;
    assert_eq!(response.unstuff_reply(), None);
    assert_eq!(sandbox.metric("unstuff.verdict.annotate").await, 1);
    (response.status, sandbox.app.received())
}

#[tokio::test]
async fn an_oversize_login_that_is_only_annotated_reaches_the_application() {
    // Just over the module's limit, and exactly the buffer filter's limit.
    for bytes in [(16 << 10) + 1, 64 << 10] {
        let (status, received) = let_through_with(bytes).await;
        assert_eq!(status, 401, "{bytes}");
        assert_eq!(received[0].header("x-unstuff-reasons"), Some("unreadable"));
        assert_eq!(received[0].body.len(), bytes);
    }
}

#[tokio::test]
async fn the_buffer_filter_rejects_a_login_over_64_kib_with_413() {
    let (status, received) = let_through_with((64 << 10) + 1).await;
    assert_eq!(status, 413);
    assert!(received.is_empty());
}

#[tokio::test]
async fn credentials_are_read_in_every_configured_place() {
    let everywhere = json!({
        "form": { "username": "user", "password": "password" },
        "json": { "username": "/login/user", "password": "/login/password" },
        "query": { "username": "u", "password": "p" },
        "basic": true
    });
    let sandbox =
        Sandbox::start(policy().endpoint("credentials", everywhere).annotate_breached()).await;
    let nested = r#"{ "login": { "user": "alice", "password": "123456" } }"#;
    for login in [
        form("alice", "123456"),
        json_login("", "").body(nested),
        Request::post("/login?u=alice&p=123456"),
        // alice:123456
        basic("YWxpY2U6MTIzNDU2"),
    ] {
        sandbox.app.clear();
        let what = format!("{login:?}");
        sandbox.send(login).await;
        assert_eq!(
            sandbox.app.only_request().header("exposed-credential-check"),
            Some("4"),
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_query_that_an_endpoint_does_not_name_is_no_login() {
    let location = json!({ "path": "/login", "query": { "action": ["login", ""] } });
    let narrowed = policy().endpoint("match", location).block_if("credentials.ambiguous");
    let sandbox = Sandbox::start(narrowed).await;
    for (target, reply) in [
        ("/login?action=login", Some("block")),
        ("/login", Some("block")),
        ("/login?action=lostpassword", None),
        ("/login?action=lostpassword&action=login", Some("block")),
    ] {
        let response = sandbox.send(ambiguous("alice").to(target)).await;
        assert_eq!(response.unstuff_reply(), reply, "{target}");
    }
}

#[tokio::test]
async fn an_endpoint_reads_bodies_as_long_as_its_own_limit() {
    let longer = policy().endpoint("max_body", json!("32KiB"));
    let sandbox = Sandbox::start(longer.challenge_if("credentials.unreadable")).await;
    for (kib, reply) in [(17, None), (31, None), (32, Some("challenge"))] {
        let body = format!("rest={}&user=alice&password=wrong", "x".repeat(kib << 10));
        let response = sandbox.send(form("", "").body(body)).await;
        assert_eq!(response.unstuff_reply(), reply, "{kib} KiB");
    }
    assert_eq!(sandbox.metric("unstuff.credentials.absent").await, 0, "the end was read");
}

#[tokio::test]
async fn an_endpoint_that_never_sees_a_password_is_warned_of_once() {
    let sandbox = Sandbox::start(policy()).await;
    let misspelt = || form("", "").body("user=alice&passcode=wrong");
    for _ in 0..60 {
        assert_eq!(sandbox.send(misspelt()).await.unstuff_reply(), None);
    }
    let line = "endpoint `web`: 50 requests held nothing that could be the password";
    eventually("the log warns", || async { sandbox.envoy.log().contains(line) }).await;
    sandbox.send(misspelt()).await;
    assert_eq!(sandbox.envoy.log().matches(line).count(), 1);
    assert_eq!(sandbox.metric("unstuff.endpoint.without_passwords").await, 1);
}

/// A gzip stream of one stored block. The module only looks at the header that names gzip.
fn gzip(text: &[u8]) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("a short text");
    let mut bytes = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(text);
    // A checksum of zero and the length: nobody verifies the checksum.
    bytes.extend([0; 4]);
    bytes.extend(u32::from(length).to_le_bytes());
    bytes
}
