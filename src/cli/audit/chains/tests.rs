//! Logs as they are and as somebody changed them.
//!
//! `tests/record` has a log of each kind. `UNSTUFF_BLESS=1` makes them anew, with the text beside each
//! that a verification prints: read the difference before committing it.

use std::path::{Path, PathBuf};

use unstuff_engine::attempt::{Attempt, Engine, Host, Step};
use unstuff_engine::breached::Filter;
use unstuff_engine::config;
use unstuff_engine::record::chain::{ChainKey, MAC_BYTES};
use unstuff_engine::record::{AnsweredBy, LoginAnswer, RecorderStart};
use unstuff_engine::request::credentials::Body;
use unstuff_engine::request::headers::{Header, Headers};
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::time::Millis;

use super::*;
use crate::audit::report;

const KEY: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const BEGAN: u64 = 1_760_000_000;

/// The log of one worker: a login every ten seconds, for so many seconds.
fn log(worker: u8, process: u8, began: u64, seconds: u64, ends: bool) -> Vec<String> {
    let policy = format!("{{\"record\": {{\"key\": \"{KEY}\"}}}}");
    let policy = config::parse(policy.as_bytes()).unwrap().policy;
    let store = MemoryStore::new();
    let table = Table::open(&store, policy.state, [process; 16]).unwrap();
    let start = RecorderStart { worker: [worker; 8], version: "1.0.0", configuration: b"{}" };
    let engine = Engine::new(policy, table).with_record(&start);
    let mut lines = Vec::new();
    for second in began..began + seconds {
        let now = Millis(second * 1_000 + 250);
        lines.extend(engine.record_tick(now));
        if second % 10 == 3 {
            lines.extend(login(&engine, &store, now, second % 20 == 3));
        }
    }
    if ends {
        lines.extend(engine.record_end(Millis((began + seconds) * 1_000)));
    }
    lines
}

