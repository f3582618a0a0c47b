//! What an attacker may try with what is learned, and why it does not work.

use super::*;

/// A client that fails too often is blocked, and a known device is not; during an attack a
/// breached password is challenged.
const POLICY: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"user","password":"password"}},
    "failure":{"status":401},"success":{"status":200}}],
  "rules":[
    {"name":"ip","when":{"ip.distinct_failures":{"over":10,"within":"1h","per_success":9}},
     "then":"block","ban":"ip","for":"1h","exempt":["device"]},
    {"name":"attack","when":{"site.under_attack":true,"password.breached":true},
     "then":"challenge","exempt":["device"]}]}"#;

impl Site {
    /// One attempt of an attack that uses each address and each account once.
    fn attack(&self, n: u32) -> Action {
        let [_, a, b, c] = n.to_be_bytes();
        let sent = self.login(&format!("10.{a}.{b}.{c}"), &format!("victim{n}"), "123456");
        let action = sent.action();
        sent.answered("401");
        action
    }

    fn login_with(&self, cookie: &str, ip: &str, user: &str, password: &str) -> Sent<'_> {
        let body = format!("user={user}&password={password}");
        self.send(ip, &[("cookie", cookie)], Body::Complete(body.as_bytes()))
    }

    /// Somebody logs in and keeps the cookie.
    fn device_of(&self, user: &str) -> String {
        self.login("198.51.100.7", user, "right").cookie("200").expect("a cookie")
    }

    fn knows(&self, cookie: &str, user: &str) -> bool {
        let sent = self.login_with(cookie, "198.51.100.9", user, "right");
        sent.decision.expect("a decision").facts.known_device
    }
}

#[test]
fn an_attack_in_the_first_minute_after_a_restart_is_seen_within_it() {
    let site = Site::new(POLICY);
    let stopped = (0..60).filter(|n| {
        site.wait(1);
        site.attack(*n) == Action::Challenge
    });
    assert!(stopped.count() >= 35);
}

#[test]
fn a_restart_in_the_middle_of_an_attack_costs_a_minute() {
    let before = Site::new(POLICY);
    for n in 0..600 {
        before.wait(1);
        before.attack(n);
    }
    // All is forgotten.
    let after = Site::new(POLICY);
    let through = (600..1_200).filter(|n| {
        after.wait(1);
        after.attack(*n) == Action::Allow
    });
    assert!(through.count() <= 30);
}

#[test]
fn an_attack_that_goes_on_is_stopped_all_the_time_and_not_in_waves() {
    let site = Site::new(POLICY);
    let mut through = 0;
    for n in 0..10_000 {
        site.wait(2);
        through += u32::from(site.attack(n) == Action::Allow);
    }
    assert!(through <= 30, "{through} passed in five and a half hours");
    // A day later it is over: nobody is asked any more.
    site.wait(86_400);
    assert_eq!(site.login("192.0.2.1", "alice", "123456").action(), Action::Allow);
}

#[test]
fn a_script_that_repeats_one_breached_password_is_no_attack_on_the_site() {
    let site = Site::new(POLICY);
    for _ in 0..2_000 {
        site.wait(10);
        let sent = site.login("192.0.2.1", "backup", "123456");
        assert_eq!(sent.action(), Action::Allow);
        sent.answered("401");
    }
}

#[test]
fn junk_of_one_address_causes_no_attack_mode() {
    let site = Site::new(POLICY);
    for n in 0..500 {
        site.wait(1);
        site.login("192.0.2.66", &format!("junk{n}"), "123456").answered("401");
    }
    assert_eq!(site.login("192.0.2.1", "alice", "123456").action(), Action::Allow);
}

#[test]
fn account_earns_credit_for_the_first_two_addresses_only() {
    let site = Site::new(POLICY);
    // With a failure the endpoint counts as recognised.
    site.login("198.51.100.1", "someone", "typo").answered("401");
    for n in 0..20 {
        let outcome = site.login(&format!("192.0.2.{n}"), "own", "right").answered("200");
        assert_eq!(outcome, Some(Outcome::Success));
    }
    for (n, expected) in
        [(0, Action::Allow), (1, Action::Allow), (2, Action::Block), (19, Action::Block)]
    {
        let address = format!("192.0.2.{n}");
        site.stuff(&address, 100..110);
        assert_eq!(site.login(&address, "next", "x").action(), expected, "{address}");
    }
}

