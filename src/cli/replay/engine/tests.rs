//! A replay decides, stops and learns like live traffic, in the time of the trace.

use unstuff_engine::config;

use super::*;
use crate::replay::counts::RuleCounts;
use crate::replay::report::ReplayReport;
use crate::replay::{FilterSources, ReplayInputs};

/// Blocks an address from its third failure on, and bans it.
const BLOCKS: &str = r#"{"name": "b", "when": {"ip.failures": {"over": 2, "within": "1h"}},
    "then": "block", "ban": "ip", "for": "10m"}"#;

/// Challenges an address from its second failure on.
const CHALLENGES: &str =
    r#"{"name": "c", "when": {"ip.failures": {"over": 1, "within": "1h"}}, "then": "challenge"}"#;

/// Annotates breached passwords.
const ANNOTATES: &str = r#"{"name": "a", "when": {"password.breached": true}, "then": "annotate"}"#;

/// Replays lines (time, status, more fields) under rules. Returns each line's verdict, with `!` if
/// the attempt did not reach upstream, and the counts.
fn replay(rules: &[&str], lines: &[(f64, u16, &str)]) -> (String, ReplayCounts) {
    replay_with(ReplayOptions::seeded(1), &enforced(rules), lines)
}

/// A policy with these rules.
fn enforced(rules: &[&str]) -> String {
    format!("{{\"mode\": \"enforce\", \"rules\": [{}]}}", rules.join(","))
}

