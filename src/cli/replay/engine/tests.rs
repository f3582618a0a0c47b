//! Replay decides, stops and learns as live traffic would, in the time of the trace.

use unstuff_engine::config;

use super::*;
use crate::replay::report::Report;
use crate::replay::{About, Sources, tally};
use crate::trace;

/// Blocks from the third failure of an address on, and bans it.
const BLOCKS: &str = r#"{"name": "b", "when": {"ip.failures": {"over": 2, "within": "1h"}},
    "then": "block", "ban": "ip", "for": "10m"}"#;

/// Challenges from the second failure of an address on.
const CHALLENGES: &str =
    r#"{"name": "c", "when": {"ip.failures": {"over": 1, "within": "1h"}}, "then": "challenge"}"#;

/// Annotates breached passwords.
const ANNOTATES: &str = r#"{"name": "a", "when": {"password.breached": true}, "then": "annotate"}"#;

/// Replays lines (each `time`, status, more fields) under rules: each one's verdict with `!`
/// where upstream did not see it, and what was counted.
fn replay(rules: &[&str], lines: &[(f64, u16, &str)]) -> (String, Tally) {
    let policy = format!("{{\"mode\": \"enforce\", \"rules\": [{}]}}", rules.join(","));
    let policy = config::parse(policy.as_bytes()).expect("a valid policy").policy;
    let sources = Sources::find(&[]).unwrap();
    let filters = sources.open().unwrap();
    let mut replay = Replay::new(policy, &filters, 1).unwrap();
    let mut verdicts = Vec::new();
    for (number, (time, status, more)) in lines.iter().enumerate() {
        let comma = if more.is_empty() { "" } else { "," };
        let line = format!(
            "{{\"time\":{time},\"ip\":\"192.0.2.1\",\"user\":\"u{number}\",\"status\":{status}\
             {comma}{more}}}"
        );
        let line = trace::parse(line.as_bytes()).unwrap();
        verdicts.push(match replay.attempt(&line) {
            None => "-".to_owned(),
            Some(Decided { decision, stopped, .. }) => {
                let stopped = if stopped { "!" } else { "" };
                format!("{}{stopped}", decision.verdict.action.name())
            }
        });
    }
    (verdicts.join(" "), replay.finish())
}

fn verdicts(rules: &[&str], lines: &[(f64, u16, &str)]) -> String {
    replay(rules, lines).0
}

const KEEPS: &str = "\"client\":\"c-1\"";

#[test]
fn an_outcome_is_learnt_when_it_comes_and_not_before() {
    let slow = |time| (time, 401, "\"response_ms\":5000");
    // Without a password nothing is pending: four failures are known after five seconds.
    let lines = [slow(0.0), slow(1.0), slow(2.0), slow(4.9), (7.0, 401, "")];
    assert_eq!(verdicts(&[BLOCKS], &lines), "allow allow allow allow block!");
    let lines = [slow(0.0), slow(0.0), (4.999, 401, ""), (5.0, 200, "")];
    assert_eq!(verdicts(&[BLOCKS], &lines), "allow allow allow block!");
}

#[test]
fn an_answer_that_is_late_is_pending_meanwhile() {
    let line = |time, password: &'static str| (time, 401, password);
    let lines = [
        line(0.0, "\"response_ms\":5000,\"password\":\"1\""),
        line(0.1, "\"response_ms\":5000,\"password\":\"2\""),
        line(0.2, "\"response_ms\":5000,\"password\":\"3\""),
        line(0.3, "\"response_ms\":5000,\"password\":\"4\""),
    ];
    let (verdicts, tally) = replay(&[BLOCKS], &lines);
    assert_eq!(verdicts, "allow allow block! block!");
    assert_eq!(tally.rules[0].1, tally::Rule { matched: 2, decided: 2 });
}

#[test]
fn what_is_stopped_teaches_nothing() {
    // Were the blocked success seen, its credit would lift the limit.
    let credit = BLOCKS
        .replace("\"1h\"}", "\"1h\",\"per_success\":9}")
        .replace(", \"ban\": \"ip\", \"for\": \"10m\"", "");
    let fail = |time| (time, 401, "");
    let lines = [fail(0.0), fail(1.0), (2.0, 200, ""), (3.0, 200, ""), fail(4.0)];
    assert_eq!(verdicts(&[&credit], &lines), "allow allow block! block! block!");
}

