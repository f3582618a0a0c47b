//! Where an account got in from: what is remembered, when it may be called unfamiliar, and what
//! that costs.

use super::*;

/// A rule for each value that rules may ask for.
const ASKED: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":["user","mail"],"password":"password"}},
    "failure":{"status":401},"success":{"status":200}}],
  "client":{"fingerprint":["user-agent"]},
  "rules":[
    {"name":"network","when":{"account.familiar_network":true},"then":"annotate"},
    {"name":"no-network","when":{"account.familiar_network":false},"then":"annotate"},
    {"name":"client","when":{"account.familiar_client":true},"then":"annotate"},
    {"name":"no-client","when":{"account.familiar_client":false},"then":"annotate"},
    {"name":"seen","when":{"account.seen":true},"then":"annotate"},
    {"name":"device","when":{"device.known":true},"then":"annotate"},
    {"name":"copied","when":{"device.copied":true},"then":"annotate"},
    {"name":"unexpected","when":{"account.unexpected":true},"then":"annotate"},
    {"name":"spared","when":{"ip.attempts":{"over":60,"within":"1h"}},"then":"challenge",
     "exempt":["familiar_network"]},
    {"name":"spared-client","when":{"ip.attempts":{"over":70,"within":"1h"}},"then":"challenge",
     "exempt":["familiar_client"]}]}"#;

const HOME: &str = "192.0.2.7";
const AWAY: &str = "198.51.100.7";

impl Site {
    fn from(&self, ip: &str, agent: &str, user: &str) -> Sent<'_> {
        let body = format!("user={user}&password=x");
        self.send(ip, &[("user-agent", agent)], Body::Complete(body.as_bytes()))
    }

    /// A site on which forty people have come every day for ten days.
    fn settled(policy: &str) -> Self {
        let site = Self::new(policy);
        // Where nothing ever fails, successes are not believed.
        site.from("10.0.0.1", "firefox", "nobody").answered("401");
        for _ in 0..10 {
            for person in 0..40 {
                site.from(&format!("10.{person}.0.1"), "firefox", &format!("person{person}"))
                    .answered("200");
                site.wait(600);
            }
            site.wait(62_400);
        }
        site
    }
}

#[test]
fn nothing_is_unfamiliar_until_the_region_has_learnt() {
    let site = Site::new(ASKED);
    assert_eq!(site.from(HOME, "firefox", "ann").reasons(), "");
    site.from(HOME, "firefox", "ann").answered("200");
    // What is known is familiar at once.
    assert_eq!(site.from(HOME, "firefox", "ann").reasons(), "network,client,seen");
    assert_eq!(site.from(AWAY, "chrome", "ann").reasons(), "seen");
}

#[test]
fn network_and_client_have_their_own_values() {
    let site = Site::settled(ASKED);
    site.from(HOME, "firefox", "ann").answered("200");
    for (ip, agent, user, expected) in [
        (HOME, "firefox", "ann", "network,client,seen"),
        // Another address of the same provider.
        ("192.0.77.1", "chrome", "ann", "network,no-client,seen"),
        (AWAY, "firefox", "ann", "no-network,client,seen,unexpected"),
        (AWAY, "chrome", "ann", "no-network,no-client,seen,unexpected"),
        (HOME, "firefox", "bob", "no-network,no-client,unexpected"),
        // An alias of the mailbox is another account.
        (HOME, "firefox", "ann+list", "no-network,no-client,unexpected"),
    ] {
        assert_eq!(site.from(ip, agent, user).reasons(), expected, "{user} at {ip} with {agent}");
    }
}

#[test]
fn ipv6_network_is_a_providers() {
    let site = Site::settled(ASKED);
    site.from("2001:db8:1:2::3", "firefox", "ann").answered("200");
    let reasons = |ip: &str| site.from(ip, "firefox", "ann").reasons();
    assert_eq!(reasons("2001:db8:ffff::1"), "network,client,seen");
    assert_eq!(reasons("2001:db9::1"), "no-network,client,seen,unexpected");
}

#[test]
fn only_a_trusted_success_is_remembered() {
    let site = Site::settled(ASKED);
    for status in ["401", "503"] {
        site.from(HOME, "firefox", "ann").answered(status);
    }
    let body = b"user=ann&mail=ann@example.com&password=x";
    site.send(HOME, &[], Body::Complete(body)).answered("200");
    site.send(HOME, &[], Body::Complete(b"user=ann&user=bob&password=x")).answered("200");
    assert_eq!(site.from(HOME, "firefox", "ann").reasons(), "no-network,no-client,unexpected");
}

#[test]
fn a_second_username_does_not_hide_the_first() {
    let site = Site::settled(ASKED);
    let body = b"user=ann&mail=ann@example.com&password=x";
    let sent = site.send(HOME, &[("user-agent", "firefox")], Body::Complete(body));
    assert_eq!(sent.reasons(), "no-network,no-client,unexpected");
    let sent = site.send(HOME, &[], Body::Complete(b"password=x"));
    assert_eq!(sent.reasons(), "", "without a username there is no account to compare");
}

