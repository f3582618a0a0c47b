//! Known devices: who gets the device cookie, and which rules it exempts from.

use serde_json::{Value, json};
use unstuff_engine::tokens::signing::{Purpose, SecretKey};
use unstuff_tests::application::RIGHT;
use unstuff_tests::{
    AppResponse, ClientResponse, PolicyBuilder, ReceivedRequest, Request, Sandbox, ambiguous, form,
    policy,
};

const HOME: &str = "203.0.113.9";
const AWAY: &str = "198.51.100.7";

/// Configured keys.
const KEY: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const OTHER: &str = "2222222222222222222222222222222222222222222222222222222222222222";

/// Signs with the first of `keys`, and annotates a known device.
fn with_keys(keys: &[&str]) -> PolicyBuilder {
    policy().with("keys", json!(keys)).annotate_if("device.known")
}

/// A rule that exempts known devices.
fn exempting_devices(when: Value, then: &str) -> Value {
    json!({ "name": "rule", "when": when, "then": then, "exempt": ["device"] })
}

/// A login from home that succeeds.
fn right(user: &str) -> Request {
    form(user, RIGHT).from(HOME)
}

/// Logs a user in and returns the device cookie.
async fn device_of(sandbox: &Sandbox, user: &str) -> String {
    sandbox.send(right(user)).await.cookie().expect("a cookie")
}

/// Logs a user in with a cookie. Returns the response, and whether the device was known.
async fn login_with(sandbox: &Sandbox, cookie: &str, user: &str) -> (ClientResponse, bool) {
    let known = sandbox.metric("unstuff.device.known").await;
    let response = sandbox.send(right(user).header("cookie", cookie)).await;
    (response, sandbox.metric("unstuff.device.known").await > known)
}

async fn is_known(sandbox: &Sandbox, cookie: &str, user: &str) -> bool {
    login_with(sandbox, cookie, user).await.1
}

#[tokio::test]
async fn a_confirmed_success_makes_the_device_known() {
    let sandbox = Sandbox::start(with_keys(&[KEY])).await;
    assert_eq!(sandbox.send(form("ann", "wrong")).await.header("set-cookie"), None);
    let response = sandbox.send(right("ann")).await;
    let set = response.header("set-cookie").expect("a cookie");
    let (cookie, attributes) = set.split_once("; ").expect("attributes");
    assert!(cookie.starts_with("__Host-unstuff-device="), "{set}");
    assert_eq!(attributes, "Max-Age=7776000; Path=/; Secure; HttpOnly; SameSite=Lax");
    let (response, known) = login_with(&sandbox, cookie, "Ann").await;
    assert!(
        known && response.cookie().is_none(),
        "the device is known and its cookie is not renewed yet"
    );
    assert_eq!(sandbox.app.received()[2].header("x-unstuff-reasons"), Some("known"));
    assert!(!is_known(&sandbox, cookie, "bob").await);
}

#[tokio::test]
async fn the_device_cookie_is_removed_before_the_application() {
    let sandbox = Sandbox::start(with_keys(&[KEY])).await;
    let cookie = device_of(&sandbox, "ann").await;
    sandbox.app.clear();
    for request in [right("ann"), Request::get("/elsewhere")] {
        sandbox.send(request.header("cookie", format!("theme=dark; {cookie}; lang=en"))).await;
    }
    sandbox.send(right("ann").header("cookie", cookie)).await;
    let left = sandbox
        .app
        .received()
        .into_iter()
        .map(|received| received.header("cookie").map(str::to_owned));
    let rest = Some("theme=dark; lang=en".to_owned());
    assert_eq!(left.collect::<Vec<_>>(), [rest.clone(), rest, None]);
}

#[tokio::test]
async fn a_known_device_is_exempt_from_a_rule_that_challenges_others() {
    let failures = json!({ "username.failures": { "over": 3, "within": "1h" } });
    let sandbox =
        Sandbox::start(with_keys(&[KEY]).rule(exempting_devices(failures, "challenge"))).await;
    let cookie = device_of(&sandbox, "ann").await;
    for guess in 0..4 {
        sandbox.send(form("ann", &format!("guess-{guess}")).from(AWAY)).await;
    }
    assert_eq!(sandbox.send(right("ann")).await.unstuff_reply(), Some("challenge"));
    let (response, known) = login_with(&sandbox, &cookie, "ann").await;
    assert_eq!((response.status, known), (200, true));
}

#[tokio::test]
async fn at_a_banned_address_only_the_users_known_device_gets_in() {
    let mut bans = exempting_devices(
        json!({ "ip.distinct_failures": { "over": 2, "within": "1h" } }),
        "block",
    );
    (bans["ban"], bans["for"]) = (json!("ip"), json!("1h"));
    let sandbox = Sandbox::start(with_keys(&[KEY]).rule(bans)).await;
    let cookie = device_of(&sandbox, "ann").await;
    for guess in 0..3 {
        sandbox.send(form("bob", &format!("guess-{guess}")).from(HOME)).await;
    }
    let forged = "__Host-unstuff-device=01ff";
    for (cookie, user, status) in
        [("", "ann", 429), (forged, "ann", 429), (&*cookie, "bob", 429), (&*cookie, "ann", 200)]
    {
        let response = login_with(&sandbox, cookie, user).await.0;
        assert_eq!(response.status, status, "{user} with {cookie:?}");
    }
}

