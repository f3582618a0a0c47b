//! Outcomes: which responses count as success or failure, and which do not count.

use std::time::Duration;

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::{
    AppResponse, PolicyBuilder, ReceivedRequest, Sandbox, eventually, form, json_login, policy,
};

use crate::load::{Load, flood};

const CLIENT: &str = "198.51.100.7";

/// A policy in which these statuses are failures. A later attempt of an address that has failed
/// is annotated.
fn failing_with(statuses: &[u16]) -> PolicyBuilder {
    policy().endpoint("failure", json!({ "status": statuses })).rule(json!({
        "name": "has-failed",
        "when": { "ip.failures": { "over": 1, "within": "1h" } },
        "then": "annotate"
    }))
}

/// The numbers of successes and failures so far.
async fn successes_and_failures(sandbox: &Sandbox) -> [u64; 2] {
    [
        sandbox.metric("unstuff.outcome.success").await,
        sandbox.metric("unstuff.outcome.failure").await,
    ]
}

#[tokio::test]
async fn a_reply_of_another_unstuff_upstream_is_not_a_failure() {
    // For example a gateway and a sidecar: the gateway receives the sidecar's reply.
    for (status, reply) in [(429, "block"), (403, "challenge")] {
        let inner = move |received: &ReceivedRequest| match received.body_has("to-the-application")
        {
            true => AppResponse::status(401),
            false => AppResponse::status(status).header("x-unstuff-reply", reply),
        };
        let sandbox =
            Sandbox::builder(failing_with(&[401, 403, 429])).on_request(inner).start().await;
        for guess in ["one", "two", "three"] {
            assert_eq!(sandbox.send(form("alice", guess).from(CLIENT)).await.status, status);
        }
        let reasons =
            |received: ReceivedRequest| received.header("x-unstuff-reasons").map(str::to_owned);
        assert!(
            sandbox.app.received().into_iter().all(|received| reasons(received).is_none()),
            "{reply}"
        );
        assert_eq!(successes_and_failures(&sandbox).await, [0, 0], "{reply}");
        // The same status without the header is a failure.
        sandbox.send(form("alice", "to-the-application").from(CLIENT)).await;
        assert_eq!(successes_and_failures(&sandbox).await, [0, 1]);
    }
}

#[tokio::test]
async fn a_response_by_envoy_itself_is_not_an_outcome() {
    let mut sandbox = Sandbox::start(failing_with(&[401, 503])).await;
    sandbox.app.stop().await;
    for guess in ["one", "two", "three"] {
        let response = sandbox.send(form("alice", guess).from(CLIENT)).await;
        assert_eq!((response.status, response.unstuff_reply()), (503, None));
    }
    assert_eq!(sandbox.metric("unstuff.verdict.allow").await, 3, "no attempt was annotated");
    assert_eq!(successes_and_failures(&sandbox).await, [0, 0]);
}

