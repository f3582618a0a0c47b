//! The town's people and its attacks have the properties that their parameters say.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::*;
use crate::people::browsers::UserAgent;

/// A scenario of the town, with an attack of a day that begins after two hours.
fn day(name: &str, more: &str) -> SimulatedTrace {
    simulate(&format!("{name} {name}.starts=2h {name}.lasts=20h{more}"), 1, 3_000, 24.0)
}

#[test]
fn most_people_come_rarely_and_a_few_several_times_a_day() {
    let trace = simulate("town people.forgotten=0 people.typo=0", 1, 3_000, 144.0);
    let mut visits: BTreeMap<&str, u32> = BTreeMap::new();
    for attempt in trace.of("benign/") {
        *visits.entry(&attempt.user).or_default() += 1;
    }
    let people = |more: u32| visits.values().filter(|&&visits| visits > more).count();
    assert!(people(6) < 900, "more than once a day: {}", people(6));
    assert!(people(24) > 10, "more than four times a day: {}", people(24));
    assert!(people(0) < 2_800, "everybody came: {}", people(0));
    near("visits", f64::from(visits.values().sum::<u32>()), 18_000.0, 600.0);
}

#[test]
fn private_mode_and_the_bare_app_keep_nothing() {
    let trace = simulate("town", 1, 3_000, 72.0);
    let private = trace.of("benign/private");
    near("private", private.len() as f64 / trace.attempts.len() as f64, 0.05, 0.02);
    assert!(private.iter().all(|a| !a.known_device && a.client.is_some()));
    let app = trace.of("benign/app");
    assert!(app.iter().all(|a| a.client.is_none() && !a.solves && !a.known_device));
}

#[test]
fn carrier_has_few_addresses_that_change_between_visits() {
    let trace = simulate("town", 1, 3_000, 72.0);
    let carrier = trace.of("benign/carrier");
    assert_eq!(addresses(&carrier), 24);
    let networks: BTreeSet<_> = carrier.iter().map(|a| third(a.ip)).collect();
    assert_eq!(networks.len(), 3);
    let offices = addresses(&trace.of("benign/office"));
    assert!((3..=6).contains(&offices), "{offices}");
    let ipv6 = trace.of("benign/ipv6");
    let translated = share(&ipv6, |a| a.ip.to_string().starts_with("64:ff9b::"));
    near("translated", translated, 0.33, 0.12);
    let attack = day("carrier-attack", "");
    let people: BTreeSet<_> = attack.of("benign/carrier").iter().map(|a| a.ip).collect();
    assert!(attack.of("attack/").iter().all(|a| people.contains(&a.ip)));
}

/// The first three numbers of an IPv4 address.
fn third(ip: IpAddr) -> u32 {
    match ip {
        IpAddr::V4(ip) => ip.to_bits() >> 8,
        IpAddr::V6(ip) => panic!("{ip}"),
    }
}

#[test]
fn attacks_have_their_share_of_all_traffic() {
    for (name, expected) in [("fresh-10", 0.10), ("leaked-3", 0.03)] {
        let trace = simulate(&format!("{name} {name}.starts=0s"), 1, 6_000, 24.0);
        near(name, trace.of("attack/").len() as f64 / trace.attempts.len() as f64, expected, 0.015);
    }
    let trace = day("fresh-30", "");
    assert!(trace.of("attack/").iter().all(|a| !a.password.leaked()));
    assert_eq!(addresses(&trace.of("attack/")), trace.of("attack/").len());
    let hour = |from: u64| {
        trace
            .of("attack/")
            .iter()
            .filter(|a| (from..from + 1).contains(&(a.at / 3_600_000)))
            .count()
    };
    assert!(hour(12) > 3 * hour(19), "at 20:00 {}, at 03:00 {}", hour(12), hour(19));
}

#[test]
fn padding_has_labels_of_its_own() {
    let own = day("own-between-18", "");
    near("own", own.of("padding/own").len() as f64 / own.of("attack/").len() as f64, 1.0, 0.15);
    assert!(own.of("padding/own").iter().all(|a| a.status != 401 && !a.password.leaked()));
    let users: BTreeSet<_> = own.of("padding/own").iter().map(|a| a.user.clone()).collect();
    assert_eq!(users.len(), 1);
    let junk = day("junk-between-18", "");
    near("junk", junk.of("padding/junk").len() as f64 / junk.of("attack/").len() as f64, 1.0, 0.15);
    assert!(junk.of("padding/junk").iter().all(|a| a.status != SUCCESS));
    let devices = day("own-devices", "");
    let devices = devices.of("padding/devices");
    assert!(devices.iter().all(|a| a.known_device && a.client.is_some()));
    near("fail", share(&devices, |a| a.status != SUCCESS), 5.0 / 6.0, 0.02);
}

