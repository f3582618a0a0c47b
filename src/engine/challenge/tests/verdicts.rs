//! Tests of passes against verdicts: a pass admits a challenged login and nothing else.

use super::*;

#[test]
fn reasons_of_an_admitted_login_name_the_challenging_rules() {
    let rig = ChallengeRig::new(POLICY);
    let pass = rig.earn("192.0.2.1");
    let LoginResult(decision, _) = rig.with_pass("/login", "192.0.2.1", &pass);
    assert_eq!(decision.verdict.reasons_text(rig.engine.policy()), "passed,ambiguous");
    assert_eq!(decision.verdict.shadow_action, Action::Annotate);
}

#[test]
fn block_wins_over_a_pass_and_uses_no_attempt_of_it() {
    let rig = ChallengeRig::new(POLICY);
    let pass = rig.earn("192.0.2.1");
    let cookie = format!("{PASS_COOKIE}={pass}");
    for _ in 0..5 {
        let LoginResult(decision, _) =
            rig.login("/login", "192.0.2.1", &[("cookie", &cookie)], BLOCKED);
        assert_eq!(decision.verdict.action, Action::Block);
    }
    assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted());
}

#[test]
fn login_that_is_not_challenged_uses_no_attempt() {
    let rig = ChallengeRig::new(POLICY);
    let pass = rig.earn("192.0.2.1");
    let cookie = format!("{PASS_COOKIE}={pass}");
    for _ in 0..5 {
        let plain = "user=alice&password=a";
        let LoginResult(decision, _) =
            rig.login("/login", "192.0.2.1", &[("cookie", &cookie)], plain);
        assert_eq!(decision.verdict.action, Action::Allow);
    }
    assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted());
}

#[test]
fn rule_about_one_account_annotates_programs() {
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
