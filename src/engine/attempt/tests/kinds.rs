//! Kinds of endpoints: what an attempt there counts for, and what its success earns.

use super::*;

fn of_kind(kind: &str) -> Site {
    Site::new(&LIMIT_TEN.replace(r#""name":"web","#, &format!(r#""name":"web","kind":"{kind}","#)))
}

/// A policy that challenges an account after three failures.
fn by_account(kind: &str) -> Site {
    let policy = LIMIT_TEN
        .replace(r#""name":"web","#, &format!(r#""name":"web","kind":"{kind}","#))
        .replace("ip.distinct_failures", "username.failures")
        .replace(r#""over":10"#, r#""over":3"#)
        .replace(r#""then":"block","ban":"ip","for":"10m""#, r#""then":"challenge""#);
    Site::new(&policy)
}

#[test]
fn only_a_login_makes_a_device_known() {
    for (kind, is_known) in
        [("login", true), ("identifier", false), ("password-change", false), ("sign-up", false)]
    {
        let cookie = of_kind(kind).login("192.0.2.1", "alice", "right").cookie("200");
        assert_eq!(cookie.is_some(), is_known, "{kind}");
    }
}

#[test]
fn failures_count_for_the_address_at_every_kind() {
    for kind in ["login", "identifier", "password-change", "sign-up"] {
        let site = of_kind(kind);
        site.stuff("192.0.2.1", 0..11);
        let next = site.login("192.0.2.1", "alice", "x");
        assert_eq!(next.action(), Action::Block, "{kind}");
        assert_eq!(site.login("192.0.2.2", "alice", "x").action(), Action::Allow, "{kind}");
    }
}

#[test]
fn name_that_is_taken_or_unknown_is_no_failure_of_its_account() {
    for (kind, action) in [
        ("login", Action::Challenge),
        ("password-change", Action::Challenge),
        ("identifier", Action::Allow),
        ("sign-up", Action::Allow),
    ] {
        let site = by_account(kind);
        for n in 0..5 {
            site.login(&format!("203.0.113.{n}"), "alice", "x").answered("401");
        }
        assert_eq!(site.login("192.0.2.1", "alice", "x").action(), action, "{kind}");
    }
}

#[test]
fn name_alone_is_what_an_identifier_page_asks_for() {
    let site = of_kind("identifier");
    for n in 0..60 {
        let body = format!("user=user{n}");
        let sent = site.send("192.0.2.1", &[], Body::Complete(body.as_bytes()));
        assert!(!sent.decision.as_ref().expect("a decision").facts.absent);
        assert_eq!(sent.answered("200"), None);
    }
    assert_eq!(site.engine.without_passwords(&site.host()), []);
    for n in 0..11 {
        let body = format!("user=unknown{n}");
        site.send("192.0.2.1", &[], Body::Complete(body.as_bytes())).answered("401");
    }
    let next = site.send("192.0.2.1", &[], Body::Complete(b"user=unknown"));
    assert_eq!(next.action(), Action::Block);
}

#[test]
fn sign_up_with_a_breached_password_is_told_to_the_application() {
    let rule = r#""rules":[{"name":"b","when":{"password.breached":true},"then":"annotate"},"#;
    let policy = LIMIT_TEN.replace("\"rules\":[", rule);
    let site = Site::new(&policy.replace(r#""name":"web","#, r#""name":"web","kind":"sign-up","#));
    let sent = site.login("192.0.2.1", "alice", "123456");
    assert_eq!(sent.verdict().exposed, Some(Exposed::Password));
}
