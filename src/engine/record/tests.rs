//! A worker's record as a whole: what is written when, and what never is.

use serde_json::Value;

use super::*;
use crate::decision::facts::Facts;
use crate::decision::verdict::Verdict;
use crate::policy::Policy;
use crate::state::HashKey;
use crate::time::Millis;

fn policy(record: &str) -> Policy {
    let key = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let text = format!("{{\"record\": {{\"key\": \"{key}\"{record}}}}}");
    crate::config::parse(text.as_bytes()).expect("a valid configuration").policy
}

fn recorder(record: &str) -> LoginRecorder {
    let start = RecorderStart { worker: [1; 8], version: "9", configuration: b"{}" };
    LoginRecorder::start(&policy(record), &HashKey::new([7; 16]), &start).expect("a record")
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn first_line_names_the_key_the_version_and_the_configuration() {
    let recorder = recorder(", \"logins\": \"sample\", \"percent\": 5");
    let lines = recorder.tick(Millis(1_760_000_000_000));
    assert_eq!(lines.len(), 1);
    let start = read(&lines[0]);
    assert_eq!((&start["kind"], &start["line"]), (&"start".into(), &0.into()));
    assert_eq!((&start["version"], &start["percent"]), (&"9".into(), &5.into()));
    assert_eq!(start["key"], policy("").record.expect("a record").key.id());
    assert_eq!(start["configuration"].as_str().map(str::len), Some(32));
}

#[test]
fn heartbeat_comes_once_a_minute_and_changes_the_key() {
    let recorder = recorder("");
    let began = Millis(1_760_000_000_000);
    let beats: Vec<_> =
        (0..180).flat_map(|second| recorder.tick(began.plus_seconds(second))).collect();
    let epochs: Vec<_> =
        beats.iter().map(|line| read(line)).filter(|it| it["kind"] == "heartbeat").collect();
    assert_eq!(epochs.len(), 3, "{beats:?}");
    assert_eq!(epochs[2]["epoch"], 2);
    assert_eq!(recorder.lines(), 4);
    assert_eq!(read(&recorder.end(began)[0])["kind"], "end");
}

#[test]
fn worker_without_a_login_or_a_tick_writes_nothing() {
    assert!(recorder("").end(Millis(0)).is_empty(), "a canary's");
}

#[test]
fn sample_is_of_accounts() {
    let half = recorder(", \"logins\": \"sample\", \"percent\": 50");
    let facts = |name: &str| {
        let pair = crate::decision::facts::Pair {
            username: Some(name.to_owned()),
            ..crate::decision::facts::Pair::default()
        };
        Facts { pairs: vec![pair], ..Facts::default() }
    };
    let chosen = |name: &str| half.wants(&Verdict::allow(), &facts(name));
    let many = (0..1_000).filter(|n| chosen(&format!("user{n}"))).count();
    assert!((400..600).contains(&many), "{many}");
    assert!((0..10).all(|_| chosen("user1") == chosen("user1")));
}
