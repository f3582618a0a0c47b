//! Stopping an address, and how long it stays stopped.

use super::*;

#[test]
fn the_eleventh_distinct_failure_is_blocked_and_bans_the_address() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..10);
    let eleventh = site.login("192.0.2.1", "user10", "leaked10");
    assert_eq!((eleventh.action(), eleventh.verdict().cause), (Action::Block, Cause::Rules));
    // Even a good login is stopped now, by the ban; another address is untouched.
    let banned = site.login("192.0.2.1", "alice", "right");
    assert_eq!((banned.action(), banned.verdict().cause), (Action::Block, Cause::Ban));
    assert_eq!(banned.reasons(), "ip-failures");
    assert_eq!(site.login("192.0.2.2", "alice", "right").action(), Action::Allow);
}

#[test]
fn one_wrong_password_repeated_is_not_stuffing() {
    let site = Site::new(LIMIT_TEN);
    for _ in 0..200 {
        let sent = site.login("192.0.2.1", "script", "expired");
        assert_eq!(sent.action(), Action::Allow);
        assert_eq!(sent.answered("401"), Some(Outcome::Failure));
    }
}

#[test]
fn a_standing_ban_is_seen_in_the_headers() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    let mut attempt = Attempt::default();
    let headers = header_list(&[(":method", "POST"), (":path", "/login"), (":authority", "a")]);
    let peer = b"192.0.2.1:5";
    let step = site.headers(&mut attempt, &headers, peer);
    assert!(matches!(step, Step::Decided(d) if d.verdict.cause == Cause::Ban));
    assert!(attempt.is_settled());
}

#[test]
fn ban_of_another_worker_is_enforced_when_the_body_has_come_and_then_in_the_headers() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    let site = site.reconfigured(LIMIT_TEN);
    let held = |attempt: &mut Attempt| site.headers(attempt, &login_headers(&[]), b"192.0.2.1:5");
    let mut attempt = Attempt::default();
    assert!(matches!(held(&mut attempt), Step::Hold));
    let body = Body::Complete(b"user=alice&password=right");
    let step = site.engine.request_body(&site.host(), &mut attempt, body);
    assert!(matches!(step, Step::Decided(d) if d.verdict.cause == Cause::Ban));
    assert!(attempt.is_settled());
    let mut next = Attempt::default();
    assert!(matches!(held(&mut next), Step::Decided(d) if d.verdict.cause == Cause::Ban));
}

#[test]
fn a_ban_that_ends_clears_failures_and_the_next_is_longer() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    site.wait(601);
    assert_eq!(site.login("192.0.2.1", "alice", "right").answered("200"), Some(Outcome::Success));
    site.stuff("192.0.2.1", 100..111);
    site.wait(601);
    assert_eq!(site.login("192.0.2.1", "alice", "right").verdict().cause, Cause::Ban);
    site.wait(601);
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn an_attack_that_goes_on_prolongs_its_ban_at_most_to_twice() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    for n in 0..1199 {
        site.wait(1);
        let sent = site.login("192.0.2.1", &format!("user{n}"), "x");
        assert_eq!(sent.verdict().cause, Cause::Ban, "after {n} s");
    }
    site.wait(2);
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn retries_below_the_rate_do_not_prolong_a_ban() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    site.wait(599);
    assert_eq!(site.login("192.0.2.1", "alice", "right").verdict().cause, Cause::Ban);
    site.wait(2);
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn a_ban_does_not_stop_a_token_refresh() {
    let oauth =
        LIMIT_TEN.replace("\"failure\"", "\"body\":{\"grant_type\":\"password\"},\"failure\"");
    let site = Site::new(&oauth);
    for n in 0..11 {
        let body = format!("grant_type=password&user=u{n}&password=x");
        site.send("192.0.2.1", &[], Body::Complete(body.as_bytes())).answered("401");
    }
    let refresh = b"grant_type=refresh_token&refresh_token=x";
    assert!(site.send("192.0.2.1", &[], Body::Complete(refresh)).decision.is_none());
    let login = b"grant_type=password&user=alice&password=right";
    let sent = site.send("192.0.2.1", &[], Body::Complete(login));
    assert_eq!(sent.verdict().cause, Cause::Ban);
}

#[test]
fn a_clock_that_steps_back_neither_panics_nor_bans() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..5);
    site.now.set(Millis(0));
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
    site.now.set(Millis(u64::MAX));
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
}

/// A policy that bans `banned` for ten minutes, from the eleventh failure on.
fn bans(banned: &str, body: &str) -> String {
    LIMIT_TEN
        .replace("ip.distinct_failures", &format!("{banned}.failures"))
        .replace("\"ban\":\"ip\"", &format!("\"ban\":\"{banned}\""))
        .replace("\"failure\"", &format!("{body}\"failure\""))
}

#[test]
fn stopped_attempts_prolong_the_bans_of_networks_and_fingerprints() {
    // With a condition on the body the headers prove no login: the ban is seen after the body.
    let by_body = "\"body\":{\"grant_type\":\"password\"},";
    for (banned, body) in
        [("network", ""), ("network", by_body), ("fingerprint", ""), ("fingerprint", by_body)]
    {
        let site = Site::new(&bans(banned, body));
        let login = |n: u32| {
            // A breached password is no probe of a banned fingerprint.
            let body = format!("grant_type=password&user=user{n}&password=123456");
            let ip = format!("192.0.2.{n}");
            site.send(&ip, &[("user-agent", "tool")], Body::Complete(body.as_bytes()))
        };
        for n in 0..10 {
            login(n).answered("401");
        }
        assert_eq!(login(10).verdict().cause, Cause::Rules, "{banned} {body}");
        for n in 11..20 {
            site.wait(60);
            assert_eq!(login(n).verdict().cause, Cause::Ban, "{banned} {body}");
        }
        site.wait(120);
        assert_eq!(login(20).verdict().cause, Cause::Ban, "{banned} {body}: eleven minutes");
        site.wait(1_200);
        assert_eq!(login(21).action(), Action::Allow, "{banned} {body}");
    }
}
