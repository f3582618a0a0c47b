//! Attempts that upstream did not answer: nothing of them is held against anybody without proof.

use super::*;
use crate::outcome::local_reply::is_unseen;

/// The details of replies that no upstream has seen anything of.
const DOWN: &str = "no_healthy_upstream";
const REFUSED: &str = "upstream_reset_before_response_started{remote_connection_failure|_111}";
/// Details that leave open what was checked.
const TIMEOUT: &str = "response_timeout";
const DENIED: &str = "ext_authz_denied";

impl Sent<'_> {
    fn replied(mut self, status: &str, details: &str) -> Option<Outcome> {
        let headers = header_list(&[(":status", status)]);
        let code_details = details.as_bytes();
        let reply = LocalReply {
            headers: Headers::new(&headers),
            code_details,
            is_unseen: is_unseen(code_details),
        };
        let effects = self.site.engine.local_reply(&self.site.host(), &mut self.attempt, &reply)?;
        assert!(self.attempt.is_settled());
        Some(effects.outcome)
    }

    fn hung_up(mut self) {
        self.site.engine.abandon(&self.site.host(), &mut self.attempt);
    }

    fn retry_after(&self) -> Option<u32> {
        self.verdict().reply(self.site.engine.policy()).expect("it was stopped").retry_after
    }
}

fn with_failure(failure: &str) -> Site {
    Site::new(&LIMIT_TEN.replace(r#""failure":{"status":401}"#, failure))
}

#[test]
fn what_no_upstream_has_seen_leaves_no_trace() {
    for details in [DOWN, REFUSED] {
        let site = Site::new(LIMIT_TEN);
        for n in 0..100 {
            let sent = site.login("192.0.2.1", &format!("user{n}"), "x");
            assert_eq!(sent.action(), Action::Allow, "{details}: {n}");
            assert_eq!(sent.replied("503", details), Some(Outcome::Unknown));
        }
        // Ten may fail now, as if nothing had been.
        site.stuff("192.0.2.1", 0..10);
        assert_eq!(site.login("192.0.2.1", "user10", "x").verdict().cause, Cause::Rules);
    }
}

#[test]
fn what_no_upstream_has_seen_counts_as_no_attempt_of_the_address() {
    let limit = r#"{"mode":"enforce","endpoints":[{"name":"web","match":{"path":"/login"},
        "credentials":{"form":{"username":"user","password":"password"}}}],
      "rules":[{"name":"busy","when":{"ip.attempts":{"over":3,"within":"1h"}},"then":"block"}]}"#;
    let site = Site::new(limit);
    for _ in 0..5 {
        site.login("192.0.2.1", "alice", "x").replied("503", DOWN);
    }
    for _ in 0..3 {
        assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Allow);
    }
    assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Block);
}

#[test]
fn a_burst_whose_guesses_may_have_been_checked_is_cut_off_and_bans_nobody() {
    for details in [TIMEOUT, DENIED, "upstream_reset_before_response_started{remote_reset}", ""] {
        let site = Site::new(LIMIT_TEN);
        for n in 0..10 {
            let sent = site.login("192.0.2.1", &format!("user{n}"), "x");
            assert_eq!(sent.replied("403", details), Some(Outcome::Unknown), "{details}");
        }
        let eleventh = site.login("192.0.2.1", "user10", "x");
        assert_eq!(eleventh.verdict().cause, Cause::Pending, "{details}");
        site.wait(121);
        assert_eq!(site.login("192.0.2.1", "user10", "x").action(), Action::Allow, "{details}");
    }
}

#[test]
fn a_client_that_hangs_up_stays_charged() {
    let site = Site::new(LIMIT_TEN);
    (0..10).for_each(|n| site.login("192.0.2.1", &format!("user{n}"), "x").hung_up());
    assert_eq!(site.login("192.0.2.1", "user10", "x").verdict().cause, Cause::Pending);
}

#[test]
fn a_throttled_client_is_told_the_time_that_it_takes() {
    let site = Site::new(LIMIT_TEN);
    // Five lapse after a minute, five more with the generation that they are counted in.
    (0..10).for_each(|n| {
        site.login("192.0.2.1", &format!("user{n}"), "x").replied("504", TIMEOUT);
    });
    site.wait(20);
    let throttled = site.login("192.0.2.1", "user10", "x");
    let wait = throttled.retry_after().expect("a time");
    assert_eq!(wait, 40);
    site.wait(u64::from(wait) - 1);
    assert_eq!(site.login("192.0.2.1", "user10", "x").verdict().cause, Cause::Pending);
    site.wait(1);
    assert_eq!(site.login("192.0.2.1", "user10", "x").action(), Action::Allow);
}

#[test]
fn a_person_who_gets_in_after_a_timeout_is_pending_no_more() {
    let site = Site::new(LIMIT_TEN);
    for n in 0..10 {
        let login = || site.login("192.0.2.1", &format!("user{n}"), "right");
        login().replied("504", TIMEOUT);
        if n < 5 {
            login().answered("200");
        }
    }
    assert_eq!(site.login("192.0.2.1", "user10", "x").action(), Action::Allow);
}

#[test]
fn a_refusal_that_is_declared_is_a_failure() {
    let site = with_failure(r#""failure":[{"code_details":["ext_authz_*"],"status":403}]"#);
    for n in 0..10 {
        let sent = site.login("192.0.2.1", &format!("user{n}"), "x");
        assert_eq!(sent.replied("403", DENIED), Some(Outcome::Failure));
    }
    assert_eq!(site.login("192.0.2.1", "user10", "x").verdict().cause, Cause::Rules);
    // Every part of the condition must hold, and it is not about upstream.
    let sent = site.login("192.0.2.2", "alice", "x");
    assert_eq!(sent.replied("500", DENIED), Some(Outcome::Unknown));
    assert_eq!(site.login("192.0.2.2", "alice", "x").answered("403"), Some(Outcome::Unknown));
}

#[test]
fn an_answer_of_a_filter_can_be_declared_a_success() {
    let site = Site::new(&LIMIT_TEN.replace(
        r#""success":{"status":200}"#,
        r#""success":{"status":302,"code_details":"ext_authz_denied"}"#,
    ));
    let sent = site.login("192.0.2.1", "alice", "x");
    assert_eq!(sent.replied("302", DENIED), Some(Outcome::Success));
    let sent = site.login("192.0.2.1", "alice", "x");
    assert_eq!(sent.replied("302", DOWN), Some(Outcome::Unknown));
}

#[test]
fn a_condition_without_details_is_about_upstream_alone() {
    let site = with_failure(r#""failure":{"status":[401,503]}"#);
    let sent = site.login("192.0.2.1", "alice", "x");
    assert_eq!(sent.replied("503", DENIED), Some(Outcome::Unknown));
    let sent = site.login("192.0.2.1", "alice", "x");
    assert_eq!(sent.replied("200", DENIED), Some(Outcome::Unknown), "nor is it a success");
}

#[test]
fn a_held_request_that_the_router_refuses_is_not_decided() {
    let site = Site::new(LIMIT_TEN);
    let (mut attempt, headers) = (Attempt::default(), login_headers(&[]));
    let peer = b"192.0.2.1:1";
    let step = site.headers(&mut attempt, &headers, peer);
    assert!(matches!(step, Step::Hold));
    let headers = header_list(&[(":status", "404")]);
    let reply = LocalReply {
        headers: Headers::new(&headers),
        code_details: b"route_not_found",
        is_unseen: true,
    };
    assert!(site.engine.local_reply(&site.host(), &mut attempt, &reply).is_none());
    assert!(attempt.is_settled());
}
