//! What makes an address a load balancer's that is mistaken for a client: many usernames that
//! succeed there, a large part of all that succeed, and not too many failures.

use super::*;

/// Stops any breached password, as a rule about the address.
const PROBE: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"user","password":"password"}},
    "failure":{"status":401},"success":{"status":200}}],
  "rules":[{"name":"probe","then":"block",
            "when":{"ip.attempts":{"over":1,"within":"1h"},"password.breached":true}}]}"#;

const BALANCER: &str = "10.0.0.1";

/// Whether an address is a load balancer's after so many usernames succeeded there, so many
/// elsewhere, and so many logins failed there.
fn is_balancer(here: u32, elsewhere: u32, failed: u32) -> bool {
    let site = Site::new(PROBE);
    // With a failure the endpoint counts as recognised.
    site.login("203.0.113.1", "someone", "typo").answered("401");
    for n in 0..here {
        let outcome = site.login(BALANCER, &format!("person{n}"), "right").answered("200");
        assert_eq!(outcome, Some(Outcome::Success));
    }
    for n in 0..elsewhere {
        let address = format!("198.51.{}.{}", n / 200, n % 200);
        site.login(&address, &format!("other{n}"), "right").answered("200");
    }
    for n in 0..failed {
        site.login(BALANCER, &format!("person{n}"), &format!("typo{n}")).answered("401");
    }
    site.wait(1);
    let sent = site.login(BALANCER, "person", "123456");
    let decision = sent.decision.expect("a decision");
    assert_eq!(decision.load_balancer, decision.verdict.action == Action::Allow);
    decision.load_balancer
}

#[test]
fn load_balancer_has_two_hundred_usernames_that_succeed() {
    assert!(!is_balancer(195, 0, 0));
    assert!(is_balancer(205, 0, 0));
}

#[test]
fn load_balancer_has_more_than_thirty_per_cent_of_all_usernames_that_succeed() {
    assert!(is_balancer(205, 460, 0), "31 %");
    assert!(!is_balancer(205, 495, 0), "29 %");
}

#[test]
fn load_balancer_has_at_most_three_failures_in_four_logins() {
    assert!(is_balancer(205, 0, 595), "74 %");
    assert!(!is_balancer(205, 0, 635), "76 %");
}
