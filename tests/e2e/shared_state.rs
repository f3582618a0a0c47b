//! Counting across workers, connections and configurations: exactly, and in bounded memory.

use std::time::Duration;

use serde_json::json;
use unstuff_tests::application::RIGHT;
use unstuff_tests::{Plan, Policy, Reply, Site, form, policy};

use crate::load::{Load, flood};

const ATTACKER: &str = "198.51.100.7";

/// Names, in the reasons that upstream reads, each of these numbers of failures that an
/// address has exceeded, the attempt at hand taken for one.
fn telling_failures_over(numbers: &[u32]) -> Policy {
    numbers.iter().fold(policy(), |policy, over| {
        policy.rule(json!({
            "name": format!("over-{over}"),
            "when": { "ip.failures": { "over": over, "within": "1h" } },
            "then": "annotate"
        }))
    })
}

/// Whether exactly `failures` of this address have been counted, under
/// [`telling_failures_over`] that number and one more.
async fn has_failed(site: &Site, address: &str, failures: u32) -> bool {
    site.app.forget();
    site.send(form("probe", "probe").from(address)).await;
    let reasons = site.app.only().header("x-unstuff-reasons").unwrap_or_default().to_owned();
    reasons == format!("over-{failures}")
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_shared_across_workers() {
    let site = Plan::new(telling_failures_over(&[10_000, 10_001])).workers(4).start().await;
    let load = Load { requests: 10_000, connections: 40 };
    let answers = flood(&site, load, |number| {
        form(&format!("user-{}", number % 100), "wrong").from(ATTACKER)
    });
    assert_eq!(answers.await, [(401, 10_000)].into());
    assert!(has_failed(&site, ATTACKER, 10_000).await);
    assert_eq!(site.metric("unstuff.state.cas_exhausted").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn first_insert_loses_no_update() {
    let site = Plan::new(telling_failures_over(&[16, 17])).workers(4).start().await;
    for address in (1..=25).map(|last| format!("203.0.113.{last}")) {
        // Sixteen connections at once, each with the first failure of a new address.
        let load = Load { requests: 16, connections: 16 };
        flood(&site, load, |number| form(&format!("user-{number}"), "wrong").from(&address)).await;
        assert!(has_failed(&site, &address, 16).await, "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_burst_is_cut_off() {
    let (limit, workers, burst) = (10, 4, 500);
    let slow = |_: &_| Reply::status(401).after(Duration::from_secs(1));
    let site = Plan::new(policy().ban_after(limit)).workers(workers).on_request(slow).start().await;
    let load = Load { requests: burst, connections: burst };
    let answers =
        flood(&site, load, |number| form(&format!("user-{number}"), "stolen").from(ATTACKER));
    let answers = answers.await;
    let reached = site.app.count();
    assert!(reached <= (limit + workers) as usize, "{reached} reached the application");
    assert_eq!(answers.get(&429).copied().unwrap_or(0), burst - reached, "{answers:?}");
}

#[tokio::test]
async fn counters_survive_config_reload() {
    let mut site = Site::start(policy().ban_after(10)).await;
    for guess in 0..10 {
        site.send(form("alice", &format!("guess-{guess}")).from(ATTACKER)).await;
    }
    site.envoy.reconfigure(policy().annotate_breached().ban_after(10)).await.expect("accepted");
    assert_eq!(site.send(form("alice", "guess-10").from(ATTACKER)).await.status, 429);
    // And so does the ban.
    site.envoy.reconfigure(policy().ban_after(10)).await.expect("accepted");
    assert_eq!(site.send(form("alice", RIGHT).from(ATTACKER)).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_under_a_hundred_thousand_addresses() {
    // Room for some 20,000 addresses.
    let ceiling: u64 = 8 << 20;
    let bounded = policy().ban_after(10).with("state", json!({ "max_bytes": ceiling }));
    let site = Plan::new(bounded).workers(2).start().await;
    let warm = site.envoy.resident_bytes();

    // One request in a thousand is the attacker's, so each of its entries' slots is under
    // the pressure of everybody else's in between.
    let request = |number: usize| {
        let [_, a, b, c] = u32::try_from(number).expect("a number").to_be_bytes();
        match number % 1000 {
            0 => form("alice", &format!("guess-{number}")).from(ATTACKER),
            _ => form("bob", "wrong").from(&format!("10.{a}.{b}.{c}")),
        }
    };
    let answers = flood(&site, Load { requests: 100_000, connections: 32 }, request).await;
    assert!(answers.get(&429).is_some_and(|&stopped| stopped >= 50), "{answers:?}");
    assert_eq!(site.send(form("alice", RIGHT).from(ATTACKER)).await.status, 429);
    assert!(site.metric("unstuff.state.bytes").await <= ceiling);
    assert!(site.metric("unstuff.state.evictions").await > 0);
    // Buffers and connections grow too, a VM's memory never shrinks: leave them 48 MiB.
    let grown = site.envoy.resident_bytes().saturating_sub(warm);
    assert!(grown <= ceiling + (48 << 20), "grown by {} MiB", grown >> 20);
}

/// Ten successes, then four distinct failures under a limit of three that each success
/// raises by nine. Whether the last one got through.
async fn successes_earn(extra: &str) -> bool {
    let site = Site::start(policy().rule(json!({
        "name": "ip-failures",
        "when": { "ip.distinct_failures": { "over": 3, "within": "1h", "per_success": 9 } },
        "then": "block", "ban": "ip", "for": "1h"
    })));
    let site = site.await;
    for user in 0..10 {
        let body = format!("user=owned-{user}&password={RIGHT}{extra}");
        assert_eq!(site.send(form("", "").body(body).from(ATTACKER)).await.status, 200);
    }
    let mut status = 0;
    for guess in 0..4 {
        status = site.send(form("alice", &format!("guess-{guess}")).from(ATTACKER)).await.status;
    }
    status == 401
}

#[tokio::test]
async fn a_success_excuses_failures() {
    assert!(successes_earn("").await);
}

#[tokio::test]
async fn a_success_of_an_ambiguous_attempt_earns_nothing() {
    assert!(!successes_earn("&password=decoy").await);
}
