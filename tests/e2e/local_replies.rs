//! Local replies: what Envoy and its filters answer instead of the application.

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::{AppResponse, ReceivedRequest, Sandbox, basic, form, policy};

const OFFICE: &str = "198.51.100.7";

/// Puts ext_authz between the buffer filter and the router: the application checks the password.
fn with_ext_authz(manager: &mut Value) {
    let filter = json!({
        "name": "envoy.filters.http.ext_authz",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
            "http_service": {
                "server_uri": { "uri": "http://app", "cluster": "app", "timeout": "5s" },
                "path_prefix": "/authz",
            },
            "with_request_body": { "max_request_bytes": 8192 }
        }
    });
    let filters = manager["http_filters"].as_array_mut().expect("filters");
    filters.insert(filters.len() - 1, filter);
}

/// The same for credentials in the headers: it does not wait for the body.
fn with_ext_authz_of_headers(manager: &mut Value) {
    with_ext_authz(manager);
    let filters = manager["http_filters"].as_array_mut().expect("filters");
    let last = filters.len() - 2;
    filters[last]["typed_config"].as_object_mut().map(|map| map.remove("with_request_body"));
}

fn with_a_retry(manager: &mut Value) {
    let routes = &mut manager["route_config"]["virtual_hosts"][0]["routes"];
    routes[0]["route"]["retry_policy"] = json!({ "retry_on": "5xx", "num_retries": 1 });
}

#[tokio::test]
async fn an_application_that_is_down_holds_nothing_against_people() {
    let mut sandbox = Sandbox::start(policy().ban_after(10)).await;
    sandbox.app.stop().await;
    for person in (0..15).chain(0..15) {
        let login = form(&format!("user-{person}"), RIGHT).from(OFFICE);
        let response = sandbox.send(login).await;
        assert_eq!((response.status, response.unstuff_reply()), (503, None), "{person}");
    }
    sandbox.app.restart().await;
    for person in 0..15 {
        let login = form(&format!("user-{person}"), RIGHT).from(OFFICE);
        assert_eq!(sandbox.send(login).await.status, 200, "{person}");
    }
    // As many may mistype as if nothing had been.
    for person in 0..10 {
        let login = form(&format!("user-{person}"), "typo").from(OFFICE);
        assert_eq!(sandbox.send(login).await.status, 401, "{person}");
    }
    // Fifteen people got in from there, so it is challenged and not blocked.
    let eleventh = sandbox.send(form("user-10", "typo").from(OFFICE)).await;
    assert_eq!(eleventh.unstuff_reply(), Some("challenge"));
}

#[tokio::test]
async fn a_try_that_reached_the_application_stays_charged_though_the_last_did_not() {
    let answer = |received: &ReceivedRequest| {
        let close = AppResponse::status(503).header("connection", "close");
        if received.body_has("reaches") { close } else { AppResponse::status(200) }
    };
    let login = |user: &str| form(user, "it-reaches").from(OFFICE);
    let sandbox = Sandbox::builder(policy().ban_after(1)).on_request(answer);
    let mut sandbox = sandbox.manager(with_a_retry).start().await;
    // The connection that Envoy keeps still serves when nobody listens any more.
    assert_eq!(sandbox.send(form("alice", RIGHT).from(OFFICE)).await.status, 200);
    sandbox.app.stop().await;
    assert_eq!(sandbox.send(login("bob")).await.status, 503);
    assert_eq!(sandbox.app.request_count(), 2, "one try of bob's");
    assert_eq!(sandbox.send(login("carol")).await.unstuff_reply(), Some("throttle"));
}

#[tokio::test]
async fn a_burst_against_ext_authz_is_cut_off_and_told_how_long() {
    let sandbox = Sandbox::builder(policy().ban_after(10)).manager(with_ext_authz).start().await;
    assert_eq!(sandbox.send(form("alice", RIGHT).from(OFFICE)).await.status, 200);
    for guess in 0..10 {
        let response = sandbox.send(form("alice", &format!("guess-{guess}")).from(OFFICE)).await;
        assert_eq!((response.status, response.unstuff_reply()), (401, None), "{guess}");
    }
    let response = sandbox.send(form("alice", "guess-10").from(OFFICE)).await;
    assert_eq!((response.status, response.unstuff_reply()), (429, Some("throttle")));
    let seconds = response.header("retry-after").and_then(|it| it.parse::<u32>().ok());
    assert!(seconds.is_some_and(|seconds| (30..=60).contains(&seconds)), "{seconds:?}");
}

#[tokio::test]
async fn a_refusal_of_ext_authz_that_is_declared_is_a_failure() {
    let declared = policy().endpoint("failure", json!({ "code_details": "ext_authz_denied" }));
    let sandbox = Sandbox::builder(declared.ban_after(10)).manager(with_ext_authz).start().await;
    for guess in 0..10 {
        sandbox.send(form("alice", &format!("guess-{guess}")).from(OFFICE)).await;
    }
    let response = sandbox.send(form("alice", "guess-10").from(OFFICE)).await;
    assert_eq!((response.status, response.unstuff_reply()), (429, Some("block")));
    assert_eq!(sandbox.metric("unstuff.outcome.failure").await, 10);
}

#[tokio::test]
async fn a_filter_that_checks_the_headers_before_the_body_comes_is_no_oracle() {
    let basic_too = policy().endpoint("credentials", json!({ "basic": true }));
    let sandbox = Sandbox::builder(basic_too.ban_after(3)).unbuffered();
    let sandbox = sandbox.manager(with_ext_authz_of_headers).start().await;
    let mut replies = Vec::new();
    for token in ["YTpi", "YTpj", "YTpk", "YTpl", "YTpm"] {
        let request = basic(token).from(OFFICE);
        let pending = sandbox.connect().await.open(request.header("content-length", "5")).await;
        replies.push(pending.response().await.unstuff_reply().map(str::to_owned));
    }
    assert_eq!(replies[..3], [None, None, None]);
    assert!(replies[4].is_some(), "{replies:?}");
}
