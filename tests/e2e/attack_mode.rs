//! Attack mode: detection of an attack over many addresses, and its effect on logins.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use unstuff_tests::application::RIGHT;
use unstuff_tests::{
    AppResponse, PolicyBuilder, ReceivedRequest, Request, Sandbox, eventually, form, policy,
};

use crate::load::{Load, flood};

/// A password of the starter filter.
const BREACHED: &str = "123456";

/// Challenges a breached password in attack mode, unless the device is known.
fn challenges_breached_passwords_under_attack() -> PolicyBuilder {
    policy().rule(json!({
        "name": "attack",
        "when": { "site.under_attack": true, "password.breached": true },
        "then": "challenge", "exempt": ["device"]
    }))
}

/// Accepts [`RIGHT`] from everyone, and any password from Ann and Bob.
fn app(received: &ReceivedRequest) -> AppResponse {
    let is_in = [RIGHT, "user=ann", "user=bob"].iter().any(|it| received.body_has(it));
    AppResponse::status(if is_in { 200 } else { 401 })
}

/// A login from an address that takes no part in the attack.
fn login(user: &str, password: &str) -> Request {
    form(user, password).from("203.0.113.9")
}

/// Attacks with 24 accounts and addresses, each used once, and waits until attack mode begins.
/// The workers only notice the attack because they share their counts.
async fn attack(sandbox: &Sandbox) {
    let stolen =
        |number| form(&format!("user-{number}"), BREACHED).from(&format!("198.51.100.{number}"));
    flood(sandbox, Load { requests: 24, connections: 24 }, stolen).await;
    eventually("attack mode begins", || async {
        sandbox.metric("unstuff.site.attack_began").await > 0
    })
    .await;
}

#[tokio::test]
async fn attack_mode_challenges_only_breached_passwords_on_unknown_devices() {
    let sandbox = Sandbox::builder(challenges_breached_passwords_under_attack())
        .on_request(app)
        .start()
        .await;
    let cookie = sandbox.send(login("ann", BREACHED)).await.cookie().expect("a known device");
    attack(&sandbox).await;
    assert_eq!(sandbox.send(login("bob", BREACHED)).await.unstuff_reply(), Some("challenge"));
    assert_eq!(sandbox.send(login("carol", RIGHT)).await.status, 200);
    assert_eq!(sandbox.send(login("carol", "mistyped")).await.status, 401);
    let known = login("ann", BREACHED).header("cookie", cookie);
    assert_eq!(sandbox.send(known).await.status, 200);
    assert_eq!(sandbox.metric("unstuff.site.under_attack").await, 1);
    assert_eq!(sandbox.metric("unstuff.endpoint.under_attack.web").await, 1);
}

/// A browser that goes to the login page, from an address that takes no part in the attack.
fn page(method: &str) -> Request {
    Request::new(method, "/login").from("203.0.113.9").header("sec-fetch-mode", "navigate")
}

#[tokio::test]
async fn in_attack_mode_a_browser_is_challenged_at_the_login_page_where_the_policy_says_so() {
    let policy = challenges_breached_passwords_under_attack()
        .with("challenge", json!({ "difficulty": 8, "at": "page", "inject": true }));
    let html = |received: &ReceivedRequest| match received.method.as_str() {
        "POST" => app(received),
        "HEAD" => AppResponse::status(200),
        _ => AppResponse::status(200).header("content-type", "text/html").body("<body>A form"),
    };
    let sandbox = Sandbox::builder(policy).on_request(html).start().await;
    let cookie = sandbox.send(login("ann", BREACHED)).await.cookie().expect("a known device");
    assert_eq!(sandbox.send(page("GET")).await.status, 200, "no attack");
    attack(&sandbox).await;
    assert_eq!(sandbox.send(page("GET")).await.unstuff_reply(), Some("challenge"));
    let known = sandbox.send(page("GET").header("cookie", cookie)).await;
    assert_eq!(known.status, 200);
    assert!(String::from_utf8_lossy(&known.body).starts_with("<script"), "injected as ever");
    let crawler = Request::get("/login").from("203.0.113.9");
    assert_eq!(sandbox.send(crawler).await.status, 200);
}

