//! Shared state: exact counts across workers, connections and configurations, in bounded memory.

use std::time::Duration;

use serde_json::json;
use unstuff_tests::application::RIGHT;
use unstuff_tests::{AppResponse, PolicyBuilder, Sandbox, form, policy};

use crate::load::{Load, flood};

const ATTACKER: &str = "198.51.100.7";

/// A policy that annotates each of these numbers of failures that an address exceeds, with the
/// current attempt counted as a failure.
fn annotating_failures_over(numbers: &[u32]) -> PolicyBuilder {
    numbers.iter().fold(policy(), |policy, over| {
        policy.rule(json!({
            "name": format!("over-{over}"),
            "when": { "ip.failures": { "over": over, "within": "1h" } },
            "then": "annotate"
        }))
    })
}

/// Whether exactly `failures` of this address were counted. The policy must be
/// [`annotating_failures_over`] this number and the next.
async fn has_failed(sandbox: &Sandbox, address: &str, failures: u32) -> bool {
    sandbox.app.clear();
    sandbox.send(form("probe", "probe").from(address)).await;
    let reasons =
        sandbox.app.only_request().header("x-unstuff-reasons").unwrap_or_default().to_owned();
    reasons == format!("over-{failures}")
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_share_their_counters() {
    let sandbox =
        Sandbox::builder(annotating_failures_over(&[10_000, 10_001])).workers(4).start().await;
    let load = Load { requests: 10_000, connections: 40 };
    let responses = flood(&sandbox, load, |number| {
        form(&format!("user-{}", number % 100), "wrong").from(ATTACKER)
    });
    assert_eq!(responses.await, [(401, 10_000)].into());
    assert!(has_failed(&sandbox, ATTACKER, 10_000).await);
    assert_eq!(sandbox.metric("unstuff.state.cas_exhausted").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_first_failures_of_an_address_are_all_counted() {
    let sandbox = Sandbox::builder(annotating_failures_over(&[16, 17])).workers(4).start().await;
    for address in (1..=25).map(|last| format!("203.0.113.{last}")) {
        // Sixteen connections at once, each with the first failure of a new address.
        let load = Load { requests: 16, connections: 16 };
        flood(&sandbox, load, |number| form(&format!("user-{number}"), "wrong").from(&address))
            .await;
        assert!(has_failed(&sandbox, &address, 16).await, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parallel_burst_of_failures_is_throttled() {
    let (limit, workers, burst) = (10, 4, 500);
    let slow = |_: &_| AppResponse::status(401).after(Duration::from_secs(1));
    let sandbox =
        Sandbox::builder(policy().ban_after(limit)).workers(workers).on_request(slow).start().await;
    let load = Load { requests: burst, connections: burst };
    let responses =
        flood(&sandbox, load, |number| form(&format!("user-{number}"), "stolen").from(ATTACKER));
    let responses = responses.await;
    let reached = sandbox.app.request_count();
    assert!(reached <= (limit + workers) as usize, "{reached} reached the application");
    assert_eq!(responses.get(&429).copied().unwrap_or(0), burst - reached, "{responses:?}");
}

#[tokio::test]
async fn counters_and_bans_survive_a_reconfiguration() {
    let mut sandbox = Sandbox::start(policy().ban_after(10)).await;
    for guess in 0..10 {
        sandbox.send(form("alice", &format!("guess-{guess}")).from(ATTACKER)).await;
    }
    sandbox.envoy.reconfigure(policy().annotate_breached().ban_after(10)).await.expect("accepted");
    assert_eq!(sandbox.send(form("alice", "guess-10").from(ATTACKER)).await.status, 429);
    // The ban survives too.
    sandbox.envoy.reconfigure(policy().ban_after(10)).await.expect("accepted");
    assert_eq!(sandbox.send(form("alice", RIGHT).from(ATTACKER)).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_under_a_hundred_thousand_addresses() {
    // Space for about 20,000 addresses.
    let ceiling: u64 = 8 << 20;
    let bounded = policy().ban_after(10).with("state", json!({ "max_bytes": ceiling }));
    let sandbox = Sandbox::builder(bounded).workers(2).start().await;
    let warm = sandbox.envoy.resident_bytes();

    // One request in a thousand is the attacker's. The others push for the eviction of its
    // entries in between.
    let request = |number: usize| {
        let [_, a, b, c] = u32::try_from(number).expect("a number").to_be_bytes();
        match number % 1000 {
            0 => form("alice", &format!("guess-{number}")).from(ATTACKER),
            _ => form("bob", "wrong").from(&format!("10.{a}.{b}.{c}")),
        }
    };
    let responses = flood(&sandbox, Load { requests: 100_000, connections: 32 }, request).await;
    assert!(responses.get(&429).is_some_and(|&stopped| stopped >= 50), "{responses:?}");
    assert_eq!(sandbox.send(form("alice", RIGHT).from(ATTACKER)).await.status, 429);
    assert!(sandbox.metric("unstuff.state.bytes").await <= ceiling);
    assert!(sandbox.metric("unstuff.state.evictions").await > 0);
    // Envoy's buffers and the VMs' memory may take another 48 MiB.
    let grown = sandbox.envoy.resident_bytes().saturating_sub(warm);
    assert!(grown <= ceiling + (48 << 20), "grown by {} MiB", grown >> 20);
}

/// Sends ten successes, then four distinct failures. The limit is three failures, and each
/// success raises it by nine. Returns whether the last failure reached the application.
async fn successes_raise_the_limit(extra: &str) -> bool {
    let sandbox = Sandbox::start(policy().rule(json!({
        "name": "ip-failures",
        "when": { "ip.distinct_failures": { "over": 3, "within": "1h", "per_success": 9 } },
        "then": "block", "ban": "ip", "for": "1h"
    })));
    let sandbox = sandbox.await;
    for user in 0..10 {
        let body = format!("user=owned-{user}&password={RIGHT}{extra}");
        assert_eq!(sandbox.send(form("", "").body(body).from(ATTACKER)).await.status, 200);
    }
    let mut status = 0;
    for guess in 0..4 {
        status = sandbox.send(form("alice", &format!("guess-{guess}")).from(ATTACKER)).await.status;
    }
    status == 401
}

#[tokio::test]
async fn a_success_raises_the_limit_of_failures() {
    assert!(successes_raise_the_limit("").await);
}

#[tokio::test]
async fn an_ambiguous_success_does_not_raise_the_limit_of_failures() {
    assert!(!successes_raise_the_limit("&password=decoy").await);
}
