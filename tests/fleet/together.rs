//! What gateways know of one another.

use serde_json::json;
use unstuff_tests::fleet::{Attacker, LIMIT, fleet_policy, gateway};
use unstuff_tests::limitador::{Limitador, Redis};

#[tokio::test(flavor = "multi_thread")]
async fn attack_split_over_two_gateways_with_a_service_each_is_cut_off_at_both_within_one_failure()
{
    let redis = Redis::start().await;
    let first = Limitador::on(&redis, fleet_policy()).await;
    let second = Limitador::on(&redis, fleet_policy()).await;
    let gateways = [
        gateway(fleet_policy(), first.server.port).await,
        gateway(fleet_policy(), second.server.port).await,
    ];
    Attacker::number(1).is_cut_off_by_all(&gateways).await;
    assert_eq!(redis.hits(), u64::from(LIMIT), "what is over the limit is not counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn restarted_gateway_relearns_at_its_first_failure() {
    let limitador = Limitador::start(fleet_policy()).await;
    let before = gateway(fleet_policy(), limitador.server.port).await;
    let attacker = Attacker::number(1);
    for number in 0..LIMIT {
        attacker.guess_and_be_counted(&before, number).await;
    }
    drop(before);
    let restarted = gateway(fleet_policy(), limitador.server.port).await;
    attacker.is_cut_off_by_one_more(&restarted, LIMIT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_domain_shares_nothing_and_each_gateway_counts_alone() {
    let fleet = json!({ "cluster": "limiter", "key": "0f".repeat(32), "domain": "another" });
    let limitador = Limitador::start(fleet_policy().with("fleet", fleet)).await;
    for gateway in [
        gateway(fleet_policy(), limitador.server.port).await,
        gateway(fleet_policy(), limitador.server.port).await,
    ] {
        Attacker::number(1).is_cut_off_by(&gateway).await;
        assert_eq!(gateway.metric("unstuff.fleet.over_limit").await, 0);
        assert_eq!(gateway.metric("unstuff.fleet.errors").await, 0, "`OK` is no error");
    }
}