#[tokio::test]
async fn a_response_that_is_neither_is_an_unknown_outcome() {
    let sandbox = Sandbox::builder(policy()).on_request(|_| AppResponse::status(500)).start().await;
    sandbox.send(form("alice", "wrong")).await;
    assert_eq!(successes_and_failures(&sandbox).await, [0, 0]);
    assert_eq!(sandbox.metric("unstuff.outcome.unknown").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_without_any_failure_is_reported_and_its_outcomes_are_unknown() {
    // WordPress answers a failed login with 200.
    let sandbox = Sandbox::builder(policy()).on_request(|_| AppResponse::status(200)).start().await;
    let load = Load { requests: 199, connections: 4 };
    flood(&sandbox, load, |number| form(&format!("user-{number}"), "wrong")).await;
    assert_eq!(sandbox.metric("unstuff.endpoint.unrecognised").await, 0);
    for password in ["the-200th", "the-201st"] {
        sandbox.send(form("alice", password)).await;
        assert_eq!(sandbox.metric("unstuff.endpoint.unrecognised").await, 1);
    }
    assert_eq!(sandbox.metric("unstuff.outcome.unknown").await, 2);
    let line = "endpoint `web`: 200 attempts brought no failure";
    assert_eq!(sandbox.envoy.log().matches(line).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_that_fit_the_answers_are_suggested_once() {
    // As Passport does: back to the form, or home.
    let answer = |received: &ReceivedRequest| {
        let to = if received.body_has("correct") { "/home" } else { "/login" };
        AppResponse::status(302).header("location", to)
    };
    let sandbox = Sandbox::builder(policy()).on_request(answer).start().await;
    sandbox.send(form("alice", "correct")).await;
    // On one connection, so at one worker.
    let load = Load { requests: 60, connections: 1 };
    flood(&sandbox, load, |number| {
        let word = if number == 1 { "correct" } else { "wrong" };
        form(&format!("user-{number}"), &format!("{word}-{number}"))
    })
    .await;
    assert_eq!(sandbox.metric("unstuff.endpoint.suggested").await, 1);
    let log = sandbox.envoy.log();
    let fits = "This fits: \"failure\": {\"location\":\"/login\",\"status\":302}";
    assert_eq!(log.matches(fits).count(), 1);
    assert!(log.contains("\"success\": {\"location\":\"/home\",\"status\":302}"));
}

/// A policy of an application that answers every login with 200 and a page. An address is blocked
/// once more than three of its logins failed.
fn told_by_page() -> PolicyBuilder {
    policy()
        .endpoint("failure", json!({ "status": 200, "body": { "contains": "correct username" } }))
        .endpoint("success", json!([{ "status": 302 }, { "body": { "contains": "Log out" } }]))
        .ban_after(3)
}

/// Django's page after a failed login, shortened.
const FAILED_PAGE: &str = "<ul class=\"errorlist nonfield\"><li>Please enter a correct username \
                           and password.</li></ul>";

/// An application that answers a login with a page: the right password with `welcome`.
async fn paged(policy: PolicyBuilder, failed: AppResponse, welcome: AppResponse) -> Sandbox {
    let answer = move |received: &ReceivedRequest| match received.body_has(RIGHT) {
        true => welcome.clone(),
        false => failed.clone(),
    };
    Sandbox::builder(policy).on_request(answer).start().await
}

fn page(body: &str) -> AppResponse {
    AppResponse::status(200).header("content-type", "text/html").body(body)
}

#[tokio::test]
async fn page_with_status_200_tells_a_failed_login() {
    let welcome = AppResponse::status(302).header("location", "/");
    let sandbox = paged(told_by_page(), page(FAILED_PAGE), welcome).await;
    for guess in ["one", "two", RIGHT, "three"] {
        let response = sandbox.send(form("alice", guess).from(CLIENT)).await;
        let is_known = response.header("set-cookie").is_some_and(|it| it.starts_with("__Host-"));
        assert_eq!(is_known, guess == RIGHT, "{guess}: {response:?}");
    }
    assert_eq!(successes_and_failures(&sandbox).await, [1, 3]);
    let stopped = sandbox.send(form("alice", "four").from(CLIENT)).await;
    assert_eq!((stopped.status, stopped.unstuff_reply()), (429, Some("block")));
}

#[tokio::test]
async fn graphql_error_with_status_200_tells_a_failed_login() {
    let policy = policy()
        .endpoint("failure", json!({ "body": { "json": "/errors" } }))
        .endpoint("success", json!({ "body": { "json": "/data/login/token" } }))
        .ban_after(3);
    let failed = json!({ "errors": [{ "message": "Bad credentials" }], "data": { "login": null } });
    let welcome = json!({ "data": { "login": { "token": "t" } } });
    let answer = |json: Value| AppResponse::status(200).body(json.to_string());
    let sandbox = paged(policy, answer(failed), answer(welcome)).await;
    for guess in [RIGHT, "one", "two", "three"] {
        sandbox.send(json_login("alice", guess).from(CLIENT)).await;
    }
    assert_eq!(successes_and_failures(&sandbox).await, [1, 3]);
    assert_eq!(sandbox.send(json_login("alice", "four").from(CLIENT)).await.status, 429);
}

#[tokio::test]
async fn page_passes_unchanged_in_parts_and_tells_the_same() {
    let long = format!("{FAILED_PAGE}{}", ".".repeat(300 << 10));
    for failed in
        [page(FAILED_PAGE).in_chunks_of(1), page(FAILED_PAGE).in_chunks_of(7), page(&long)]
    {
        let expected = failed.body.clone();
        let sandbox = paged(told_by_page(), failed, page("Log out")).await;
        for _ in 0..2 {
            let response = sandbox.send(form("alice", "wrong")).await;
            assert!(response.body == expected, "{} bytes", response.body.len());
        }
        assert_eq!(sandbox.send_h2(form("alice", RIGHT)).await.body, b"Log out");
        assert_eq!(successes_and_failures(&sandbox).await, [1, 2]);
        assert_eq!(sandbox.metric("unstuff.outcome.unread").await, 0);
    }
}

#[tokio::test]
async fn body_that_does_not_tell_is_a_failure() {
    let long = format!("{}{FAILED_PAGE}", ".".repeat(64 << 10));
    for failed in [
        page("\u{1f}\u{8b}").header("content-encoding", "gzip"),
        page(&long),
        page(""),
        AppResponse::status(200).body("<p>Sorry").broken_off(),
    ] {
        let shown = format!("{:?}, {} bytes", failed.headers, failed.body.len());
        let sandbox = paged(told_by_page(), failed, page("Log out")).await;
        for guess in ["one", "two", "three"] {
            // An answer that breaks off is an error of the client library.
            let request = form("alice", guess).from(CLIENT);
            let _ = sandbox.connect().await.try_send(request).await;
        }
        eventually("the outcomes are known", || async {
            successes_and_failures(&sandbox).await == [0, 3]
        })
        .await;
        assert_eq!(sandbox.metric("unstuff.outcome.unread").await, 3, "{shown}");
        assert_eq!(sandbox.send(form("alice", "x").from(CLIENT)).await.status, 429, "{shown}");
    }
}

#[tokio::test]
async fn client_that_hangs_up_before_the_page_tells_has_failed() {
    let slow = page(FAILED_PAGE).in_chunks_of(1).every(Duration::from_millis(200));
    let sandbox = paged(told_by_page(), slow, page("Log out")).await;
    for guess in ["one", "two", "three"] {
        let mut request = sandbox.begin(form("alice", guess).from(CLIENT)).await.headers().await;
        assert_eq!(request.read().await.as_ref(), b"<", "the page passes as it comes");
    }
    eventually("the outcomes are known", || async {
        successes_and_failures(&sandbox).await == [0, 3]
    })
    .await;
    assert_eq!(sandbox.send(form("alice", "x").from(CLIENT)).await.status, 429);
}

#[tokio::test]
async fn compression_is_asked_away_only_where_the_body_tells() {
    let encodings = "gzip, br";
    for (policy, expected) in [(told_by_page(), "identity"), (policy(), encodings)] {
        let sandbox = paged(policy, page(FAILED_PAGE), page("Log out")).await;
        sandbox.send(form("alice", "x").header("accept-encoding", encodings)).await;
        let elsewhere = form("alice", "x").to("/news").header("accept-encoding", encodings);
        sandbox.send(elsewhere).await;
        let received = sandbox.app.received();
        let asked: Vec<_> = received.iter().map(|it| it.header("accept-encoding")).collect();
        assert_eq!(asked, [Some(expected), Some(encodings)]);
    }
}

#[tokio::test]
async fn text_that_the_client_wrote_into_the_page_is_no_success() {
    let echo = |received: &ReceivedRequest| {
        page(&format!("<p>Unknown user {}</p>", String::from_utf8_lossy(&received.body)))
    };
    let sandbox = Sandbox::builder(told_by_page()).on_request(echo).start().await;
    let body = "user=Log out&password=x";
    let response = sandbox.send(form("", "").body(body)).await;
    assert!(String::from_utf8_lossy(&response.body).contains("Log out"));
    assert_eq!(successes_and_failures(&sandbox).await, [0, 0]);
    assert_eq!(sandbox.metric("unstuff.outcome.unknown").await, 1);
}

#[tokio::test]
async fn cookie_that_is_set_is_a_success_and_one_that_is_deleted_is_none() {
    let policy = policy().endpoint("success", json!({ "cookie": "sid_*" }));
    let with = |cookie: &str| AppResponse::status(200).header("set-cookie", cookie);
    let sandbox = paged(policy, with("sid_a=; Max-Age=0"), with("sid_a=1; Path=/")).await;
    sandbox.send(form("alice", "wrong")).await;
    assert_eq!(sandbox.metric("unstuff.outcome.unknown").await, 1);
    sandbox.send(form("alice", RIGHT)).await;
    assert_eq!(successes_and_failures(&sandbox).await, [1, 0]);
}
