//! Each signal's value over a series of attempts: what raises it, and what does not.

use super::*;
use crate::decision::facts::{Facts, Pair, Pass};
use crate::request::client::Client;

/// One attempt of a series.
struct Login {
    ip: String,
    agent: String,
    user: String,
    password: String,
    status: &'static str,
}

/// A failed login whose every part is the same in each attempt.
fn same() -> Login {
    Login {
        ip: "192.0.2.1".to_owned(),
        agent: "curl".to_owned(),
        user: "ann".to_owned(),
        password: "typo".to_owned(),
        status: "401",
    }
}

fn annotate(condition: &str) -> String {
    let (front, _) = LIMIT_TEN.split_once("\"rules\"").expect("rules");
    format!(r#"{front}"rules":[{{"name":"r","when":{{{condition}}},"then":"annotate"}}]}}"#)
}

/// The number, from one, of the first of thirty attempts for which the condition holds.
fn first_match(condition: &str, login: impl Fn(u32) -> Login) -> Option<u32> {
    let site = Site::new(&annotate(condition));
    (1..=30).find(|n| {
        let Login { ip, agent, user, password, status } = login(*n);
        let body = format!("user={user}&password={password}");
        let headers = [("user-agent", agent.as_str())];
        let sent = site.send(&ip, &headers, Body::Complete(body.as_bytes()));
        let holds = sent.action() == Action::Annotate;
        sent.answered(status);
        holds
    })
}

/// Decides an attempt of a client without cookies whose facts are known at once.
fn decided(site: &Site, client: &Client, facts: Facts) -> (Decision, Attempt) {
    let headers = header_list(&[(":method", "POST"), (":path", "/login"), (":authority", "a")]);
    let endpoint = site.engine.endpoint(Headers::new(&headers)).expect("an endpoint");
    site.engine.decide(&site.host(), endpoint, client, facts, &mut CookieJar::default())
}

/// The same for attempts of one address whose facts are known at once.
fn first_match_of_facts(condition: &str, facts: impl Fn(u32) -> Facts) -> Option<u32> {
    let site = Site::new(&annotate(condition));
    let client = Client::at("192.0.2.1".parse().expect("an address"));
    (1..=30).find(|n| {
        let (decision, attempt) = decided(&site, &client, facts(*n));
        let holds = decision.verdict.action == Action::Annotate;
        Sent { site: &site, attempt, decision: None }.answered("401");
        holds
    })
}

fn pair(user: u32, password: u32) -> Pair {
    let password = Sha1Digest::of(&password.to_le_bytes());
    Pair { username: Some(format!("user{user}")), password: Some(password), tag: None }
}

#[test]
fn ip_attempts_counts_every_attempt_and_the_one_at_hand() {
    let condition = r#""ip.attempts":{"over":5,"within":"1h"}"#;
    assert_eq!(first_match(condition, |_| same()), Some(6));
    assert_eq!(first_match(condition, |_| Login { status: "200", ..same() }), Some(6));
    let elsewhere = |n| Login { ip: format!("192.0.2.{n}"), ..same() };
    assert_eq!(first_match(condition, elsewhere), None);
}

#[test]
fn ip_attempts_leaves_http_basic_out() {
    let condition = r#""ip.attempts":{"over":1,"within":"1h"}"#;
    let facts = |basic| move |n| Facts { pairs: vec![pair(n, n)], basic, ..Facts::default() };
    assert_eq!(first_match_of_facts(condition, facts(false)), Some(2));
    assert_eq!(first_match_of_facts(condition, facts(true)), None);
}

#[test]
fn ip_failures_counts_failures_repeated_ones_too() {
    let condition = r#""ip.failures":{"over":5,"within":"1h"}"#;
    assert_eq!(first_match(condition, |_| same()), Some(6));
    let every_other = |n| Login { status: if n % 2 == 0 { "200" } else { "401" }, ..same() };
    assert_eq!(first_match(condition, every_other), Some(10));
}

#[test]
fn ip_successes_counts_successes_before_the_attempt() {
    let condition = r#""ip.successes":{"over":5,"within":"1h"}"#;
    assert_eq!(first_match(condition, |_| Login { status: "200", ..same() }), Some(7));
    assert_eq!(first_match(condition, |_| same()), None);
}

#[test]
fn ip_usernames_counts_each_username_once() {
    let condition = r#""ip.usernames":{"over":5,"within":"1h"}"#;
    let list = |n| Login { user: format!("user{n}"), ..same() };
    assert_eq!(first_match(condition, list), Some(6));
    assert_eq!(first_match(condition, |_| same()), None);
}

#[test]
fn ip_distinct_breached_counts_each_breached_password_once() {
    let condition = r#""ip.distinct_breached":{"over":5,"within":"1h"}"#;
    let facts = |password: fn(u32) -> u32, breached| {
        move |n| Facts { pairs: vec![pair(n, password(n))], breached, ..Facts::default() }
    };
    assert_eq!(first_match_of_facts(condition, facts(|n| n, true)), Some(6));
    assert_eq!(first_match_of_facts(condition, facts(|_| 7, true)), None, "one password");
    assert_eq!(first_match_of_facts(condition, facts(|n| n, false)), None, "not breached");
}

#[test]
fn network_failures_counts_the_failures_of_neighbours() {
    let condition = r#""network.failures":{"over":5,"within":"1h"}"#;
    let neighbours = |n| Login { ip: format!("192.0.2.{n}"), ..same() };
    assert_eq!(first_match(condition, neighbours), Some(6));
    assert_eq!(first_match(condition, |n| Login { status: "200", ..neighbours(n) }), None);
    assert_eq!(first_match(condition, |n| Login { ip: format!("192.0.{n}.1"), ..same() }), None);
}

#[test]
fn successes_of_neighbours_excuse_failures_of_the_network() {
    let excused = r#""network.failures":{"over":5,"within":"1h","per_success":2}"#;
    let school = |n| Login {
        ip: format!("192.0.2.{n}"),
        user: format!("pupil{n}"),
        status: if n % 3 == 0 { "200" } else { "401" },
        ..same()
    };
    assert_eq!(first_match(excused, school), None);
    let plain = r#""network.failures":{"over":5,"within":"1h"}"#;
    assert_eq!(first_match(plain, school), Some(8));
}

#[test]
fn fingerprint_failures_counts_a_repeated_pair_of_an_address_once() {
    let condition = r#""fingerprint.failures":{"over":5,"within":"1h"}"#;
    let botnet = |n| Login { ip: format!("192.0.{n}.1"), ..same() };
    assert_eq!(first_match(condition, botnet), Some(6));
    assert_eq!(first_match(condition, |n| Login { agent: format!("bot{n}"), ..botnet(n) }), None);
    assert_eq!(first_match(condition, |_| same()), None, "one pair from one address");
}

#[test]
fn fingerprint_usernames_counts_each_username_once() {
    let condition = r#""fingerprint.usernames":{"over":5,"within":"1h"}"#;
    let botnet = |n| Login { ip: format!("192.0.{n}.1"), ..same() };
    assert_eq!(first_match(condition, |n| Login { user: format!("u{n}"), ..botnet(n) }), Some(6));
    assert_eq!(first_match(condition, botnet), None);
}

#[test]
fn fingerprint_failed_share_is_of_all_logins_with_the_fingerprint() {
    let condition = r#""fingerprint.failed_share":{"over":50,"within":"1h","at_least":10}"#;
    let botnet = |n| Login { ip: format!("192.0.{n}.1"), ..same() };
    assert_eq!(first_match(condition, botnet), Some(11));
    let most = |n| Login { status: if n % 2 == 1 { "401" } else { "200" }, ..botnet(n) };
    assert_eq!(first_match(condition, most), Some(12), "five of ten, then six of eleven");
    let half = |n| Login { status: if n % 2 == 0 { "401" } else { "200" }, ..botnet(n) };
    assert_eq!(first_match(condition, half), None);
}

#[test]
fn username_failures_counts_failures_from_anywhere() {
    let condition = r#""username.failures":{"over":5,"within":"1h"}"#;
    let anywhere = |n| Login { ip: format!("192.0.{n}.1"), ..same() };
    assert_eq!(first_match(condition, anywhere), Some(6));
    assert_eq!(first_match(condition, |n| Login { user: format!("u{n}"), ..same() }), None);
}

#[test]
fn username_ips_counts_each_address_once() {
    let condition = r#""username.ips":{"over":5,"within":"1h"}"#;
    let anywhere = |n| Login { ip: format!("192.0.{n}.1"), ..same() };
    assert_eq!(first_match(condition, anywhere), Some(6));
    assert_eq!(first_match(condition, |_| same()), None);
}

#[test]
fn password_usernames_counts_each_account_once() {
    let condition = r#""password.usernames":{"over":5,"within":"1h"}"#;
    let spray = |n| Login { user: format!("user{n}"), ..same() };
    assert_eq!(first_match(condition, spray), Some(6));
    assert_eq!(first_match(condition, |n| Login { status: "200", ..spray(n) }), None);
    assert_eq!(first_match(condition, |_| same()), None);
}

#[test]
fn password_failed_share_counts_each_account_that_failed_once() {
    let condition = r#""password.failed_share":{"over":50,"within":"1h","at_least":10}"#;
    let spray = |n| Login { user: format!("user{n}"), ..same() };
    assert_eq!(first_match(condition, spray), Some(11));
    assert_eq!(first_match(condition, |_| same()), None, "one account");
    let popular = |n| Login { status: if n % 2 == 0 { "401" } else { "200" }, ..spray(n) };
    assert_eq!(first_match(condition, popular), None);
}

#[test]
fn flags_are_those_of_the_attempt() {
    let holds =
        |condition, facts: Facts| first_match_of_facts(condition, |_| facts.clone()) == Some(1);
    let absent = Facts { absent: true, ..Facts::default() };
    assert!(holds(r#""credentials.absent":true"#, absent));
    assert!(!holds(r#""credentials.absent":true"#, Facts::default()));
    let known = Facts { known_device: true, ..Facts::default() };
    assert!(holds(r#""device.known":true"#, known.clone()));
    assert!(!holds(r#""device.known":false"#, known));
}

#[test]
fn parallel_guesses_at_one_account_are_cut_off() {
    for policy in [LIMIT_TEN.to_owned(), LIMIT_TEN.replace("ip.distinct_failures", "ip.failures")] {
        let site = Site::new(&policy);
        let sent: Vec<_> =
            (0..30).map(|n| site.login("192.0.2.1", "ann", &format!("p{n}"))).collect();
        let through = sent.iter().filter(|sent| sent.action() == Action::Allow).count();
        assert_eq!(through, 10, "{policy}");
    }
}

#[test]
fn a_pass_does_not_cover_a_block() {
    let site = Site::new(LIMIT_TEN);
    let client = Client::at("192.0.2.1".parse().expect("an address"));
    site.stuff("192.0.2.1", 0..10);
    let facts = Facts { pairs: vec![pair(1, 1)], pass: Pass::Covers, ..Facts::default() };
    let (decision, _) = decided(&site, &client, facts);
    assert_eq!(decision.verdict.action, Action::Block);
}

#[test]
fn http_basic_gets_no_device_cookie() {
    let site = Site::new(LIMIT_TEN);
    let client = Client::at("192.0.2.1".parse().expect("an address"));
    let cookie = |basic| {
        let facts = Facts { pairs: vec![pair(1, 1)], basic, ..Facts::default() };
        let (_, attempt) = decided(&site, &client, facts);
        Sent { site: &site, attempt, decision: None }.cookie("200")
    };
    assert!(cookie(false).is_some());
    assert_eq!(cookie(true), None);
}

#[test]
fn two_devices_of_one_account_at_the_same_moment_differ() {
    let site = Site::new(LIMIT_TEN);
    let cookie = |ip| site.login(ip, "ann", "right").cookie("200").expect("a cookie");
    assert_ne!(cookie("192.0.2.1"), cookie("192.0.2.2"));
}

#[test]
fn only_an_enforced_rule_about_breaches_tells_upstream_of_one() {
    let exposed = |rule: &str| {
        let site = Site::new(
            &annotate(r#""ip.attempts":{"over":1,"within":"1h"}"#)
                .replace("\"rules\":[", &format!("\"rules\":[{rule}")),
        );
        site.login("192.0.2.1", "bob", "123456").answered("401");
        let sent = site.login("192.0.2.1", "bob", "123456");
        assert_eq!(sent.action(), Action::Annotate);
        sent.verdict().exposed
    };
    let breached = r#"{"name":"b","when":{"password.breached":true},"then":"annotate"},"#;
    assert_eq!(exposed(breached), Some(Exposed::Password));
    assert_eq!(exposed(&breached.replace("\"then\"", "\"mode\":\"shadow\",\"then\"")), None);
    assert_eq!(exposed(""), None);
}

#[test]
fn a_stopped_attempt_tells_upstream_of_no_breach() {
    let breached = r#"{"name":"b","when":{"password.breached":true},"then":"annotate"},"#;
    let site = Site::new(&LIMIT_TEN.replace("\"rules\":[", &format!("\"rules\":[{breached}")));
    site.stuff("192.0.2.1", 0..10);
    let sent = site.login("192.0.2.1", "bob", "123456");
    assert_eq!((sent.action(), sent.verdict().exposed), (Action::Block, None));
}
