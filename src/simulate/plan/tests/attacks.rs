//! Attacks have the shapes that their scenarios say.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::*;
use crate::catalogue::{self, ScenarioKind};
use crate::people::browsers::UserAgent;

/// The attempts of an attack on 2,000 people over 24 hours, and the population.
fn attack(scenario: &str) -> SimulatedTrace {
    let mut trace = simulate(scenario, 1, 2_000, 24.0);
    trace.attempts.retain(|attempt| attempt.label.starts_with("attack/"));
    trace
}

/// The names of all attacks on a site whose people are alike.
fn names() -> Vec<&'static str> {
    let attacks = catalogue::scenarios().into_iter();
    attacks
        .filter(|s| matches!(s.kind, ScenarioKind::Attack(..)) && s.hours < 72.0)
        .filter(|s| s.name != "first-day")
        .map(|scenario| scenario.name)
        .collect()
}

#[test]
fn attacks_have_the_documented_success_rate() {
    for name in names() {
        let trace = attack(name);
        let all = trace.of(&format!("attack/{name}"));
        let successes = share(&all, |a| a.status == SUCCESS);
        // The buyer's own accounts succeed on top.
        let own = if name == "credit-buyer" { 1.0 / 11.0 } else { 0.0 };
        let range = 0.001 + own..=0.02 + own;
        assert!(range.contains(&successes), "{name}: {successes}");
        assert!(all.iter().all(|a| !a.known_device), "{name} has known devices");
        assert!(trace.attempts.is_sorted_by_key(|a| a.at), "{name}");
    }
}

#[test]
fn credential_lists_contain_unknown_accounts() {
    let trace = attack("vast-people");
    let population = &trace.population;
    let known: BTreeSet<_> =
        (0..population.accounts).map(|account| population.user(account)).collect();
    near("unknown", share(&trace.of(""), |a| !known.contains(&a.user)), 0.15, 0.01);
}

#[test]
fn bot_pools_have_as_many_addresses_as_configured() {
    for (name, attempts, expected) in [
        ("one-host", 6_000, 1),
        ("few-hosts", 20_000, 12),
        ("ipv6-rotation", 5_000, 5_000),
        ("slow-pool", 40_000, 300),
        ("credit-buyer", 20_000, 40),
        ("spray", 24_000, 4_000),
        ("one-account", 6_000, 1_500),
        ("vast-people", 30_000, 25_000),
    ] {
        let trace = attack(name);
        assert_eq!(trace.attempts.len(), attempts, "{name}");
        assert_eq!(addresses(&trace.of("")), expected, "{name}");
    }
    let networks: BTreeSet<_> =
        attack("ipv6-rotation").attempts.iter().map(|a| network(a.ip)).collect();
    assert_eq!(networks.len(), 1);
}

/// The first 64 bits.
fn network(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V6(ip) => ip.to_bits() >> 64,
        IpAddr::V4(ip) => panic!("{ip}"),
    }
}

#[test]
fn bot_pool_spreads_attempts_over_addresses_and_time() {
    let trace = attack("slow-pool");
    let mut load: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for attempt in &trace.attempts {
        load.entry(attempt.ip).or_default().push(attempt.at);
    }
    for times in load.values() {
        assert!((133..=134).contains(&times.len()), "{}", times.len());
        let spread = times[times.len() - 1] - times[0];
        assert!(spread > 12 * 3_600_000, "an address was used for {spread} ms only");
    }
}

#[test]
fn attackers_have_the_configured_fingerprints() {
    let agents = |name| -> BTreeSet<String> {
        attack(name).attempts.iter().map(|a| format!("{:?}", a.agent)).collect()
    };
    assert!(agents("vast-popular").iter().eq([&format!("{:?}", UserAgent::Browser(0))]));
    let tool = agents("vast-tool");
    assert!(tool.len() == 1 && tool.iter().all(|agent| agent.starts_with("Tool")), "{tool:?}");
    assert!(agents("vast-people").len() > 500);
}

#[test]
fn spray_tries_few_passwords_at_many_accounts() {
    let trace = attack("spray");
    let passwords: BTreeSet<_> = trace.attempts.iter().map(|a| a.password.digest()).collect();
    assert_eq!(passwords.len(), 4);
    let users: BTreeSet<_> = trace.attempts.iter().map(|a| &a.user).collect();
    assert_eq!(users.len(), 6_000);
}

#[test]
fn residential_proxies_use_peoples_addresses() {
    let trace = attack("residential people.ipv6=0");
    let population = &trace.population;
    let homes: BTreeSet<_> =
        (0..population.people).map(|person| population.home(person).ip).collect();
    near("people's own", share(&trace.of(""), |a| homes.contains(&a.ip)), 0.2, 0.01);
}

#[test]
fn bots_that_solve_challenges_keep_cookies() {
    let trace = attack("vast-solving");
    let all = trace.of("");
    near("solving", share(&all, |a| a.solves), 0.2, 0.01);
    assert!(all.iter().all(|a| a.solves == a.client.is_some()));
}

#[test]
fn attacks_start_when_configured() {
    let span = |name: &str| {
        let trace = attack(name);
        let all = trace.of("");
        (all[0].at / 60_000, all[all.len() - 1].at / 60_000)
    };
    assert_eq!(span("vast-people"), (630, 809), "in the middle of 24 hours");
    assert_eq!(span("vast-first-minute").0, 0);
    assert_eq!(span("vast-people vast-people.starts=1h").0, 60);
    let (first, last) = span("slow-ramp");
    assert!(first >= 120 && last < 1_320, "{first} to {last}");
}

#[test]
fn quiet_pool_is_a_third_of_normal_traffic() {
    let trace = simulate("vast-quiet people.rhythm=0", 1, 20_000, 24.0);
    let (people, attack) = (trace.of("benign/"), trace.of("attack/"));
    let (rate, normal) = (attack.len() as f64 / 6.0, people.len() as f64 / 24.0);
    near("of normal traffic", rate / normal, 0.333, 0.02);
}

#[test]
fn owner_of_an_attacked_account_logs_in_from_a_known_device() {
    let trace = simulate("one-account", 1, 500, 24.0);
    let (owner, attack) = (trace.of("benign/owner"), trace.of("attack/"));
    assert!(owner.iter().all(|a| a.known_device && a.user == attack[0].user));
    assert!(
        owner.iter().all(|a| (attack[0].at..attack[attack.len() - 1].at + 600_000).contains(&a.at))
    );
}
