//! How much one address counts for its endpoint: a few distinct failures a day, and a limited
//! number of attempts an hour.

use super::*;
use crate::attack_mode::EndpointStats;
use crate::attack_mode::stripe::{self, Stripe};
use crate::state::Tagged;

impl Site {
    /// What the endpoint's stripe counts over the last hour.
    fn counted(&self, count: fn(&EndpointStats) -> i32) -> f64 {
        self.stripe().hour.slide(self.now.get(), count)
    }

    fn stripe(&self) -> Stripe {
        self.engine.tick(&self.host());
        let tag = self.engine.table.hash_key().tag(Tagged::Endpoint, b"web");
        Stripe::at(&self.store, &stripe::key(tag, 0), self.now.get()).expect("a stripe")
    }
}

fn is(counted: f64, expected: f64) {
    assert!((counted - expected).abs() < 0.5, "{counted}, not {expected}");
}

fn shadow() -> Site {
    Site::new(&LIMIT_TEN.replace("\"mode\":\"enforce\"", "\"mode\":\"shadow\""))
}

#[test]
fn one_address_counts_120_attempts_an_hour() {
    let site = shadow();
    for n in 0..130 {
        site.login("192.0.2.1", &format!("user{n}"), "wrong").answered("401");
    }
    is(site.counted(|stats| stats.unknown), 120.0);
    site.login("192.0.2.2", "other", "right").answered("200");
    is(site.counted(|stats| stats.unknown), 121.0);
    is(site.counted(|stats| stats.succeeded), 1.0);
}

#[test]
fn address_at_which_people_get_in_counts_for_more() {
    let site = shadow();
    for n in 0..130 {
        site.login("192.0.2.1", &format!("user{n}"), "right").answered("200");
    }
    is(site.counted(|stats| stats.succeeded), 130.0);
    // Beyond 16 they are estimated, and a new one may look old.
    site.stuff("192.0.2.1", 200..225);
    assert!(site.counted(|stats| stats.failed) > 20.0);
}

#[test]
fn account_succeeds_for_the_endpoint_once_a_day_and_from_two_addresses() {
    let site = shadow();
    for n in 0..20 {
        site.login(&format!("192.0.2.{}", n % 4), "alice", "right").answered("200");
    }
    is(site.counted(|stats| stats.succeeded), 2.0);
    is(site.counted(|stats| stats.usernames), 2.0);
}

#[test]
fn request_without_a_password_counts_for_no_endpoint() {
    let site = shadow();
    site.login("192.0.2.1", "alice", "typo").answered("401");
    site.send("192.0.2.1", &[], Body::Complete(b"user=alice")).answered("401");
    is(site.counted(|stats| stats.unknown), 1.0);
    is(site.counted(|stats| stats.failed), 1.0);
}

#[test]
fn one_address_counts_ten_distinct_failures_a_day() {
    let site = shadow();
    site.stuff("192.0.2.1", 0..25);
    is(site.counted(|stats| stats.failed), 10.0);
    site.stuff("192.0.2.2", 0..1);
    is(site.counted(|stats| stats.failed), 11.0);
}

#[test]
fn visit_is_unresolved_from_its_first_failure_to_its_success() {
    let site = shadow();
    site.login("192.0.2.1", "alice", "typo").answered("401");
    site.login("192.0.2.1", "alice", "another").answered("401");
    is(site.counted(|stats| stats.unresolved), 1.0);
    site.login("192.0.2.9", "alice", "right").answered("200");
    is(site.counted(|stats| stats.unresolved), 1.0);
    site.login("192.0.2.1", "alice", "right").answered("200");
    is(site.counted(|stats| stats.unresolved), 0.0);
}

#[test]
fn repeated_pair_is_one_failure_and_one_visit_a_day() {
    let site = shadow();
    for _ in 0..20 {
        site.login("192.0.2.1", "alice", "expired").answered("401");
        site.wait(1_000);
    }
    for count in [(|stats| stats.unresolved) as fn(&EndpointStats) -> i32, |stats| stats.failed] {
        is(site.stripe().day.slide(site.now.get(), count), 1.0);
    }
}

#[test]
fn password_that_fails_at_many_accounts_counts_for_ten_visits() {
    let site = shadow();
    for n in 0..60 {
        site.login(&format!("198.51.100.{n}"), &format!("user{n}"), "mailed").answered("401");
    }
    is(site.counted(|stats| stats.unresolved), 10.0);
}

/// A login with this browser.
fn login_with<'a>(site: &'a Site, browser: &str, ip: &str, user: &str, password: &str) -> Sent<'a> {
    let body = format!("user={user}&password={password}");
    site.send(ip, &[("user-agent", browser)], Body::Complete(body.as_bytes()))
}

#[test]
fn mistyped_name_is_no_unresolved_visit_once_its_person_gets_in() {
    for (browser, ip, seconds, unresolved) in [
        ("one", "192.0.2.1", 60, 0.0),
        ("one", "192.0.2.1", 840, 0.0),
        ("one", "192.0.2.1", 900, 1.0),
        ("another", "192.0.2.1", 60, 1.0),
        ("one", "192.0.2.2", 60, 1.0),
    ] {
        let site = shadow();
        login_with(&site, "one", "192.0.2.1", "alcie", "right").answered("401");
        is(site.counted(|stats| stats.unresolved), 1.0);
        site.wait(seconds);
        login_with(&site, browser, ip, "alice", "right").answered("200");
        is(site.counted(|stats| stats.unresolved), unresolved);
    }
}

#[test]
fn visit_is_excused_once_although_its_person_mistyped_the_password_too() {
    let site = shadow();
    for (user, password) in [("alcie", "right"), ("alice", "typo"), ("alcie", "again")] {
        login_with(&site, "one", "192.0.2.1", user, password).answered("401");
    }
    is(site.counted(|stats| stats.unresolved), 2.0);
    for _ in 0..3 {
        login_with(&site, "one", "192.0.2.1", "alice", "right").answered("200");
        is(site.counted(|stats| stats.unresolved), 0.0);
    }
}

#[test]
fn account_of_an_attacker_excuses_one_visit_a_day() {
    let site = shadow();
    for n in 0..8 {
        let ip = format!("198.51.100.{n}");
        for user in [format!("victim{n}"), format!("victim{n}b")] {
            login_with(&site, "one", &ip, &user, &format!("{user}'s")).answered("401");
        }
        login_with(&site, "one", &ip, "own", "right").answered("200");
    }
    is(site.counted(|stats| stats.unresolved), 15.0);
}
