//! Outcomes that only the body of the response tells.

use super::*;
use crate::outcome::UpstreamResponse;

/// A page tells a failure, and a text or a redirect a success.
const PAGE: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"user","password":"password"}},
    "failure":{"status":"2xx","body":{"contains":"wrong password"}},
    "success":[{"status":200,"body":{"contains":"Welcome back"}},{"status":302}]}],
  "rules":[{"name":"ip-failures","when":{"ip.distinct_failures":{"over":10,"within":"1h"}},
            "then":"block","ban":"ip","for":"10m"}]}"#;

/// GraphQL: the status is always 200.
const GRAPHQL: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"user","password":"password"}},
    "failure":{"body":{"json":"/errors"}},
    "success":{"body":{"json":"/data/login/token"}}}],
  "rules":[]}"#;

const FAILED: &str = "<form><p>Sorry, wrong password.</p></form>";
const WELCOME: &str = "<h1>Welcome back</h1>";

/// What ends a response.
#[derive(Clone, Copy, Debug, PartialEq)]
enum ResponseEnd {
    Whole,
    Gone,
}

impl Sent<'_> {
    /// The outcome of a response with this body, which arrives in parts.
    fn told(
        mut self,
        status: &str,
        more: &[(&str, &str)],
        parts: impl Iterator<Item = Vec<u8>>,
        end: ResponseEnd,
    ) -> Option<ResponseEffects> {
        let mut headers = header_list(&[(":status", status)]);
        headers.extend(header_list(more));
        let (engine, host) = (&self.site.engine, self.site.host());
        let learnt = engine.response_headers(&host, &mut self.attempt, Headers::new(&headers));
        if learnt.is_some() {
            assert!(!self.attempt.reads_response());
            return learnt;
        }
        for part in parts {
            let wanted = self.attempt.response_bytes_wanted().min(part.len());
            if self.attempt.take_response(&part[..wanted]) {
                return engine.response_body(&host, &mut self.attempt, end == ResponseEnd::Whole);
            }
        }
        engine.response_body(&host, &mut self.attempt, end == ResponseEnd::Whole)
    }

    /// The outcome of a whole page with status 200.
    fn page(self, body: &str) -> Option<Outcome> {
        let part = std::iter::once(body.as_bytes().to_vec());
        self.told("200", &[], part, ResponseEnd::Whole).map(|learnt| learnt.outcome)
    }
}

#[test]
fn page_tells_the_outcome_in_parts_of_any_size() {
    let site = Site::new(PAGE);
    let parts_of = |body: &str, size: usize| {
        body.as_bytes().chunks(size).map(<[u8]>::to_vec).collect::<Vec<_>>().into_iter()
    };
    for (body, expected) in [
        (FAILED, Outcome::Failure),
        (WELCOME, Outcome::Success),
        ("<h1>Forgotten?</h1>", Outcome::Unknown),
    ] {
        for size in 1..body.len() + 1 {
            let sent = site.login(&format!("192.0.2.{size}"), "alice", "x");
            let learnt = sent.told("200", &[], parts_of(body, size), ResponseEnd::Whole);
            assert_eq!(learnt.map(|it| it.outcome), Some(expected), "{body} in parts of {size}");
        }
    }
}

