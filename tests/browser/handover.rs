//! Pages of `envoy/handover` as a person sees them. The providers' own hosts are out of reach here, so
//! of theirs this shows what is asked for, and what a person reads whose browser blocks it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use serde_json::json;
use unstuff_tests::browser::{application, challenged_again};
use unstuff_tests::docs::PythonServer;
use unstuff_tests::{AppResponse, ReceivedRequest, Sandbox, envoy};

use crate::run_script;

const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A public key of RSASSA-PSS with 2048 bits, from the examples of RFC 9578.
const TOKEN_KEY: &str = "MIIBUjA9BgkqhkiG9w0BAQowMKANMAsGCWCGSAFlAwQCAqEaMBgGCSqGSIb3DQEBCDALBglghkgBZQMEAgKiAwIBMAOCAQ8AMIIBCgKCAQEAyxrta2qV9bHOATpM_KsluUsuZKIwNOQlCn6rQ8DfOowSmTrxKxEZCNS0cb7DHUtsmtnN2pBhKi7pA1I-beWiJNawLwnlw3TQz-Adj1KcUAp4ovZ5CPpoK1orQwyB6vGvcte155T8mKMTknaHl1fORTtSbvm_bOuZl5uEI7kPRGGiKvN6qwz1cz91l6vkTTHHMttooYHGy75gfYwOUuBlX9mZbcWE7KC-h6-814ozfRex26noKLvYHikTFxROf_ifVWGXCbCWy7nqR0zq0mTCBz_kl0DAHwDhCRBgZpg9IeX4PwhuLoI8h5zUPO9wDSo1Kpur1hLQPK0C2xNLfiJaXwIDAQAB";

/// Runs a story at a page of this provider.
async fn tell(story: &str, provider: &str, hosts: &[&str]) -> Sandbox {
    let widget = envoy::target().join("handover/altcha.min.js");
    let environment = [
        ("HANDOVER_KEY", KEY),
        ("ALTCHA_WIDGET", widget.to_str().expect("text")),
        ("PAT_ISSUER", "issuer.example"),
        ("PAT_ORIGIN", "localhost"),
        ("PAT_TOKEN_KEY", TOKEN_KEY),
        ("TURNSTILE_SITE_KEY", "site"),
        ("TURNSTILE_SECRET", "ours"),
        ("HCAPTCHA_SITE_KEY", "site"),
        ("HCAPTCHA_SECRET", "ours"),
        ("RECAPTCHA_SITE_KEY", "site"),
        ("RECAPTCHA_SECRET", "ours"),
        ("FRIENDLY_SITE_KEY", "site"),
        ("FRIENDLY_API_KEY", "ours"),
    ];
    let page = PythonServer::start_file(&format!("handover/{provider}.py"), &environment).await;
    let handover = json!({ "url": "/prove/", "return": "/login", "key": KEY });
    let port = page.port;
    let sandbox = Sandbox::builder(challenged_again(json!({ "handover": handover })))
        .on_request(move |received| match received.target.strip_prefix("/prove") {
            Some(target) => relay(port, target, received),
            None => application(received),
        })
        .start()
        .await;
    let url = sandbox.url_for_browsers();
    let arguments = [&[story, &url, provider], hosts].concat();
    run_script("handover.mjs", &arguments).await;
    sandbox
}

/// What the site's proxy does: it passes a request on to the page, which speaks HTTP/1.0.
fn relay(port: u16, target: &str, received: &ReceivedRequest) -> AppResponse {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the page listens");
    let (method, length) = (&received.method, received.body.len());
    let head = format!("{method} {target} HTTP/1.0\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), &received.body].concat()).expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").expect("the end of the head");
    let body = answer.split_off(end + 4);
    let head = String::from_utf8(answer).expect("text");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let response = AppResponse::status(status.expect("a status")).body(body);
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.filter(|(name, _)| *name != "content-length");
    headers.fold(response, |response, (name, value)| response.header(name, value))
}

#[tokio::test]
async fn the_widget_of_altcha_solves_and_nothing_leaves_the_site() {
    let sandbox = tell("solves", "altcha", &[]).await;
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 1);
}

#[tokio::test]
async fn a_browser_without_private_access_tokens_ignores_the_header_and_solves_altcha() {
    let sandbox = tell("solves", "private_access_tokens", &[]).await;
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 1);
}

#[tokio::test]
async fn a_person_whose_browser_blocks_a_provider_is_told_which_name_to_allow() {
    for (provider, host) in [
        ("turnstile", "challenges.cloudflare.com"),
        ("hcaptcha", "js.hcaptcha.com"),
        ("recaptcha", "www.google.com"),
        ("friendly_captcha", "cdn.jsdelivr.net"),
    ] {
        tell("blocked", provider, &[host]).await;
    }
}

#[tokio::test]
async fn a_person_without_javascript_is_told_that_the_check_needs_it() {
    tell("without_javascript", "altcha", &[]).await;
}
