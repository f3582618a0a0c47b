//! What follows from the facts alone.

use super::*;
use crate::decision::verdict::Cause;

/// The username that a device of Ann knows.
fn device_of_ann(username: &str) -> bool {
    username == "ann"
}

fn facts_of(usernames: &[Option<&str>]) -> Facts {
    let pair =
        |name: &Option<&str>| Pair { username: name.map(str::to_owned), password: None, tag: None };
    Facts { pairs: usernames.iter().map(pair).collect(), ..Facts::default() }
}

#[test]
fn an_attempt_is_of_a_device_only_if_that_knows_its_username() {
    assert!(facts_of(&[Some("ann")]).is_of(device_of_ann));
    assert!(!facts_of(&[Some("bob")]).is_of(device_of_ann));
    assert!(!facts_of(&[Some("ann"), Some("bob")]).is_of(device_of_ann), "a second name");
    assert!(!facts_of(&[Some("ann"), None]).is_of(device_of_ann), "a pair without a name");
    assert!(!facts_of(&[]).is_of(device_of_ann), "no name at all");
}

#[test]
fn an_unclear_attempt_is_no_evidence_and_of_no_device() {
    let clear = facts_of(&[Some("ann")]);
    for unclear in [
        Facts { ambiguous: true, ..clear.clone() },
        Facts { unreadable: true, ..clear.clone() },
        Facts { absent: true, ..clear.clone() },
        Facts { further_attempts: 1, ..clear.clone() },
    ] {
        assert!(!unclear.can_earn() && !unclear.is_of(device_of_ann), "{unclear:?}");
    }
    assert!(clear.can_earn());
}

#[test]
fn only_a_challenge_is_solved_and_only_by_a_client_that_solves() {
    let goes_through = |action, pass| {
        let verdict = Verdict { action, cause: Cause::Rules, ..Verdict::default() };
        Facts { pass, ..Facts::default() }.goes_through(&verdict)
    };
    for pass in [Pass::None, Pass::Covers, Pass::Solves] {
        assert!(goes_through(Action::Allow, pass) && goes_through(Action::Annotate, pass));
        assert!(!goes_through(Action::Block, pass));
        assert_eq!(goes_through(Action::Challenge, pass), pass == Pass::Solves);
    }
}
