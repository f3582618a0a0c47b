//! Software that fails for everybody is no attack: releases, expired passwords, wrong initial ones.

use super::*;
use crate::challenge::Clients;

/// The default rules, at an endpoint for programs.
const DEFAULTS: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"app","match":{"path":"/login"},"clients":"api",
    "credentials":{"form":{"username":"user","password":"password"}},
    "failure":{"status":401},"success":{"status":200}}]}"#;

/// The default rules of these names alone.
fn only(kept: &[&str]) -> Site {
    site_of(kept, DEFAULTS)
}

fn site_of(kept: &[&str], policy: &str) -> Site {
    let all = crate::config::parse(policy.as_bytes()).expect("valid").policy.rules;
    let off = all.iter().filter(|rule| !kept.contains(&rule.name.as_str()));
    let off: Vec<_> = off.map(|rule| format!("{:?}:\"off\"", rule.name)).collect();
    let rules = format!(",\"rules\":{{{}}}}}", off.join(","));
    Site::new(&format!("{}{rules}", policy.strip_suffix('}').expect("an object")))
}

/// A login of the n-th person, at home, with an app.
fn app<'s>(site: &'s Site, n: u32, password: &str) -> Sent<'s> {
    let [_, _, high, low] = n.to_be_bytes();
    let body = format!("user=person{n}&password={password}");
    let ip = format!("10.{high}.{low}.1");
    site.send(&ip, &[("user-agent", "app/2.0")], Body::Complete(body.as_bytes()))
}

/// A site at which the app's fingerprint is banned: nine of ten failures had a breached password.
fn banned() -> Site {
    let site = only(&["tool"]);
    for n in 0..50 {
        app(&site, n, if n % 10 == 0 { "x" } else { "123456" }).answered("401");
    }
    assert_eq!(app(&site, 999, "123456").verdict().cause, Cause::Ban);
    site
}

#[test]
fn a_release_of_an_app_whose_logins_all_fail_is_not_blocked() {
    let site = only(&["tool"]);
    for n in 0..2_000 {
        // 41 % of people's passwords are breached.
        let password = if n * 41 % 100 < 41 { "123456" } else { "own" };
        let sent = app(&site, n, password);
        assert_eq!(sent.action(), Action::Allow, "{n}");
        sent.answered("401");
    }
    assert_eq!(app(&site, 1, "own").action(), Action::Allow);
}

#[test]
fn a_tool_is_banned_by_any_mark_of_stuffing() {
    assert_eq!(banned().now.get(), Millis(1_760_000_000_000));
    // Many accounts an address.
    let site = only(&["tool"]);
    for n in 0..200 {
        let (ip, body) = (format!("10.0.{}.1", n / 50), format!("user=u{n}&password=p{n}"));
        let sent = site.send(&ip, &[("user-agent", "app/2.0")], Body::Complete(body.as_bytes()));
        sent.answered("401");
    }
    assert_eq!(app(&site, 999, "x").verdict().cause, Cause::Ban);
    // Many passwords an account.
    let site = only(&["tool"]);
    for n in 0..1_000 {
        let (ip, user) = (format!("10.{}.{}.1", n / 250, n % 250), n % 25);
        let body = format!("user=u{user}&password=p{n}");
        let sent = site.send(&ip, &[("user-agent", "app/2.0")], Body::Complete(body.as_bytes()));
        sent.answered("401");
    }
    assert_eq!(app(&site, 999, "x").verdict().cause, Cause::Ban);
}

#[test]
fn failures_of_known_devices_speak_against_a_ban() {
    let site = only(&["tool"]);
    for n in 0..60 {
        let cookie = app(&site, n, "right").cookie("200").expect("a device");
        site.wait(86_400);
        let body = format!("user=person{n}&password=123456");
        let headers = [("user-agent", "browser/2"), ("cookie", cookie.as_str())];
        let ip = format!("10.0.{n}.1");
        let sent = site.send(&ip, &headers, Body::Complete(body.as_bytes()));
        assert!(sent.decision.as_ref().expect("decided").facts.known_device, "{n}");
        assert_eq!(sent.action(), Action::Allow, "{n}");
        sent.answered("401");
    }
}

#[test]
fn few_attempts_of_a_banned_fingerprint_are_let_through_and_none_is_breached() {
    let site = banned();
    for period in 0..3 {
        let through = |password| {
            let sent = (1_000..1_400).map(|n| app(&site, n, password));
            let open: Vec<_> = sent.filter(|sent| !sent.action().stops()).collect();
            let count = open.len();
            for sent in open {
                sent.answered("401");
            }
            count
        };
        assert_eq!((through("123456"), through("own"), through("own")), (0, 6, 0), "{period}");
        site.wait(1_200);
    }
}

#[test]
fn a_probe_is_exempt_from_no_other_rule() {
    let site = site_of(&["tool", "unreadable", "ambiguous", "ip-guessing"], DEFAULTS);
    for n in 0..50 {
        app(&site, n, "123456").answered("401");
    }
    for n in 1_000..1_200 {
        let ip = format!("10.{}.{}.1", n / 250, n % 250);
        let body = Body::Complete(b"user=a&password=b&password=c");
        assert!(site.send(&ip, &[("user-agent", "app/2.0")], body).action().stops(), "{n}");
    }
}

