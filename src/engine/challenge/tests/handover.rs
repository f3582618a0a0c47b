//! Tests of the handover to an external challenge.

use super::*;
use crate::tokens::signing::SecretKey;

const AWAY: &str = r#""handover":{"url":"https://prove.example/?site=1",
    "return":"https://www.example/login",
    "key":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

fn rig() -> ChallengeRig {
    ChallengeRig::new(&POLICY.replace(r#""difficulty":8"#, AWAY))
}

fn key() -> SecretKey {
    SecretKey::new(vec![0xaa; 32]).unwrap()
}

/// The address that the browser is redirected to, and the token in it.
fn sent(rig: &ChallengeRig) -> (String, String) {
    let login = rig.login("/login", "192.0.2.1", &[("accept", "text/html")], CHALLENGED);
    let location = header(login.answer(), "location").to_owned();
    let (_, rest) = location.split_once("unstuff-request=").expect("a token");
    let token = rest.split('&').next().unwrap().to_owned();
    (location, token)
}

fn answer(token: &str) -> String {
    let signature = hex::encode(key().sign_text(&format!("unstuff-answer\n{token}")).as_bytes());
    format!("/login?unstuff-answer={token}.{signature}")
}

#[test]
fn browser_returns_from_the_external_challenge_with_a_pass() {
    let rig = rig();
    let (location, token) = sent(&rig);
    let signature =
        key().sign_text(&format!("unstuff-request\n{token}\nhttps://www.example/login"));
    let expected = format!(
        "https://prove.example/?site=1&unstuff-request={token}\
         &return=https%3A%2F%2Fwww.example%2Flogin&signature={}",
        hex::encode(signature.as_bytes())
    );
    assert_eq!(location, expected);
    let back = rig.get(&answer(&token), "192.0.2.1", &[]).unwrap();
    assert_eq!((back.status, header(&back, "location")), (303, "?unstuff-kept=1"));
    let pass = pass_in(&back);
    let cookie = format!("{PASS_COOKIE}={pass}");
    let kept = rig.get("/login?unstuff-kept=1", "192.0.2.1", &[("cookie", &cookie)]).unwrap();
    assert_eq!((kept.status, header(&kept, "location")), (303, "/sign-in?unstuff=again"));
    for _ in 0..3 {
        assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted());
    }
    let again = pass_in(&rig.get(&answer(&token), "192.0.2.1", &[]).unwrap());
    assert_eq!(rig.with_pass("/login", "192.0.2.1", &again).refused(), [Refusal::Replayed]);
}

#[test]
fn way_back_survives_the_handover_and_nobody_else_can_write_one() {
    let rig = rig();
    let browser = [("accept", "text/html")];
    let login = rig.login("/blog/login/?next=%2Fa", "192.0.2.1", &browser, CHALLENGED);
    let location = header(login.answer(), "location").to_owned();
    let token = location.split_once("unstuff-request=").unwrap().1.split('&').next().unwrap();
    assert!(token.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_')));
    let back = rig.get(&answer(token), "192.0.2.1", &[]).unwrap();
    assert_eq!(header(&back, "location"), "/blog/login/?next=%2Fa&unstuff-kept=1");
    let pass = pass_in(&back);
    assert!(rig.with_pass("/blog/login", "192.0.2.1", &pass).is_admitted());
    // Of another token, changed, or cut off.
    let other = rig.login("/blog/login/?next=%2Fb", "192.0.2.1", &browser, CHALLENGED);
    let other =
        header(other.answer(), "location").split_once("unstuff-request=").unwrap().1.to_owned();
    let mixed = format!("{}{}", &token[..99], &other.split('&').next().unwrap()[99..]);
    let changed = format!("{}A{}", &token[..150], &token[151..]);
    for forged in [&mixed, &changed, &token[..120], &format!("{token}A"), &token[..98]] {
        let refused = rig.get(&answer(forged), "192.0.2.1", &[]).unwrap();
        assert_eq!(refused.events, [ChallengeEvent::Refused(Refusal::Forged)], "{forged}");
    }
}

#[test]
fn unsigned_or_foreign_answer_earns_no_pass() {
    let rig = rig();
    let (_, token) = sent(&rig);
    let refused = |path: &str, ip: &str| {
        let back = rig.get(path, ip, &[]).unwrap();
        assert!(back.headers.iter().all(|(name, _)| *name != "set-cookie"));
        back.events
    };
    let unsigned = format!("/login?unstuff-answer={token}.{}", "00".repeat(32));
    assert_eq!(refused(&unsigned, "192.0.2.1"), [ChallengeEvent::Refused(Refusal::Forged)]);
    assert_eq!(
        refused(&answer(&token), "198.51.100.1"),
        [ChallengeEvent::Refused(Refusal::Stolen)]
    );
    assert_eq!(refused(&answer("x"), "192.0.2.1"), [ChallengeEvent::Refused(Refusal::Forged)]);
    rig.wait(301);
    assert_eq!(refused(&answer(&token), "192.0.2.1"), [ChallengeEvent::Refused(Refusal::Expired)]);
}

#[test]
fn program_gets_the_puzzle_despite_handover() {
    assert_eq!(rig().challenged("192.0.2.1").answer().status, 403);
}
