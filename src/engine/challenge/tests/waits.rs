//! Tests of the wait for browsers without JavaScript.

use super::*;

#[test]
fn wait_earns_one_attempt_once_it_is_over() {
    let rig = ChallengeRig::new(POLICY);
    let (wait, seconds) = rig.begin_wait("192.0.2.1");
    assert_eq!(seconds, 15);
    rig.wait(10);
    let early = rig.redeem_wait("192.0.2.1", &wait);
    assert_eq!(wait_in(&early), (wait.clone(), 5), "the same wait goes on");
    assert_eq!(early.events.last(), Some(&ChallengeEvent::Refused(Refusal::Early)));
    rig.wait(5);
    let ended = rig.redeem_wait("192.0.2.1", &wait);
    assert_eq!((ended.status, header(&ended, "location")), (303, "?unstuff-kept=1"));
    let pass = pass_in(&ended);
    assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted());
    assert_eq!(rig.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Replayed]);
    // Redeeming the same wait again earns nothing.
    let again = pass_in(&rig.redeem_wait("192.0.2.1", &wait));
    assert_eq!(rig.with_pass("/login", "192.0.2.1", &again).refused(), [Refusal::Replayed]);
}

#[test]
fn parallel_waits_are_limited_per_network() {
    let rig = ChallengeRig::new(POLICY);
    let waits: Vec<_> = (0..50).map(|_| rig.begin_wait("192.0.2.1").0).collect();
    rig.wait(15);
    let ended: Vec<_> = waits.iter().map(|wait| rig.redeem_wait("192.0.2.1", wait)).collect();
    assert_eq!(ended.iter().filter(|answer| answer.status == 303).count(), 3);
    let (longer, seconds) = wait_in(&ended[49]);
    assert_eq!(seconds, 30, "over the bound the wait grows");
    assert!(ended[49].body.contains("Many people are waiting"));
    rig.wait(30);
    assert_eq!(wait_in(&rig.redeem_wait("192.0.2.1", &longer)).1, 60);
    // Another network has a bound of its own.
    let (other, _) = rig.begin_wait("198.51.100.1");
    rig.wait(15);
    assert_eq!(rig.redeem_wait("198.51.100.1", &other).status, 303);
}

#[test]
fn waits_of_many_networks_are_limited_per_endpoint() {
    let rig = ChallengeRig::new(POLICY);
    let ips: Vec<String> = (0..60).map(|n| format!("10.{n}.0.1")).collect();
    let waits: Vec<_> = ips.iter().map(|ip| rig.begin_wait(ip).0).collect();
    rig.wait(15);
    let ended = ips.iter().zip(&waits).map(|(ip, wait)| rig.redeem_wait(ip, wait));
    assert_eq!(ended.filter(|answer| answer.status == 303).count(), 30);
}

#[test]
fn redeeming_a_wait_again_does_not_count_against_the_limit() {
    let rig = ChallengeRig::new(POLICY);
    let (wait, _) = rig.begin_wait("192.0.2.1");
    let (other, _) = rig.begin_wait("192.0.2.2");
    rig.wait(15);
    for _ in 0..20 {
        assert_eq!(rig.redeem_wait("192.0.2.1", &wait).status, 303);
    }
    assert_eq!(rig.redeem_wait("192.0.2.2", &other).status, 303);
}

#[test]
fn disabled_wait_is_neither_offered_nor_redeemed() {
    let off = POLICY.replace(r#""difficulty":8"#, r#""no_script":false"#);
    let rig = ChallengeRig::new(&off);
    let page = rig.login("/login", "192.0.2.1", &[("sec-fetch-mode", "navigate")], CHALLENGED);
    assert!(!page.answer().body.contains("http-equiv=\"refresh\""));
    assert!(page.answer().body.contains("switch it on"));
    let (wait, _) = ChallengeRig::new(POLICY).begin_wait("192.0.2.1");
    assert_eq!(rig.redeem_wait("192.0.2.1", &wait).status, 403);
}

#[test]
fn wait_keeps_the_query_of_the_login_until_the_person_is_back() {
    let rig = ChallengeRig::new(POLICY);
    let navigates = [("sec-fetch-mode", "navigate")];
    let path = "/blog/login/?next=%2Fa%3Fb&x='%3C&unstuff=again";
    let login = rig.login(path, "192.0.2.1", &navigates, CHALLENGED);
    let body = &login.answer().body;
    let link = "?next=%2Fa%3Fb&amp;x=&#39;%3C&amp;unstuff-wait=";
    let (_, rest) = body.split_once(&format!("content=\"15;url={link}")).expect("a refresh");
    assert!(body.contains(&format!("href=\"{link}")), "{body}");
    let token = rest.split('"').next().unwrap();
    rig.wait(15);
    let query = format!("/blog/login/?next=%2Fa%3Fb&x='%3C&unstuff-wait={token}");
    let waited = rig.get(&query, "192.0.2.1", &[]).unwrap();
    assert_eq!(header(&waited, "location"), "?next=%2Fa%3Fb&x='%3C&unstuff-kept=1");
    let cookie = ("cookie", &*format!("{PASS_COOKIE}={}", pass_in(&waited)));
    let kept = "/blog/login/?next=%2Fa%3Fb&x='%3C&unstuff-kept=1";
    let back = rig.get(kept, "192.0.2.1", &[cookie]).unwrap();
    let place = "/blog/login/?next=%2Fa%3Fb&x='%3C&unstuff=again";
    assert_eq!((back.status, back.name, header(&back, "location")), (303, "pass", place));
}