#[test]
fn however_many_accounts_are_bought_three_failures_in_four_are_too_many() {
    let site = Site::new(POLICY);
    let mut blocked = None;
    for n in 0..400 {
        if n % 11 == 0 {
            site.login("192.0.2.1", &format!("own{n}"), "right").answered("200");
        }
        let sent = site.login("192.0.2.1", &format!("user{n}"), &format!("leaked{n}"));
        if sent.action().stops() {
            blocked = Some(n);
            break;
        }
        sent.answered("401");
    }
    assert!(blocked.is_some_and(|n| n < 100), "{blocked:?}");
}

#[test]
fn a_known_device_is_heard_out_behind_a_banned_address_and_nobody_else_is() {
    let site = Site::new(POLICY);
    let cookie = site.device_of("ann");
    site.stuff("192.0.2.1", 0..11);
    assert_eq!(site.login("192.0.2.1", "ann", "right").action(), Action::Block);
    assert_eq!(site.login_with(&cookie, "192.0.2.1", "ann", "right").action(), Action::Allow);
    let other = site.login_with(&cookie, "192.0.2.1", "bob", "right");
    assert_eq!((other.action(), other.verdict().cause), (Action::Block, Cause::Ban));
}

#[test]
fn a_stolen_cookie_buys_a_few_guesses_at_the_accounts_it_names() {
    let site = Site::new(POLICY);
    let cookie = site.device_of("ann");
    assert!(site.knows(&cookie, "ann") && !site.knows(&cookie, "bob"));
    for n in 0..10 {
        let ip = format!("192.0.2.{n}");
        site.login_with(&cookie, &ip, "ann", &format!("guess{n}")).answered("401");
    }
    assert!(!site.knows(&cookie, "ann"), "locked");
    site.wait(2 * 86_400);
    assert!(site.knows(&cookie, "ann"), "not for ever");
}

#[test]
fn a_login_that_fails_with_200_makes_no_device_known() {
    let opaque = POLICY.replace(",\"success\":{\"status\":200}", "");
    let site = Site::new(&opaque);
    for n in 0..300 {
        let sent = site.login("192.0.2.1", &format!("user{n}"), "wrong");
        assert_eq!(sent.cookie("200"), None);
    }
}

#[test]
fn an_ambiguous_attempt_makes_no_device_known() {
    let site = Site::new(POLICY);
    for body in ["user=own&user=victim&password=x", "user=own&password=x&password=y"] {
        let sent = site.send("192.0.2.1", &[], Body::Complete(body.as_bytes()));
        assert_eq!(sent.cookie("200"), None, "{body}");
    }
    let cookie = site.device_of("own");
    let body = b"user=own&user=victim&password=x";
    let sent = site.send("192.0.2.1", &[("cookie", &cookie)], Body::Complete(body));
    assert!(!sent.decision.expect("a decision").facts.known_device);
}

#[test]
fn a_load_balancer_is_not_taken_for_an_attacker_and_says_so() {
    let site = Site::new(POLICY);
    for n in 0..400 {
        site.wait(1);
        site.login("10.0.0.1", &format!("person{n}"), "right").answered("200");
    }
    // An hour later the morning's successes excuse little, but it is still everybody.
    for n in 0..100 {
        site.wait(1);
        site.login("10.0.0.1", &format!("typo{n}"), "wrong").answered("401");
        site.login("10.0.0.1", &format!("person{n}"), "right").answered("200");
    }
    assert_eq!(site.login("10.0.0.1", "someone", "right").action(), Action::Allow);
}

#[test]
fn an_attacker_does_not_pass_for_a_load_balancer() {
    let site = Site::new(POLICY);
    // 300 accounts of the attacker's own, on a site where little else happens.
    for n in 0..300 {
        site.login("192.0.2.1", &format!("own{n}"), "right").answered("200");
    }
    site.wait(7_200);
    let through = (0..1_000).filter(|n| {
        let sent = site.login("192.0.2.1", &format!("user{n}"), &format!("leaked{n}"));
        let passed = sent.action() == Action::Allow;
        sent.answered("401");
        passed
    });
    assert!(through.count() < 100);
}

#[test]
fn a_known_device_costs_no_more_than_the_budget() {
    let site = Site::new(POLICY);
    let cookie = site.device_of("ann");
    site.login("192.0.2.1", "warm", "up").answered("401");
    site.calls();
    let sent = site.login_with(&cookie, "192.0.2.1", "ann", "typo");
    let (reads, writes) = site.calls();
    assert!(reads <= 8 && writes <= 6, "{reads} reads, {writes} updates");
    sent.answered("401");
    let (_, writes) = site.calls();
    assert!(writes <= 6, "{writes} updates at the response");
}
