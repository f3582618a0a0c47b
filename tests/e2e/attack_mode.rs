//! Attack mode: detection of an attack over many addresses, and its effect on logins.

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
