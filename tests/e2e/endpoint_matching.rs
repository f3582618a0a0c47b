//! Matching of a request to an endpoint: every spelling of a login's path, through Envoy.
//!
//! The engine checks the same table natively (`tests/fixtures/login_paths.json`). Here each
//! request goes through an Envoy that does not normalise paths, so the test covers what Envoy
//! itself does to a target. A request that Envoy refuses never reaches the application.

use serde_json::json;
use unstuff_fixtures::login_paths::{LoginPath, login_paths};
use unstuff_tests::{Request, Sandbox, ambiguous, form, policy};

/// A sandbox that blocks every login at `path` after the first one from an address.
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
    let mut paths: Vec<String> = login_paths().into_iter().map(|case| case.at).collect();
    paths.sort();
    paths.dedup();
    let mut wrong = Vec::new();
    for path in paths {
        let sandbox = blocks_every_login_at(&path).await;
        let cases = || login_paths().into_iter().filter(|case| case.at == path);
        // The rule lets the first attempt through.
        send(&sandbox, &cases().find(|case| case.login).expect("a login"), "first").await;
        for (number, case) in cases().enumerate() {
            let number = number.to_string();
            let reply = send(&sandbox, &case, &number).await;
            // The request must be this one. Nothing is buffered off the login route, so the
            // headers of an earlier blocked request may arrive late.
            let reached_application =
                sandbox.app.received().iter().any(|it| it.header("x-case") == Some(&*number));
            let is_recognised = reply.as_deref() == Some("block");
            if is_recognised != case.login && (is_recognised || reached_application) {
                wrong.push(format!("{} {} ({})", case.method, case.target, case.why));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Sends a row of the table byte for byte. Returns the module's reply, if the module replied.
async fn send(sandbox: &Sandbox, case: &LoginPath, number: &str) -> Option<String> {
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
async fn an_endpoint_with_hosts_matches_no_other_host() {
    let path = json!({ "path": "/login", "hosts": ["shop.example"] });
    let sandbox =
        Sandbox::start(policy().endpoint("match", path).block_if("credentials.ambiguous")).await;
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
async fn requests_with_other_methods_are_not_attempts() {
    let sandbox = blocks_every_login_at("/login").await;
    sandbox.send(form("alice", "wrong")).await;
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(sandbox.send(Request::new(method, "/login")).await.unstuff_reply(), None);
    }
    assert_eq!(sandbox.metric("unstuff.attempts").await, 1);
}

#[tokio::test]
async fn envoy_redirects_a_login_path_with_an_escaped_slash() {
    let sandbox = Sandbox::start(policy().block_if("credentials.ambiguous")).await;
    for target in ["/%2flogin", "/x%2f..%2flogin", "/x%5C..%5Clogin"] {
        let response = sandbox.send(ambiguous("mallory").to(target)).await;
        assert_eq!(response.status, 307, "{target}");
        let plain = response.header("location").expect("a location").to_owned();
        let redirected = sandbox.send(ambiguous("mallory").to(&plain)).await;
        assert_eq!(redirected.unstuff_reply(), Some("block"), "{plain}");
    }
    assert_eq!(sandbox.app.request_count(), 0);
}

#[tokio::test]
async fn a_login_path_that_misses_envoys_login_route_is_still_blocked() {
    let sandbox = Sandbox::start(policy().block_if("credentials.ambiguous")).await;
    for target in ["/;x/login", "/index.php/login", "/%256cogin", "/x%252f..%252flogin"] {
        let response = sandbox.send(ambiguous("mallory").to(target)).await;
        assert_eq!(response.unstuff_reply(), Some("block"), "{target}");
    }
    // These requests are not buffered (see envoy.yaml), so their headers may get through.
    assert!(sandbox.app.received().iter().all(|it| it.body.is_empty() && !it.is_complete));
}
