//! Passes whose uses a fleet counts.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::attempt::Question;

/// Gateways with the same keys, in front of a service that answers over the limit from the fourth equal
/// question on.
struct PassFleet {
    gateways: Vec<ChallengeRig>,
    questions: RefCell<BTreeMap<Vec<u8>, u32>>,
    /// Whether the service answers.
    is_up: bool,
}

const IP: &str = "192.0.2.1";

fn policy() -> String {
    let fleet = format!(r#""fleet":{{"cluster":"limiter","key":"{}"}}"#, "0f".repeat(32));
    let keys = format!(r#""keys":["{}"]"#, "01".repeat(32));
    POLICY.replacen('{', &format!("{{{fleet},{keys},"), 1)
}

impl PassFleet {
    fn new(gateways: usize) -> Self {
        Self::under(&policy(), gateways)
    }

    fn under(policy: &str, gateways: usize) -> Self {
        let gateway = |_| ChallengeRig::new(policy);
        let gateways = (0..gateways).map(gateway).collect();
        Self { gateways, questions: RefCell::default(), is_up: true }
    }

    fn answer(&self, question: Vec<u8>) -> Option<&'static [u8]> {
        let mut questions = self.questions.borrow_mut();
        let count = questions.entry(question).or_default();
        *count += 1;
        self.is_up.then_some(if *count > 3 { b"\x08\x02" } else { b"\x08\x01" })
    }

    fn asked(&self) -> u32 {
        self.questions.borrow().values().sum()
    }

    /// A login at a gateway, held for the answer of the service if it has to be.
    fn login(&self, gateway: usize, more: &[(&str, &str)], body: &str) -> LoginResult {
        let rig = &self.gateways[gateway];
        let (mut attempt, step) = rig.begin("/login", IP, more, body);
        let step = match step {
            Step::Ask(Question::Pass(question)) => {
                let answer = self.answer(question);
                rig.engine.answer(&rig.host(), &mut attempt, Body::None, answer)
            }
            step => step,
        };
        let Step::Decided(decision) = step else { panic!("{step:?}") };
        LoginResult(*decision, None)
    }

    fn with_pass(&self, gateway: usize, pass: &str) -> LoginResult {
        self.login(gateway, &[(PASS_HEADER, pass)], CHALLENGED)
    }

    /// How many of twelve logins with one pass are admitted, at the gateways in turn.
    fn admitted_of_twelve(&self) -> usize {
        let pass = self.gateways[0].earn(IP);
        let admitted = |n: &usize| self.with_pass(n % self.gateways.len(), &pass).is_admitted();
        (0..12).filter(admitted).count()
    }
}

#[test]
fn pass_is_worth_its_attempts_at_all_gateways_together() {
    assert_eq!(PassFleet::new(4).admitted_of_twelve(), 3);
}

#[test]
fn without_the_service_a_pass_is_worth_its_attempts_at_each_gateway() {
    let fleet = PassFleet { is_up: false, ..PassFleet::new(4) };
    assert_eq!(fleet.admitted_of_twelve(), 12);
}

#[test]
fn spent_pass_is_asked_about_once_more_at_each_gateway() {
    let fleet = PassFleet::new(2);
    let pass = fleet.gateways[0].earn(IP);
    for _ in 0..3 {
        assert!(fleet.with_pass(0, &pass).is_admitted());
    }
    for _ in 0..5 {
        assert_eq!(fleet.with_pass(0, &pass).refused(), [Refusal::Replayed]);
        assert_eq!(fleet.with_pass(1, &pass).refused(), [Refusal::Replayed]);
    }
    assert_eq!(fleet.asked(), 3 + 1, "the first gateway knows by itself");
}

#[test]
fn only_a_login_that_a_valid_pass_would_admit_is_held() {
    let fleet = PassFleet::new(1);
    let pass = fleet.gateways[0].earn(IP);
    fleet.login(0, &[], CHALLENGED);
    fleet.login(0, &[(PASS_HEADER, "forged")], CHALLENGED);
    fleet.login(0, &[(PASS_HEADER, &pass)], BLOCKED);
    fleet.login(0, &[(PASS_HEADER, &pass)], "user=alice&password=a");
    assert_eq!(fleet.asked(), 0);
}

#[test]
fn solution_counts_as_its_pass_does() {
    let fleet = PassFleet::new(2);
    let solution = solve(&fleet.gateways[0].challenged(IP).walk());
    let send = |gateway| fleet.login(gateway, &[(SOLUTION_HEADER, &solution)], CHALLENGED);
    assert!([0, 1, 0].into_iter().all(|gateway| send(gateway).is_admitted()));
    assert_eq!(send(1).refused(), [Refusal::Replayed]);
}

#[test]
fn service_is_told_neither_the_pass_nor_its_holder() {
    let fleet = PassFleet::new(1);
    let pass = fleet.gateways[0].earn(IP);
    fleet.with_pass(0, &pass);
    let question = fleet.questions.borrow().keys().next().cloned().expect("a question");
    let holds = |text: &[u8]| question.windows(text.len()).any(|part| part == text);
    assert!(holds(b"challenge.pass.3"));
    assert!(!holds(IP.as_bytes()) && !holds(b"alice"));
    let parts = pass.as_bytes().windows(12);
    assert!({ parts }.all(|part| !holds(part)), "no part of the pass");
}

#[test]
fn without_configured_keys_no_other_gateway_takes_a_pass_and_nothing_is_asked() {
    let keys = format!(r#""keys":["{}"],"#, "01".repeat(32));
    let fleet = PassFleet::under(&policy().replace(&keys, ""), 1);
    assert_eq!((fleet.admitted_of_twelve(), fleet.asked()), (3, 0));
}

#[test]
fn login_can_be_held_for_a_range_and_then_for_its_pass() {
    let live = r#"{"live_lookup":{"cluster":"ranges"},"#;
    let rule = r#""rules":[{"name":"leaked","when":{"password.breached_live":true,
        "ip.attempts":{"over":1,"within":"1h"}},"then":"challenge"},"#;
    let policy = policy().replacen('{', live, 1).replace(r#""rules":["#, rule);
    let fleet = PassFleet::under(&policy, 1);
    let rig = &fleet.gateways[0];
    let pass = rig.earn(IP);
    let more = [(PASS_HEADER, pass.as_str())];
    for (range, asks_again) in
        [(None, false), (Some(b"E364706816ABA3E25717850C26C9CD0D89D:5\r\n".as_slice()), true)]
    {
        let (mut attempt, step) = rig.begin("/login", IP, &more, "user=alice&password=abc");
        assert!(matches!(step, Step::Ask(Question::Range(_))), "{step:?}");
        let step = rig.engine.answer(&rig.host(), &mut attempt, Body::None, range);
        assert_eq!(matches!(step, Step::Ask(Question::Pass(_))), asks_again, "{step:?}");
        rig.wait(1);
    }
}
