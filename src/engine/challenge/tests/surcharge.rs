//! Tests of puzzles that become harder for a network that is given many.

use super::*;

fn bits(rig: &ChallengeRig, ip: &str) -> u8 {
    rig.challenged(ip).walk().bits
}

fn rig(surcharge: &str) -> ChallengeRig {
    let challenge = format!(r#"{{"difficulty":8,"surcharge":{surcharge}}}"#);
    ChallengeRig::new(&POLICY.replace(r#"{"difficulty":8}"#, &challenge))
}

#[test]
fn thousandth_puzzle_costs_more_than_the_first_and_is_not_refused() {
    let rig = rig(r#"{"per_network":10}"#);
    let given: Vec<u8> = (0..200).map(|n| bits(&rig, &format!("192.0.2.{n}"))).collect();
    assert_eq!((given[0], given[199]), (8, 11), "one network, whatever the address");
    assert_eq!(bits(&rig, "198.51.100.1"), 8, "another network");
}

#[test]
fn puzzles_that_are_asked_for_ahead_do_not_stay_easy() {
    let rig = rig(r#"{"per_network":10}"#);
    // None of them is solved.
    (0..50).for_each(|_| drop(rig.challenged("192.0.2.1")));
    assert_eq!(bits(&rig, "192.0.2.1"), 11);
}

#[test]
fn page_and_refused_solution_count_as_puzzles_too() {
    let rig = rig(r#"{"per_network":2,"max_bits":1}"#);
    let navigates = [("sec-fetch-mode", "navigate")];
    rig.login("/login", "192.0.2.1", &navigates, CHALLENGED);
    rig.get("/login", "192.0.2.1", &[(REDEEM_HEADER, "nonsense")]).expect("a redemption");
    assert_eq!(bits(&rig, "192.0.2.1"), 9);
}

#[test]
fn harder_puzzle_earns_a_pass_when_it_is_solved() {
    let rig = rig(r#"{"per_network":1,"max_bits":2}"#);
    (0..10).for_each(|_| drop(rig.challenged("192.0.2.1")));
    let pass = rig.earn("192.0.2.1");
    assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted());
}

#[test]
fn without_surcharge_every_puzzle_costs_the_same() {
    let rig = rig("false");
    assert!((0..200).all(|_| bits(&rig, "192.0.2.1") == 8));
}
