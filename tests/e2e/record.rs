//! The decision record: its lines in Envoy's logs are a trace that replays.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::envoy::target;
use unstuff_tests::{
    AppResponse, PolicyBuilder, ReceivedRequest, Sandbox, eventually, form, policy,
};

const KEY: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// A policy that blocks after four failures and records.
fn recording(to: &str) -> PolicyBuilder {
    policy()
        .endpoint("failure", json!({ "status": 401 }))
        .endpoint("success", json!({ "status": 200 }))
        .ban_after(4)
        .with("record", json!({ "key": KEY, "to": to }))
}

/// The record's lines in a log.
fn lines(log: &str) -> Vec<Value> {
    let record =
        |line: &str| line.find("{\"record\":1,").and_then(|at| line.get(at..).map(str::to_owned));
    let lines = log.lines().filter_map(record);
    lines.map(|line| serde_json::from_str(&line).expect("a line is JSON")).collect()
}

fn logins(log: &str) -> Vec<Value> {
    lines(log).into_iter().filter(|line| line["kind"] == "login").collect()
}

/// Replays a log under a policy. Returns the verdict of each login, beside the recorded one.
fn replayed(log: &str, policy: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let [trace, file, out] =
        ["envoy.log", "policy.json", "out.jsonl"].map(|it| folder.path().join(it));
    std::fs::write(&trace, log).expect("the log");
    std::fs::write(&file, policy).expect("the policy");
    let mut replay = Command::new(target().join("release/unstuff"));
    replay.arg("replay").arg(&trace).arg("--policy").arg(&file).arg("--decisions").arg(&out);
    let output = replay.output().expect("the tool");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let decided = std::fs::read_to_string(&out).expect("decisions");
    let text = |row: &Value, key: &str| row[key].as_str().expect("a verdict").to_owned();
    let pair = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("JSON");
        (text(&row, "recorded"), text(&row, "verdict"))
    };
    decided.lines().map(pair).collect()
}

#[tokio::test]
async fn lines_in_the_log_replay_to_the_verdicts_that_they_tell() {
    let policy = recording("log");
    let text = String::from(policy.clone());
    let sandbox = Sandbox::builder(policy).start().await;
    for n in 0..3 {
        sandbox.send(form(&format!("person{n}"), RIGHT).from("203.0.113.9")).await;
    }
    for n in 0..8 {
        sandbox.send(form(&format!("user{n}"), "wrong").from("198.51.100.7")).await;
    }
    eventually("the record is whole", || async { logins(&sandbox.envoy.log()).len() == 11 }).await;
    let log = sandbox.envoy.log();
    let told = logins(&log);
    let blocked = told.iter().filter(|line| line["verdict"] == "block").count();
    assert!(blocked >= 3, "{told:#?}");
    let pairs = replayed(&log, &text);
    assert_eq!(pairs.len(), 11);
    assert!(pairs.iter().all(|(recorded, replayed)| recorded == replayed), "{pairs:?}");
    assert!(!log.contains("wrong") && !log.contains("user7"), "no password and no name is logged");
    assert_eq!(lines(&log)[0]["kind"], "start");
}

/// The access log of `envoy/standalone`, to Envoy's own output.
fn with_access_log(manager: &mut Value) {
    let example = include_str!("../../envoy/standalone/record-access-log.yaml");
    let mut log: Value = serde_saphyr::from_str(example).expect("an access log");
    log["typed_config"]["path"] = json!("/dev/stdout");
    manager["access_log"] = json!([log]);
}

#[tokio::test]
async fn client_that_hangs_up_has_its_line_in_the_access_log_too() {
    for to in ["log", "access_log"] {
        let slow = |_: &ReceivedRequest| AppResponse::status(200).after(Duration::from_secs(3600));
        let sandbox = Sandbox::builder(recording(to)).on_request(slow);
        let sandbox = sandbox.manager(with_access_log).start().await;
        drop(sandbox.begin(form("ann", "wrong").from("198.51.100.7")).await);
        eventually("the login has its line", || async { logins(&sandbox.envoy.log()).len() == 1 })
            .await;
        let log = sandbox.envoy.log();
        let line = logins(&log).remove(0);
        assert_eq!((&line["answer"], &line["outcome"]), (&json!("nobody"), &json!("unknown")));
        assert_eq!(lines(&log)[0]["kind"], "start", "{to}: the chain begins");
    }
}
