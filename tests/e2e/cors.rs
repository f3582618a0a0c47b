//! CORS: a page on another origin reads why its login was stopped, if the operator lists it.

use serde_json::json;
use unstuff_tests::{ClientResponse, PolicyBuilder, Sandbox, ambiguous, form, policy};

const PAGE: &str = "https://app.example";

fn with_page() -> PolicyBuilder {
    policy().with("replies", json!({ "cors": { "origins": [PAGE], "credentials": true } }))
}

/// Whether a browser lets a page of this origin, which sends cookies along, read a response.
fn may_read(response: &ClientResponse, origin: &str) -> bool {
    response.header("access-control-allow-origin") == Some(origin)
        && response.header("access-control-allow-credentials") == Some("true")
}

#[tokio::test]
async fn a_listed_page_reads_a_block_and_no_other_page_does() {
    let sandbox = Sandbox::start(with_page().block_if("credentials.ambiguous")).await;
    let response = sandbox.send(ambiguous("mallory").header("origin", PAGE)).await;
    assert_eq!(response.unstuff_reply(), Some("block"));
    assert!(may_read(&response, PAGE), "{response:?}");
    assert_eq!(response.header("vary"), Some("Origin"));
    let exposed = response.header("access-control-expose-headers").expect("headers for the page");
    assert!(exposed.contains("retry-after") && exposed.contains("x-unstuff-reply"), "{exposed}");
    for origin in ["https://evil.example", "null", "https://app.example.evil.example"] {
        let response = sandbox.send(ambiguous("mallory").header("origin", origin)).await;
        assert_eq!(response.unstuff_reply(), Some("block"));
        assert_eq!(response.header("access-control-allow-origin"), None, "{origin}");
        assert_eq!(response.header("vary"), Some("Origin"), "{origin}");
    }
}

#[tokio::test]
async fn a_listed_page_reads_the_challenge() {
    let sandbox = Sandbox::start(with_page().challenge_if("credentials.ambiguous")).await;
    let response = sandbox.send(ambiguous("mallory").header("origin", PAGE)).await;
    assert_eq!(response.unstuff_reply(), Some("challenge"));
    assert!(may_read(&response, PAGE), "{response:?}");
}

#[tokio::test]
async fn answers_of_the_application_are_left_alone_and_so_is_everything_by_default() {
    let sandbox = Sandbox::start(with_page()).await;
    let response = sandbox.send(form("ann", "wrong").header("origin", PAGE)).await;
    assert_eq!((response.status, response.header("access-control-allow-origin")), (401, None));
    let sandbox = Sandbox::start(policy().block_if("credentials.ambiguous")).await;
    let response = sandbox.send(ambiguous("mallory").header("origin", PAGE)).await;
    assert_eq!(response.unstuff_reply(), Some("block"));
    assert_eq!(
        (response.header("access-control-allow-origin"), response.header("vary")),
        (None, None)
    );
}
