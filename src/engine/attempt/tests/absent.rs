//! Requests at a login's URL without a password: other forms, and the login page itself.

use super::*;

/// A form that shares the login's URL.
fn other_form(number: u32) -> String {
    format!("csrf={number}&user=alice&otp=123456")
}

impl Site {
    fn without_password(&self, ip: &str, body: &str) -> Sent<'_> {
        self.send(ip, &[], Body::Complete(body.as_bytes()))
    }

    /// Sends a request without a body.
    fn bodiless(&self, method: &str, path: &str, more: &[(&str, &str)]) -> Step {
        let mut headers = header_list(&[(":method", method), (":path", path), (":authority", "a")]);
        headers.extend(header_list(more));
        let mut attempt = Attempt::default();
        self.engine.request_headers(
            &self.host(),
            &mut attempt,
            Headers::new(&headers),
            b"192.0.2.1:1",
            true,
        )
    }
}

#[test]
fn other_forms_at_the_login_are_stopped_by_no_default_rule_however_many() {
    let site = Site::new(r#"{"mode":"enforce"}"#);
    for n in 0..300 {
        let sent = site.without_password("192.0.2.1", &other_form(n));
        let decision = sent.decision.as_ref().expect("a decision");
        assert!(decision.facts.absent && decision.verdict.reasons.is_empty(), "{n}");
        assert_eq!(sent.answered("200"), None, "{n}: no outcome of a login");
    }
}

#[test]
fn pending_requests_without_a_password_stop_nobody() {
    let site = Site::new(LIMIT_TEN);
    let sent: Vec<_> =
        (0..30).map(|n| site.without_password("192.0.2.1", &other_form(n))).collect();
    assert!(sent.iter().all(|sent| sent.action() == Action::Allow));
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn failure_without_a_password_is_one_of_its_address() {
    let site = Site::new(LIMIT_TEN);
    for n in 0..10 {
        let sent = site.without_password("192.0.2.1", &other_form(n));
        assert_eq!(sent.answered("401"), Some(Outcome::Failure));
        // The same again is no other failure.
        site.without_password("192.0.2.1", &other_form(n)).answered("401");
    }
    assert_eq!(site.login("192.0.2.2", "alice", "x").action(), Action::Allow);
    assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Block);
    assert_eq!(site.without_password("192.0.2.1", "user=alice").verdict().cause, Cause::Ban);
}

#[test]
fn failure_without_a_password_concerns_neither_account_nor_fingerprint_nor_device() {
    for signal in ["username.failures", "fingerprint.failures"] {
        let condition = format!(r#"{{"{signal}":{{"over":3,"within":"1h"}}}}"#);
        let policy =
            LIMIT_TEN.replace(r#"{"ip.distinct_failures":{"over":10,"within":"1h"}}"#, &condition);
        let site = Site::new(
            &policy.replace(r#","ban":"ip","for":"10m""#, "").replace("block", "challenge"),
        );
        for n in 0..20 {
            site.without_password("192.0.2.1", &other_form(n)).answered("401");
        }
        assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Allow, "{signal}");
    }
    let site = Site::new(LIMIT_TEN);
    let cookie = site.login("192.0.2.1", "alice", "right").cookie("200").expect("a cookie");
    let with_cookie = [("cookie", cookie.as_str())];
    for n in 0..20 {
        let body = other_form(n);
        let ip = format!("203.0.113.{n}");
        site.send(&ip, &with_cookie, Body::Complete(body.as_bytes())).answered("401");
    }
    let login = site.send("198.51.100.1", &with_cookie, Body::Complete(b"user=alice&password=x"));
    assert!(login.decision.expect("a decision").facts.known_device);
}

#[test]
fn success_without_a_password_earns_nothing() {
    let site = Site::new(LIMIT_TEN);
    for n in 0..5 {
        assert_eq!(site.without_password("192.0.2.1", &other_form(n)).cookie("200"), None);
    }
    let condition = r#"{"ip.successes":{"over":1,"within":"1h"}}"#;
    let limit = r#"{"ip.distinct_failures":{"over":10,"within":"1h"}}"#;
    let site = site.reconfigured(
        &LIMIT_TEN.replace(limit, condition).replace(r#","ban":"ip","for":"10m""#, ""),
    );
    assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Allow);
}

#[test]
fn request_without_a_password_writes_nothing_unless_it_fails() {
    let site = Site::new(LIMIT_TEN);
    site.calls();
    site.without_password("192.0.2.1", "user=alice").answered("200");
    let (_, writes) = site.calls();
    assert_eq!(writes, 0);
}

#[test]
fn login_page_costs_no_look_at_the_state_and_no_ban_stops_it() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    site.calls();
    for (method, path) in [
        ("GET", "/login"),
        ("HEAD", "/login?next=%2Fhome"),
        ("OPTIONS", "/login"),
        ("DELETE", "/login"),
        ("POST", "/login"),
    ] {
        let step = site.bodiless(method, path, &[]);
        assert!(matches!(step, Step::PassThrough), "{method}: {step:?}");
    }
    assert_eq!(site.calls(), (0, 0));
    let step = site.bodiless("GET", "/login?user=alice&password=x", &[]);
    assert!(matches!(step, Step::Decided(it) if it.verdict.cause == Cause::Ban));
}

#[test]
fn login_by_any_method_is_an_attempt() {
    let site = Site::new(LIMIT_TEN);
    for method in ["PUT", "PATCH", "GET", "DELETE", "QUERY"] {
        let more = [(":method", method)];
        let body = Body::Complete(br#"{"user":"alice","password":"123456"}"#);
        let mut headers = login_headers(&[]);
        headers.retain(|(name, _)| name != b":method");
        headers.extend(header_list(&more));
        let mut attempt = Attempt::default();
        let (host, peer) = (site.host(), b"192.0.2.1:1");
        let step = site.headers(&mut attempt, &headers, peer);
        assert!(matches!(step, Step::Hold), "{method}");
        let step = site.engine.request_body(&host, &mut attempt, body);
        assert!(matches!(step, Step::Decided(it) if it.facts.breached), "{method}");
    }
}

#[test]
fn endpoint_that_is_never_sent_a_password_is_told_once() {
    let site = Site::new(LIMIT_TEN);
    let told = || site.engine.without_passwords(&site.host()).len();
    for n in 0..49 {
        site.without_password("192.0.2.1", &other_form(n));
    }
    assert_eq!(told(), 0);
    site.without_password("192.0.2.1", "user=alice");
    assert_eq!((told(), told()), (1, 0));

    let site = Site::new(LIMIT_TEN);
    site.login("192.0.2.1", "alice", "x");
    (0..60).for_each(|n| drop(site.without_password("192.0.2.1", &other_form(n))));
    assert_eq!(site.engine.without_passwords(&site.host()).len(), 0);
}