#[test]
fn a_browser_that_probes_is_challenged() {
    let site = site_of(&["tool"], &DEFAULTS.replace("api", "browser"));
    for n in 0..50 {
        app(&site, n, "123456").answered("401");
    }
    let actions: Vec<_> = (1_000..1_100).map(|n| app(&site, n, "own").action()).collect();
    let of = |action| actions.iter().filter(|it| **it == action).count();
    assert_eq!((of(Action::Block), of(Action::Challenge)), (94, 6));
}

#[test]
fn two_people_who_get_in_lift_the_ban_and_one_does_not() {
    let site = banned();
    let mut probes = (1_000..2_000).map(|n| app(&site, n, "own"));
    let mut probe = || probes.find(|sent| !sent.action().stops()).expect("a probe");
    probe().answered("200");
    assert_eq!(app(&site, 999, "123456").action(), Action::Block);
    probe().answered("200");
    for n in 3_000..3_100 {
        assert_eq!(app(&site, n, "own").action(), Action::Allow, "{n}");
    }
}

#[test]
fn an_app_that_repeats_an_expired_password_costs_its_owner_nothing() {
    let site = Site::new(&DEFAULTS.replace("api", "browser"));
    for _ in 0..96 {
        site.login("192.0.2.1", "alice", "expired").answered("401");
        site.wait(900);
    }
    let owner = site.login("198.51.100.1", "alice", "new");
    assert_eq!(owner.action(), Action::Allow);
    owner.answered("200");
    for n in 0..10 {
        site.login(&format!("10.0.0.{n}"), "alice", &format!("guess{n}")).answered("401");
    }
    assert_eq!(site.login("198.51.100.1", "alice", "new").reasons(), "account");
}

#[test]
fn a_burst_of_guesses_at_an_account_is_challenged_before_it_is_answered() {
    let site = Site::new(&DEFAULTS.replace("api", "browser"));
    let _unanswered: Vec<_> = (0..11)
        .map(|n| site.login(&format!("10.0.{n}.1"), "alice", &format!("guess{n}")))
        .collect();
    assert_eq!(site.login("198.51.100.1", "alice", "new").action(), Action::Challenge);
}

#[test]
fn programs_are_challenged_for_what_they_do_and_not_for_what_others_do() {
    let policy = crate::config::parse(DEFAULTS.as_bytes()).expect("valid").policy;
    let challenging = policy.rules.iter().filter(|rule| rule.then == Action::Challenge);
    let still = challenging.filter(|rule| rule.then_for(Clients::Api) == Action::Challenge);
    let still: Vec<_> = still.map(|rule| rule.name.as_str()).collect();
    let own =
        ["ip-many-names", "ip-breached", "network-failures", "unreadable", "ambiguous", "batched"];
    assert_eq!(still, own);
}

#[test]
fn people_at_a_shared_address_are_challenged_and_not_blocked_for_one_of_them() {
    let site = site_of(&["ip-stuffing"], &DEFAULTS.replace("api", "browser"));
    for n in 0..5 {
        site.login("192.0.2.1", &format!("person{n}"), "right").answered("200");
    }
    for n in 0..300 {
        let sent = site.login("192.0.2.1", &format!("user{n}"), &format!("p{n}"));
        assert_ne!(sent.action(), Action::Block, "{n}");
        sent.answered("401");
    }
    let person = site.login("192.0.2.1", "person1", "right");
    assert_eq!((person.action(), person.verdict().cause), (Action::Challenge, Cause::Ban));
    site.wait(3 * 7_200);
    assert_eq!(site.login("192.0.2.1", "person1", "right").action(), Action::Allow);
}

/// Whether the last of these people is challenged for the initial password. Before, each fails with
/// it and gets in with another one at `home`, or nobody does.
fn is_sprayed(home: Option<&str>, rule: &str, wait: u64) -> bool {
    let site = only(&[rule]).reconfigured_for_browsers(rule);
    for n in 0..60 {
        let ip = format!("10.0.{n}.1");
        let sent = site.login(&ip, &format!("person{n}"), "welcome");
        if sent.action().stops() {
            return true;
        }
        sent.answered("401");
        if let Some(home) = home {
            let ip = if home.is_empty() { ip.as_str() } else { home };
            site.login(ip, &format!("person{n}"), "own").answered("200");
        }
        site.wait(wait);
    }
    false
}

impl Site {
    fn reconfigured_for_browsers(self, rule: &str) -> Self {
        drop(self);
        site_of(&[rule], &DEFAULTS.replace("api", "browser"))
    }
}

#[test]
fn a_wrong_password_that_people_were_told_is_no_spray() {
    for (rule, wait) in [("spray", 10), ("spray-slow", 1_000)] {
        assert!(!is_sprayed(Some(""), rule, wait), "{rule}: they get in with another one");
        assert!(is_sprayed(None, rule, wait), "{rule}: nobody gets in");
        assert!(is_sprayed(Some("10.99.0.1"), rule, wait), "{rule}: owners get in elsewhere");
    }
}

#[test]
fn a_popular_password_that_gets_in_is_no_slow_spray() {
    let site = site_of(&["spray-slow"], &DEFAULTS.replace("api", "browser"));
    for n in 0..200 {
        let sent = site.login(&format!("10.0.{n}.1"), &format!("person{n}"), "123456");
        assert_eq!(sent.action(), Action::Allow, "{n}");
        // Of people's logins 60 % at least succeed.
        sent.answered(if n % 5 < 3 { "200" } else { "401" });
        site.wait(300);
    }
}
