//! Successes: when they are believed, and what they are worth.

use super::*;

#[test]
fn each_person_who_gets_in_earns_the_address_credit() {
    let with_credit = LIMIT_TEN.replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":9");
    let site = Site::new(&with_credit);
    for n in 0..20 {
        assert_eq!(
            site.login("192.0.2.1", &format!("pupil{n}"), "right").answered("200"),
            Some(Outcome::Success)
        );
    }
    site.stuff("192.0.2.1", 0..40);
    assert_eq!(site.login("192.0.2.1", "pupil1", "typo").action(), Action::Allow);
}

#[test]
fn success_of_an_ambiguous_attempt_earns_nothing() {
    let with_credit = LIMIT_TEN.replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":9");
    let site = Site::new(&with_credit);
    for n in 0..5 {
        let body = format!("user=own{n}&user=decoy{n}&password=right");
        let sent = site.send("192.0.2.1", &[], Body::Complete(body.as_bytes()));
        assert!(sent.decision.as_ref().expect("a decision").facts.ambiguous);
        assert_eq!(sent.answered("200"), Some(Outcome::Unknown));
    }
    site.stuff("192.0.2.1", 0..10);
    assert_eq!(site.login("192.0.2.1", "user11", "x").action(), Action::Block);
}

#[test]
fn credit_never_lifts_a_limit_beyond_what_can_be_counted() {
    let with_credit =
        LIMIT_TEN.replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":100");
    let site = Site::new(&with_credit);
    for n in 0..100 {
        site.login("192.0.2.1", &format!("own{n}"), "right").answered("200");
    }
    let mut stopped = 0;
    for n in 0..400 {
        let sent = site.login("192.0.2.1", &format!("user{n}"), "leaked");
        stopped += u32::from(sent.action().stops());
        sent.answered("401");
    }
    assert!(stopped > 50, "{stopped}");
}

#[test]
fn until_successes_are_believed_failures_alone_are_cut_off_and_a_school_is_not() {
    let unsure = LIMIT_TEN
        .replace(",\"success\":{\"status\":200}", "")
        .replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":9");
    let site = Site::new(&unsure);
    for n in 0..40 {
        let sent = site.login("192.0.2.1", &format!("pupil{n}"), "password");
        assert_eq!(sent.action(), Action::Allow, "pupil {n}");
        sent.answered(if n % 3 == 0 { "401" } else { "200" });
    }
    site.stuff("192.0.2.2", 0..10);
    assert_eq!(site.login("192.0.2.2", "user10", "leaked10").action(), Action::Block);
}

#[test]
fn success_is_believed_after_twenty_usernames_were_answered_401() {
    let site = Site::new(&LIMIT_TEN.replace(",\"success\":{\"status\":200}", ""));
    assert_eq!(site.login("192.0.2.200", "early", "right").answered("200"), Some(Outcome::Unknown));
    for n in 0..20 {
        site.login(&format!("192.0.2.{n}"), &format!("user{n}"), "typo").answered("401");
    }
    assert_eq!(site.login("192.0.2.200", "late", "right").answered("200"), Some(Outcome::Success));
}

#[test]
fn two_hundred_attempts_without_a_failure_are_an_unrecognised_outcome() {
    let site = Site::new(LIMIT_TEN);
    let mut told = 0;
    for n in 0..250 {
        let mut sent = site.login("192.0.2.1", &format!("user{n}"), "right");
        let response = header_list(&[(":status", "200")]);
        let learnt = site
            .engine
            .response_headers(&site.host(), &mut sent.attempt, Headers::new(&response))
            .expect("learnt");
        told += u32::from(learnt.unrecognised.is_some());
        assert_eq!(learnt.outcome == Outcome::Success, n < 199, "attempt {n}");
    }
    assert_eq!(told, 1);
}

#[test]
fn successes_excuse_at_most_three_attempts_in_four() {
    let with_credit =
        LIMIT_TEN.replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":100");
    let site = Site::new(&with_credit);
    site.login("192.0.2.1", "own", "right").answered("200");
    let blocked = (1..100).find(|n| {
        let sent = site.login("192.0.2.1", &format!("user{n}"), &format!("leaked{n}"));
        let is_blocked = sent.action() == Action::Block;
        sent.answered("401");
        is_blocked
    });
    // The failure number n is too many if n > 10 + 75 % of n.
    assert!(blocked.is_some_and(|n| (38..=46).contains(&n)), "{blocked:?}");
}

/// Whether attempts without a known outcome excuse an address so long after successes at the
/// endpoint are trusted.
fn unfailed_attempts_excuse_after(minutes: u64) -> bool {
    let unsure = LIMIT_TEN
        .replace(",\"success\":{\"status\":200}", "")
        .replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":9");
    let site = Site::new(&unsure);
    for n in 0..20 {
        site.login(&format!("198.51.100.{n}"), &format!("user{n}"), "typo").answered("401");
    }
    site.wait(minutes * 60);
    for n in 0..30 {
        let outcome = site.login("192.0.2.1", &format!("pupil{n}"), "right").answered("500");
        assert_eq!(outcome, Some(Outcome::Unknown));
    }
    site.stuff("192.0.2.1", 100..110);
    site.login("192.0.2.1", "next", "leaked").action() == Action::Allow
}

#[test]
fn unfailed_attempts_excuse_for_an_hour_after_successes_are_trusted() {
    assert!(unfailed_attempts_excuse_after(59));
    assert!(!unfailed_attempts_excuse_after(61));
}