#[test]
fn familiar_network_or_client_exempts_where_the_rule_says_so() {
    let site = Site::settled(ASKED);
    site.from(HOME, "firefox", "ann").answered("200");
    let others = |count: u32| {
        (0..count).for_each(|n| {
            site.login(HOME, &format!("user{n}"), "x").answered("200");
        });
    };
    others(60);
    assert_eq!(site.from(HOME, "chrome", "ann").action(), Action::Annotate);
    assert_eq!(site.from(HOME, "firefox", "bob").action(), Action::Challenge);
    others(20);
    assert_eq!(site.from(HOME, "chrome", "ann").action(), Action::Challenge);
    assert_eq!(site.from(HOME, "firefox", "ann").action(), Action::Annotate);
}

#[test]
fn familiar_network_of_a_shared_address_exempts_from_rules_about_addresses_alone() {
    let rule = r#""when":{"username.ips":{"over":3,"within":"24h"}}"#;
    let policy = ASKED.replace(r#""when":{"ip.attempts":{"over":60,"within":"1h"}}"#, rule);
    let site = Site::settled(&policy);
    site.from(HOME, "firefox", "ann").answered("200");
    for n in 0..4 {
        site.from(&format!("172.{}.0.1", 16 + n), "curl", "ann").answered("401");
    }
    assert_eq!(site.from(HOME, "chrome", "ann").action(), Action::Annotate);
    for n in 0..5 {
        site.from(HOME, "firefox", &format!("colleague{n}")).answered("200");
    }
    assert_eq!(site.from(HOME, "chrome", "ann").action(), Action::Challenge);
}

#[test]
fn budget_says_what_is_unexpected() {
    for (budget, away, traveller) in [(0, false, false), (3, true, false), (30, true, true)] {
        let policy = ASKED.replacen('{', &format!("{{\"challenge_budget\":{budget},"), 1);
        let site = Site::settled(&policy);
        // One of five comes from another network each time, and keeps no cookies.
        for (person, trip) in (0..16).flat_map(|person| [(person, 1), (person, 2)]) {
            let ip = format!("{}.113.0.1", 100 + 10 * person + trip);
            site.from(&ip, "firefox", &format!("person{person}")).answered("200");
        }
        site.wait(10);
        site.from(HOME, "firefox", "ann").answered("200");
        let unexpected =
            |ip: &str, agent: &str| site.from(ip, agent, "ann").reasons().contains("unexpected");
        assert_eq!(unexpected(AWAY, "chrome"), away, "{budget} %");
        assert_eq!(unexpected(AWAY, "firefox"), traveller, "{budget} %");
        assert!(!unexpected(HOME, "chrome"));
    }
}

#[test]
fn cookie_from_a_network_and_a_browser_it_never_came_from_is_no_known_device() {
    let site = Site::settled(ASKED);
    let cookie = site.from(HOME, "firefox", "ann").cookie("200").expect("a cookie");
    let sent = |ip: &str, agent: &str| {
        let more = [("user-agent", agent), ("cookie", cookie.as_str())];
        site.send(ip, &more, Body::Complete(b"user=ann&password=x")).reasons()
    };
    assert_eq!(sent(HOME, "firefox"), "network,client,seen,device");
    assert_eq!(
        sent(AWAY, "firefox"),
        "no-network,client,seen,device,unexpected",
        "a laptop travels"
    );
    assert_eq!(sent(HOME, "chrome"), "network,no-client,seen,device", "an update");
    assert_eq!(sent(AWAY, "chrome"), "no-network,no-client,seen,copied,unexpected");
}

#[test]
fn cookie_is_known_where_familiarity_is_not() {
    let site = Site::new(ASKED);
    let cookie = site.from(HOME, "firefox", "ann").cookie("200").expect("a cookie");
    let more = [("user-agent", "chrome"), ("cookie", cookie.as_str())];
    let sent =
        |site: &Site| site.send(AWAY, &more, Body::Complete(b"user=ann&password=x")).reasons();
    assert_eq!(sent(&site), "seen,device");
    // After a restart: the region is empty, and the key of the cookie is a configured one.
    assert_eq!(sent(&Site::new(ASKED)), "device");
    // An account without an entry says nothing about its cookie.
    assert_eq!(sent(&Site::settled(ASKED)), "no-network,no-client,device,unexpected");
}

#[test]
fn a_restart_makes_everything_unknown() {
    let site = Site::settled(ASKED);
    site.from(HOME, "firefox", "ann").answered("200");
    let restarted = Site::on(ASKED, Site::empty_store(), site.now.get());
    assert_eq!(restarted.from(HOME, "firefox", "ann").reasons(), "");
    assert_eq!(restarted.from(AWAY, "chrome", "bob").reasons(), "");
}

#[test]
fn familiarity_costs_one_read_and_at_a_success_that_is_new_one_update() {
    let site = Site::settled(ASKED);
    let cost = |ip: &str, status: &str| {
        site.calls();
        let sent = site.from(ip, "firefox", "ann");
        let decision = site.calls();
        sent.answered(status);
        (decision, site.calls())
    };
    let ((reads, writes), failed) = cost(HOME, "401");
    assert!(reads <= 8 && writes <= 6, "{reads} reads, {writes} updates at the decision");
    let (_, first) = cost(HOME, "200");
    let (_, second) = cost(HOME, "200");
    assert!(first.1 <= 6 && failed.1 <= 6, "{first:?} {failed:?}");
    assert_eq!(
        (first.0 - second.0, first.1 - second.1),
        (0, 2),
        "the account and the network: once a day and address"
    );
}
