//! No login waits for the service, whether it answers or not.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use unstuff_tests::application::RIGHT;
use unstuff_tests::fleet::{LIMIT, fleet_policy_with, gateway};
use unstuff_tests::limitador::Limitador;
use unstuff_tests::{Sandbox, form, policy};

/// Logins at each of two gateways.
const LOGINS: u32 = 1_000;

/// How many of ten logins fail, as in `make bench`.
const FAILED_OF_TEN: u32 = 3;

/// The most by which the medians may differ. The machine may be busy, and it is for both.
const MOST_RATIO: f64 = 1.5;

/// The time of a login from an address of its own.
async fn login(gateway: &Sandbox, number: u32) -> Duration {
    let password = if number % 10 < FAILED_OF_TEN { "wrong" } else { RIGHT };
    let address = Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 0).to_bits() + number);
    let login = form(&format!("user-{number}"), password).from(&address.to_string());
    let start = Instant::now();
    let status = gateway.send(login).await.status;
    assert_eq!(status, if password == RIGHT { 200 } else { 401 });
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

/// Compares a gateway that has this service with one that has none.
async fn is_no_slower_than_without(what: &str, service: &Limitador) {
    let with = gateway(fleet_policy_with(LIMIT, 300), service.server.port).await;
    let without = gateway(policy().ban_after(LIMIT), service.server.port).await;
    let (mut times_with, mut times_without) = (Vec::new(), Vec::new());
    // In turn, so that what disturbs one disturbs the other.
    for number in 0..LOGINS {
        times_with.push(login(&with, number).await);
        times_without.push(login(&without, number).await);
    }
    assert!(with.metric("unstuff.fleet.calls").await > 0);
    let (with, without) = (median(times_with), median(times_without));
    let ratio = with / without;
    println!("{what}: {:.0} µs, without {:.0} µs, {ratio:.3}", with * 1e6, without * 1e6);
    assert!(ratio <= MOST_RATIO, "{what}: {with} s with a fleet, {without} s without");
}

#[tokio::test(flavor = "multi_thread")]
async fn service_that_answers_makes_no_login_slower() {
    let limitador = Limitador::start(fleet_policy_with(LIMIT, 300)).await;
    is_no_slower_than_without("median of a login, counted", &limitador).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_service_makes_no_login_slower() {
    let limitador = Limitador::start(fleet_policy_with(LIMIT, 300)).await;
    limitador.server.pause();
    is_no_slower_than_without("median of a login, service stopped", &limitador).await;
}
