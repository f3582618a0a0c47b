//! Attempts that are not answered yet: they hold back, and ban nobody.

use super::*;

#[test]
fn a_parallel_burst_is_cut_off_and_bans_nobody() {
    let site = Site::new(LIMIT_TEN);
    let sent: Vec<_> =
        (0..500).map(|n| site.login("192.0.2.1", &format!("user{n}"), "x")).collect();
    let through = sent.iter().filter(|sent| sent.action() == Action::Allow).count();
    assert_eq!(through, 10);
    let last = sent.last().expect("one");
    assert_eq!(last.verdict().cause, Cause::Pending);
    let reply = last.verdict().reply(site.engine.policy()).expect("a reply");
    assert_eq!((reply.status, reply.retry_after), (429, Some(1)));
    // They all succeed after all: a school at nine.
    let outcomes: Vec<_> = sent.into_iter().map(|sent| sent.answered("200")).collect();
    assert_eq!(outcomes.iter().filter(|o| **o == Some(Outcome::Success)).count(), 10);
    assert_eq!(site.login("192.0.2.1", "late", "x").action(), Action::Allow);
}

#[test]
fn pending_lapses_and_a_late_failure_still_counts() {
    let site = Site::new(LIMIT_TEN);
    let slow: Vec<_> = (0..10).map(|n| site.login("192.0.2.1", &format!("u{n}"), "x")).collect();
    assert_eq!(site.login("192.0.2.1", "u10", "x").action(), Action::Block);
    site.wait(61);
    assert_eq!(site.login("192.0.2.1", "u10", "x").action(), Action::Allow);
    for sent in slow {
        assert_eq!(sent.answered("401"), Some(Outcome::Failure));
    }
    assert_eq!(site.login("192.0.2.1", "u11", "x").verdict().cause, Cause::Rules);
}

#[test]
fn unanswered_attempts_at_an_account_challenge_its_owner_and_no_more() {
    let account = r#"{"mode":"enforce",
      "endpoints":[{"name":"web","match":{"path":"/login"},
        "credentials":{"form":{"username":"user","password":"password"}}}],
      "rules":[{"name":"account","when":{"username.failures":{"over":3,"within":"1h"}},
                "then":"challenge"}]}"#;
    let site = Site::new(account);
    let _unanswered: Vec<_> = (0..4)
        .map(|n| site.login(&format!("198.51.100.{n}"), "victim", &format!("g{n}")))
        .collect();
    let owner = site.login("192.0.2.1", "victim", "right");
    assert_eq!(owner.action(), Action::Challenge);
    assert_eq!(owner.verdict().reply_name(), "challenge");
}
