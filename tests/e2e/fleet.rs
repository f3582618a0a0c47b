//! Gateways that count together, and what is left of it without the service.

use serde_json::json;
use unstuff_tests::application::RIGHT;
use unstuff_tests::limiter::{Limiter, OK, OVER_LIMIT};
use unstuff_tests::{PolicyBuilder, Sandbox, eventually, form, policy};

const ATTACKER: &str = "198.51.100.7";

/// Bans at ten failures of the fleet.
fn fleet() -> PolicyBuilder {
    let fleet = json!({ "cluster": "limiter", "key": "0f".repeat(32), "timeout_ms": 500 });
    policy().with("fleet", fleet).rule(json!({
        "name": "ip-failures", "scope": "fleet",
        "when": { "ip.distinct_failures": { "over": 10, "within": "1h" } },
        "then": "block", "ban": "ip", "for": "1h"
    }))
}

async fn gateway(limiter: &Limiter, workers: u32) -> Sandbox {
    Sandbox::builder(fleet()).workers(workers).cluster("limiter", Some(limiter.port)).start().await
}

/// Fails once, and waits until the fleet is told.
async fn fail(sandbox: &Sandbox, limiter: &Limiter, number: u32) {
    let before = limiter.calls();
    let guess = form(&format!("user-{number}"), "wrong").from(ATTACKER);
    assert_eq!(sandbox.send(guess).await.status, 401, "guess {number}");
    eventually("the service is asked", || async { limiter.calls() > before }).await;
}

async fn is_banned(sandbox: &Sandbox) -> bool {
    sandbox.send(form("alice", RIGHT).from(ATTACKER)).await.status == 429
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_split_over_two_gateways_is_cut_off_at_both_within_one_failure() {
    let limiter = Limiter::start(|count| if count > 10 { OVER_LIMIT } else { OK }).await;
    let sites = [gateway(&limiter, 2).await, gateway(&limiter, 2).await];
    for number in 0..10 {
        fail(&sites[(number % 2) as usize], &limiter, number).await;
    }
    for (number, site) in (10..).zip(&sites) {
        fail(site, &limiter, number).await;
        eventually("the gateway bans", || is_banned(site)).await;
    }
    assert_eq!(limiter.calls(), 12, "what a ban stops is not reported");
    assert_eq!(sites[0].metric("unstuff.fleet.over_limit").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_a_service_that_is_gone_leave_local_counting() {
    for answer in [Some(b"garbage".as_slice()), None] {
        let limiter = Limiter::start(move |_| answer.unwrap_or(OK)).await;
        let sandbox = gateway(&limiter, 1).await;
        if answer.is_none() {
            drop(limiter);
        }
        for number in 0..10 {
            let guess = form(&format!("user-{number}"), "wrong").from(ATTACKER);
            assert_eq!(sandbox.send(guess).await.status, 401);
        }
        assert!(is_banned(&sandbox).await, "by ten failures of its own");
        eventually("the circuit is open", || async {
            sandbox.envoy.log().matches("fleet: 5 calls in a row brought no answer").count() == 1
        })
        .await;
    }
}
