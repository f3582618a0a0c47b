//! Tests of a full set of spent tokens: no pass is accepted that cannot be counted, and no use is
//! forgotten.

use super::*;
use crate::challenge::spent_tokens::TOKENS_PER_SLOT;

/// The smallest state has one slot for spent tokens. It is full of passes with one use each.
fn full() -> (ChallengeRig, Vec<String>) {
    let small = r#""state":{"max_bytes":"256KiB"},"challenge":"#;
    let rig = ChallengeRig::new(&POLICY.replace(r#""challenge":"#, small));
    let passes: Vec<_> = (0..TOKENS_PER_SLOT).map(|_| rig.earn("192.0.2.1")).collect();
    for pass in &passes {
        assert!(rig.with_pass("/login", "192.0.2.1", pass).is_admitted());
    }
    (rig, passes)
}

#[test]
fn earned_pass_is_challenged_again_and_told_why() {
    let (rig, _) = full();
    let pass = rig.earn("192.0.2.1");
    let login = rig.with_pass("/login", "192.0.2.1", &pass);
    assert_eq!(login.refused(), [Refusal::Full]);
    let counted: Vec<_> = login.0.admission.events().collect();
    assert_eq!(counted, [ChallengeEvent::Refused(Refusal::Full)]);
    assert_eq!(login.document()["refused"], "full");
    let solution = solve(&login.walk());
    let login = rig.login("/login", "192.0.2.1", &[(SOLUTION_HEADER, &solution)], CHALLENGED);
    assert_eq!(login.refused(), [Refusal::Full], "the next solution, too");
}

#[test]
fn nobody_is_admitted_without_paying() {
    let (rig, passes) = full();
    assert_eq!(rig.challenged("192.0.2.1").refused(), []);
    let forged = rig.with_pass("/login", "192.0.2.1", &"A".repeat(99));
    assert_eq!(forged.refused(), [Refusal::Forged]);
    let stolen = rig.with_pass("/login", "198.51.100.1", &passes[0]);
    assert_eq!(stolen.refused(), [Refusal::Stolen]);
    let (wait, _) = rig.begin_wait("198.51.100.1");
    rig.wait(15);
    let ended = rig.redeem_wait("198.51.100.1", &wait);
    assert_eq!(ended.events.last(), Some(&ChallengeEvent::Refused(Refusal::Crowded)));
    assert!(ended.headers.iter().all(|(name, _)| *name != "set-cookie"));
}

#[test]
fn remembered_passes_keep_their_exact_count() {
    let (rig, passes) = full();
    for pass in &passes {
        assert!(rig.with_pass("/login", "192.0.2.1", pass).is_admitted(), "the second of three");
    }
    assert!(rig.with_pass("/login", "192.0.2.1", &passes[0]).is_admitted());
    let fourth = rig.with_pass("/login", "192.0.2.1", &passes[0]);
    assert_eq!(fourth.refused(), [Refusal::Replayed]);
}

#[test]
fn expired_tokens_make_room() {
    let (rig, _) = full();
    rig.wait(901);
    let pass = rig.earn("192.0.2.1");
    assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted());
}
