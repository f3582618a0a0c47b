//! Handover to another challenge: the programs of `envoy/handover`, run without changes.
//!
//! `www.example.com` in the docs is Envoy, and `prove.example.com` is the page, both on loopback.

mod providers;
mod self_hosted;

use serde_json::json;
use unstuff_tests::application::RIGHT;
use unstuff_tests::docs::{self, PythonServer};
use unstuff_tests::{ClientResponse, PolicyBuilder, Request, Sandbox, envoy, form, policy};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// The origin of the page in the docs.
const PAGE_ORIGIN: &str = "https://prove.example.com";

/// The policy of the docs, which challenges a login with two passwords.
fn handover_policy() -> PolicyBuilder {
    let handover = docs::json("Handing over", KEY)[0]["challenge"].take();
    policy()
        .challenge_if("credentials.ambiguous")
        .endpoint("login_page", json!("/sign-in"))
        .with("challenge", handover)
}

/// A program of `envoy/handover` with these variables beside the key.
async fn page(program: &str, environment: &[(&str, &str)]) -> PythonServer {
    let widget = envoy::target().join("handover/altcha.min.js");
    let ours = [("HANDOVER_KEY", KEY), ("ALTCHA_WIDGET", widget.to_str().expect("text"))];
    let environment = [&ours, environment].concat();
    PythonServer::start_file(&format!("handover/{program}"), &environment).await
}

/// A browser's login with two passwords.
fn login() -> Request {
    let body = format!("user=alice&password={RIGHT}&password=decoy");
    form("", "").body(body).header("accept", "text/html")
}

/// The target at the page to which a challenged login redirects the browser.
async fn challenge_target(sandbox: &Sandbox) -> String {
    let challenged = sandbox.send(login()).await;
    assert_eq!(challenged.status, 303);
    path(&challenged, PAGE_ORIGIN)
}

/// Submits the page's form with this answer of the provider's script.
async fn submit(page: &PythonServer, target: &str, field: &str, answer: &str) -> ClientResponse {
    let escaped = answer.replace('+', "%2B");
    let kind = "application/x-www-form-urlencoded";
    page.send(Request::post(target).content(kind, format!("{field}={escaped}"))).await
}

/// The target of a redirect to this origin.
fn path(response: &ClientResponse, origin: &str) -> String {
    let location = response.header("location").expect("a redirect");
    let path = location.strip_prefix(origin).unwrap_or_else(|| panic!("a redirect to {location}"));
    path.to_owned()
}

/// Follows the redirect of a page that has let its visitor through, and returns the pass.
async fn collect_pass(sandbox: &Sandbox, let_through: &ClientResponse) -> Option<String> {
    assert_eq!(let_through.status, 303);
    let back = Request::get(&path(let_through, "https://www.example.com"));
    let back = sandbox.send(back).await;
    assert_eq!((back.status, back.header("location")), (303, Some("?unstuff-kept=1")));
    back.cookie()
}

/// The page has said so, and lets nobody through.
fn assert_refused(response: &ClientResponse, status: u16, sentence: &str) {
    assert_eq!((response.status, response.header("location")), (status, None));
    let body = String::from_utf8_lossy(&response.body);
    assert!(body.contains(sentence), "{body}");
}