#[test]
fn json_tells_the_outcome_where_the_status_does_not() {
    let site = Site::new(GRAPHQL);
    for (body, expected) in [
        (r#"{"errors":[{"message":"Bad credentials"}],"data":{"login":null}}"#, Outcome::Failure),
        (r#"{"data":{"login":{"token":"t"}}}"#, Outcome::Success),
        (r#"{"data":{"login":{"token":"t"}},"errors":[1]}"#, Outcome::Failure),
        (r#"{"data":{"login":null}}"#, Outcome::Unknown),
        (r#"[{"errors":[1]}]"#, Outcome::Failure),
    ] {
        assert_eq!(site.login("192.0.2.1", "alice", "x").page(body), Some(expected), "{body}");
    }
}

#[test]
fn failure_is_looked_for_before_success_in_the_body_too() {
    let site = Site::new(PAGE);
    let page = format!("{WELCOME}{FAILED}");
    assert_eq!(site.login("192.0.2.1", "alice", "x").page(&page), Some(Outcome::Failure));
}

#[test]
fn body_that_does_not_tell_is_a_failure() {
    let long = "x".repeat(64 << 10) + FAILED + WELCOME;
    let gzip = [("content-encoding", "gzip")];
    let none: [(&str, &str); 0] = [];
    for (what, status, headers, body, end) in [
        ("compressed", "200", &gzip[..], FAILED, ResponseEnd::Whole),
        ("a part of the page", "206", &none, "<", ResponseEnd::Whole),
        ("longer than is read", "200", &none, &long, ResponseEnd::Whole),
        ("client or upstream gone", "200", &none, "<form><p>Sorry, wrong pass", ResponseEnd::Gone),
        ("gone before the body", "200", &none, "", ResponseEnd::Gone),
        ("gone after a success", "200", &none, WELCOME, ResponseEnd::Gone),
        ("an answer to HEAD", "200", &none, "", ResponseEnd::Whole),
        ("no content", "204", &none, "", ResponseEnd::Whole),
    ] {
        let site = Site::new(PAGE);
        for n in 0..11 {
            let sent = site.login("192.0.2.1", &format!("user{n}"), "x");
            let part = std::iter::once(body.as_bytes().to_vec());
            let learnt = sent.told(status, headers, part, end);
            if let Some(learnt) = learnt {
                assert_eq!((learnt.outcome, learnt.is_unread), (Outcome::Failure, true), "{what}");
            }
        }
        // None of them lapses.
        site.wait(120);
        assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Block, "{what}");
    }
}

#[test]
fn failure_before_the_end_of_what_is_read_is_told() {
    let site = Site::new(PAGE);
    let page = format!("{FAILED}{}", "x".repeat(70 << 10));
    assert_eq!(site.login("192.0.2.1", "alice", "x").page(&page), Some(Outcome::Failure));
    let sent = site.login("192.0.2.1", "alice", "x");
    let part = std::iter::once(FAILED.as_bytes().to_vec());
    let learnt = sent.told("200", &[], part, ResponseEnd::Gone).expect("learnt");
    assert!(learnt.outcome == Outcome::Failure && !learnt.is_unread);
}

#[test]
fn error_of_upstream_without_a_body_is_no_failure() {
    let site = Site::new(&PAGE.replace("\"status\":\"2xx\",", ""));
    for (status, end) in [("500", ResponseEnd::Gone), ("503", ResponseEnd::Whole)] {
        let sent = site.login("192.0.2.1", "alice", "x");
        let learnt = sent.told(status, &[], std::iter::empty(), end).expect("learnt");
        assert_eq!(learnt.outcome, Outcome::Unknown, "{status}");
    }
}

#[test]
fn attempt_is_pending_until_the_body_tells() {
    let site = Site::new(PAGE);
    let response = header_list(&[(":status", "200")]);
    let mut open: Vec<_> =
        (0..10).map(|n| site.login("192.0.2.1", &format!("user{n}"), "x")).collect();
    for sent in &mut open {
        let headers = Headers::new(&response);
        let learnt = site.engine.response_headers(&site.host(), &mut sent.attempt, headers);
        assert!(learnt.is_none() && sent.attempt.reads_response());
    }
    assert_eq!(site.login("192.0.2.1", "alice", "x").verdict().cause, Cause::Pending);
    for sent in &mut open {
        sent.attempt.take_response(WELCOME.as_bytes());
        let learnt = site.engine.response_body(&site.host(), &mut sent.attempt, true);
        assert_eq!(learnt.map(|it| it.outcome), Some(Outcome::Success));
        assert!(sent.attempt.is_settled());
    }
    assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Allow);
}

#[test]
fn device_is_known_after_a_success_that_the_headers_show_and_not_after_one_in_the_body() {
    let site = Site::new(PAGE);
    let part = || std::iter::once(WELCOME.as_bytes().to_vec());
    let in_body =
        site.login("192.0.2.1", "alice", "x").told("200", &[], part(), ResponseEnd::Whole);
    let in_body = in_body.expect("learnt");
    assert!(in_body.outcome == Outcome::Success && in_body.set_cookie.is_none());
    let in_headers =
        site.login("192.0.2.1", "alice", "x").told("302", &[], part(), ResponseEnd::Whole);
    let in_headers = in_headers.expect("learnt");
    assert!(in_headers.outcome == Outcome::Success && in_headers.set_cookie.is_some());
}

#[test]
fn success_by_a_text_that_the_request_could_have_brought_is_unknown() {
    let site = Site::new(PAGE);
    for user in ["Welcome+back", "%57elcome+b%61ck", "alice+welcomes"] {
        let sent = site.login("192.0.2.1", user, "x");
        assert_eq!(sent.page("<p>Unknown user Welcome back"), Some(Outcome::Unknown), "{user}");
    }
    for header in [("user-agent", "Welcome back"), ("cookie", "lang=de; name=Welcome%20back")] {
        let sent = site.send("192.0.2.1", &[header], Body::Complete(b"user=alice&password=x"));
        assert_eq!(sent.page(WELCOME), Some(Outcome::Unknown), "{header:?}");
    }
    // Other signs of success count, and so do failures.
    assert_eq!(
        site.login("192.0.2.1", "Welcome+back", "x").answered("302"),
        Some(Outcome::Success)
    );
    assert_eq!(site.login("192.0.2.1", "Welcome+back", "x").page(FAILED), Some(Outcome::Failure));
    let gone = site.login("192.0.2.1", "Welcome+back", "x");
    let part = std::iter::once(b"<p>".to_vec());
    let learnt = gone.told("200", &[], part, ResponseEnd::Gone).expect("learnt");
    assert_eq!(learnt.outcome, Outcome::Failure);
}

#[test]
fn response_of_which_only_headers_matter_is_never_read() {
    let site = Site::new(LIMIT_TEN);
    for status in ["200", "401", "500"] {
        let mut sent = site.login("192.0.2.1", "alice", "x");
        assert!(!site.engine.may_read_response(&sent.attempt));
        let headers = header_list(&[(":status", status)]);
        let headers = Headers::new(&headers);
        let learnt = site.engine.response_headers(&site.host(), &mut sent.attempt, headers);
        assert!(learnt.is_some() && !sent.attempt.reads_response(), "{status}");
    }
    let site = Site::new(PAGE);
    assert!(site.engine.may_read_response(&site.login("192.0.2.1", "alice", "x").attempt));
}

#[test]
fn replay_knows_no_bodies_so_such_an_outcome_is_unknown() {
    let site = Site::new(PAGE);
    for (status, expected) in [("200", Outcome::Unknown), ("302", Outcome::Success)] {
        let mut sent = site.login("192.0.2.1", "alice", "x");
        let headers = header_list(&[(":status", status)]);
        let recorded = UpstreamResponse::recorded(Headers::new(&headers), site.host().now, None);
        let mut jar = CookieJar::default();
        let learnt = site.engine.respond(&site.host(), &mut sent.attempt, &recorded, &mut jar);
        assert_eq!(learnt.map(|it| it.outcome), Some(expected), "{status}");
    }
}

#[test]
fn outcome_that_a_trace_records_takes_precedence_over_the_conditions() {
    let site = Site::new(PAGE);
    for outcome in Outcome::ALL {
        let mut sent = site.login("192.0.2.1", "alice", "x");
        let headers = header_list(&[(":status", "302")]);
        let headers = Headers::new(&headers);
        let recorded = UpstreamResponse::recorded(headers, site.host().now, Some(outcome));
        let mut jar = CookieJar::default();
        let learnt = site.engine.respond(&site.host(), &mut sent.attempt, &recorded, &mut jar);
        assert_eq!(learnt.map(|it| it.outcome), Some(outcome));
    }
}

#[test]
fn form_without_a_password_fails_only_if_the_body_says_so() {
    let site = Site::new(PAGE);
    let other_form = |n: u32| format!("user=alice&code={n}");
    let long = "x".repeat(70 << 10);
    for n in 0..20 {
        let sent = site.send("192.0.2.1", &[], Body::Complete(other_form(n).as_bytes()));
        assert_eq!(sent.page(if n % 2 == 0 { &long } else { "" }), None, "{n}");
    }
    assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Allow);
    for n in 0..10 {
        let sent = site.send("192.0.2.1", &[], Body::Complete(other_form(n).as_bytes()));
        assert_eq!(sent.page(FAILED), Some(Outcome::Failure), "{n}");
    }
    assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Block);
}
