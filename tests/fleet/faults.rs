//! A service that fails, and comes back.
//!
//! Meanwhile each gateway counts alone. Afterwards they count together again, without help.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use unstuff_tests::eventually;
use unstuff_tests::fleet::{Attacker, LIMIT, fleet_policy_with, gateway};
use unstuff_tests::limitador::{Limitador, Redis};
use unstuff_tests::wire::{Wire, WireState};
use unstuff_tests::{PolicyBuilder, Sandbox};

/// Shorter than the slow service takes.
const TIMEOUT_MS: u32 = 1_000;

fn impatient() -> PolicyBuilder {
    fleet_policy_with(LIMIT, TIMEOUT_MS)
}

async fn two_gateways(service: u16) -> [Sandbox; 2] {
    [gateway(impatient(), service).await, gateway(impatient(), service).await]
}

/// Each stops an attacker by itself, and says once that it has to.
async fn count_alone(gateways: &[Sandbox]) {
    for gateway in gateways {
        Attacker::number(0).is_cut_off_by(gateway).await;
        eventually("the log says that the service does not answer", || async {
            gateway.envoy.log().matches("fleet: 5 calls in a row brought no answer").count() == 1
        })
        .await;
    }
}

/// Each notices that the service is back, because one failure in five seconds is reported. Then they
/// stop an attacker together.
async fn count_together_again(gateways: &[Sandbox]) {
    for gateway in gateways {
        let people = AtomicU32::new(100);
        eventually("the log says that the service answers again", || async {
            Attacker::number(people.fetch_add(1, Ordering::Relaxed)).guess(gateway, 0).await;
            gateway.envoy.log().contains("fleet: the service answers again")
        })
        .await;
    }
    Attacker::number(1).is_cut_off_by_all(gateways).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_redis_leaves_local_counting_and_is_used_when_it_is_back() {
    let mut redis = Redis::start().await;
    let limitador = Limitador::on(&redis, impatient()).await;
    let gateways = two_gateways(limitador.server.port).await;
    redis.server.kill();
    count_alone(&gateways).await;
    redis.server.restart().await;
    count_together_again(&gateways).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_service_leaves_local_counting_and_is_used_when_it_is_back() {
    let mut limitador = Limitador::start(impatient()).await;
    let gateways = two_gateways(limitador.server.port).await;
    limitador.server.kill();
    count_alone(&gateways).await;
    limitador.server.restart().await;
    count_together_again(&gateways).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_service_leaves_local_counting_and_is_used_when_it_goes_on() {
    let limitador = Limitador::start(impatient()).await;
    let gateways = two_gateways(limitador.server.port).await;
    limitador.server.pause();
    count_alone(&gateways).await;
    limitador.server.resume();
    count_together_again(&gateways).await;
}

async fn wire_fails(fault: WireState) {
    let limitador = Limitador::start(impatient()).await;
    let wire = Wire::to(limitador.server.port).await;
    let gateways = two_gateways(wire.port).await;
    wire.set(fault);
    count_alone(&gateways).await;
    wire.set(WireState::Whole);
    count_together_again(&gateways).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_service_leaves_local_counting_and_is_used_when_it_is_quick() {
    wire_fails(WireState::Slow(Duration::from_secs(2))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partition_leaves_local_counting_and_ends_by_itself() {
    wire_fails(WireState::Cut).await;
}