#[tokio::test]
async fn a_login_that_went_round_the_challenged_page_is_challenged_itself() {
    let policy = challenges_breached_passwords_under_attack()
        .with("challenge", json!({ "difficulty": 8, "at": "page" }));
    let sandbox = Sandbox::builder(policy).on_request(app).start().await;
    attack(&sandbox).await;
    let alone = sandbox.send(login("bob", BREACHED)).await;
    assert_eq!(alone.unstuff_reply(), Some("challenge"));
    assert_eq!(sandbox.send(page("HEAD")).await.unstuff_reply(), None);
    let after_head = sandbox.send(login("bob", BREACHED)).await;
    assert_eq!(after_head.unstuff_reply(), Some("challenge"));
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_mode_is_shared_by_workers_and_announced_once() {
    let sandbox = Sandbox::builder(challenges_breached_passwords_under_attack())
        .workers(4)
        .on_request(app)
        .start()
        .await;
    attack(&sandbox).await;
    // These logins succeed, so a worker can only learn of the attack from the others.
    let everywhere = Load { requests: 40, connections: 40 };
    eventually("every worker challenges", || async {
        flood(&sandbox, everywhere, |_| login("bob", BREACHED)).await == [(403, 40)].into()
    })
    .await;
    assert_eq!(sandbox.metric("unstuff.site.attack_began").await, 1);
    assert_eq!(sandbox.metric("unstuff.site.attack_ended").await, 0);
    let line = "endpoint `web`: failures, breached passwords or visits without a success stand out";
    eventually("attack mode is logged", || async { sandbox.envoy.log().contains(line) }).await;
    assert_eq!(sandbox.envoy.log().matches(line).count(), 1);
}

/// An attack that makes a fifth of the traffic, with passwords that no filter has and an address and
/// an account for each attempt. One login in eight is a person on an unknown device; the others come
/// from a known one. Hours of a site's traffic pass in seconds.
async fn unleaked_attack(workers: u32) {
    let sandbox = Sandbox::builder(challenges_breached_passwords_under_attack())
        .workers(workers)
        .on_request(app)
        .start()
        .await;
    let cookie = sandbox.send(login("ann", BREACHED)).await.cookie().expect("a known device");
    let round = AtomicUsize::new(1);
    let address = |net: u8, n: usize| {
        format!("{net}.{}.{}.{}", round.load(Ordering::Relaxed), n / 200, n % 200)
    };
    let person = |n: usize| {
        let address = address(203, n);
        form(&format!("person at {address}"), RIGHT).from(&address)
    };
    let traffic = |n: usize| match n % 40 {
        0 | 5 | 10 | 15 | 20 | 25 | 30 | 35 => {
            let address = address(198, n);
            form(&format!("user at {address}"), &format!("fresh {address}")).from(&address)
        }
        1 | 9 | 17 | 26 | 33 => person(n),
        _ => login("ann", RIGHT).header("cookie", cookie.clone()),
    };
    let changes = || async {
        let began = sandbox.metric("unstuff.site.attack_began").await;
        (began, sandbox.metric("unstuff.site.attack_ended").await)
    };
    let load = |requests| Load { requests, connections: 4 * workers as usize };
    flood(&sandbox, load(80), person).await;
    eventually("an attack of a fifth of the traffic begins attack mode", || async {
        round.fetch_add(1, Ordering::Relaxed);
        flood(&sandbox, load(80), traffic).await;
        changes().await.0 > 0
    })
    .await;
    eventually("every worker challenges", || async {
        flood(&sandbox, load(40), |_| login("bob", BREACHED)).await == [(403, 40)].into()
    })
    .await;
    assert_eq!(changes().await, (1, 0));
    eventually("people end attack mode", || async {
        round.fetch_add(1, Ordering::Relaxed);
        flood(&sandbox, load(80), person).await;
        changes().await.1 > 0
    })
    .await;
    round.fetch_add(1, Ordering::Relaxed);
    flood(&sandbox, load(80), person).await;
    assert_eq!(changes().await, (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_begin_and_end_attack_mode_once_in_an_unleaked_attack() {
    unleaked_attack(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_workers_begin_and_end_attack_mode_once_in_an_unleaked_attack() {
    unleaked_attack(4).await;
}