#[test]
fn slow_spray_tries_each_password_a_few_times_an_hour() {
    let trace = day("slow-spray", " slow-spray.attempts=2000");
    let mut tried: BTreeMap<_, u32> = BTreeMap::new();
    for attempt in trace.of("attack/") {
        *tried.entry((attempt.password.digest(), attempt.at / 3_600_000)).or_default() += 1;
    }
    assert!(tried.values().all(|&times| times < 10));
    assert!(trace.of("attack/").iter().all(|a| !a.password.leaked()));
}

#[test]
fn stolen_cookies_are_copies_of_peoples() {
    let trace = day("stolen-cookies", "");
    let people: BTreeSet<_> = trace.of("benign/").iter().filter_map(|a| a.client).collect();
    let stolen = trace.of("attack/");
    let met = share(&stolen, |a| a.copies.is_some_and(|copied| people.contains(&copied)));
    assert!(met > 0.3, "{met}");
    assert!(stolen.iter().all(|a| a.client.is_some() && !people.contains(&a.client.unwrap())));
    near("valid", share(&stolen, |a| a.status == SUCCESS), 0.5, 0.08);
}

#[test]
fn one_mailbox_has_many_spellings_and_one_owner() {
    let trace = day("one-mailbox", "");
    let spellings: BTreeSet<_> = trace.of("attack/").iter().map(|a| a.user.clone()).collect();
    assert!(spellings.len() > 1_000, "{}", spellings.len());
    let owner = trace.of("benign/owner");
    assert!(owner.iter().all(|a| a.user == owner[0].user && a.user.ends_with("@gmail.com")));
}

#[test]
fn logins_of_a_broken_release_all_fail_until_the_repair() {
    let trace = simulate("broken-release people.release-breaks=2h", 1, 3_000, 24.0);
    let release = |from: u64, to: u64| {
        let all = trace.attempts.iter().filter(|a| a.agent == UserAgent::Release);
        let all: Vec<_> = all.filter(|a| (from..to).contains(&(a.at / 60_000))).collect();
        assert!(all.len() > 20, "{}", all.len());
        share(&all, |a| a.status == SUCCESS)
    };
    assert_eq!(release(120, 300), 0.0);
    assert!(release(301, 1_440) > 0.6);
    assert!(!trace.of("benign/repaired").is_empty() && !trace.of("benign/app").is_empty());
}

#[test]
fn initial_password_is_one_for_all_who_got_it() {
    let trace = simulate("mailed-password mailed-password.starts=2h", 1, 1_000, 24.0);
    let mailed = trace.of("benign/mailed");
    let users: BTreeSet<_> = mailed.iter().map(|a| &a.user).collect();
    assert!(users.len() > 4_500, "{}", users.len());
    let failed: BTreeSet<_> =
        mailed.iter().filter(|a| a.status == 401).map(|a| a.password.digest()).collect();
    assert_eq!(failed.len(), 1);
}

#[test]
fn stale_apps_fail_every_quarter_hour_and_their_owners_get_in() {
    let trace = simulate("stale-apps", 1, 1_000, 24.0);
    near("attempts", trace.of("script/stale").len() as f64, 100.0 * 96.0, 110.0);
    let owners = trace.of("benign/stale-owner");
    assert!(share(&owners, |a| a.status == SUCCESS) > 0.5);
    let apps: BTreeSet<_> = trace.of("script/stale").iter().map(|a| a.user.clone()).collect();
    assert!(owners.iter().filter(|a| a.status == SUCCESS).all(|a| apps.contains(&a.user)));
}

#[test]
fn half_of_all_logins_fail_where_they_always_do() {
    let trace = simulate("half-fail", 1, 3_000, 72.0);
    near("succeed", share(&trace.of("benign/"), |a| a.status == SUCCESS), 0.5, 0.06);
}