fn login(engine: &Engine, store: &MemoryStore, now: Millis, fails: bool) -> Vec<String> {
    let headers = |list: &[(&str, &str)]| -> Vec<Header> {
        list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    };
    let host: Host<'_, _, Filter<Vec<u8>>> =
        Host { now, store, entries: store, passwords: None, pairs: None };
    let request = headers(&[
        (":method", "POST"),
        (":path", "/login"),
        (":authority", "shop.example"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("user-agent", "Mozilla/5.0"),
    ]);
    let mut attempt = Attempt::default();
    let peer = b"192.0.2.7:4711";
    let step = engine.request_headers(&host, &mut attempt, Headers::new(&request), peer, false);
    assert!(matches!(step, Step::Hold));
    let body = format!("username=user{}&password=secret", now.0 % 7);
    let step = engine.request_body(&host, &mut attempt, Body::Complete(body.as_bytes()));
    let Step::Decided(mut decision) = step else { panic!("no decision") };
    let status = if fails { 401 } else { 302 };
    let response = headers(&[(":status", &status.to_string())]);
    let later = Host { now: Millis(now.0 + 80), ..host };
    let learnt = engine.response_headers(&later, &mut attempt, Headers::new(&response));
    let answer = LoginAnswer::of(AnsweredBy::Upstream, Some(status), learnt.as_ref());
    engine.record_answer(later.now, decision.draft.take().unwrap(), &answer)
}

fn verify(files: &[(&str, &str)], expected: Option<u64>, partial: bool) -> VerifiedChains {
    let mut chains = Chains::new(vec![RecordKey::parse(KEY).unwrap()], partial);
    for (name, text) in files {
        chains.begin_file(name);
        for (number, line) in text.lines().enumerate() {
            chains.line(number as u64 + 1, line.as_bytes());
        }
    }
    chains.finish(expected)
}

/// The place of the first break in one file, as a line's number.
fn broken_at(lines: &[String], expected: Option<u64>) -> Option<u64> {
    verify(&[("log", &lines.join("\n"))], expected, false).first_break.map(|it| it.number)
}

#[test]
fn every_way_to_change_a_line_is_found_at_that_line() {
    let sound = log(1, 1, BEGAN, 200, true);
    assert_eq!(broken_at(&sound, Some(sound.len() as u64)), None);
    for at in 0..sound.len() {
        let number = at as u64 + 1;
        let mut changed = sound.clone();
        changed[at] = changed[at].replacen("\"time\":17", "\"time\":16", 1);
        assert_eq!(broken_at(&changed, None), Some(number), "changed");
        let mut repeated = sound.clone();
        repeated.insert(at, sound[at].clone());
        assert_eq!(broken_at(&repeated, None), Some(number + 1), "repeated");
        if at + 1 < sound.len() {
            let mut removed = sound.clone();
            removed.remove(at);
            assert_eq!(broken_at(&removed, None), Some(number), "removed: the next line shows it");
            let mut swapped = sound.clone();
            swapped.swap(at, at + 1);
            assert_eq!(broken_at(&swapped, None), Some(number + 1), "swapped");
        }
        let cut = &sound[..at];
        let found = broken_at(cut, Some(sound.len() as u64));
        assert_eq!(found, Some(at as u64), "the tail is cut");
    }
}

#[test]
fn every_byte_of_a_line_is_sealed() {
    let sound = log(1, 1, BEGAN, 30, false);
    for at in 0..sound[2].len() {
        let mut changed = sound.clone();
        let mut bytes = changed[2].clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        changed[2] = String::from_utf8(bytes).unwrap();
        assert!(broken_at(&changed, Some(sound.len() as u64)).is_some(), "byte {at}");
    }
}

#[test]
fn workers_gateways_restarts_and_rotation_are_no_breaks() {
    let (one, other) = (log(1, 1, BEGAN, 200, true), log(2, 1, BEGAN, 200, true));
    let mut interleaved = Vec::new();
    for at in 0..one.len().max(other.len()) {
        interleaved
            .extend(one.get(at).map(|line| format!("[2025-10-09 08:53:20.250][18][info] {line}")));
        interleaved.extend(other.get(at).cloned());
        interleaved.push("[2025-10-09 08:53:20.250][18][info] another line".to_owned());
    }
    let all = (one.len() + other.len()) as u64;
    assert_eq!(broken_at(&interleaved, Some(all)), None);
    let restarted = [one.clone(), log(3, 2, BEGAN + 300, 100, false)].concat();
    assert_eq!(broken_at(&restarted, None), None);
    let (older, newer) = one.split_at(9);
    let (older, newer) = (older.join("\n"), newer.join("\n"));
    for files in [[("log.1", &older), ("log", &newer)], [("log", &newer), ("log.1", &older)]] {
        let files = files.map(|(name, text)| (name, text.as_str()));
        assert!(verify(&files, Some(one.len() as u64), false).first_break.is_none());
    }
    let alone = verify(&[("log", &newer)], None, false).first_break.unwrap();
    assert_eq!((alone.number, alone.text.contains("lines 0 to 8 are missing")), (1, true));
    let partial = verify(&[("log", &newer)], None, true);
    assert!(partial.first_break.is_none(), "{}", report::text(&partial));
    assert!(partial.chains[0].unchecked > 0);
    let changed = newer.replacen("\"status\":401", "\"status\":302", 9);
    assert!(verify(&[("log", &changed)], None, true).first_break.is_some());
}

#[test]
fn worker_whose_tail_is_cut_is_found_beside_one_that_goes_on() {
    let (one, other) = (log(1, 1, BEGAN, 400, false), log(2, 1, BEGAN, 400, false));
    assert_eq!(broken_at(&[one.clone(), other.clone()].concat(), None), None);
    let cut = &other[..other.len() / 2];
    let both = [one.as_slice(), cut].concat();
    assert_eq!(broken_at(&both, None), Some(both.len() as u64));
}

#[test]
fn who_has_a_later_key_of_the_chain_cannot_forge_earlier_lines() {
    let key = RecordKey::parse(KEY).unwrap();
    let first = ChainKey::first(&key, &[1; 8]);
    let (before, line) = ([0; MAC_BYTES], b"a line of the first minute");
    let (wanted, mut later) = (first.mac(&before, line), first.next());
    for _ in 0..1_000 {
        assert_ne!(later.mac(&before, line), wanted);
        later = later.next();
    }
}

/// The logs of `tests/record`, each with what is done to it.
fn fixtures() -> Vec<(&'static str, String)> {
    let sound = log(1, 1, BEGAN, 200, true);
    let with = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = sound.clone();
        change(&mut lines);
        lines.join("\n") + "\n"
    };
    let other = log(2, 1, BEGAN, 200, true);
    vec![
        ("sound", with(&|_| ())),
        (
            "sound-of-two-workers",
            with(&|it| {
                for (at, line) in other.iter().enumerate() {
                    it.insert((2 * at + 1).min(it.len()), line.clone());
                }
            }),
        ),
        ("sound-after-a-restart", with(&|it| it.extend(log(3, 2, BEGAN + 300, 100, true)))),
        ("removed", with(&|it| drop(it.remove(7)))),
        ("changed", with(&|it| it[7] = it[7].replacen("\"allow\"", "\"block\"", 1))),
        ("swapped", with(&|it| it.swap(7, 8))),
        ("repeated", with(&|it| it.insert(7, it[7].clone()))),
        ("rotated", with(&|it| drop(it.drain(..9)))),
        (
            "cut-beside-another-worker",
            with(&|it| {
                it.truncate(6);
                it.extend(log(2, 1, BEGAN, 400, false));
            }),
        ),
        (
            "forged",
            with(&|it| {
                let forged = log(1, 9, BEGAN, 200, true);
                it[12] = forged[12].replacen("203.", "192.", 1);
                it[12] = it[12].replacen("\"outcome\":\"unknown\"", "\"outcome\":\"success\"", 1);
            }),
        ),
    ]
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/record")
}

#[test]
fn each_log_of_the_fixtures_is_told_apart() {
    let blesses = std::env::var_os("UNSTUFF_BLESS").is_some();
    for (name, made) in fixtures() {
        let path = folder().join(format!("{name}.log"));
        if blesses {
            std::fs::write(&path, made).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let said = report::text(&verify(&[(&format!("{name}.log"), &text)], None, false));
        let beside = path.with_extension("txt");
        if blesses {
            std::fs::write(&beside, &said).unwrap();
        }
        assert_eq!(said, std::fs::read_to_string(&beside).unwrap(), "{name}");
        assert_eq!(said.contains("sound:"), name.starts_with("sound"), "{name}");
    }
}
