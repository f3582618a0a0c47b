//! Recognising a login under every spelling, through Envoy, byte for byte.
//!
//! The table is the engine's own (`tests/fixtures/login_paths.json`). Here it is sent
//! through an Envoy that leaves paths alone, so that what Envoy does to a target on its way
//! is part of the test. What Envoy itself refuses never reaches an application.

use serde_json::json;
use unstuff_tests::{Request, Sandbox, ambiguous, form, policy};

use self::fixture::{Case, cases};

#[path = "../fixtures/login_paths.rs"]
mod fixture;

/// A site at which everything that is recognised at `path` is blocked, whatever it carries:
/// the second attempt is one too many.
async fn blocks_every_login_at(path: &str) -> Sandbox {
    let recognised =
        policy().endpoint("match", json!({ "methods": ["POST"], "path": path })).rule(json!({
            "name": "any",
            "when": { "ip.attempts": { "over": 1, "within": "1h" } },
            "then": "block"
        }));
    Sandbox::builder(recognised).raw_paths().start().await
}

#[tokio::test]
async fn every_spelling_of_the_login_path_is_recognised() {
    let mut places: Vec<String> = cases().into_iter().map(|case| case.at).collect();
    places.sort();
    places.dedup();
    let mut wrong = Vec::new();
    for place in places {
        let sandbox = blocks_every_login_at(&place).await;
        let cases = || cases().into_iter().filter(|case| case.at == place);
        // The first attempt, which is let through.
        send(&sandbox, &cases().find(|case| case.login).expect("a login"), "first").await;
        for (number, case) in cases().enumerate() {
            let number = number.to_string();
            let reply = send(&sandbox, &case, &number).await;
            // Not just any: off the login route nothing is buffered, and the headers of an
            // earlier case that was blocked may arrive late.
            let reached_application = sandbox
                .app
                .received()
                .iter()
                .any(|received| received.header("x-case") == Some(&*number));
            let is_recognised = reply.as_deref() == Some("block");
            if is_recognised != case.login && (is_recognised || reached_application) {
                wrong.push(format!("{} {} ({})", case.method, case.target, case.why));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Sends a case byte for byte; what the module replied, if it did.
async fn send(sandbox: &Sandbox, case: &Case, number: &str) -> Option<String> {
    let mut request = form("alice", "wrong").to(&case.target).header("x-case", number);
    request.method.clone_from(&case.method);
    for (name, value) in &case.headers {
        request = request.header(name, value.as_bytes());
    }
    let mut raw = sandbox.raw().await;
    raw.write_request(&request).await;
    raw.try_response().await?.unstuff_reply().map(str::to_owned)
}

#[tokio::test]
async fn a_login_on_another_host_is_somebody_elses() {
    let place = json!({ "path": "/login", "hosts": ["shop.example"] });
    let sandbox =
        Sandbox::start(policy().endpoint("match", place).block_if("credentials.ambiguous")).await;
    for (host, reply) in [
        ("shop.example", Some("block")),
        ("SHOP.example:8443", Some("block")),
        ("shop.example.", Some("block")),
        ("other.example", None),
    ] {
        let response = sandbox.send(ambiguous("mallory").header("host", host)).await;
        assert_eq!(response.unstuff_reply(), reply, "{host}");
    }
}

#[tokio::test]
async fn a_page_with_the_form_is_no_login() {
    let sandbox = blocks_every_login_at("/login").await;
    sandbox.send(form("alice", "wrong")).await;
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(sandbox.send(Request::new(method, "/login")).await.unstuff_reply(), None);
    }
    assert_eq!(sandbox.metric("unstuff.attempts").await, 1);
}

#[tokio::test]
async fn an_escaped_slash_is_redirected_before_anyone_reads_the_login() {
    let sandbox = Sandbox::start(policy().block_if("credentials.ambiguous")).await;
    for target in ["/%2flogin", "/x%2f..%2flogin", "/x%5C..%5Clogin"] {
        let response = sandbox.send(ambiguous("mallory").to(target)).await;
        assert_eq!(response.status, 307, "{target}");
        let plain = response.header("location").expect("a location").to_owned();
        assert_eq!(
            sandbox.send(ambiguous("mallory").to(&plain)).await.unstuff_reply(),
            Some("block")
        );
    }
    assert_eq!(sandbox.app.request_count(), 0);
}

#[tokio::test]
async fn a_spelling_that_passes_by_the_login_route_is_blocked_all_the_same() {
    let sandbox = Sandbox::start(policy().block_if("credentials.ambiguous")).await;
    for target in ["/;x/login", "/index.php/login", "/%256cogin", "/x%252f..%252flogin"] {
        let response = sandbox.send(ambiguous("mallory").to(target)).await;
        assert_eq!(response.unstuff_reply(), Some("block"), "{target}");
    }
    // Unbuffered, as envoy.yaml says.
    assert!(
        sandbox
            .app
            .received()
            .iter()
            .all(|received| received.body.is_empty() && !received.is_complete)
    );
}