#[test]
fn a_ban_stands_and_its_rule_is_named() {
    let fail = |time| (time, 401, "");
    // Attempts go on, so the ban is prolonged, to twice its ten minutes at most.
    let lines = [fail(0.0), fail(1.0), fail(2.0), fail(3.0), fail(300.0), fail(1203.0)];
    let (verdicts, tally) = replay(&[BLOCKS, ANNOTATES], &lines);
    assert_eq!(verdicts, "allow allow block! block! block! allow");
    assert_eq!(tally.rules[0], ("b".to_owned(), tally::Rule { matched: 3, decided: 3 }));
}

#[test]
fn a_challenge_that_is_not_solved_stops() {
    let fail = |time| (time, 401, "");
    let (verdicts, tally) = replay(&[CHALLENGES], &[fail(0.0), fail(1.0), (2.0, 200, "")]);
    assert_eq!(verdicts, "allow challenge! challenge!");
    let label = &tally.labels["(none)"];
    assert_eq!((label.challenge, label.stopped), (2, 2));
    assert_eq!((label.successes, label.successes_stopped), (1, 1));
    assert_eq!(label.before_first_stop, Some(1));
}

#[test]
fn a_challenge_that_is_solved_goes_through_and_its_outcome_teaches() {
    let solves = "\"solves\":true";
    let fail = |time| (time, 401, solves);
    // The first failure, and those of two solved challenges, make the block's three.
    let three = BLOCKS.replace("\"over\": 2", "\"over\": 3");
    let lines = [fail(0.0), fail(1.0), fail(2.0), fail(3.0)];
    let (verdicts, tally) = replay(&[CHALLENGES, &three], &lines);
    assert_eq!(verdicts, "allow challenge challenge block!");
    assert_eq!(tally.labels["(none)"].stopped, 1);
}

#[test]
fn a_pass_covers_three_attempts_of_a_browser() {
    let fail = |time| (time, 401, KEEPS);
    let lines: Vec<_> = (0..7).map(|second| fail(f64::from(second))).collect();
    assert_eq!(
        verdicts(&[CHALLENGES], &lines),
        "allow challenge allow allow challenge allow allow"
    );
    // One without cookies solves each time.
    let lines: Vec<_> = (0..4).map(|s| (f64::from(s), 401, "\"solves\":true")).collect();
    assert_eq!(verdicts(&[CHALLENGES], &lines), "allow challenge challenge challenge");
}

#[test]
fn a_pass_ends_after_ten_minutes() {
    let lines = [(0.0, 401, KEEPS), (1.0, 401, KEEPS), (601.0, 401, KEEPS)];
    assert_eq!(verdicts(&[CHALLENGES], &lines), "allow challenge challenge");
    let lines = [(0.0, 401, KEEPS), (1.0, 401, KEEPS), (600.9, 401, KEEPS)];
    assert_eq!(verdicts(&[CHALLENGES], &lines), "allow challenge allow");
}

#[test]
fn what_a_pass_covers_has_the_verdict_of_the_other_rules() {
    let breached = "\"client\":\"c-1\",\"breached\":true";
    let fail = |time| (time, 401, breached);
    let lines: Vec<_> = (0..3).map(|second| fail(f64::from(second))).collect();
    assert_eq!(verdicts(&[CHALLENGES, ANNOTATES], &lines), "annotate challenge annotate");
    // A block wins over a pass.
    let lines: Vec<_> = (0..4).map(|second| fail(f64::from(second))).collect();
    assert_eq!(
        verdicts(&[CHALLENGES, ANNOTATES, BLOCKS], &lines),
        "annotate challenge block! block!"
    );
}

#[test]
fn verdicts_sum_to_attempts_and_unmatched_stand_apart() {
    let elsewhere = (1.0, 200, "\"path\":\"/static/logo.svg\"");
    let lines = [(0.0, 401, KEEPS), elsewhere, (1.0, 401, KEEPS), (2.0, 200, "\"breached\":true")];
    let (verdicts, tally) = replay(&[CHALLENGES, ANNOTATES], &lines);
    assert_eq!(verdicts, "allow - challenge challenge!");
    let about = About { policy: String::new(), filter: String::new() };
    let report = Report::new(tally, 0, about);
    assert_eq!((report.attempts, report.unmatched), (3, 1));
    let label = &report.labels["(none)"];
    assert_eq!(label.allow + label.annotate + label.challenge + label.block, label.attempts);
}

#[test]
fn the_seed_moves_keys_and_not_verdicts() {
    assert_eq!(key_material(1), key_material(1));
    assert_ne!(key_material(1), key_material(2));
}
