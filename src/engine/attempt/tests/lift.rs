//! Lifting bans by an update of the configuration.

use super::*;

/// The policy with this section `lift`, and a rule about each thing that can be named.
fn lifting(lift: &str) -> String {
    let rules = r#""rules":[
      {"name":"network","when":{"network.failures":{"over":14,"within":"1h"}},
       "then":"block","ban":"network","for":"1h"},
      {"name":"account","when":{"username.failures":{"over":4,"within":"1h"}},"then":"block"},
      {"name":"tool","when":{"fingerprint.failed_share":{"over":90,"within":"1h","at_least":10},
       "fingerprint.usernames":{"over":5,"within":"1h"}},
       "then":"block","ban":"fingerprint","for":"1h"},"#;
    LIMIT_TEN.replace("\"rules\":[", rules).replace(
        "\"mode\":",
        &format!("\"client\":{{\"fingerprint\":[\"user-agent\"]}},\"lift\":{lift},\"mode\":"),
    )
}

/// The lines of the update that brings a list.
fn lift(site: &Site) -> Vec<String> {
    site.engine.lift(&site.host()).iter().map(ToString::to_string).collect()
}

fn send(site: &Site, ip: &str, user: &str, agent: &str) -> Action {
    let body = format!("user={user}&password=wrong-{user}-{ip}");
    let sent = site.send(ip, &[("user-agent", agent)], Body::Complete(body.as_bytes()));
    let action = sent.action();
    if action == Action::Allow {
        sent.answered("401");
    }
    action
}

#[test]
fn a_ban_is_lifted_once_and_the_client_begins_anew() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..12);
    site.stuff("192.0.2.2", 0..12);
    let policy = LIMIT_TEN.replace("\"mode\":", r#""lift":{"addresses":["192.0.2.1"]},"mode":"#);
    let site = site.reconfigured(&policy);
    assert_eq!(lift(&site), ["lift: 192.0.2.1: forgotten: bans 1, failures 10, by ip-failures"]);
    assert_eq!(site.login("192.0.2.2", "anna", "right").action(), Action::Block, "not named");
    assert_eq!(site.login("192.0.2.1", "anna", "right").answered("200"), Some(Outcome::Success));
    // Ten failures more are allowed, as for anybody.
    site.stuff("192.0.2.1", 20..30);
    assert_eq!(site.login("192.0.2.1", "user31", "leaked31").action(), Action::Block);
    // Neither another worker nor another update with the same list lifts anything again.
    let site = site.reconfigured(&policy).reconfigured(LIMIT_TEN).reconfigured(&policy);
    assert_eq!(lift(&site), [""; 0]);
    assert_eq!(site.login("192.0.2.1", "anna", "right").action(), Action::Block);
    let again = policy.replace("\"lift\":{", r#""lift":{"id":"again","#);
    let site = site.reconfigured(&again);
    assert_eq!(lift(&site).len(), 1);
    assert_eq!(site.login("192.0.2.1", "anna", "right").action(), Action::Allow);
}

#[test]
fn strikes_are_lifted_too() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..12);
    site.wait(601);
    let policy = LIMIT_TEN.replace("\"mode\":", r#""lift":{"addresses":["192.0.2.1"]},"mode":"#);
    let site = site.reconfigured(&policy);
    lift(&site);
    site.stuff("192.0.2.1", 0..12);
    // The next ban lasts as long as a first one.
    site.wait(601);
    assert_eq!(site.login("192.0.2.1", "anna", "right").action(), Action::Allow);
}

#[test]
fn a_network_is_lifted_with_the_clients_in_it() {
    for (named, inside, outside) in [
        ("192.0.2.0/24", ["192.0.2.1", "192.0.2.2"], "192.0.3.1"),
        ("192.0.0.0/16", ["192.0.2.1", "192.0.255.2"], "192.1.2.1"),
        ("2001:db8:1::/48", ["[2001:db8:1::1]", "[2001:db8:1:ffff::2]"], "[2001:db8:2::1]"),
    ] {
        let site = Site::new(&lifting("{}"));
        for ip in [inside[0], inside[1], outside] {
            for user in 0..16 {
                send(&site, ip, &format!("user{user}"), &format!("browser {user}"));
            }
            assert_eq!(send(&site, ip, "anna", "mine"), Action::Block, "{ip}");
        }
        let site = site.reconfigured(&lifting(&format!(r#"{{"networks":["{named}"]}}"#)));
        assert!(lift(&site)[0].starts_with(&format!("lift: {named}: forgotten: bans ")), "{named}");
        for ip in inside {
            assert_eq!(send(&site, ip, "anna", "mine"), Action::Allow, "{ip}");
        }
        assert_eq!(send(&site, outside, "anna", "mine"), Action::Block, "{outside}");
    }
}

#[test]
fn a_ban_of_the_network_around_a_named_address_is_said() {
    let site = Site::new(&lifting("{}"));
    for user in 0..16 {
        let ip = format!("192.0.2.{}", user % 4);
        send(&site, &ip, &format!("user{user}"), &format!("browser {user}"));
    }
    let site = site.reconfigured(&lifting(r#"{"addresses":["192.0.2.9"]}"#));
    assert_eq!(
        lift(&site),
        [
            "lift: 192.0.2.9: nothing was held against it; the network around it is banned by network: \
          name that under \"networks\" as well"
        ]
    );
}

#[test]
fn an_account_is_lifted_by_any_spelling_of_its_name() {
    let site = Site::new(&lifting("{}"));
    for last in 0..4 {
        send(&site, &format!("198.51.{last}.1"), "anna@example.com", &format!("browser {last}"));
    }
    assert_eq!(send(&site, "203.0.113.1", "anna@example.com", "mine"), Action::Block);
    let site = site.reconfigured(&lifting(r#"{"usernames":[" Anna+shop@Example.com"]}"#));
    assert_eq!(lift(&site), ["lift: usernames[0]: forgotten: bans 0, failures 4"]);
    assert_eq!(send(&site, "203.0.113.1", "anna@example.com", "mine"), Action::Allow);
}

#[test]
fn a_fingerprint_is_lifted_by_the_headers_that_were_sent() {
    let site = Site::new(&lifting("{}"));
    for last in 0..12 {
        send(&site, &format!("198.51.{last}.1"), &format!("user{last}"), "App/2.1");
    }
    let another = || (0..9).map(|last| format!("203.0.{last}.1"));
    // Some addresses are probes.
    let stopped = another().filter(|ip| send(&site, ip, "anna", "App/2.1") == Action::Block);
    assert!(stopped.count() > 4);
    let section = r#"{"fingerprints":[{"User-Agent":"App/2.1"}]}"#;
    let site = site.reconfigured(&lifting(section));
    assert_eq!(lift(&site).len(), 1);
    assert_eq!(lift(&site), [""; 0]);
    for ip in another().take(2) {
        assert_eq!(send(&site, &ip, "berta", "App/2.1"), Action::Allow, "{ip}");
    }
}

#[test]
fn junk_under_the_key_of_lifts_lifts_nothing_twice() {
    let policy = LIMIT_TEN.replace("\"mode\":", r#""lift":{"addresses":["192.0.2.1"]},"mode":"#);
    let site = Site::new(&policy);
    let key = "unstuff/lift";
    Store::write(&site.store, key, b"junk", crate::state::Expected::Absent).expect("written");
    assert_eq!(lift(&site), ["lift: 192.0.2.1: nothing was held against it"]);
    assert_eq!(lift(&site), [""; 0]);
}
