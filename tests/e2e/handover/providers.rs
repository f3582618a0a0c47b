//! Providers that a page asks. A stand-in for each accepts the answer `human` once, and only in the
//! request that the provider's reference describes.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use unstuff_tests::application::{Application, Behaviour};
use unstuff_tests::docs::PythonServer;
use unstuff_tests::{AppResponse, RawConnection, ReceivedRequest, Request, Sandbox};

use super::{assert_refused, challenge_target, collect_pass, handover_policy, login, page, submit};

const WRONG: &str = "That was not accepted. Please try again.";
const OUT_OF_ORDER: &str = "The check is out of order at the moment.";

/// A provider as its reference describes it.
struct CaptchaProvider {
    program: &'static str,
    environment: &'static [(&'static str, &'static str)],
    /// The field of the form, and what its script needs in the page.
    field: &'static str,
    widget: &'static str,
    /// The only body with which it can be asked whether `human` is right.
    body: &'static str,
    /// The status and the verdict on a wrong answer, one that was used already, and a wrong secret.
    wrong: (u16, fn() -> Value),
    used: (u16, fn() -> Value),
    secret: (u16, fn() -> Value),
}

const FORM: &str = "application/x-www-form-urlencoded";

const TURNSTILE: CaptchaProvider = CaptchaProvider {
    program: "turnstile.py",
    environment: &[("TURNSTILE_SITE_KEY", "site"), ("TURNSTILE_SECRET", "ours")],
    field: "cf-turnstile-response",
    widget: r#"class="cf-turnstile" data-sitekey="site""#,
    body: "secret=ours&response=human",
    wrong: (200, || json!({ "success": false, "error-codes": ["invalid-input-response"] })),
    used: (200, || json!({ "success": false, "error-codes": ["timeout-or-duplicate"] })),
    secret: (200, || json!({ "success": false, "error-codes": ["invalid-input-secret"] })),
};

const HCAPTCHA: CaptchaProvider = CaptchaProvider {
    program: "hcaptcha.py",
    environment: &[("HCAPTCHA_SITE_KEY", "site"), ("HCAPTCHA_SECRET", "ours")],
    field: "h-captcha-response",
    widget: r#"class="h-captcha" data-sitekey="site""#,
    body: "secret=ours&response=human&sitekey=site",
    used: (200, || json!({ "success": false, "error-codes": ["already-seen-response"] })),
    ..TURNSTILE
};

const RECAPTCHA: CaptchaProvider = CaptchaProvider {
    program: "recaptcha.py",
    environment: &[("RECAPTCHA_SITE_KEY", "site"), ("RECAPTCHA_SECRET", "ours")],
    field: "g-recaptcha-response",
    widget: r#"class="g-recaptcha" data-sitekey="site""#,
    ..TURNSTILE
};

const FRIENDLY: CaptchaProvider = CaptchaProvider {
    program: "friendly_captcha.py",
    environment: &[("FRIENDLY_SITE_KEY", "site"), ("FRIENDLY_API_KEY", "ours")],
    field: "frc-captcha-response",
    widget: r#"class="frc-captcha" data-sitekey="site""#,
    body: r#"{"response": "human", "sitekey": "site"}"#,
    wrong: (200, || json!({ "success": false, "error": { "error_code": "response_invalid" } })),
    used: (200, || json!({ "success": false, "error": { "error_code": "response_duplicate" } })),
    secret: (401, || json!({ "success": false, "error": { "error_code": "auth_invalid" } })),
};

const PROVIDERS: [CaptchaProvider; 4] = [TURNSTILE, HCAPTCHA, RECAPTCHA, FRIENDLY];

impl CaptchaProvider {
    /// A stand-in that knows this secret and has this verdict on `human`.
    async fn stand_in(&self, verdict: Value) -> Application {
        let Self { body, wrong, used, secret, .. } = *self;
        let is_friendly = self.program == FRIENDLY.program;
        let seen = Mutex::new(HashSet::new());
        let on_request = move |received: &ReceivedRequest| {
            assert_eq!(received.method, "POST");
            let kind = if is_friendly { "application/json" } else { FORM };
            assert_eq!(received.header("content-type"), Some(kind));
            let asked = String::from_utf8_lossy(&received.body).into_owned();
            let key = received.header("x-api-key").unwrap_or(&asked);
            let (status, verdict) = if !key.contains("ours") {
                (secret.0, secret.1())
            } else if asked != body {
                (wrong.0, wrong.1())
            } else if !seen.lock().expect("no panic").insert(asked) {
                (used.0, used.1())
            } else {
                (200, verdict.clone())
            };
            AppResponse::status(status).body(verdict.to_string())
        };
        Application::start(Behaviour {
            on_headers: Box::new(|_| None),
            on_request: Box::new(on_request),
        })
        .await
    }

