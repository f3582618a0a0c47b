//! What the rules say stands: a pass opens what was challenged, and nothing else.

use super::*;

#[test]
fn upstream_is_told_what_led_to_the_challenge() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    let Led(decision, _) = door.with_pass("/login", "192.0.2.1", &pass);
    assert_eq!(decision.verdict.reasons_text(door.engine.policy()), "passed,ambiguous");
    assert_eq!(decision.verdict.shadow_action, Action::Annotate);
}

#[test]
fn a_block_wins_over_a_pass_and_does_not_use_it_up() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    let cookie = format!("{PASS_COOKIE}={pass}");
    for _ in 0..5 {
        let Led(decision, _) = door.login("/login", "192.0.2.1", &[("cookie", &cookie)], BLOCKED);
        assert_eq!(decision.verdict.action, Action::Block);
    }
    assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
}

#[test]
fn a_login_that_needs_no_pass_uses_none() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    let cookie = format!("{PASS_COOKIE}={pass}");
    for _ in 0..5 {
        let plain = "user=alice&password=a";
        let Led(decision, _) = door.login("/login", "192.0.2.1", &[("cookie", &cookie)], plain);
        assert_eq!(decision.verdict.action, Action::Allow);
    }
    assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
}

#[test]
fn a_rule_about_one_account_annotates_for_programs() {
    let then = |when: &str, more: &str, clients| {
        let rule = format!(r#"{{"name":"r","when":{{{when}}},"then":"challenge"{more}}}"#);
        let policy = format!(r#"{{"rules":[{rule}]}}"#);
        let configured = crate::config::parse(policy.as_bytes()).expect("a good policy");
        configured.policy.rules[0].then_for(clients)
    };
    let account = r#""username.failures":{"over":5,"within":"1h"},"password.breached":true"#;
    assert_eq!(then(account, "", Clients::Api), Action::Annotate);
    assert_eq!(then(account, r#","challenge_api":true"#, Clients::Api), Action::Challenge);
    assert_eq!(then(account, "", Clients::Auto), Action::Challenge);
    assert_eq!(then(account, "", Clients::Browser), Action::Challenge);
    let both = format!(r#"{account},"ip.failures":{{"over":5,"within":"1h"}}"#);
    assert_eq!(then(&both, "", Clients::Api), Action::Challenge, "it is about the address, too");
    assert_eq!(then(r#""credentials.unreadable":true"#, "", Clients::Api), Action::Challenge);
}
