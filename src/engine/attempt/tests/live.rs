//! Live lookups: who is asked, when, and what an answer changes.

use super::*;
use crate::live_lookup::LiveLookup;

const ASKS: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"user","password":"password"}},
    "failure":{"status":401},"success":{"status":200}}],
  "live_lookup":{"cluster":"ranges","per_second":3,"remember":"1m"},
  "rules":[
    {"name":"slow","when":{"ip.failures":{"over":2,"within":"1h"}},"then":"block"},
    {"name":"leaked","when":{"password.breached_live":true},"then":"annotate"},
    {"name":"unknown","when":{"password.breached_live":false},"then":"annotate"}]}"#;

const ABC: &[u8] = b"E364706816ABA3E25717850C26C9CD0D89D:5\r\n";
const OTHER: &[u8] = b"0000000000000000000000000000000000A:5\r\n";

/// A login that has come as far as it can without an answer.
fn ask(site: &Site, ip: &str, user: &str, password: &str) -> (Attempt, Step) {
    let headers = login_headers(&[]);
    let mut attempt = Attempt::default();
    site.headers(&mut attempt, &headers, format!("{ip}:1").as_bytes());
    let body = format!("user={user}&password={password}");
    let body = Body::Complete(body.as_bytes());
    let step = site.engine.request_body(&site.host(), &mut attempt, body);
    (attempt, step)
}

fn asks(site: &Site, ip: &str, password: &str) -> Option<String> {
    match ask(site, ip, "anna", password).1 {
        Step::Ask(Question::Range(range)) => Some(range.to_string()),
        _ => None,
    }
}

/// The decision on a login with the password `abc` after this answer.
fn decided<'s>(site: &'s Site, answer: Option<&[u8]>) -> Sent<'s> {
    let (mut attempt, step) = ask(site, "192.0.2.1", "anna", "abc");
    let step = match step {
        Step::Ask(_) => site.engine.answer(&site.host(), &mut attempt, Body::None, answer),
        step => step,
    };
    let Step::Decided(decision) = step else { panic!("{step:?}") };
    Sent { site, attempt, decision: Some(*decision) }
}

fn lookup(sent: &Sent<'_>) -> LiveLookup {
    sent.decision.as_ref().expect("a decision").facts.live_lookup
}

#[test]
fn five_digits_are_asked_for_and_the_answer_decides() {
    for (answer, lookup_is, reasons) in [
        (Some(ABC), LiveLookup::Found, "leaked"),
        (Some(OTHER), LiveLookup::NotFound, "unknown"),
        (Some(b"<html>".as_slice()), LiveLookup::Failed, ""),
        (None, LiveLookup::Failed, ""),
    ] {
        let site = Site::new(ASKS);
        assert_eq!(asks(&site, "192.0.2.1", "abc").as_deref(), Some("A9993"));
        let sent = decided(&site, answer);
        assert_eq!((lookup(&sent), sent.reasons().as_str()), (lookup_is, reasons));
        assert_eq!(sent.verdict().exposed, (reasons == "leaked").then_some(Exposed::Password));
        assert_eq!(sent.answered("401"), Some(Outcome::Failure), "charged once, and settled");
    }
}

#[test]
fn login_is_decided_once_however_many_answers_come() {
    let site = Site::new(ASKS);
    let mut sent = decided(&site, Some(ABC));
    let again = site.engine.answer(&site.host(), &mut sent.attempt, Body::None, None);
    assert!(matches!(again, Step::PassThrough), "{again:?}");
    assert_eq!(sent.answered("401"), Some(Outcome::Failure));
}

#[test]
fn password_that_the_filter_knows_is_not_asked_for() {
    let site = Site::new(ASKS);
    let sent = site.login("192.0.2.1", "anna", "123456");
    assert_eq!((lookup(&sent), sent.reasons().as_str()), (LiveLookup::NotAsked, "leaked"));
}

#[test]
fn answer_is_remembered_for_its_time_and_a_missing_one_is_not() {
    let site = Site::new(ASKS);
    decided(&site, None).answered("200");
    decided(&site, Some(ABC)).answered("200");
    let again = decided(&site, Some(OTHER));
    assert_eq!(
        (lookup(&again), again.reasons().as_str()),
        (LiveLookup::Remembered(true), "leaked")
    );
    again.answered("200");
    site.wait(60);
    assert_eq!(lookup(&decided(&site, Some(OTHER))), LiveLookup::NotFound);
}

#[test]
fn no_more_are_asked_in_a_second_than_configured() {
    let site = Site::new(ASKS);
    let asked = |n: u32| asks(&site, &format!("192.0.2.{n}"), &format!("p{n}")).is_some();
    assert_eq!((1..10).filter(|n| asked(*n)).count(), 3);
    assert_eq!(lookup(&decided(&site, Some(ABC))), LiveLookup::OverBudget);
    site.wait(1);
    assert_eq!((1..10).filter(|n| asked(*n)).count(), 3);
}

#[test]
fn login_that_is_stopped_anyway_is_not_asked_for() {
    let site = Site::new(ASKS);
    for n in 0..3 {
        let (mut attempt, _) = ask(&site, "192.0.2.1", &format!("u{n}"), "wrong");
        site.engine.answer(&site.host(), &mut attempt, Body::None, Some(OTHER));
        Sent { site: &site, attempt, decision: None }.answered("401");
    }
    site.wait(1);
    assert_eq!(asks(&site, "192.0.2.1", "abc"), None);
    assert!(asks(&site, "192.0.2.2", "abc").is_some());
}

#[test]
fn nothing_is_asked_that_no_rule_hinges_on() {
    let rule = |when: &str| ASKS.replace(r#"{"password.breached_live":true}"#, when);
    let without = rule(r#"{"password.breached":true}"#)
        .replace(r#","when":{"password.breached_live":false}"#, r#","when":{"device.known":true}"#);
    assert_eq!(asks(&Site::new(&without), "192.0.2.1", "abc"), None);
    let only = rule(r#"{"password.breached_live":true,"ip.failures":{"over":1,"within":"1h"}}"#)
        .replace(r#","when":{"password.breached_live":false}"#, r#","when":{"device.known":true}"#);
    assert_eq!(asks(&Site::new(&only), "192.0.2.1", "abc"), None, "the other does not hold");
    let site = Site::new(&only);
    site.login("192.0.2.1", "anna", "wrong").answered("401");
    assert!(asks(&site, "192.0.2.1", "abc").is_some());
}

#[test]
fn login_with_several_passwords_is_not_asked_for() {
    let site = Site::new(ASKS);
    let sent = site.send("192.0.2.1", &[], Body::Complete(b"user=a&password=abc&password=d"));
    assert_eq!(lookup(&sent), LiveLookup::NotAsked);
}
