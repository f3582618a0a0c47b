//! Reading credentials: every candidate is seen, and what cannot be read is said to be so.

use unstuff_tests::{Request, Site, basic, form, json_login, policy};

use crate::decoys::{DECOYS, gzip};

#[tokio::test]
async fn no_decoy_hides_a_password() {
    let telling = policy()
        .annotate_breached()
        .annotate_if("credentials.ambiguous")
        .annotate_if("credentials.unreadable");
    let site = Site::start(telling).await;
    let mut wrong = Vec::new();
    for decoy in DECOYS {
        site.app.forget();
        let mut raw = site.raw().await;
        raw.write_request(&decoy.request()).await;
        raw.answer().await;
        let reasons = site.app.only().header("x-unstuff-reasons").unwrap_or("none").to_owned();
        if reasons != decoy.reasons {
            wrong.push(format!("{}: {reasons}, not {}", decoy.reader, decoy.reasons));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn duplicate_content_type_is_flagged() {
    let site = Site::start(policy().challenge_if("credentials.unreadable")).await;
    let both = form("alice", "wrong").header("content-type", "application/json");
    let mut raw = site.raw().await;
    raw.write_request(&both).await;
    assert_eq!(raw.answer().await.unstuff_reply(), Some("challenge"));
    assert_eq!(site.metric("unstuff.credentials.unreadable").await, 1);
}

#[tokio::test]
async fn a_compressed_body_is_unreadable_not_clean() {
    let site = Site::start(policy().challenge_if("credentials.unreadable")).await;
    let body = gzip(b"user=alice&password=123456");
    let compressed = form("", "").body(body).header("content-encoding", "gzip");
    assert_eq!(site.send(compressed).await.unstuff_reply(), Some("challenge"));
}

#[tokio::test]
async fn oversize_body_follows_policy_not_413() {
    // Beyond what is read, what the buffer filter takes, and what Envoy buffers.
    for kib in [17, 70, 2_000] {
        let site = Site::start(policy().challenge_if("credentials.unreadable")).await;
        let body = format!("user=alice&password=wrong&rest={}", "x".repeat(kib << 10));
        let answer = site.send(form("", "").body(body.clone())).await;
        assert_eq!(answer.unstuff_reply(), Some("challenge"), "{kib} KiB: {}", answer.status);
        let answer = site.send_h2(form("", "").body(body)).await;
        assert_eq!(answer.unstuff_reply(), Some("challenge"), "{kib} KiB: {}", answer.status);
    }
    let site = Site::start(policy().annotate_if("credentials.unreadable")).await;
    let body = format!("user=alice&password=wrong&rest={}", "x".repeat(17 << 10));
    assert_eq!(site.send(form("", "").body(body)).await.status, 401);
    assert_eq!(site.app.only().header("x-unstuff-reasons"), Some("unreadable"));
}

#[tokio::test]
async fn credentials_are_read_wherever_the_endpoint_has_them() {
    let everywhere = serde_json::json!({
        "form": { "username": "user", "password": "password" },
        "json": { "username": "/login/user", "password": "/login/password" },
        "query": { "username": "u", "password": "p" },
        "basic": true
    });
    let site = Site::start(policy().endpoint("credentials", everywhere).annotate_breached()).await;
    let nested = r#"{ "login": { "user": "alice", "password": "123456" } }"#;
    for login in [
        form("alice", "123456"),
        json_login("", "").body(nested),
        Request::post("/login?u=alice&p=123456"),
        // alice:123456
        basic("YWxpY2U6MTIzNDU2"),
    ] {
        site.app.forget();
        let what = format!("{login:?}");
        site.send(login).await;
        assert_eq!(site.app.only().header("exposed-credential-check"), Some("4"), "{what}");
    }
}
