//! Spellings of one mailbox: one account for failures and for credit, and for nothing else.

use super::*;

const ACCOUNT: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"user","password":"password"}},
    "failure":{"status":401},"success":{"status":200}}],
  "rules":[{"name":"account","when":{"username.failures":{"over":10,"within":"24h"}},"then":"challenge"}]}"#;

/// How many of these spellings are let through, each from an address of its own.
fn let_through(policy: &str, spelling: impl Fn(u32) -> String) -> usize {
    let site = Site::new(policy);
    let is_open = |n: u32| {
        let sent = site.login(&format!("10.0.{n}.1"), &spelling(n), &format!("guess{n}"));
        let open = !sent.action().stops();
        sent.answered("401");
        open
    };
    (0..100).filter(|n| is_open(*n)).count()
}

#[test]
fn guesses_at_a_mailbox_count_for_one_account_however_it_is_spelt() {
    assert_eq!(let_through(ACCOUNT, |n| format!("alice%2b{n}@example.com")), 10);
    let dots = |n: u32| {
        let dot = |bit: u32| if n >> bit & 1 == 1 { "." } else { "" };
        format!(
            "a{}l{}i{}c{}e{}x{}y{}z@gmail.com",
            dot(0),
            dot(1),
            dot(2),
            dot(3),
            dot(4),
            dot(5),
            dot(6)
        )
    };
    assert_eq!(let_through(ACCOUNT, dots), 10);
}

#[test]
fn other_names_and_a_policy_without_aliases_count_each_spelling() {
    assert_eq!(let_through(ACCOUNT, |n| format!("alice%2b{n}")), 100, "no mail address");
    assert_eq!(let_through(ACCOUNT, |n| format!("alice{n}@gmail.com")), 100);
    let apart = ACCOUNT.replacen('{', r#"{"mailbox_aliases":false,"#, 1);
    assert_eq!(let_through(&apart, |n| format!("alice%2b{n}@example.com")), 100);
}

#[test]
fn an_account_earns_credit_once_however_it_is_spelt() {
    let with_credit = LIMIT_TEN.replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":9");
    let site = Site::new(&with_credit);
    for n in 0..20 {
        site.login("192.0.2.1", &format!("own%2b{n}@example.com"), "right").answered("200");
    }
    site.stuff("192.0.2.1", 0..20);
    assert_eq!(site.login("192.0.2.1", "user20", "x").action(), Action::Block);
}

#[test]
fn a_device_is_known_for_the_name_as_it_is_spelt() {
    let site = Site::new(LIMIT_TEN);
    let cookie = site.login("192.0.2.1", "alice%2ba@example.com", "right").cookie("200");
    let cookie = cookie.expect("a device");
    for (name, known) in [("alice%2ba@example.com", true), ("alice@example.com", false)] {
        let body = format!("user={name}&password=right");
        let sent = site.send("192.0.2.1", &[("cookie", &cookie)], Body::Complete(body.as_bytes()));
        assert_eq!(sent.decision.expect("decided").facts.known_device, known, "{name}");
    }
}

#[test]
fn two_spellings_in_one_request_make_no_device() {
    let site = Site::new(LIMIT_TEN);
    let body = Body::Complete(b"user=a%2bx@example.com&user=a%2by@example.com&password=right");
    assert_eq!(site.send("192.0.2.1", &[], body).cookie("200"), None);
}
