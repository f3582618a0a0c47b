//! Annotations for the application, the access log and metrics; nothing for the client.

use unstuff_tests::{Request, Sandbox, ambiguous, eventually, form, json_login, policy};

const ANNOTATIONS: [&str; 3] =
    ["x-unstuff-verdict", "x-unstuff-reasons", "exposed-credential-check"];

#[tokio::test]
async fn the_application_receives_the_verdict_on_stock_envoy() {
    let sandbox = Sandbox::start(policy().annotate_breached()).await;
    for request in [form("alice", "123456"), json_login("alice", "123456").in_chunks_of(5)] {
        sandbox.send(request).await;
    }
    sandbox.send_h2(form("alice", "123456").trailer("x-checksum", "1")).await;
    let received = sandbox.app.received();
    assert_eq!(received.len(), 3);
    for request in received {
        let annotations = ANNOTATIONS.map(|name| request.header(name));
        assert_eq!(annotations, [Some("annotate"), Some("breached"), Some("4")]);
    }
}

#[tokio::test]
async fn a_login_without_findings_is_annotated_with_its_verdict_only() {
    let sandbox = Sandbox::start(policy().annotate_breached()).await;
    sandbox.send(form("alice", "in-no-list-of-breaches")).await;
    let annotations =
        ANNOTATIONS.map(|name| sandbox.app.only_request().header(name).map(str::to_owned));
    assert_eq!(annotations, [Some("allow".to_owned()), None, None]);
    sandbox.app.clear();
    sandbox.send(Request::get("/")).await;
    let annotations =
        ANNOTATIONS.map(|name| sandbox.app.only_request().header(name).map(str::to_owned));
    assert_eq!(annotations, [None, None, None]);
}

#[tokio::test]
async fn spoofed_annotation_headers_are_removed() {
    let sandbox = Sandbox::start(policy().annotate_breached()).await;
    let spoof = |mut request: Request| {
        for name in ANNOTATIONS {
            request = request.header(name, "spoofed").header(name, "twice");
        }
        request
    };
    sandbox.send(spoof(form("alice", "in-no-list-of-breaches"))).await;
    sandbox.send(spoof(form("alice", "123456"))).await;
    sandbox.send(spoof(Request::get("/elsewhere"))).await;
    sandbox.send_h2(spoof(Request::get("/elsewhere"))).await;
    let annotations: Vec<Vec<_>> = sandbox.app.received().iter().map(all_annotations).collect();
    assert_eq!(annotations, [vec!["allow"], vec!["annotate", "breached", "4"], vec![], vec![]]);
}

#[tokio::test]
async fn an_annotation_spelt_with_underscores_does_not_reach_the_application() {
    // WSGI and CGI do not distinguish it from the real one.
    let sandbox = Sandbox::start(policy()).await;
    for request in [form("alice", "in-no-list-of-breaches"), Request::get("/elsewhere")] {
        let spoofed = ANNOTATIONS
            .iter()
            .flat_map(|name| [name.replace('-', "_"), name.replacen('-', "_", 1)]);
        let request = spoofed.fold(request, |request, name| request.header(&name, "spoofed"));
        sandbox.send(request.clone()).await;
        sandbox.send_h2(request).await;
    }
    assert_eq!(sandbox.app.request_count(), 4);
    for received in sandbox.app.received() {
        assert!(!received.headers.keys().any(|name| name.as_str().contains('_')), "{received:?}");
        assert!(!received.headers.values().any(|value| value == "spoofed"), "{received:?}");
    }
}

