//! What work earns: so many attempts, for who worked, and nothing without work.

use super::*;

#[test]
fn work_earns_three_attempts_and_no_fourth() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    for _ in 0..3 {
        assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
    }
    assert_eq!(door.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Replayed]);
}

#[test]
fn a_program_sends_its_solution_with_the_login() {
    let door = Door::new(POLICY);
    let solution = solve(&door.challenged("192.0.2.1").puzzle());
    let send = || door.login("/login", "192.0.2.1", &[(SOLUTION_HEADER, &solution)], CHALLENGED);
    for _ in 0..3 {
        assert!(send().is_let_in());
    }
    assert_eq!(send().refused(), [Refusal::Replayed]);
    let redeemed = door.get("/login", "192.0.2.1", &[(REDEEM_HEADER, &solution)]);
    let pass = pass_in(&redeemed.expect("an redemption"));
    let used = door.with_pass("/login", "192.0.2.1", &pass);
    assert_eq!(used.refused(), [Refusal::Replayed], "its pass is worth nothing more");
}

#[test]
fn a_program_may_carry_its_pass_in_a_header() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    let led = door.login("/login", "192.0.2.1", &[(PASS_HEADER, &pass)], CHALLENGED);
    assert!(led.is_let_in());
}

#[test]
fn a_pass_is_worth_nothing_to_anybody_else() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    assert_eq!(door.with_pass("/login", "198.51.100.1", &pass).refused(), [Refusal::Stolen]);
    assert_eq!(
        door.with_pass("/blog/login", "192.0.2.1", &pass).refused(),
        [Refusal::CrossEndpoint]
    );
    door.wait(601);
    assert_eq!(door.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Expired]);
}

#[test]
fn a_solution_that_solves_nothing_earns_nothing() {
    let door = Door::new(POLICY);
    let puzzle = door.challenged("192.0.2.1").puzzle();
    let right = solve(&puzzle);
    let wrong = format!("{}.{}", puzzle.token, ["1"; 16].join("."));
    let redeem = |ip: &str, text: &str| door.get("/login", ip, &[(REDEEM_HEADER, text)]).unwrap();
    let told = |answer: &ChallengeResponse| {
        let Some(ChallengeEvent::Refused(refusal)) = answer.events.last() else {
            panic!("{answer:?}")
        };
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains(&format!("\"refused\":\"{}\"", refusal.name())));
        *refusal
    };
    assert_eq!(told(&redeem("192.0.2.1", &wrong)), Refusal::Unsolved);
    assert_eq!(told(&redeem("198.51.100.1", &right)), Refusal::Stolen);
    assert_eq!(told(&redeem("192.0.2.1", "junk")), Refusal::Forged);
    door.wait(301);
    assert_eq!(told(&redeem("192.0.2.1", &right)), Refusal::Expired);
}

#[test]
fn key_rotation_interrupts_nobody() {
    let before = Door::new(POLICY);
    let solution = solve(&before.challenged("192.0.2.1").puzzle());
    let pass = before.earn("192.0.2.1");
    let after = Door::with(POLICY, &keys(&[2, 1]), before.store);
    assert!(after.with_pass("/login", "192.0.2.1", &pass).is_let_in());
    let redeemed = after.get("/login", "192.0.2.1", &[(REDEEM_HEADER, &solution)]).unwrap();
    assert!(after.with_pass("/login", "192.0.2.1", &pass_in(&redeemed)).is_let_in());
    let later = Door::with(POLICY, &keys(&[2]), after.store);
    assert_eq!(later.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Forged]);
}
