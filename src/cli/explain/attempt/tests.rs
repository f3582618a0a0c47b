//! What is said of a login from a description, from a record's line, and after a replay.

use unstuff_engine::config;

use super::*;

const POLICY: &str = r#"{"mode": "enforce", "rules": [
    {"name": "few", "when": {"ip.distinct_failures": {"over": 2, "within": "1h"}}, "then": "block",
     "ban": "ip", "for": "10m", "exempt": ["device"]},
    {"name": "breached", "when": {"password.breached": true}, "then": "annotate"},
    {"name": "tool", "when": {"fingerprint.failed_share": {"over": 90, "within": "1h", "at_least": 10}},
     "then": "challenge"}]}"#;

fn policy() -> Policy {
    config::parse(POLICY.as_bytes()).unwrap().policy
}

fn states(explained: &ExplainedAttempt) -> Vec<&'static str> {
    explained.rules.iter().map(|rule| rule.state.name()).collect()
}

#[test]
fn described_login_is_compared_with_each_limit() {
    let line = r#"{"ip.distinct_failures": {"1h": 3, "24h": 9}, "password.breached": false}"#;
    let explained = explain(&policy(), line, &[]).unwrap();
    assert_eq!(states(&explained), ["yes", "no", "unknown"]);
    let text = to_text(&policy(), &explained);
    assert!(
        text.contains("few       yes      3 *    ip.distinct_failures over 2 within 1h"),
        "{text}"
    );
    assert!(text.contains("The most severe match: few (block)."), "{text}");
    let known = r#"{"ip.distinct_failures": 3, "device.known": true, "fingerprint.failed_share": [10, 11]}"#;
    assert_eq!(states(&explain(&policy(), known, &[]).unwrap()), ["exempt", "unknown", "yes"]);
}

#[test]
fn what_is_no_login_and_no_description_is_an_error_that_says_what_is_allowed() {
    for (line, expected) in [
        (r#"{"ip.failure": 3}"#, "\"ip.failure\": did you mean \"ip.failures\"?"),
        (
            r#"{"weather.today": 3}"#,
            "unknown signal \"weather.today\"; known are password.breached,",
        ),
        (
            r#"{"ip.failures": "many"}"#,
            "ip.failures: \"many\" is no value of it; give a count, such as 12",
        ),
        (r#"{"device.known": 1}"#, "device.known: 1 is no value of it; give true or false"),
        (r#"{"fingerprint.failed_share": 50}"#, "50 is no value of it; give [failed, all]"),
        (r#"{"ip.failures": {"2h": 1}}"#, "unknown window \"2h\"; known are "),
        (r#"{"record":1,"kind":"heartbeat"}"#, "no login but of the kind \"heartbeat\""),
        (r#"{"ip":"::1"}"#, "not a login: `time` is missing"),
        ("junk", "\"junk\" is no JSON object; give a login's line"),
        ("Cargo.toml", "it is the name of a file: give one of its lines"),
        ("[1]", "\"[1]\" is no JSON object"),
        (r#"{"time":1,"ip":"::1","user":"a","status":200}"#, "--after what came before"),
    ] {
        let error = explain(&policy(), line, &[]).map(|_| ()).unwrap_err();
        assert!(format!("{error:#}").contains(expected), "{error:#}");
    }
}

#[test]
fn login_after_a_trace_has_every_value() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("before.jsonl");
    let line = |second: u32, user: &str| {
        format!(
            r#"{{"time":{second},"ip":"192.0.2.7","user":"{user}","password":"x","status":401,
                "headers":{{"user-agent":"a"}}}}"#
        )
        .replace('\n', " ")
    };
    let before: Vec<_> = (0..2).map(|n| line(n, &format!("u{n}"))).collect();
    std::fs::write(&trace, before.join("\n")).unwrap();
    let explained = explain(&policy(), &line(9, "ann"), std::slice::from_ref(&trace)).unwrap();
    let json = to_json(&policy(), &explained);
    assert_eq!(json["rules"][0]["matches"], "yes", "{json:#}");
    assert_eq!(json["rules"][0]["conditions"][0]["value"]["count"], 3);
    assert_eq!(
        json["rules"][2]["conditions"][0]["value"],
        serde_json::json!({"failed": 2, "all": 2})
    );
}

#[test]
fn line_of_a_record_tells_the_rules_that_matched() {
    let log = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/record/sound.log"
    ));
    let log = log.unwrap();
    let line = log.lines().find(|line| line.contains("\"kind\":\"login\"")).unwrap();
    let explained = explain(&policy(), line, &[]).unwrap();
    assert_eq!(states(&explained), ["unknown", "no", "unknown"]);
    let matched = line.replacen(
        "\"identities\"",
        "\"rules\":[{\"rule\":\"few\",\"values\":{\"ip.distinct_failures\":4}}],\"identities\"",
        1,
    );
    assert_eq!(states(&explain(&policy(), &matched, &[]).unwrap())[0], "yes");
}
