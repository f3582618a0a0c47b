//! The time of `unstuff audit verify` for a million lines: at most ten seconds.
//!
//! `make bench-audit`, or `cargo bench -p unstuff --bench audit`. Four workers record the logins of a site,
//! among which somebody guesses. The best of three rounds counts, because the machine may be busy.
#![allow(clippy::expect_used, clippy::panic, reason = "a bench may panic")]

use std::io::{BufWriter, Write as _};
use std::process::Command;
use std::time::Instant;

use unstuff_engine::attempt::{Attempt, Engine, Host, Step};
use unstuff_engine::breached::Filter;
use unstuff_engine::record::{AnsweredBy, LoginAnswer, RecorderStart};
use unstuff_engine::request::credentials::Body;
use unstuff_engine::request::headers::{Header, Headers};
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::time::Millis;

const KEY: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const LINES: u64 = 1_000_000;
const WORKERS: u8 = 4;
const ROUNDS: u32 = 3;
const MOST_SECONDS: f64 = 10.0;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [log, key] = ["envoy.log", "key"].map(|name| folder.path().join(name));
    std::fs::write(&key, KEY).expect("a key");
    let mut file = BufWriter::new(std::fs::File::create(&log).expect("a log"));
    let store = MemoryStore::new();
    let workers: Vec<Engine> = (0..WORKERS).map(|worker| engine(&store, worker)).collect();
    let (mut written, mut number) = (0, 0);
    while written < LINES {
        let now = Millis(1_760_000_000_000 + number * 7);
        let worker = usize::try_from(number % u64::from(WORKERS)).expect("a few");
        let engine = workers.get(worker).expect("a worker");
        let mut lines = login(engine, &store, now, number);
        if number % 1_000 == 0 {
            lines.extend(workers.iter().flat_map(|engine| engine.record_tick(now)));
        }
        written += lines.len() as u64;
        number += 1;
        for line in lines {
            writeln!(file, "[2026-01-05 08:00:00.000][18][info][wasm] wasm log: {line}")
                .expect("a disk with room");
        }
    }
    file.flush().expect("a disk with room");
    let bytes = log.metadata().expect("a log").len();
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut verify = Command::new(env!("CARGO_BIN_EXE_unstuff"));
        verify.args(["audit", "verify", "--key-file"]).arg(&key).arg(&log);
        let output = verify.output().expect("the tool runs");
        best = best.min(begun.elapsed().as_secs_f64());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    println!("{written} lines, {} MiB: verified in {best:.1} s", bytes >> 20);
    assert!(best <= MOST_SECONDS, "slower than {MOST_SECONDS} s");
}

fn engine(store: &MemoryStore, worker: u8) -> Engine {
    let policy = format!(
        "{{\"record\": {{\"key\": \"{KEY}\", \"per_second\": 100000, \"allowed_per_second\": 100000}}}}"
    );
    let policy = unstuff_engine::config::parse(policy.as_bytes()).expect("a policy").policy;
    let table = Table::open(store, policy.state, [7; 16]).expect("a table");
    let start = RecorderStart { worker: [worker; 8], version: "bench", configuration: b"{}" };
    Engine::new(policy, table).with_record(&start)
}

fn login(engine: &Engine, store: &MemoryStore, now: Millis, number: u64) -> Vec<String> {
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
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0"),
        ("accept-language", "en-US,en;q=0.5"),
    ]);
    let mut attempt = Attempt::default();
    let peer = format!("192.0.{}.{}:4711", number / 251 % 250, number % 251);
    let peer = peer.as_bytes();
    let _ = engine.request_headers(&host, &mut attempt, Headers::new(&request), peer, false);
    let body = format!("username=user{}&password=secret{}", number % 9_973, number % 11_987);
    let step = engine.request_body(&host, &mut attempt, Body::Complete(body.as_bytes()));
    let Step::Decided(mut decision) = step else { panic!("no decision") };
    let status = if number % 5 == 0 { 401 } else { 302 };
    let response = headers(&[(":status", &status.to_string())]);
    let learnt = engine.response_headers(&host, &mut attempt, Headers::new(&response));
    let answer = LoginAnswer::of(AnsweredBy::Upstream, Some(status), learnt.as_ref());
    let draft = decision.draft.take().expect("a draft");
    engine.record_answer(now, draft, &answer)
}
