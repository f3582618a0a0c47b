//! People have the documented base rates.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::people::browsers::UserAgent;
use crate::people::passwords::SimulatedPassword;

#[test]
fn outcomes_and_passwords_have_the_documented_rates() {
    let trace = simulate("calm", 1, 20_000, 48.0);
    let all = trace.of("benign/");
    let (right, wrong): (Vec<&SimulatedAttempt>, Vec<&SimulatedAttempt>) =
        all.iter().partition(|attempt| attempt.status == SUCCESS);
    let rate = right.len() as f64 / all.len() as f64;
    assert!((0.60..=0.85).contains(&rate), "human logins that succeed: {rate}");
    near("leaked among successes", share(&right, |a| a.password.leaked()), 0.41, 0.015);
    near("leaked among failures", share(&wrong, |a| a.password.leaked()), 0.20, 0.02);
    near("leaked pairs", share(&all, |a| a.pair_leaked), 0.015, 0.004);
    let popular = |a: &SimulatedAttempt| matches!(a.password, SimulatedPassword::Popular(_));
    near("top hundred", share(&right, popular), 0.03, 0.005);
    near("unsolving", share(&all, |a| !a.solves), 0.02, 0.006);
    near("popular browser", share(&all, |a| a.agent == UserAgent::Browser(0)), 0.08, 0.008);
    let repeated = wrong.windows(2).filter(|w| w[0].client == w[1].client).count();
    assert!(repeated > 100, "few people try again: {repeated}");
}

#[test]
fn addresses_and_cookies_have_the_documented_rates() {
    let trace = simulate(
        "calm people.ipv6=0 people.forgotten=0 people.typo=0 people.trouble=0",
        2,
        20_000,
        48.0,
    );
    let all = trace.of("benign/");
    let mut homes: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    let (mut same, mut kept, mut again) = (0, 0, 0);
    let mut last: BTreeMap<&str, &SimulatedAttempt> = BTreeMap::new();
    for attempt in &all {
        if let Some(before) = last.insert(&attempt.user, attempt) {
            again += 1;
            same += u32::from(before.ip == attempt.ip);
            kept += u32::from(before.client == attempt.client);
        }
        homes.entry(&attempt.user).or_default();
    }
    let share_of = |count: u32| f64::from(count) / f64::from(again);
    // Twice at the usual place, or twice elsewhere behind the same carrier.
    near("same address as last time", share_of(same), 0.85 * 0.85 + 0.15 * 0.15 * 0.25, 0.02);
    near("cookie still there", share_of(kept), 0.90, 0.01);
    let shared = trace.of("benign/shared");
    let at_home = 0.15 * 0.85;
    near("behind a proxy", shared.len() as f64 / all.len() as f64, at_home + 0.15 * 0.5, 0.015);
    let mut users: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for attempt in shared {
        users.entry(attempt.ip).or_default().insert(&attempt.user);
    }
    let largest = users.values().map(BTreeSet::len).max().unwrap();
    assert!((700..2_500).contains(&largest), "people behind the largest proxy: {largest}");
}

#[test]
fn nights_are_quiet_and_evenings_busy() {
    let trace = simulate("calm", 3, 20_000, 24.0);
    // The trace begins at eight in the morning.
    let hour = |hour: u64| {
        let begin = (hour + 24 - 8) % 24 * 3_600_000;
        trace.attempts.iter().filter(|a| (begin..begin + 3_600_000).contains(&a.at)).count()
    };
    assert!(hour(20) > 5 * hour(3), "at 20:00 {}, at 03:00 {}", hour(20), hour(3));
}

#[test]
fn crowds_have_failures_and_unknown_devices() {
    for name in ["mail-out", "sale", "monday-nine"] {
        let trace = simulate(name, 1, 5_000, 48.0);
        let crowd = trace.of("benign/crowd");
        let visitors = share(&crowd, |a| a.status == SUCCESS);
        assert!((0.5..0.85).contains(&visitors), "{name}: {visitors}");
        let unknown = share(&crowd, |a| !a.known_device);
        assert!(unknown > 0.1, "{name}: {unknown}");
    }
    let monday = simulate("monday-nine", 1, 5_000, 48.0);
    let first = monday.of("benign/crowd")[0].at;
    assert!((0..60_000).contains(&(first - 25 * 3_600_000)), "{first}");
}

#[test]
fn school_is_hundreds_of_users_at_one_address() {
    let trace = simulate("school", 1, 5_000, 24.0);
    let pupils = trace.of("benign/school");
    assert_eq!(addresses(&pupils), 1);
    let users: BTreeSet<_> = pupils.iter().map(|a| &a.user).collect();
    assert!((300..=1_200).contains(&users.len()), "{}", users.len());
    let first_lesson = pupils.iter().filter(|a| a.at < 10 * 60_000).count();
    assert!(first_lesson >= 120, "{first_lesson}");
}

#[test]
fn broken_script_repeats_one_wrong_password() {
    let trace = simulate("broken-script", 1, 100, 24.0);
    let script = trace.of("script/");
    near("attempts", script.len() as f64, 8_640.0, 2.0);
    let tried: BTreeSet<_> = script.iter().map(|a| (a.ip, &a.user, a.password.digest())).collect();
    assert_eq!(tried.len(), 1);
    assert!(script.iter().all(|a| a.status != SUCCESS));
}

#[test]
fn third_of_people_use_the_mobile_app() {
    let trace = simulate("mobile-app", 1, 5_000, 24.0);
    near("app", share(&trace.of("benign/"), |a| a.agent == UserAgent::App), 0.333, 0.03);
}
