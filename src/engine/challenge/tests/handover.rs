//! Browsers that are handed over to another challenge, and come back.

use super::*;
use crate::hex;
use crate::tokens::signing::SecretKey;

const AWAY: &str = r#""handover":{"url":"https://prove.example/?site=1",
    "return":"https://www.example/login",
    "key":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

fn door() -> Door {
    Door::new(&POLICY.replace(r#""difficulty":8"#, AWAY))
}

fn key() -> SecretKey {
    SecretKey::new(vec![0xaa; 32]).unwrap()
}

/// Where the browser is sent, and its token.
fn sent(door: &Door) -> (String, String) {
    let led = door.login("/login", "192.0.2.1", &[("accept", "text/html")], CHALLENGED);
    let location = header(led.answer(), "location").to_owned();
    let (_, rest) = location.split_once("unstuff-request=").expect("a token");
    let token = rest.split('&').next().unwrap().to_owned();
    (location, token)
}

fn answer(token: &str) -> String {
    let signature = hex::encode(key().sign_text(&format!("unstuff-answer\n{token}")).as_bytes());
    format!("/login?unstuff-answer={token}.{signature}")
}

#[test]
fn a_browser_goes_there_and_comes_back_with_a_pass() {
    let door = door();
    let (location, token) = sent(&door);
    let signature =
        key().sign_text(&format!("unstuff-request\n{token}\nhttps://www.example/login"));
    let expected = format!(
        "https://prove.example/?site=1&unstuff-request={token}\
         &return=https%3A%2F%2Fwww.example%2Flogin&signature={}",
        hex::encode(signature.as_bytes())
    );
    assert_eq!(location, expected);
    let back = door.get(&answer(&token), "192.0.2.1", &[]).unwrap();
    assert_eq!((back.status, header(&back, "location")), (303, "/sign-in"));
    let pass = pass_in(&back);
    for _ in 0..3 {
        assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
    }
    let again = pass_in(&door.get(&answer(&token), "192.0.2.1", &[]).unwrap());
    assert_eq!(door.with_pass("/login", "192.0.2.1", &again).refused(), [Refusal::Replayed]);
}

#[test]
fn an_answer_without_the_key_or_for_another_gives_no_pass() {
    let door = door();
    let (_, token) = sent(&door);
    let refused = |path: &str, ip: &str| {
        let back = door.get(path, ip, &[]).unwrap();
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
    door.wait(301);
    assert_eq!(refused(&answer(&token), "192.0.2.1"), [ChallengeEvent::Refused(Refusal::Expired)]);
}

#[test]
fn a_program_still_gets_the_puzzle() {
    assert_eq!(door().challenged("192.0.2.1").answer().status, 403);
}
