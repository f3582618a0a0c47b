//! Tests of passes that are earned with a solution.

use super::*;

#[test]
fn pass_is_worth_three_attempts() {
    let rig = ChallengeRig::new(POLICY);
    let pass = rig.earn("192.0.2.1");
    for _ in 0..3 {
        assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted());
    }
    assert_eq!(rig.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Replayed]);
}

#[test]
fn solution_admits_a_login_directly() {
    let rig = ChallengeRig::new(POLICY);
    let solution = solve(&rig.challenged("192.0.2.1").walk());
    let send = || rig.login("/login", "192.0.2.1", &[(SOLUTION_HEADER, &solution)], CHALLENGED);
    for _ in 0..3 {
        assert!(send().is_admitted());
    }
    assert_eq!(send().refused(), [Refusal::Replayed]);
    let redeemed = rig.get("/login", "192.0.2.1", &[(REDEEM_HEADER, &solution)]);
    let pass = pass_in(&redeemed.expect("a redemption"));
    let used = rig.with_pass("/login", "192.0.2.1", &pass);
    assert_eq!(used.refused(), [Refusal::Replayed], "its pass is worth nothing more");
}

#[test]
fn both_puzzles_of_a_document_earn_the_same_pass() {
    let rig = ChallengeRig::new(POLICY);
    let challenged = rig.challenged("192.0.2.1");
    let redeemed = [challenged.puzzle(), challenged.walk()].map(|puzzle| {
        let solution = solve(&puzzle);
        pass_in(&rig.get("/login", "192.0.2.1", &[(REDEEM_HEADER, &solution)]).unwrap())
    });
    assert_eq!(redeemed[0], redeemed[1]);
}

#[test]
fn pass_is_accepted_in_a_header() {
    let rig = ChallengeRig::new(POLICY);
    let pass = rig.earn("192.0.2.1");
    let login = rig.login("/login", "192.0.2.1", &[(PASS_HEADER, &pass)], CHALLENGED);
    assert!(login.is_admitted());
}

#[test]
fn fifth_pass_of_a_request_is_not_read() {
    let rig = ChallengeRig::new(POLICY);
    let pass = rig.earn("192.0.2.1");
    let after = |junk: usize| {
        let junk = format!("{PASS_COOKIE}=junk; ").repeat(junk);
        let cookie = format!("{junk}{PASS_COOKIE}={pass}");
        rig.login("/login", "192.0.2.1", &[("cookie", &cookie)], CHALLENGED)
    };
    assert!(after(3).is_admitted());
    assert_eq!(after(4).refused(), [Refusal::Forged; 4]);
}

#[test]
fn pass_is_refused_at_another_address_endpoint_or_time() {
    let rig = ChallengeRig::new(POLICY);
    let pass = rig.earn("192.0.2.1");
    assert_eq!(rig.with_pass("/login", "198.51.100.1", &pass).refused(), [Refusal::Stolen]);
    assert_eq!(
        rig.with_pass("/blog/login", "192.0.2.1", &pass).refused(),
        [Refusal::CrossEndpoint]
    );
    rig.wait(601);
    assert_eq!(rig.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Expired]);
}

#[test]
fn wrong_stolen_or_late_solution_earns_no_pass() {
    let rig = ChallengeRig::new(POLICY);
    let puzzle = rig.challenged("192.0.2.1").walk();
    let right = solve(&puzzle);
    let wrong = format!("{}.{}", puzzle.token, ["1"; 16].join("."));
    let redeem = |ip: &str, text: &str| rig.get("/login", ip, &[(REDEEM_HEADER, text)]).unwrap();
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
    rig.wait(301);
    assert_eq!(told(&redeem("192.0.2.1", &right)), Refusal::Expired);
}

#[test]
fn passes_and_solutions_stay_valid_during_key_rotation() {
    let before = ChallengeRig::new(POLICY);
    let solution = solve(&before.challenged("192.0.2.1").walk());
    let pass = before.earn("192.0.2.1");
    let after = ChallengeRig::with(POLICY, &keys(&[2, 1]), before.store);
    assert!(after.with_pass("/login", "192.0.2.1", &pass).is_admitted());
    let redeemed = after.get("/login", "192.0.2.1", &[(REDEEM_HEADER, &solution)]).unwrap();
    assert!(after.with_pass("/login", "192.0.2.1", &pass_in(&redeemed)).is_admitted());
    let later = ChallengeRig::with(POLICY, &keys(&[2]), after.store);
    assert_eq!(later.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Forged]);
}
