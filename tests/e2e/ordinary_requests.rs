//! Ordinary requests through Envoy: the default configuration in enforce mode stops none of them.
//!
//! The engine checks the same table natively (`tests/fixtures/ordinary_requests.json`).

use unstuff_fixtures::ordinary_requests::{OrdinaryRequest, ordinary_requests};
use unstuff_tests::{AppResponse, PolicyBuilder, Request, Sandbox};

fn request(ordinary: &OrdinaryRequest) -> Request {
    let OrdinaryRequest { method, target, headers, body, .. } = ordinary;
    let request = Request::new(method, target).body(body.clone());
    headers.iter().fold(request, |request, (name, value)| request.header(name, value.as_bytes()))
}

#[tokio::test]
async fn ordinary_requests_reach_the_application() {
    let client = r#""client": { "address": { "header": "x-forwarded-for", "trusted_hops": 1 } }"#;
    let policy = PolicyBuilder::verbatim(&format!(r#"{{ "mode": "enforce", {client} }}"#));
    // The table has few accounts. If their logins failed, they would be guessed at.
    let upstream = Sandbox::builder(policy).on_request(|_| AppResponse::status(200));
    let sandbox = upstream.start().await;
    let mut stopped = Vec::new();
    for (number, ordinary) in ordinary_requests().iter().enumerate() {
        let mut raw = sandbox.raw().await;
        raw.write_request(&request(ordinary).from(&format!("100.{number}.7.1"))).await;
        let response = raw.response().await;
        if let Some(reply) = response.unstuff_reply() {
            stopped.push(format!("{}: {reply}, {}", ordinary.what, response.status));
        }
    }
    assert!(stopped.is_empty(), "{stopped:#?}");
}
