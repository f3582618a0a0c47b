//! How much one address counts for its endpoint: a few distinct failures a day, and a limited
//! number of attempts an hour.

use super::*;
use crate::attack_mode::EndpointStats;
use crate::attack_mode::stripe::{self, Stripe};
use crate::state::Tagged;

impl Site {
    /// What the endpoint's stripe counts over the last hour.
    fn counted(&self, count: fn(&EndpointStats) -> u32) -> f64 {
        self.engine.tick(&self.host());
        let tag = self.engine.table.hash_key().tag(Tagged::Endpoint, b"web");
        let now = self.now.get();
        let stripe = Stripe::at(&self.store, &stripe::key(tag, 0), now).expect("a stripe");
        stripe.hour.slide(now, count)
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
        site.login("192.0.2.1", &format!("user{n}"), "right").answered("200");
    }
    is(site.counted(|stats| stats.unknown), 120.0);
    is(site.counted(|stats| stats.succeeded), 120.0);
    site.login("192.0.2.2", "other", "right").answered("200");
    is(site.counted(|stats| stats.unknown), 121.0);
    is(site.counted(|stats| stats.succeeded), 121.0);
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
