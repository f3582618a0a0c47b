//! Live lookups: the whole corpus is asked about passwords that the packed filter does not know.
//!
//! `abc` is in no packed filter. The service that is asked is the tool's own mirror, or one that
//! records what it sees.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use unstuff_engine::breached::Sha1Digest;
use unstuff_tests::application::{Behaviour, RIGHT};
use unstuff_tests::ranges::{ABC_LINES, ABC_RANGE};
use unstuff_tests::{
    AppResponse, Application, PolicyBuilder, RangeMirror, ReceivedRequest, Sandbox, basic,
    eventually, form, policy,
};

/// How long a login is held at most.
const DEADLINE: Duration = Duration::from_millis(150);

/// What a test allows a machine that does other things beside it.
const SLACK: Duration = Duration::from_millis(800);

fn asks() -> PolicyBuilder {
    asks_with(json!({ "cluster": "ranges", "authority": "ranges.example" }))
}

fn asks_with(section: Value) -> PolicyBuilder {
    let form = json!({ "username": "user", "password": "password" });
    policy()
        .endpoint("credentials", json!({ "form": form, "basic": true }))
        .annotate_if("password.breached_live")
        .with("live_lookup", section)
}

/// A service that records what it is asked.
async fn service(
    respond: impl Fn(&ReceivedRequest) -> AppResponse + Send + Sync + 'static,
) -> Application {
    Application::start(Behaviour { on_request: Box::new(respond), ..Behaviour::default() }).await
}

async fn sandbox(policy: PolicyBuilder, port: u16) -> Sandbox {
    Sandbox::builder(policy).cluster("ranges", Some(port)).start().await
}

fn abc() -> AppResponse {
    AppResponse::status(200).body(ABC_LINES)
}

/// The line of a password in its range.
fn line(password: &str) -> String {
    let digest = Sha1Digest::of(password.as_bytes());
    let digits: String = digest.as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    format!("{}:1", digits.split_at(5).1)
}

/// What the application was told about the last login.
fn told(sandbox: &Sandbox) -> Option<String> {
    let received = sandbox.app.received();
    let last = received.last().expect("a login");
    last.header("x-unstuff-verdict").map(str::to_owned)
}

#[tokio::test]
async fn leaked_password_that_the_packed_filter_does_not_know_is_found() {
    let mirror = RangeMirror::start(ABC_RANGE, ABC_LINES);
    let sandbox = sandbox(asks(), mirror.port).await;
    sandbox.send(form("alice", "abc")).await;
    let received = sandbox.app.only_request();
    assert_eq!(received.header("x-unstuff-reasons"), Some("breached-live"));
    assert_eq!(received.header("exposed-credential-check"), Some("4"));
    assert_eq!(sandbox.metric("unstuff.live.found").await, 1);
}

#[tokio::test]
async fn only_five_digits_leave() {
    let ranges = service(|_| abc()).await;
    let sandbox = Sandbox::builder(asks()).cluster("ranges", Some(ranges.port));
    let sandbox = sandbox.manager(log_everything).start().await;
    sandbox.send(form("alice", "abc").from("198.51.100.7").header("cookie", "sid=1")).await;
    let asked = ranges.only_request();
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("GET", "/range/A9993"));
    assert_eq!(asked.header("add-padding"), Some("true"));
    assert_eq!(asked.header("host"), Some("ranges.example"));
    let names: Vec<_> = asked.headers.keys().map(|name| name.as_str()).collect();
    let envoys = [
        "host",
        "add-padding",
        "user-agent",
        "x-envoy-internal",
        "x-forwarded-for",
        "x-envoy-expected-rq-timeout-ms",
    ];
    assert!(names.iter().all(|name| envoys.contains(name)), "{names:?}");
    assert!(!format!("{:?}", asked.headers).contains("198.51.100.7"));
    assert!(asked.body.is_empty());
    eventually("the login is in both logs", || async {
        sandbox.envoy.log().matches("POST /login").count() == 2
    })
    .await;
    assert!(!sandbox.envoy.log().contains("/range/"), "a log has the digits");
}

/// Writes an access log of what goes upstream, too.
fn log_everything(manager: &mut Value) {
    let log = manager["access_log"].clone();
    let filters = manager["http_filters"].as_array_mut().expect("filters");
    let router = filters.last_mut().expect("the router");
    router["typed_config"]["upstream_log"] = log;
}