fn replay_with(
    options: ReplayOptions,
    policy: &str,
    lines: &[(f64, u16, &str)],
) -> (String, ReplayCounts) {
    let policy = config::parse(policy.as_bytes()).expect("a valid policy").policy;
    let sources = FilterSources::find(&[]).unwrap();
    let filters = sources.open().unwrap();
    let mut replay = Replay::new(policy, &filters, options).unwrap();
    let mut verdicts = Vec::new();
    for (number, (time, status, more)) in lines.iter().enumerate() {
        let comma = if more.is_empty() { "" } else { "," };
        let user = match more.contains("\"user\"") {
            true => String::new(),
            false => format!("\"user\":\"u{number}\","),
        };
        let ip = if more.contains("\"ip\"") { "" } else { "\"ip\":\"192.0.2.1\"," };
        let line = format!("{{\"time\":{time},{ip}{user}\"status\":{status}{comma}{more}}}");
        let line = unstuff_trace::parse(line.as_bytes()).unwrap();
        verdicts.push(match replay.attempt(&line) {
            None => "-".to_owned(),
            Some(ReplayedDecision { decision, stopped, .. }) => {
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
fn outcomes_are_learnt_when_they_are_due() {
    let slow = |time| (time, 401, "\"response_ms\":5000");
    // Without a password nothing is pending: four failures are known after five seconds.
    let lines = [slow(0.0), slow(1.0), slow(2.0), slow(4.9), (7.0, 401, "")];
    assert_eq!(verdicts(&[BLOCKS], &lines), "allow allow allow allow block!");
    let lines = [slow(0.0), slow(0.0), (4.999, 401, ""), (5.0, 200, "")];
    assert_eq!(verdicts(&[BLOCKS], &lines), "allow allow allow block!");
}

#[test]
fn attempts_are_pending_until_their_response() {
    let line = |time, password: &'static str| (time, 401, password);
    let lines = [
        line(0.0, "\"response_ms\":5000,\"password\":\"1\""),
        line(0.1, "\"response_ms\":5000,\"password\":\"2\""),
        line(0.2, "\"response_ms\":5000,\"password\":\"3\""),
        line(0.3, "\"response_ms\":5000,\"password\":\"4\""),
    ];
    let (verdicts, counts) = replay(&[BLOCKS], &lines);
    assert_eq!(verdicts, "allow allow block! block!");
    assert_eq!(counts.rules[0].1, RuleCounts { matched: 2, decided: 2 });
}

#[test]
fn stopped_attempts_teach_nothing() {
    // If the blocked success were learnt, its credit would raise the limit.
    let credit = BLOCKS
        .replace("\"1h\"}", "\"1h\",\"per_success\":9}")
        .replace(", \"ban\": \"ip\", \"for\": \"10m\"", "");
    let fail = |time| (time, 401, "");
    let lines = [fail(0.0), fail(1.0), (2.0, 200, ""), (3.0, 200, ""), fail(4.0)];
    assert_eq!(verdicts(&[&credit], &lines), "allow allow block! block! block!");
}

#[test]
fn ban_stands_and_counts_for_its_rule() {
    let fail = |time| (time, 401, "");
    // Attempts continue, so the ban is extended, to at most twice its ten minutes.
    let lines = [fail(0.0), fail(1.0), fail(2.0), fail(3.0), fail(300.0), fail(1203.0)];
    let (verdicts, counts) = replay(&[BLOCKS, ANNOTATES], &lines);
    assert_eq!(verdicts, "allow allow block! block! block! allow");
    assert_eq!(counts.rules[0], ("b".to_owned(), RuleCounts { matched: 3, decided: 3 }));
}

#[test]
fn unsolved_challenge_stops() {
    let fail = |time| (time, 401, "");
    let (verdicts, counts) = replay(&[CHALLENGES], &[fail(0.0), fail(1.0), (2.0, 200, "")]);
    assert_eq!(verdicts, "allow challenge! challenge!");
    let label = &counts.labels["(none)"];
    assert_eq!((label.challenge, label.stopped), (2, 2));
    assert_eq!((label.successes, label.successes_stopped), (1, 1));
    assert_eq!(label.before_first_stop, Some(1));
}

#[test]
fn solved_challenge_reaches_upstream_and_its_outcome_is_learnt() {
    let solves = "\"solves\":true";
    let fail = |time| (time, 401, solves);
    // The block's three failures are the first one and those of two solved challenges.
    let three = BLOCKS.replace("\"over\": 2", "\"over\": 3");
    let lines = [fail(0.0), fail(1.0), fail(2.0), fail(3.0)];
    let (verdicts, counts) = replay(&[CHALLENGES, &three], &lines);
    assert_eq!(verdicts, "allow challenge challenge block!");
    assert_eq!(counts.labels["(none)"].stopped, 1);
}

#[test]
fn pass_covers_three_attempts_of_a_browser() {
    let fail = |time| (time, 401, KEEPS);
    let lines: Vec<_> = (0..7).map(|second| fail(f64::from(second))).collect();
    assert_eq!(
        verdicts(&[CHALLENGES], &lines),
        "allow challenge allow allow challenge allow allow"
    );
    // A client without cookies solves each time.
    let lines: Vec<_> = (0..4).map(|s| (f64::from(s), 401, "\"solves\":true")).collect();
    assert_eq!(verdicts(&[CHALLENGES], &lines), "allow challenge challenge challenge");
}

#[test]
fn pass_expires_after_ten_minutes() {
    let lines = [(0.0, 401, KEEPS), (1.0, 401, KEEPS), (601.0, 401, KEEPS)];
    assert_eq!(verdicts(&[CHALLENGES], &lines), "allow challenge challenge");
    let lines = [(0.0, 401, KEEPS), (1.0, 401, KEEPS), (600.9, 401, KEEPS)];
    assert_eq!(verdicts(&[CHALLENGES], &lines), "allow challenge allow");
}

#[test]
fn covered_attempts_have_the_verdict_of_the_other_rules() {
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
fn verdicts_sum_to_attempts_and_unmatched_lines_are_separate() {
    let elsewhere = (1.0, 200, "\"path\":\"/static/logo.svg\"");
    let lines = [(0.0, 401, KEEPS), elsewhere, (1.0, 401, KEEPS), (2.0, 200, "\"breached\":true")];
    let (verdicts, counts) = replay(&[CHALLENGES, ANNOTATES], &lines);
    assert_eq!(verdicts, "allow - challenge challenge!");
    let about = ReplayInputs { policy: String::new(), filter: String::new() };
    let report = ReplayReport::new(counts, 0, about);
    assert_eq!((report.attempts, report.unmatched), (3, 1));
    let label = &report.labels["(none)"];
    assert_eq!(label.allow + label.annotate + label.challenge + label.block, label.attempts);
}

#[test]
fn lines_before_the_count_begins_teach() {
    let options = ReplayOptions { count_after: Some(2_000), ..ReplayOptions::seeded(1) };
    let fail = |time| (time, 401, "\"label\":\"benign/x\"");
    let (verdicts, counts) = replay_with(
        options,
        &enforced(&[BLOCKS]),
        &[fail(0.0), fail(1.0), fail(1.5), fail(2.0), fail(3.0)],
    );
    assert_eq!(verdicts, "allow allow block! block! block!");
    let label = &counts.labels["benign/x"];
    assert_eq!((label.attempts, label.block), (2, 2));
    assert_eq!((counts.people.people, counts.people.most), (2, 1));
}

#[test]
fn restart_loses_the_state_once() {
    let options = ReplayOptions { restart_after: Some(3_000), ..ReplayOptions::seeded(1) };
    let lines: Vec<_> = (0..7).map(|second| (f64::from(second), 401, "")).collect();
    let (verdicts, _) = replay_with(options, &enforced(&[BLOCKS]), &lines);
    assert_eq!(verdicts, "allow allow block! allow allow block! block!");
}

#[test]
fn gateways_have_a_state_each() {
    let lines: Vec<_> = (0..9).map(|second| (f64::from(second), 401, "")).collect();
    let one = verdicts(&[BLOCKS], &lines);
    let options = ReplayOptions { gateways: 3, ..ReplayOptions::seeded(1) };
    let (three, counts) = replay_with(options, &enforced(&[BLOCKS]), &lines);
    let allowed = |verdicts: &str| verdicts.matches("allow").count();
    assert_eq!(allowed(&one), 2);
    assert!((3..=6).contains(&allowed(&three)), "{three}");
    assert_eq!(counts.state_ceiling % 3, 0);
}

#[test]
fn copied_cookies_are_worth_what_the_original_is() {
    let known = r#"{"name": "c", "when": {"password.breached": true, "ip.attempts": {"over": 1, "within": "1h"}},
        "then": "challenge", "exempt": ["device"]}"#;
    let got_in = (0.0, 200, "\"user\":\"ann\",\"client\":\"c-1\"");
    let thief = "\"user\":\"ann\",\"client\":\"c-2\",\"solves\":false,\"breached\":true";
    let copied = format!("{thief},\"copies\":\"c-1\"");
    let lines = [got_in, (1.0, 200, thief), (2.0, 200, &copied)];
    let endpoint =
        r#""endpoints": [{"name": "l", "match": {"path": "/login"}, "success": {"status": 200}}]"#;
    let policy = enforced(&[known]).replacen('{', &format!("{{{endpoint},"), 1);
    let (verdicts, _) = replay_with(ReplayOptions::seeded(1), &policy, &lines);
    assert_eq!(verdicts, "allow challenge! allow");
}

#[test]
fn outcome_on_a_line_is_learnt_whatever_the_policy_makes_of_the_answer() {
    let failed = |time| (time, 200, "\"outcome\":\"failure\"");
    let lines = [failed(0.0), failed(1.0), failed(2.0)];
    assert_eq!(verdicts(&[BLOCKS], &lines), "allow allow block!");
    let told = |time| (time, 401, "\"outcome\":\"success\"");
    let (verdicts, counts) = replay(&[BLOCKS], &[told(0.0), told(1.0), told(2.0)]);
    assert_eq!(verdicts, "allow allow allow");
    assert_eq!(counts.labels["(none)"].successes, 3);
}

#[test]
fn recorded_headers_of_the_answer_tell_the_outcome() {
    let policy = enforced(&[BLOCKS]).replacen(
        '{',
        r#"{"endpoints": [{"name": "l", "match": {"path": "/login"},
            "failure": {"location": "/login"}, "success": {"cookie": "session"}}],"#,
        1,
    );
    let failed = |time| (time, 302, "\"response_headers\":{\"Location\":\"/login?error\"}");
    let got_in = (0.5, 302, "\"response_headers\":{\"set-cookie\":\"session=1\"}");
    let lines = [failed(0.0), got_in, failed(1.0), failed(2.0)];
    let (verdicts, counts) = replay_with(ReplayOptions::seeded(1), &policy, &lines);
    assert_eq!(verdicts, "allow allow allow block!");
    assert_eq!(counts.labels["(none)"].successes, 1);
}

#[test]
fn people_whose_headers_are_not_recorded_are_no_tool() {
    let rule = r#"{"name": "look", "when": {"fingerprint.failures": {"over": 4, "within": "1h"}},
        "then": "block"}"#;
    let matched = |headers: &str| {
        let person =
            |n: u32| format!("\"ip\":\"198.51.100.{n}\",\"password\":\"mistyped {n}\"{headers}");
        let people: Vec<String> = (0..5).map(person).collect();
        let lines: Vec<_> =
            (0_u32..).zip(&people).map(|(n, it)| (f64::from(n), 401, &**it)).collect();
        replay(&[rule], &lines).1.rules[0].1.matched
    };
    assert_eq!(matched(""), 0);
    assert_eq!(matched(",\"headers\":{\"user-agent\":\"a tool\"}"), 1);
}

#[test]
fn seed_determines_the_keys() {
    assert_eq!(key_material(1), key_material(1));
    assert_ne!(key_material(1), key_material(2));
}