fn all_annotations(received: &unstuff_tests::ReceivedRequest) -> Vec<String> {
    let values = ANNOTATIONS.iter().flat_map(|name| received.headers.get_all(*name));
    values.map(|value| value.to_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn removing_a_spoofed_header_stays_on_the_login_route() {
    let sandbox = Sandbox::start(policy().block_if("credentials.ambiguous")).await;
    // Another route has no buffer filter, so the application would receive the headers.
    let response = sandbox.send(ambiguous("mallory").header("x-unstuff-verdict", "allow")).await;
    assert_eq!(response.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.app.request_count(), 0);
}

#[tokio::test]
async fn a_response_to_the_client_does_not_reveal_the_reasons() {
    let sandbox =
        Sandbox::start(policy().annotate_breached().block_if("credentials.ambiguous")).await;
    for request in [ambiguous("mallory"), form("alice", "123456")] {
        let response = sandbox.send(request).await;
        let text = format!("{:?} {}", response.headers, String::from_utf8_lossy(&response.body));
        for secret in ["breached", "password", "ambiguous", "reasons", "exposed"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn the_access_log_has_the_verdict_and_its_reasons() {
    let sandbox =
        Sandbox::start(policy().annotate_breached().block_if("credentials.ambiguous")).await;
    sandbox.send(ambiguous("mallory")).await;
    sandbox.send(form("alice", "123456")).await;
    for line in [
        "POST /login 429 127.0.0.1 verdict=block reasons=ambiguous exposed=-",
        "POST /login 401 127.0.0.1 verdict=annotate reasons=breached exposed=4",
    ] {
        eventually(line, || async { sandbox.envoy.log().contains(line) }).await;
    }
}

#[tokio::test]
async fn logs_contain_neither_passwords_nor_usernames() {
    let sandbox = Sandbox::start(policy().ban_after(1).challenge_if("credentials.ambiguous")).await;
    for password in ["hunter2-one", "hunter2-two", "hunter2-three&password=hunter2-four"] {
        let body = format!("user=mallory-the-user&password={password}");
        sandbox.send(form("", "").body(body)).await;
    }
    let query = form("", "").to("/login?user=mallory-the-user&password=hunter2-five");
    sandbox.send(query).await;
    let lines = || sandbox.envoy.log().matches("POST /login").count();
    eventually("the access log is written", || async { lines() == 4 }).await;
    for secret in ["hunter2", "mallory-the-user"] {
        assert!(!sandbox.envoy.log().contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn metrics_count_attempts_verdicts_and_outcomes() {
    let rules = policy().annotate_breached().block_if("credentials.absent");
    let sandbox = Sandbox::start(rules.challenge_if("credentials.ambiguous")).await;
    sandbox.send(form("alice", unstuff_tests::application::RIGHT)).await;
    sandbox.send(form("alice", "123456")).await;
    sandbox.send(form("", "").body("user=alice")).await;
    sandbox.send(ambiguous("alice")).await;
    for (name, count) in [
        ("unstuff.attempts", 4),
        ("unstuff.verdict.allow", 1),
        ("unstuff.verdict.annotate", 1),
        ("unstuff.verdict.challenge", 1),
        ("unstuff.verdict.block", 1),
        ("unstuff.breached", 1),
        ("unstuff.credentials.absent", 1),
        ("unstuff.credentials.ambiguous", 1),
        ("unstuff.outcome.success", 1),
        ("unstuff.outcome.failure", 1),
    ] {
        assert_eq!(sandbox.metric(name).await, count, "{name}");
    }
    assert!(sandbox.metric("unstuff.state.entries").await >= 1);
    assert!(sandbox.metric("unstuff.state.bytes").await >= 1);
}

#[tokio::test]
async fn an_unusable_address_header_is_counted() {
    let sandbox = Sandbox::start(policy()).await;
    sandbox.send(form("alice", "wrong").from("198.51.100.7")).await;
    assert_eq!(sandbox.metric("unstuff.client.address_fallback").await, 0);
    // Envoy appends one address. The configured one, the second from the right, is missing.
    sandbox.send(form("alice", "wrong")).await;
    sandbox.send(form("alice", "wrong").from("not-an-address")).await;
    assert_eq!(sandbox.metric("unstuff.client.address_fallback").await, 2);
}
