//! No login waits for the service.

use std::time::{Duration, Instant};

use unstuff_tests::fleet::{Attacker, LIMIT, fleet_policy_with, gateway};
use unstuff_tests::limitador::Limitador;
use unstuff_tests::{Sandbox, policy};

/// Logins at each of two gateways.
const LOGINS: u32 = 500;

/// The most by which the medians may differ. The machine may be busy, and it is for both.
const MOST_RATIO: f64 = 1.5;

async fn login(gateway: &Sandbox, number: u32) -> Duration {
    let start = Instant::now();
    Attacker::number(number).guess(gateway, number).await;
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_service_makes_no_login_slower() {
    let policy_with = fleet_policy_with(LIMIT, 300);
    let limitador = Limitador::start(policy_with.clone()).await;
    let with = gateway(policy_with, limitador.server.port).await;
    let without = gateway(policy().ban_after(LIMIT), limitador.server.port).await;
    limitador.server.pause();
    let (mut times_with, mut times_without) = (Vec::new(), Vec::new());
    // In turn, so that what disturbs one disturbs the other.
    for number in 0..LOGINS {
        times_with.push(login(&with, number).await);
        times_without.push(login(&without, number).await);
    }
    let (with, without) = (median(times_with), median(times_without));
    println!("median of a login: {:.0} µs, without a fleet {:.0} µs", with * 1e6, without * 1e6);
    assert!(with <= without * MOST_RATIO, "{with} s with a fleet, {without} s without");
}
