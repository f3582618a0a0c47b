//! The way without JavaScript: a wait earns one attempt, within bounds.

use super::*;

#[test]
fn a_wait_earns_one_attempt_and_not_before_it_is_over() {
    let door = Door::new(POLICY);
    let (wait, seconds) = door.begin_wait("192.0.2.1");
    assert_eq!(seconds, 15);
    door.wait(10);
    let early = door.redeem_wait("192.0.2.1", &wait);
    assert_eq!(wait_in(&early), (wait.clone(), 5), "the same wait goes on");
    assert_eq!(early.events.last(), Some(&ChallengeEvent::Refused(Refusal::Early)));
    door.wait(5);
    let ended = door.redeem_wait("192.0.2.1", &wait);
    assert_eq!((ended.status, header(&ended, "location")), (303, "/sign-in"));
    let pass = pass_in(&ended);
    assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
    assert_eq!(door.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Replayed]);
    // Coming again with the same wait earns nothing.
    let again = pass_in(&door.redeem_wait("192.0.2.1", &wait));
    assert_eq!(door.with_pass("/login", "192.0.2.1", &again).refused(), [Refusal::Replayed]);
}

#[test]
fn waiting_in_parallel_earns_no_more_than_the_bound() {
    let door = Door::new(POLICY);
    let waits: Vec<_> = (0..50).map(|_| door.begin_wait("192.0.2.1").0).collect();
    door.wait(15);
    let ended: Vec<_> = waits.iter().map(|wait| door.redeem_wait("192.0.2.1", wait)).collect();
    assert_eq!(ended.iter().filter(|answer| answer.status == 303).count(), 3);
    let (longer, seconds) = wait_in(&ended[49]);
    assert_eq!(seconds, 30, "over the bound the wait grows");
    assert!(ended[49].body.contains("Many people are waiting"));
    door.wait(30);
    assert_eq!(wait_in(&door.redeem_wait("192.0.2.1", &longer)).1, 60);
    // Another network has a bound of its own.
    let (other, _) = door.begin_wait("198.51.100.1");
    door.wait(15);
    assert_eq!(door.redeem_wait("198.51.100.1", &other).status, 303);
}

#[test]
fn many_networks_share_the_endpoints_bound() {
    let door = Door::new(POLICY);
    let ips: Vec<String> = (0..60).map(|n| format!("10.{n}.0.1")).collect();
    let waits: Vec<_> = ips.iter().map(|ip| door.begin_wait(ip).0).collect();
    door.wait(15);
    let ended = ips.iter().zip(&waits).map(|(ip, wait)| door.redeem_wait(ip, wait));
    assert_eq!(ended.filter(|answer| answer.status == 303).count(), 30);
}

#[test]
fn the_same_wait_again_does_not_count_against_others() {
    let door = Door::new(POLICY);
    let (wait, _) = door.begin_wait("192.0.2.1");
    let (other, _) = door.begin_wait("192.0.2.2");
    door.wait(15);
    for _ in 0..20 {
        assert_eq!(door.redeem_wait("192.0.2.1", &wait).status, 303);
    }
    assert_eq!(door.redeem_wait("192.0.2.2", &other).status, 303);
}

#[test]
fn the_wait_can_be_switched_off() {
    let off = POLICY.replace(r#""difficulty":8"#, r#""no_script":false"#);
    let door = Door::new(&off);
    let page = door.login("/login", "192.0.2.1", &[("sec-fetch-mode", "navigate")], CHALLENGED);
    assert!(!page.answer().body.contains("http-equiv=\"refresh\""));
    assert!(page.answer().body.contains("Switch it on"));
    let (wait, _) = Door::new(POLICY).begin_wait("192.0.2.1");
    assert_eq!(door.redeem_wait("192.0.2.1", &wait).status, 403);
}