    /// The page, with this server in place of the provider's.
    async fn page(&self, port: u16, more: &[(&str, &str)]) -> PythonServer {
        let verify = format!("http://127.0.0.1:{port}/");
        let environment = [self.environment, &[("SITEVERIFY", &*verify)], more].concat();
        page(self.program, &environment).await
    }
}

#[tokio::test]
async fn a_right_answer_to_any_provider_earns_a_pass_and_is_no_use_again() {
    let sandbox = Sandbox::start(handover_policy()).await;
    for provider in PROVIDERS {
        let stand_in = provider.stand_in(json!({ "success": true })).await;
        let page = provider.page(stand_in.port, &[]).await;
        let target = challenge_target(&sandbox).await;
        let shown = page.send(Request::get(&target)).await;
        assert_eq!((shown.status, stand_in.request_count()), (200, 0));
        assert!(String::from_utf8_lossy(&shown.body).contains(provider.widget));

        let submitted = submit(&page, &target, provider.field, "human").await;
        let pass = collect_pass(&sandbox, &submitted).await.expect("a pass");
        sandbox.app.clear();
        assert_eq!(sandbox.send(login().header("cookie", pass)).await.status, 200);
        let reasons = sandbox.app.only_request();
        assert_eq!(reasons.header("x-unstuff-reasons"), Some("passed,ambiguous"));

        let target = challenge_target(&sandbox).await;
        let replayed = submit(&page, &target, provider.field, "human").await;
        assert_refused(&replayed, 403, WRONG);
        assert_eq!(stand_in.request_count(), 2, "{}", provider.program);
    }
    for name in ["handed_over", "returned"] {
        let expected = if name == "returned" { 4 } else { 8 };
        assert_eq!(sandbox.metric(&format!("unstuff.challenge.{name}")).await, expected);
    }
}

#[tokio::test]
async fn a_wrong_answer_is_refused_in_a_sentence_and_the_form_is_shown_again() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let target = challenge_target(&sandbox).await;
    for provider in PROVIDERS {
        let stand_in = provider.stand_in(json!({ "success": true })).await;
        let page = provider.page(stand_in.port, &[]).await;
        for answer in ["", "bot", "%FF%00", "%22%7D"] {
            let submitted = submit(&page, &target, provider.field, answer).await;
            assert_refused(&submitted, 403, WRONG);
            assert_refused(&submitted, 403, provider.widget);
        }
        let other = submit(&page, &target, "another-field", "human").await;
        assert_refused(&other, 403, WRONG);
    }
}

#[tokio::test]
async fn a_provider_that_is_out_of_order_lets_nobody_through_and_the_page_says_so() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let target = challenge_target(&sandbox).await;
    for provider in PROVIDERS {
        let answers = [(502, "<h1>Bad Gateway</h1>"), (200, "[]"), (200, "<h1>Sorry</h1>")];
        let asked = AtomicUsize::new(0);
        let mut broken = Application::start(Behaviour {
            on_headers: Box::new(|_| None),
            on_request: Box::new(move |_| {
                let (status, body) = answers[asked.fetch_add(1, Ordering::Relaxed)];
                AppResponse::status(status).body(body)
            }),
        })
        .await;
        let page = provider.page(broken.port, &[]).await;
        for _ in answers {
            let submitted = submit(&page, &target, provider.field, "human").await;
            assert_refused(&submitted, 503, OUT_OF_ORDER);
        }
        assert_eq!(broken.request_count(), answers.len());
        broken.stop().await;
        let submitted = submit(&page, &target, provider.field, "human").await;
        assert_refused(&submitted, 503, OUT_OF_ORDER);
        assert_refused(&submitted, 503, provider.widget);
    }
}

#[tokio::test]
async fn a_secret_that_the_provider_does_not_know_is_no_fault_of_the_visitor_and_is_logged() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let target = challenge_target(&sandbox).await;
    for provider in PROVIDERS {
        let stand_in = provider.stand_in(json!({ "success": true })).await;
        let (secret, _) = provider.environment[1];
        let page = provider.page(stand_in.port, &[(secret, "stale")]).await;
        let submitted = submit(&page, &target, provider.field, "human").await;
        assert_refused(&submitted, 503, OUT_OF_ORDER);
        let log = page.log();
        assert!(log.contains("invalid") && !log.contains("stale"), "{log}");
    }
}

