//! A full spent_tokens: nobody gets in whom it cannot remember, and it forgets nobody.

use super::*;
use crate::challenge::spent_tokens::TOKENS_PER_SLOT;

/// The spent_tokens of the smallest state has one slot. All its places are taken, each by a pass of
/// which one attempt is used.
fn full() -> (Door, Vec<String>) {
    let small = r#""state":{"max_bytes":"256KiB"},"challenge":"#;
    let door = Door::new(&POLICY.replace(r#""challenge":"#, small));
    let passes: Vec<_> = (0..TOKENS_PER_SLOT).map(|_| door.earn("192.0.2.1")).collect();
    for pass in &passes {
        assert!(door.with_pass("/login", "192.0.2.1", pass).is_let_in());
    }
    (door, passes)
}

#[test]
fn whoever_has_paid_is_challenged_again_and_told_why() {
    let (door, _) = full();
    let pass = door.earn("192.0.2.1");
    let led = door.with_pass("/login", "192.0.2.1", &pass);
    assert_eq!(led.refused(), [Refusal::Full]);
    let counted: Vec<_> = led.0.admission.events().collect();
    assert_eq!(counted, [ChallengeEvent::Refused(Refusal::Full)]);
    assert_eq!(led.document()["refused"], "full");
    let solution = solve(&led.puzzle());
    let led = door.login("/login", "192.0.2.1", &[(SOLUTION_HEADER, &solution)], CHALLENGED);
    assert_eq!(led.refused(), [Refusal::Full], "the next solution, too");
}

#[test]
fn nobody_gets_in_unpaid() {
    let (door, passes) = full();
    assert_eq!(door.challenged("192.0.2.1").refused(), []);
    let forged = door.with_pass("/login", "192.0.2.1", &"A".repeat(99));
    assert_eq!(forged.refused(), [Refusal::Forged]);
    let stolen = door.with_pass("/login", "198.51.100.1", &passes[0]);
    assert_eq!(stolen.refused(), [Refusal::Stolen]);
    let (wait, _) = door.begin_wait("198.51.100.1");
    door.wait(15);
    let ended = door.redeem_wait("198.51.100.1", &wait);
    assert_eq!(ended.events.last(), Some(&ChallengeEvent::Refused(Refusal::Crowded)));
    assert!(ended.headers.iter().all(|(name, _)| *name != "set-cookie"));
}

#[test]
fn nobody_it_knows_gets_an_attempt_back_or_loses_one() {
    let (door, passes) = full();
    for pass in &passes {
        assert!(door.with_pass("/login", "192.0.2.1", pass).is_let_in(), "the second of three");
    }
    assert!(door.with_pass("/login", "192.0.2.1", &passes[0]).is_let_in());
    let fourth = door.with_pass("/login", "192.0.2.1", &passes[0]);
    assert_eq!(fourth.refused(), [Refusal::Replayed]);
}

#[test]
fn there_is_room_again_when_what_it_knows_has_expired() {
    let (door, _) = full();
    door.wait(901);
    let pass = door.earn("192.0.2.1");
    assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
}
