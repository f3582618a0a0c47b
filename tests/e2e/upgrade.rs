//! Upgrades and rollbacks: two versions of the module in one process.
//!
//! The trap build is another file with the same layouts, as most versions are. The other build stores
//! what it counts in another layout.

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::envoy::ModuleBuild;
use unstuff_tests::solver::ClientPuzzle;
use unstuff_tests::{ClientResponse, PolicyBuilder, Request, Sandbox, form, policy};

const ATTACKER: &str = "198.51.100.7";
const HOME: &str = "203.0.113.9";

/// Bans after three failures, annotates known devices, and challenges what is ambiguous.
fn every_state() -> PolicyBuilder {
    let policy = policy().ban_after(3).annotate_if("device.known");
    policy.challenge_if("credentials.ambiguous").with("challenge", json!({ "difficulty": 8 }))
}

/// What a person holds after a login with a challenge.
struct Held {
    device: String,
    pass: String,
}

/// A login that is challenged without a pass.
fn challenged() -> Request {
    form("", "").body(format!("user=ann&password={RIGHT}&password=typo")).from(HOME)
}

async fn hold(sandbox: &Sandbox) -> Held {
    let device = sandbox.send(form("ann", RIGHT).from(HOME)).await.cookie().expect("a cookie");
    let solution = ClientPuzzle::of(&sandbox.send(challenged()).await.body).solve(1);
    let redeem = Request::get("/login").header("x-unstuff-redeem", solution).from(HOME);
    let redeemed = sandbox.send(redeem).await;
    Held { device, pass: redeemed.cookie().expect("a pass") }
}

async fn both_are_valid(sandbox: &Sandbox, held: &Held) -> bool {
    let known = sandbox.metric("unstuff.device.known").await;
    sandbox.send(form("ann", RIGHT).header("cookie", held.device.clone()).from(HOME)).await;
    let is_known = sandbox.metric("unstuff.device.known").await > known;
    let passed: ClientResponse =
        sandbox.send(challenged().header("cookie", held.pass.clone())).await;
    is_known && passed.unstuff_reply().is_none()
}

async fn get_banned(sandbox: &Sandbox, path: &str) -> Vec<u16> {
    let mut statuses = Vec::new();
    for guess in 0..5 {
        let guess = form("alice", &format!("guess-{guess}")).to(path).from(ATTACKER);
        statuses.push(sandbox.send(guess).await.status);
    }
    statuses
}

async fn is_banned(sandbox: &Sandbox) -> bool {
    sandbox.send(form("alice", RIGHT).from(ATTACKER)).await.status == 429
}

/// The lines that say what is dropped.
fn dropped(sandbox: &Sandbox) -> usize {
    let line = "state: another version of the module has counted in another layout";
    sandbox.envoy.log().matches(line).count()
}

#[tokio::test]
async fn a_version_with_the_same_layouts_reads_everything() {
    let mut sandbox = Sandbox::start(every_state()).await;
    let held = hold(&sandbox).await;
    get_banned(&sandbox, "/login").await;
    for module in [ModuleBuild::Trap, ModuleBuild::Shipped] {
        sandbox.envoy.use_module(module);
        sandbox.envoy.reconfigure(every_state()).await.expect("accepted");
        assert!(is_banned(&sandbox).await);
        assert!(both_are_valid(&sandbox, &held).await);
    }
    assert_eq!(dropped(&sandbox), 0);
}

#[tokio::test]
async fn another_layout_drops_counters_in_one_line_and_keeps_passes_and_devices() {
    let mut sandbox = Sandbox::builder(every_state()).workers(2).start().await;
    let held = hold(&sandbox).await;
    // To the other version and back.
    for (changes, module) in [(1, ModuleBuild::Other), (2, ModuleBuild::Shipped)] {
        get_banned(&sandbox, "/login").await;
        assert!(is_banned(&sandbox).await);
        sandbox.envoy.use_module(module);
        sandbox.envoy.reconfigure(every_state()).await.expect("accepted");
        assert_eq!(dropped(&sandbox), changes);
        assert!(!is_banned(&sandbox).await, "counted anew");
        assert!(both_are_valid(&sandbox, &held).await);
    }
}

/// Puts the other version into the chain as well, for a location of its own.
fn with_other_version(manager: &mut Value) {
    let filters = manager["http_filters"].as_array_mut().expect("filters");
    let mut second = filters[0].clone();
    second["name"] = json!("second");
    let config = &mut second["typed_config"]["config"];
    config["name"] = json!("second");
    config["vm_config"]["code"]["local"]["filename"] = json!(ModuleBuild::Other.path());
    let policy = every_state().endpoint("name", json!("other"));
    let policy = policy.endpoint("match", json!({ "path": "/other-login" }));
    config["configuration"]["value"] = json!(String::from(policy));
    filters.insert(1, second);
}

/// As during a drain: both serve, and share the data of their `vm_id`.
#[tokio::test]
async fn two_layouts_side_by_side_each_count_and_ban() {
    let sandbox = Sandbox::builder(every_state()).manager(with_other_version).start().await;
    for path in ["/login", "/other-login", "/login"] {
        let statuses = get_banned(&sandbox, path).await;
        assert_eq!(statuses.last(), Some(&429), "{path}: {statuses:?}");
        assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{path}: {statuses:?}");
    }
    assert!(is_banned(&sandbox).await);
}