#[tokio::test]
async fn a_low_score_of_recaptcha_and_one_for_another_action_are_refused() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let target = challenge_target(&sandbox).await;
    let verdict = |score: f64, action| json!({ "success": true, "score": score, "action": action });
    for (verdict, status) in [
        (verdict(0.5, "login"), 303),
        (verdict(0.4, "login"), 403),
        (verdict(0.9, "search"), 403),
        (json!({ "success": true }), 403),
    ] {
        let stand_in = RECAPTCHA.stand_in(verdict.clone()).await;
        let page = RECAPTCHA.page(stand_in.port, &[("RECAPTCHA_MIN_SCORE", "0.5")]).await;
        let submitted = submit(&page, &target, RECAPTCHA.field, "human").await;
        assert_eq!(submitted.status, status, "{verdict}");
    }
}

#[tokio::test]
async fn the_page_redirects_only_to_signed_return_addresses() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let stand_in = TURNSTILE.stand_in(json!({ "success": true })).await;
    let page = TURNSTILE.page(stand_in.port, &[]).await;
    let target = challenge_target(&sandbox).await;
    let (_, signature) = target.split_once("signature=").expect("a signature");
    for forged in [
        target.replace("www.example.com", "evil.example"),
        target.replace(signature, &"0".repeat(64)),
        target.replace(signature, "%C3%A9"),
        target.replace("signature=", "s="),
        "/".to_owned(),
    ] {
        assert_ne!(forged, target);
        let sentence = "A login sends people to this page. Please go back to the login.";
        assert_refused(&page.send(Request::get(&forged)).await, 400, sentence);
        assert_refused(&submit(&page, &forged, TURNSTILE.field, "human").await, 400, sentence);
    }
    assert_eq!(stand_in.request_count(), 0);
}

#[tokio::test]
async fn a_request_that_is_no_form_is_refused_and_the_page_serves_on() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let stand_in = TURNSTILE.stand_in(json!({ "success": true })).await;
    let page = TURNSTILE.page(stand_in.port, &[]).await;
    let target = challenge_target(&sandbox).await;
    let post = |header| format!("POST {target} HTTP/1.0\r\n{header}\r\n\r\n");
    for (head, status) in [
        (post("content-length: -1"), 403),
        (post("content-length: ²"), 403),
        (post("content-length: 99999999"), 403),
        (post("transfer-encoding: chunked"), 403),
        ("GET http://[ HTTP/1.0\r\n\r\n".to_owned(), 400),
        ("GET /%ff?%ff=%00 HTTP/1.0\r\n\r\n".to_owned(), 400),
    ] {
        let mut raw = RawConnection::connect((Ipv4Addr::LOCALHOST, page.port).into()).await;
        raw.write(&head).await;
        assert_eq!(raw.response().await.status, status, "{head}");
    }
    let submitted = submit(&page, &target, TURNSTILE.field, "human").await;
    assert!(collect_pass(&sandbox, &submitted).await.is_some());
    assert!(!page.log().contains("Traceback"), "{}", page.log());
}

#[tokio::test]
async fn an_answer_that_the_page_has_not_signed_earns_no_pass_and_one_that_it_has_earns_one() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let stand_in = TURNSTILE.stand_in(json!({ "success": true })).await;
    let page = TURNSTILE.page(stand_in.port, &[]).await;
    let target = challenge_target(&sandbox).await;
    let (_, rest) = target.split_once("unstuff-request=").expect("a token");
    let token = rest.split('&').next().expect("its end");
    let forged = format!("/login?unstuff-answer={token}.{}", "0".repeat(64));
    let back = sandbox.send(Request::get(&forged)).await;
    assert_eq!((back.status, back.header("location")), (303, Some("/sign-in")));
    assert_eq!(back.cookie(), None);
    assert_eq!(sandbox.metric("unstuff.refused.forged").await, 1);

    let submitted = submit(&page, &target, TURNSTILE.field, "human").await;
    let first = collect_pass(&sandbox, &submitted).await.expect("a pass");
    let second = collect_pass(&sandbox, &submitted).await.expect("the same pass again");
    let mut admitted = 0;
    for n in 0..8 {
        let pass = if n % 2 == 0 { &first } else { &second };
        let response = sandbox.send(login().header("cookie", pass.clone())).await;
        admitted += u32::from(response.status == 200);
    }
    assert_eq!(admitted, 3, "the two are one pass of three attempts");
    assert_eq!(sandbox.app.request_count(), 3);
}
