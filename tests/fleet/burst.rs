//! Ten thousand failures at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::task::JoinSet;
use unstuff_tests::Sandbox;
use unstuff_tests::fleet::{Attacker, LIMIT, PATIENT_MS, fleet_policy_with, gateway};
use unstuff_tests::limitador::{Limitador, Redis};

const FAILURES: u32 = 10_000;
const CLIENTS: usize = 64;

/// The calls that may await an answer, as docs/fleet.md says.
const MOST_IN_FLIGHT: u64 = 256;

/// By how much Envoy may grow: its state has an entry for each failure. Without a bound of what waits
/// for an answer it would be by more.
const MOST_GROWTH_MIB: u64 = 32;

/// The most calls that tell of the attack that a burst is, beside those of its failures.
const ABOUT_THE_ATTACK: u64 = 20;

/// What a burst did to a gateway.
#[derive(Debug)]
struct Burst {
    /// The most calls that were seen to await an answer.
    most_in_flight: u64,
    calls: u64,
    errors: u64,
    dropped: u64,
    growth_mib: u64,
}

/// Sends the failures from many clients, each from an address of its own. All are answered by the
/// application.
async fn burst(gateway: Sandbox) -> Burst {
    let gateway = Arc::new(gateway);
    let before = gateway.envoy.resident_bytes();
    let next = Arc::new(AtomicU32::new(0));
    let clients: JoinSet<u64> =
        (0..CLIENTS).map(|_| client(Arc::clone(&gateway), Arc::clone(&next))).collect();
    let most_in_flight = clients.join_all().await.into_iter().max().expect("clients");
    Burst {
        most_in_flight,
        calls: gateway.metric("unstuff.fleet.calls").await,
        errors: gateway.metric("unstuff.fleet.errors").await,
        dropped: gateway.metric("unstuff.fleet.dropped").await,
        growth_mib: gateway.envoy.resident_bytes().saturating_sub(before) >> 20,
    }
}

async fn client(gateway: Arc<Sandbox>, next: Arc<AtomicU32>) -> u64 {
    let mut connection = gateway.connect().await;
    let mut most_in_flight = 0;
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= FAILURES {
            return most_in_flight;
        }
        let guess = Attacker::number(number).request(number);
        assert_eq!(connection.send(guess).await.status, 401);
        if number % 50 == 0 {
            let active = gateway.envoy.admin.stat("cluster.limiter.upstream_rq_active").await;
            most_in_flight = most_in_flight.max(active);
        }
    }
}

impl Burst {
    /// Each failure was reported or counted as not reported, and what waits is bounded.
    fn is_accounted_for(&self) {
        println!("{self:?}");
        let failures = u64::from(FAILURES);
        let accounted = failures..=failures + ABOUT_THE_ATTACK;
        assert!(accounted.contains(&(self.calls + self.dropped)), "{self:?}");
        assert!(self.most_in_flight <= MOST_IN_FLIGHT, "{self:?}");
        assert!(self.growth_mib <= MOST_GROWTH_MIB, "{self:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn burst_is_counted_exactly_where_the_service_answers() {
    let redis = Redis::start().await;
    let policy = fleet_policy_with(LIMIT, PATIENT_MS);
    let limitador = Limitador::on(&redis, policy.clone()).await;
    let burst = burst(gateway(policy, limitador.server.port).await).await;
    burst.is_accounted_for();
    // A call that failed may have been counted all the same.
    let counted = (burst.calls - burst.errors - ABOUT_THE_ATTACK)..=burst.calls;
    assert!(counted.contains(&redis.hits()), "{} in Redis, {burst:?}", redis.hits());
}

#[tokio::test(flavor = "multi_thread")]
async fn burst_at_a_stopped_service_holds_nobody_and_is_dropped() {
    let policy = fleet_policy_with(LIMIT, PATIENT_MS);
    let limitador = Limitador::start(policy.clone()).await;
    let gateway = gateway(policy, limitador.server.port).await;
    limitador.server.pause();
    let burst = burst(gateway).await;
    burst.is_accounted_for();
    assert_eq!(burst.errors, burst.calls, "none was answered, so none that a login waited for");
}