#[tokio::test]
async fn a_device_cookie_is_locked_after_ten_failures() {
    let sandbox = Sandbox::start(with_keys(&[KEY])).await;
    let cookie = device_of(&sandbox, "ann").await;
    for guess in 0..10 {
        assert!(is_known(&sandbox, &cookie, "ann").await, "before guess {guess}");
        let thief = form("ann", &format!("guess-{guess}")).from(&format!("192.0.2.{guess}"));
        sandbox.send(thief.header("cookie", cookie.clone())).await;
    }
    let (response, known) = login_with(&sandbox, &cookie, "ann").await;
    assert!(!known, "locked");
    // Ann still gets in with her password, and gets a new cookie.
    let renewed = response.cookie().expect("a new cookie");
    assert!(is_known(&sandbox, &renewed, "ann").await);
}

/// A device cookie for a user, signed with [`KEY`], that expires at this Unix time.
fn signed(user: &str, expires: u32) -> String {
    let key = SecretKey::new(vec![0x11; 32]).expect("long enough");
    let id = [7; 8];
    let name = key.sign(Purpose::Device, &[b"name", &id, user.as_bytes()]);
    let bytes = [&[1][..], &expires.to_le_bytes(), &id, &name.tag()].concat();
    let signature = key.sign(Purpose::Device, &[b"cookie", &bytes]);
    let digits = bytes.iter().chain(signature.as_bytes()).map(|byte| format!("{byte:02x}"));
    format!("__Host-unstuff-device={}", digits.collect::<String>())
}

#[tokio::test]
async fn forged_and_expired_device_cookies_are_ignored() {
    let mut sandbox = Sandbox::start(with_keys(&[KEY])).await;
    assert!(is_known(&sandbox, &signed("ann", u32::MAX), "ann").await);
    assert!(!is_known(&sandbox, &signed("ann", 1_760_000_000), "ann").await, "expired");
    let cookie = device_of(&sandbox, "ann").await;
    let forged = signed("bob", u32::MAX).replacen("=01ffffffff", "=01fffffffe", 1);
    assert!(!is_known(&sandbox, &forged, "bob").await, "changed");
    sandbox.envoy.reconfigure(with_keys(&[OTHER])).await.expect("accepted");
    assert!(!is_known(&sandbox, &cookie, "ann").await, "its key is no longer configured");
}

#[tokio::test]
async fn a_device_stays_known_over_a_key_rotation() {
    let mut sandbox = Sandbox::start(with_keys(&[OTHER])).await;
    let ann = device_of(&sandbox, "ann").await;
    let both = login_with(&sandbox, &ann, "bob").await.0.cookie().expect("a cookie for both users");
    sandbox.envoy.reconfigure(with_keys(&[KEY, OTHER])).await.expect("accepted");
    assert!(is_known(&sandbox, &both, "ann").await);
    let (response, known) = login_with(&sandbox, &both, "bob").await;
    let renewed = response.cookie().expect("a cookie with the new key");
    assert!(known && is_known(&sandbox, &renewed, "ann").await && renewed != both);
    sandbox.envoy.reconfigure(with_keys(&[KEY])).await.expect("accepted");
    assert!(is_known(&sandbox, &renewed, "bob").await);
}

#[tokio::test]
async fn without_recognised_outcomes_no_device_becomes_known() {
    // The endpoint does not define success.
    let silent = with_keys(&[KEY]).with(
        "endpoints",
        json!([{
            "name": "web", "match": { "path": "/login" },
            "credentials": { "form": { "username": "user", "password": "password" } }
        }]),
    );
    let app = |received: &ReceivedRequest| {
        AppResponse::status(if received.body_has("denied") { 401 } else { 200 })
    };
    let sandbox = Sandbox::builder(silent).on_request(app).start().await;
    for user in 0..19 {
        assert_eq!(sandbox.send(form(&format!("user-{user}"), "wrong")).await.cookie(), None);
        sandbox.send(form(&format!("user-{user}"), "denied")).await;
    }
    assert_eq!(sandbox.send(right("ann")).await.cookie(), None);
    // After failures of twenty usernames the endpoint's outcomes are recognised.
    sandbox.send(form("user-19", "denied")).await;
    assert!(sandbox.send(right("ann")).await.cookie().is_some());
}

#[tokio::test]
async fn an_ambiguous_success_makes_no_device_known() {
    let sandbox =
        Sandbox::builder(with_keys(&[KEY])).on_request(|_| AppResponse::status(200)).start().await;
    assert_eq!(sandbox.send(ambiguous("ann").from(HOME)).await.cookie(), None);
    let several = form("", "").body("user=ann&user=bob&password=x").from(HOME);
    assert_eq!(sandbox.send(several).await.cookie(), None);
    assert!(
        sandbox.send(right("ann")).await.cookie().is_some(),
        "an unambiguous success makes it known"
    );
}
