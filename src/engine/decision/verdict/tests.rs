//! Which of several matching rules decides.

use super::*;

fn rule(mode: Mode) -> Rule {
    Rule {
        name: "r".into(),
        about: None,
        when: Vec::new(),
        then: Action::Block,
        ban: None,
        mode,
        exempts_allowed: true,
        exempts_known_devices: false,
        exempts_familiar_networks: false,
        exempts_familiar_clients: false,
        challenges_api: false,
        scope: crate::policy::Scope::Gateway,
    }
}

/// The verdict after rules with these actions and causes matched, in this order.
fn after(matches: &[(Action, Cause)]) -> (Action, Cause, Option<usize>) {
    let mut verdict = Verdict::allow();
    for (index, (action, cause)) in matches.iter().enumerate() {
        verdict.add(RuleId::new(index), &rule(Mode::Enforce), *action, *cause, Mode::Enforce);
    }
    (verdict.action, verdict.cause, verdict.decided.map(RuleId::position))
}

const BLOCK: (Action, Cause) = (Action::Block, Cause::Rules);
const CHALLENGE: (Action, Cause) = (Action::Challenge, Cause::Rules);
const PENDING_BLOCK: (Action, Cause) = (Action::Block, Cause::Pending);

#[test]
fn the_most_severe_action_decides() {
    assert_eq!(after(&[CHALLENGE, BLOCK]), (Action::Block, Cause::Rules, Some(1)));
    assert_eq!(after(&[BLOCK, CHALLENGE]), (Action::Block, Cause::Rules, Some(0)));
    assert_eq!(after(&[PENDING_BLOCK, CHALLENGE]), (Action::Block, Cause::Pending, Some(0)));
}

#[test]
fn among_equal_actions_evidence_decides() {
    assert_eq!(after(&[PENDING_BLOCK, BLOCK]), (Action::Block, Cause::Rules, Some(1)));
    assert_eq!(after(&[BLOCK, PENDING_BLOCK]), (Action::Block, Cause::Rules, Some(0)));
}

#[test]
fn among_equal_rules_the_first_decides() {
    assert_eq!(after(&[BLOCK, BLOCK]), (Action::Block, Cause::Rules, Some(0)));
    assert_eq!(after(&[PENDING_BLOCK; 2]), (Action::Block, Cause::Pending, Some(0)));
}

#[test]
fn a_shadow_rule_decides_nothing_not_even_on_evidence() {
    let mut verdict = Verdict::allow();
    verdict.add(RuleId::new(0), &rule(Mode::Enforce), Action::Block, Cause::Pending, Mode::Enforce);
    verdict.add(RuleId::new(1), &rule(Mode::Shadow), Action::Block, Cause::Rules, Mode::Enforce);
    assert_eq!((verdict.cause, verdict.decided), (Cause::Pending, Some(RuleId::new(0))));
    assert!(verdict.reasons.iter().map(|reason| reason.shadow).eq([false, true]));
}
