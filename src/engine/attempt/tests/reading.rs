//! From what was sent to one decision: no decoy hides anything, and nothing counts twice.

use super::*;

#[test]
fn a_request_is_decided_exactly_once() {
    let site = Site::new(LIMIT_TEN);
    let mut sent = site.login("192.0.2.1", "alice", "typo");
    let again =
        site.engine.request_body(&site.host(), &mut sent.attempt, Body::Complete(b"user=b"));
    assert!(matches!(again, Step::PassThrough));
    assert_eq!(sent.answered("401"), Some(Outcome::Failure), "its charge is still open");
}

#[test]
fn a_response_is_learnt_from_exactly_once() {
    let site = Site::new(LIMIT_TEN);
    let mut sent = site.login("192.0.2.1", "alice", "typo");
    let response = header_list(&[(":status", "401")]);
    let mut learn = || {
        let response = Headers::new(&response);
        site.engine.response_headers(&site.host(), &mut sent.attempt, response).is_some()
    };
    assert!(learn());
    assert!(!learn());
}

#[test]
fn an_early_answer_is_decided_by_what_has_come_and_learnt_from() {
    let site = Site::new(LIMIT_TEN);
    for n in 0..10 {
        let mut attempt = Attempt::default();
        let path = format!("/login?user=u{n}&password=guess{n}");
        let headers = header_list(&[(":method", "POST"), (":path", &path), (":authority", "a")]);
        let peer = b"192.0.2.1:5";
        let step = site.headers(&mut attempt, &headers, peer);
        assert!(matches!(step, Step::Hold));
        let step = site.engine.request_body(&site.host(), &mut attempt, Body::Cut(b""));
        assert!(matches!(step, Step::Decided(d) if d.facts.unreadable));
        let response = header_list(&[(":status", "401")]);
        let response = Headers::new(&response);
        let learnt = site.engine.response_headers(&site.host(), &mut attempt, response);
        assert_eq!(learnt.map(|learnt| learnt.outcome), Some(Outcome::Failure));
    }
    assert_eq!(site.login("192.0.2.1", "user", "x").action(), Action::Block);
}

/// Two endpoints whose fields and answers differ.
const TWO: &str = r#"{"mode":"enforce",
  "endpoints":[
    {"name":"blog","match":{"path":"/blog"},
     "credentials":{"form":{"username":"log","password":"pwd"}},
     "failure":{"status":200},"success":{"status":302}},
    {"name":"web","match":{"path":"/login"},
     "credentials":{"form":{"username":"user","password":"password"}},
     "failure":{"status":401},"success":{"status":200}}],
  "rules":[{"name":"ip-failures","when":{"ip.distinct_failures":{"over":10,"within":"1h"}},
            "then":"block","ban":"ip","for":"10m"}]}"#;

#[test]
fn a_decoy_for_another_endpoint_hides_nothing() {
    let site = Site::new(TWO);
    for n in 0..10 {
        let body = format!("log=a&pwd=b&user=alice&password=guess{n}");
        let more = [("x-original-url", "/blog")];
        let sent = site.send("192.0.2.1", &more, Body::Complete(body.as_bytes()));
        assert!(sent.decision.as_ref().expect("a decision").facts.ambiguous, "{n}");
        // A failure for one, whatever it is for the other.
        assert_eq!(sent.answered("401"), Some(Outcome::Failure));
    }
    assert_eq!(site.login("192.0.2.1", "bob", "x").action(), Action::Block);
}

#[test]
fn two_endpoints_that_read_the_same_are_not_ambiguous() {
    let twice = TWO.replace("/blog", "/login").replace("\"log\"", "\"user\"");
    let site = Site::new(&twice.replace("\"pwd\"", "\"password\""));
    let sent = site.login("192.0.2.1", "alice", "right");
    assert!(!sent.decision.as_ref().expect("a decision").facts.ambiguous);
    assert_eq!(sent.answered("200"), Some(Outcome::Failure), "one of them says so");
}

#[test]
fn a_constant_decoy_beside_what_cannot_be_read_is_counted_anew_each_time() {
    let site = Site::new(LIMIT_TEN);
    for n in 0..10 {
        let body = [0x1f, 0x8b, n];
        let more = [(":path", "/login?user=a&password=b"), ("content-encoding", "gzip")];
        site.send("192.0.2.1", &more, Body::Complete(&body)).answered("401");
    }
    assert_eq!(site.login("192.0.2.1", "user", "x").action(), Action::Block);
}

#[test]
fn distinct_unreadable_bodies_are_distinct_failures() {
    let site = Site::new(LIMIT_TEN);
    for n in 0..10 {
        let body = [0x1f, 0x8b, n];
        let sent = site.send("192.0.2.1", &[("content-encoding", "gzip")], Body::Complete(&body));
        assert!(sent.decision.as_ref().expect("a decision").facts.unreadable);
        sent.answered("401");
    }
    assert_eq!(site.login("192.0.2.1", "user", "x").action(), Action::Block);
}

#[test]
fn an_upgrade_at_a_login_location_is_refused() {
    let site = Site::new(LIMIT_TEN);
    let more = [("connection", "upgrade"), ("upgrade", "websocket")];
    let sent = site.send("192.0.2.1", &more, Body::None);
    assert_eq!((sent.action(), sent.verdict().cause), (Action::Block, Cause::Upgrade));
}

#[test]
fn an_endpoint_whose_password_is_absent_does_not_judge_a_login_at_another() {
    let site = Site::new(&TWO.replace("/blog", "/login"));
    let sent = site.login("192.0.2.1", "alice", "right");
    assert_eq!(sent.answered("200"), Some(Outcome::Success), "the blog calls it a failure");
}
