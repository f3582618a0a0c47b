//! Handover to another challenge: the page of the docs, run without changes.
//!
//! `www.example.com` in the docs is Envoy, and `prove.example.com` is the page, both on loopback.
//! A stand-in for Turnstile accepts one response as human.

use serde_json::json;
use unstuff_tests::application::{Application, Behaviour, RIGHT};
use unstuff_tests::docs::{self, PythonServer};
use unstuff_tests::{AppResponse, ClientResponse, Request, Sandbox, form, policy};

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Envoy, the page of the docs, and the stand-in for Turnstile.
struct HandoverSetup {
    sandbox: Sandbox,
    page: PythonServer,
    siteverify: Application,
}

impl HandoverSetup {
    async fn start() -> Self {
        let siteverify = Application::start(Behaviour {
            on_headers: Box::new(|_| None),
            on_request: Box::new(|received| {
                let is_human = received.body == b"secret=ours&response=human";
                AppResponse::status(200).body(json!({ "success": is_human }).to_string())
            }),
        })
        .await;
        let verify = format!("http://127.0.0.1:{}/", siteverify.port);
        let environment = [
            ("HANDOVER_KEY", KEY),
            ("TURNSTILE_SITE_KEY", "site"),
            ("TURNSTILE_SECRET", "ours"),
            ("SITEVERIFY", &verify),
        ];
        let page = PythonServer::start(docs::code("Handing over", "python"), &environment).await;
        let handover = docs::json("Handing over", KEY)[0]["challenge"].take();
        let sandbox = policy()
            .challenge_if("credentials.ambiguous")
            .endpoint("login_page", json!("/sign-in"))
            .with("challenge", handover);
        Self { sandbox: Sandbox::start(sandbox).await, page, siteverify }
    }

    /// The target at the page to which a challenged login redirects the browser.
    async fn challenge_target(&self) -> String {
        let challenged = self.sandbox.send(login()).await;
        assert_eq!(challenged.status, 303);
        path(&challenged, "https://prove.example.com")
    }

    /// Submits the page's form with this response of Turnstile.
    async fn submit(&self, target: &str, response: &str) -> ClientResponse {
        let kind = "application/x-www-form-urlencoded";
        let form = format!("cf-turnstile-response={response}");
        self.page.send(Request::post(target).content(kind, form)).await
    }
}

/// A browser's login with two passwords, which is challenged.
fn login() -> Request {
    let body = format!("user=alice&password={RIGHT}&password=decoy");
    form("", "").body(body).header("accept", "text/html")
}

/// The target of a redirect to this origin.
fn path(response: &ClientResponse, origin: &str) -> String {
    let location = response.header("location").expect("a redirect");
    let path = location.strip_prefix(origin).unwrap_or_else(|| panic!("a redirect to {location}"));
    path.to_owned()
}

#[tokio::test]
async fn a_browser_that_solves_the_other_challenge_gets_a_pass() {
    let setup = HandoverSetup::start().await;
    let sandbox = &setup.sandbox;
    let target = setup.challenge_target().await;
    let shown = setup.page.send(Request::get(&target)).await;
    assert_eq!(shown.status, 200);
    assert!(String::from_utf8_lossy(&shown.body).contains("data-sitekey=\"site\""));
    let submitted = setup.submit(&target, "human").await;
    assert_eq!(submitted.status, 303);
    let back = sandbox.send(Request::get(&path(&submitted, "https://www.example.com"))).await;
    assert_eq!((back.status, back.header("location")), (303, Some("/sign-in")));
    assert_eq!(sandbox.app.request_count(), 0);
    let pass = back.cookie().expect("a pass");
    assert_eq!(sandbox.send(login().header("cookie", pass)).await.status, 200);
    assert_eq!(sandbox.app.only_request().header("x-unstuff-reasons"), Some("passed,ambiguous"));
    for name in ["unstuff.challenge.handed_over", "unstuff.challenge.returned", "unstuff.pass.used"]
    {
        assert_eq!(sandbox.metric(name).await, 1, "{name}");
    }
}

#[tokio::test]
async fn the_page_redirects_only_to_signed_return_addresses() {
    let setup = HandoverSetup::start().await;
    let target = setup.challenge_target().await;
    let (_, signature) = target.split_once("signature=").expect("a signature");
    for forged in [
        target.replace("www.example.com", "evil.example"),
        target.replace(signature, &"0".repeat(64)),
        target.replace(signature, "%C3%A9"),
        target.replace("signature=", "s="),
        "/".to_owned(),
    ] {
        assert_ne!(forged, target);
        assert_eq!(setup.page.send(Request::get(&forged)).await.status, 400, "{forged}");
        let submitted = setup.submit(&forged, "human").await;
        assert_eq!((submitted.status, submitted.header("location")), (400, None), "{forged}");
    }
    assert_eq!(setup.siteverify.request_count(), 0);
}

#[tokio::test]
async fn without_the_other_challenge_there_is_no_pass() {
    let setup = HandoverSetup::start().await;
    let target = setup.challenge_target().await;
    let submitted = setup.submit(&target, "bot").await;
    assert_eq!((submitted.status, submitted.header("location")), (403, None));
    assert_eq!(setup.siteverify.request_count(), 1);
    let (_, rest) = target.split_once("unstuff-request=").expect("a token");
    let token = rest.split('&').next().expect("its end");
    let target = format!("/login?unstuff-answer={token}.{}", "0".repeat(64));
    let back = setup.sandbox.send(Request::get(&target)).await;
    assert_eq!((back.status, back.header("location")), (303, Some("/sign-in")));
    assert_eq!(back.cookie(), None);
    assert_eq!(setup.sandbox.metric("unstuff.refused.forged").await, 1);
    assert_eq!(setup.sandbox.app.request_count(), 0);
}