#[tokio::test]
async fn login_passes_undecided_by_a_service_that_is_slow_wrong_or_down() {
    let slow = service(|_| abc().after(Duration::from_secs(5))).await;
    let stuck = service(|_| abc().in_chunks_of(10).every(Duration::from_secs(2))).await;
    let junk = service(|_| AppResponse::status(200).body("<html>welcome</html>")).await;
    let cut = service(|_| abc().in_chunks_of(30).broken_off()).await;
    let error = service(|_| AppResponse::status(500)).await;
    let mut down = service(|_| abc()).await;
    down.stop().await;
    let services = [&slow, &stuck, &junk, &cut, &error, &down].map(|it| Some(it.port));
    for (case, port) in services.into_iter().chain([None]).enumerate() {
        let sandbox = Sandbox::builder(asks()).cluster("ranges", port).start().await;
        for login in [form("alice", "abc"), form("bob", RIGHT), basic("YWxpY2U6YWJj")] {
            let started = Instant::now();
            sandbox.send(login).await;
            let waited = started.elapsed();
            assert!(waited < DEADLINE + SLACK, "{case}: {waited:?}");
            assert_eq!(told(&sandbox).as_deref(), Some("allow"), "{case}");
        }
        assert_eq!(sandbox.app.request_count(), 3, "{case}");
        assert_eq!(sandbox.metric("unstuff.live.failed").await, 3, "{case}");
        assert_eq!(sandbox.metric("unstuff.attempts").await, 3, "{case}");
        assert_eq!(sandbox.metric("unstuff.outcome.failure").await, 2, "{case}");
    }
}

#[tokio::test]
async fn a_cluster_that_is_not_configured_holds_nobody() {
    let sandbox = Sandbox::start(asks()).await;
    sandbox.send(form("alice", "abc")).await;
    assert_eq!(told(&sandbox).as_deref(), Some("allow"));
    assert_eq!(sandbox.metric("unstuff.live.failed").await, 1);
}

#[tokio::test]
async fn login_is_decided_once_however_its_body_comes() {
    // A password for each, because the answer to one is remembered.
    let lines = ["abc", "abd", "abe"].map(line).join("\r\n");
    let ranges = service(move |_| AppResponse::status(200).body(lines.as_str())).await;
    let sandbox = sandbox(asks(), ranges.port).await;
    let logins = [
        form("alice", "abc").in_chunks_of(3),
        form("alice", "abd").in_chunks_of(3).trailer("x-checksum", "1"),
        basic("YWxpY2U6YWJl"),
    ];
    for (number, login) in logins.into_iter().enumerate() {
        sandbox.send_h2(login).await;
        assert_eq!(told(&sandbox).as_deref(), Some("annotate"), "{number}");
        assert_eq!(ranges.request_count(), number + 1);
    }
    assert_eq!(sandbox.metric("unstuff.attempts").await, 3);
    assert_eq!(sandbox.metric("unstuff.outcome.failure").await, 3);
}

#[tokio::test]
async fn nobody_is_asked_about_what_is_stopped_remembered_known_or_of_no_interest() {
    let ranges = service(|_| abc()).await;
    let sandbox = sandbox(asks().ban_after(2), ranges.port).await;
    for user in ["a", "b"] {
        sandbox.send(form(user, "abc").from("198.51.100.8")).await;
    }
    assert_eq!(ranges.request_count(), 1, "the answer is remembered");
    sandbox.send(form("a", "123456").from("198.51.100.9")).await;
    assert_eq!(ranges.request_count(), 1, "the packed filter knows it");
    let stopped = sandbox.send(form("c", "never-asked").from("198.51.100.8")).await;
    assert_eq!((stopped.unstuff_reply(), ranges.request_count()), (Some("block"), 1));

    let uninterested =
        policy().annotate_breached().with("live_lookup", json!({"cluster": "ranges"}));
    let sandbox = Sandbox::builder(uninterested).cluster("ranges", Some(ranges.port)).start().await;
    sandbox.send(form("alice", "never-asked")).await;
    assert_eq!(ranges.request_count(), 1, "no rule asks");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_are_asked_in_a_second_than_configured_by_all_workers_together() {
    let ranges = service(|_| abc()).await;
    let section = json!({ "cluster": "ranges", "per_second": 5 });
    let builder = Sandbox::builder(asks_with(section)).cluster("ranges", Some(ranges.port));
    let sandbox = builder.workers(3).start().await;
    let started = Instant::now();
    for number in 0..60 {
        sandbox.send(form("alice", &format!("password {number}"))).await;
    }
    let seconds = started.elapsed().as_secs() + 2;
    let asked = ranges.request_count() as u64;
    assert!((5..=5 * seconds).contains(&asked), "{asked} in {seconds} s");
    let over = sandbox.metric("unstuff.live.over_budget").await;
    assert_eq!(over + asked, 60);
}

#[tokio::test]
async fn client_that_leaves_while_it_is_held_harms_nobody() {
    let ranges = service(|_| abc().after(Duration::from_millis(400))).await;
    let section = json!({ "cluster": "ranges", "deadline_ms": 2000 });
    let sandbox = sandbox(asks_with(section), ranges.port).await;
    let mut login = form("alice", "abc");
    let body = std::mem::take(&mut login.body);
    let mut leaving = sandbox.connect().await.open(login).await;
    leaving.write(body).await;
    leaving.end();
    eventually("the range is asked for", || async { ranges.request_count() == 1 }).await;
    drop(leaving);
    sandbox.send(form("bob", "abc")).await;
    assert_eq!(sandbox.app.only_request().header("x-unstuff-verdict"), Some("annotate"));
    assert_eq!(sandbox.metric("unstuff.attempts").await, 1);
}
