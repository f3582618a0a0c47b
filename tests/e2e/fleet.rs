//! Gateways that count together, and what is left of it without the service.

use serde_json::json;
use unstuff_tests::application::RIGHT;
use unstuff_tests::fleet::{Attacker, fleet_policy, gateway};
use unstuff_tests::limitador::Limitador;
use unstuff_tests::limiter::{Limiter, OK, OVER_LIMIT};
use unstuff_tests::solver::ClientPuzzle;
use unstuff_tests::{PolicyBuilder, Sandbox, eventually, form};

#[tokio::test(flavor = "multi_thread")]
async fn attack_split_over_two_gateways_is_cut_off_at_both_within_one_failure() {
    let limitador = Limitador::start(fleet_policy()).await;
    let service = limitador.server.port;
    let gateways = [gateway(fleet_policy(), service).await, gateway(fleet_policy(), service).await];
    Attacker::number(1).is_cut_off_by_all(&gateways).await;
    let [first, second] = &gateways;
    assert_eq!(first.metric("unstuff.fleet.over_limit").await, 1);
    let calls =
        first.metric("unstuff.fleet.calls").await + second.metric("unstuff.fleet.calls").await;
    assert_eq!(calls, 12, "what a ban stops is not reported");
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_a_service_that_is_gone_leave_local_counting() {
    for answer in [Some(b"garbage".as_slice()), None] {
        let limiter = Limiter::start(move |_| answer.unwrap_or(OK)).await;
        let sandbox = gateway(fleet_policy(), limiter.port).await;
        if answer.is_none() {
            drop(limiter);
        }
        Attacker::number(1).is_cut_off_by(&sandbox).await;
        eventually("the circuit is open", || async {
            sandbox.envoy.log().matches("fleet: 5 calls in a row brought no answer").count() == 1
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn suspicion_that_the_fleet_shares_begins_attack_mode() {
    let limiter = Limiter::start(|_| OVER_LIMIT).await;
    let sandbox = gateway(fleet_policy(), limiter.port).await;
    for number in 0..8 {
        Attacker::number(number).guess(&sandbox, number).await;
    }
    eventually("attack mode begins", || async {
        sandbox.metric("unstuff.site.attack_began").await == 1
    })
    .await;
}

/// Challenges logins with two passwords, and the fleet counts their passes.
fn fleet_of_passes() -> PolicyBuilder {
    let challenged = fleet_policy().challenge_if("credentials.ambiguous");
    challenged.with("challenge", json!({ "difficulty": 8 })).with("keys", json!(["01".repeat(32)]))
}

/// The status of a login with a solution.
async fn login_with_solution(gateway: &Sandbox) -> u16 {
    let twice = || form("", "").body(format!("user=alice&password={RIGHT}&password=decoy"));
    let challenged = gateway.send(twice()).await;
    let solution = ClientPuzzle::of(&challenged.body).solve(1);
    gateway.send(twice().header("x-unstuff-solution", solution)).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn pass_that_the_fleet_has_used_up_does_not_admit() {
    for (answer, status) in [(OK, 200), (OVER_LIMIT, 403)] {
        let limiter = Limiter::start(move |_| answer).await;
        let gateway = gateway(fleet_of_passes(), limiter.port).await;
        assert_eq!(login_with_solution(&gateway).await, status);
        assert_eq!(limiter.calls(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pass_admits_where_the_service_does_not_answer() {
    let limiter = Limiter::start(|_| b"garbage").await;
    let gateway = gateway(fleet_of_passes(), limiter.port).await;
    assert_eq!(login_with_solution(&gateway).await, 200);
    drop(limiter);
    assert_eq!(login_with_solution(&gateway).await, 200);
    assert_eq!(gateway.metric("unstuff.fleet.errors").await, 2);
}
