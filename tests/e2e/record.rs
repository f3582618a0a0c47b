//! The decision record: its lines in Envoy's logs are a trace that replays.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::envoy::target;
use unstuff_tests::{
    AppResponse, PolicyBuilder, ReceivedRequest, Request, Sandbox, eventually, form, policy,
};

use crate::load::{Load, flood};

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

/// Envoy's log, when it has the lines of so many logins.
async fn whole_log(sandbox: &Sandbox, count: usize) -> String {
    let found = |log: &str| log.matches("\"kind\":\"login\"").count();
    eventually("the record is whole", || async { found(&sandbox.envoy.log()) == count }).await;
    sandbox.envoy.log()
}

/// A login of a replay.
struct Replayed {
    /// Its line in the log, from 1.
    line: usize,
    recorded: String,
    verdict: String,
}

/// Replays a log under a policy.
fn replayed(log: &str, policy: &str) -> Vec<Replayed> {
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
    let login = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let line = row["line"].as_u64().and_then(|it| usize::try_from(it).ok()).expect("a number");
        Replayed { line, recorded: text(&row, "recorded"), verdict: text(&row, "verdict") }
    };
    decided.lines().map(login).collect()
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
    let log = whole_log(&sandbox, 11).await;
    let told = logins(&log);
    let blocked = told.iter().filter(|line| line["verdict"] == "block").count();
    assert!(blocked >= 3, "{told:#?}");
    let again = replayed(&log, &text);
    assert_eq!(again.len(), 11);
    let differing: Vec<_> = again.iter().filter(|it| it.recorded != it.verdict).collect();
    assert!(differing.is_empty(), "{}", differing.len());
    assert!(!log.contains("wrong") && !log.contains("user7"), "no password and no name is logged");
    assert_eq!(lines(&log)[0]["kind"], "start");
}

/// Three people, a tool that changes its address once, and somebody who guesses at one account.
fn sequence(number: usize) -> Request {
    match number % 4 {
        0 => form(&format!("person{}", number % 3), RIGHT).from("203.0.113.9"),
        1 | 2 => form(&format!("user{number}"), &format!("stolen{number}")).from(if number < 40 {
            "198.51.100.7"
        } else {
            "192.0.2.7"
        }),
        _ => form("ann", &format!("guess{number}")).from(&format!("203.0.113.{number}")),
    }
}

#[tokio::test]
async fn replay_under_another_policy_gives_what_envoy_gives_with_it() {
    let watching = recording("log").with("mode", json!("shadow"));
    let other = policy()
        .ban_after(2)
        .rule(json!({ "name": "account", "then": "annotate",
            "when": { "username.distinct_failures": { "over": 5, "within": "24h" } } }))
        .with("record", json!({ "key": KEY }));
    let mut logs = Vec::new();
    for policy in [watching, other.clone()] {
        let sandbox = Sandbox::start(policy).await;
        let mut connection = sandbox.connect().await;
        for number in 0..80 {
            connection.send(sequence(number)).await;
        }
        logs.push(whole_log(&sandbox, 80).await);
    }
    let [watched, enforced] = &logs[..] else { panic!("two logs") };
    let verdicts: Vec<_> =
        replayed(watched, &String::from(other)).into_iter().map(|it| it.verdict).collect();
    let wanted: Vec<_> = logins(enforced).iter().map(|line| line["verdict"].clone()).collect();
    for action in ["allow", "annotate", "block"] {
        assert!(verdicts.iter().filter(|it| *it == action).count() > 3, "{action}: {verdicts:?}");
    }
    assert_eq!(verdicts, wanted);
}

/// 24 connections of people, of an address each; six of tools that try stolen logins; and two of a tool
/// that uses both at once.
fn mixed(number: usize) -> Request {
    let (connection, round) = (number % CONNECTIONS, number / CONNECTIONS);
    let address = match connection {
        0..24 => format!("203.0.113.{connection}"),
        24..30 => format!("198.51.100.{connection}"),
        _ => "192.0.2.9".to_owned(),
    };
    let request = match connection {
        0..24 => {
            let password = if round % 8 == 3 { "wrong" } else { RIGHT };
            form(&format!("person{connection}-{}", round % 9), password)
        }
        _ => form(&format!("victim{number}"), &format!("stolen{number}")),
    };
    request.from(&address)
}

const CONNECTIONS: usize = 32;

/// Why a login may have another verdict in a replay: what is known of the order in which several workers
/// decided is the millisecond, and each had seen attack mode at its last tick. None: there is no reason.
fn cause(login: &Value, all: &[Value]) -> Option<String> {
    let time = |line: &Value| line["time"].as_f64().expect("a time");
    let answered = |line: &Value| time(line) + line["ms"].as_f64().expect("a time") / 1000.0;
    let is_near = |other: &&Value| {
        let same = other["identities"]["ip"] == login["identities"]["ip"];
        let near =
            [time(other), answered(other)].iter().any(|at| (at - time(login)).abs() < 0.0015);
        same && near && other["worker"] != login["worker"]
    };
    let near = all.iter().find(is_near).map(|other| {
        format!("worker {} dealt with the same address within a millisecond", other["worker"])
    });
    let since = login["order"][2].as_u64().expect("milliseconds");
    let by_mode = || format!("attack mode as its worker had seen it, {since} ms after its tick");
    near.or_else(|| login["under_attack"].is_boolean().then(by_mode))
}

#[tokio::test(flavor = "multi_thread")]
async fn record_of_four_workers_replays_to_the_same_verdicts() {
    const LOGINS: usize = 6_400;
    let limits = json!({ "key": KEY, "per_second": 100_000, "allowed_per_second": 100_000 });
    let policy = policy().with("rules", json!({})).with("record", limits);
    let text = String::from(policy.clone());
    let sandbox = Sandbox::builder(policy).workers(4).start().await;
    flood(&sandbox, Load { requests: LOGINS, connections: CONNECTIONS }, mixed).await;
    let log = whole_log(&sandbox, LOGINS).await;
    let all = logins(&log);
    let workers: BTreeSet<_> = all.iter().filter_map(|line| line["worker"].as_str()).collect();
    assert!(workers.len() > 1, "several workers decide: {workers:?}");
    let stopped = all.iter().filter(|line| line["answer"] == "module").count();
    assert!(stopped > LOGINS / 20 && stopped < LOGINS / 2, "{stopped}");
    let again = replayed(&log, &text);
    assert_eq!(again.len(), LOGINS);
    let texts: Vec<&str> = log.lines().collect();
    let differing: Vec<_> = again.iter().filter(|it| it.recorded != it.verdict).collect();
    for Replayed { line, recorded, verdict } in &differing {
        let login = logins(texts[line - 1]).remove(0);
        let cause = cause(&login, &all).unwrap_or_else(|| panic!("no cause is known: {login}"));
        println!("line {line}: {recorded} when it was recorded, {verdict} in the replay: {cause}");
    }
    println!(
        "{} of {LOGINS} differ, of {} workers, {stopped} stopped",
        differing.len(),
        workers.len()
    );
    assert!(differing.len() <= LOGINS / 1_000, "{} of {LOGINS} differ", differing.len());
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
