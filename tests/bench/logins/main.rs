//! `cargo bench -p unstuff-tests --bench logins`: instructions of the engine for a whole login, from
//! the headers of the request to those of the response, and its reads and writes of shared data.
//!
//! callgrind counts instructions, so the figures do not depend on how busy the machine is. What a
//! process does anyway falls out of the difference between a long run and a short one.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]

use std::env;
use std::process::Command;

use unstuff_engine::record::{AnsweredBy, LoginAnswer, RecorderStart};
use unstuff_engine::request::credentials::Body;
use unstuff_engine::request::headers::Headers;
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::cached::CachedStore;
use unstuff_engine::state::stores::memory::{CountingStore, MemoryStore};
use unstuff_engine::{Attempt, Engine, Filter, Host, Millis, Step};
use unstuff_tests::headers::{CHROME, list};

/// The configurations: an endpoint that says all, and the default ones.
const POLICIES: [(&str, &str); 3] = [
    (
        "configured",
        r#"{ "endpoints": [{ "name": "web", "match": { "path": "/login" },
           "credentials": { "form": { "username": "username", "password": "password" },
                            "json": { "username": "/username", "password": "/password" } },
           "failure": [{ "status": 401 }, { "status": 302, "location": "/login" }],
           "success": { "status": 302, "location": "/home" } }] }"#,
    ),
    ("default", "{}"),
    (
        "recorded",
        r#"{ "record": { "key": "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
           "allowed_per_second": 100000 } }"#,
    ),
];

/// What is sent, and what upstream answers: name, method, path, content type, body, answer.
type Case = (&'static str, &'static str, &'static str, &'static str, &'static str, AnswerHeaders);
type AnswerHeaders = &'static [(&'static str, &'static str)];

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const FORM_BODY: &str = "username=USER&password=correct-horse-NUMBER&remember=on&csrf_token=4f2a9c";
const JSON_BODY: &str =
    r#"{"username":"USER","password":"correct-horse-NUMBER","remember":true,"client":"web"}"#;
const ACCEPTED: AnswerHeaders =
    &[(":status", "302"), ("location", "/home"), ("set-cookie", "sid=x")];
const REFUSED: AnswerHeaders = &[(":status", "401"), ("content-type", "text/html; charset=utf-8")];

const CASES: [Case; 6] = [
    ("form, accepted", "POST", "/login", FORM, FORM_BODY, ACCEPTED),
    ("form, refused", "POST", "/login", FORM, FORM_BODY, REFUSED),
    ("JSON, accepted", "POST", "/login", JSON, JSON_BODY, ACCEPTED),
    ("JSON, refused", "POST", "/login", JSON, JSON_BODY, REFUSED),
    ("the login page", "GET", "/login", "", "", &[(":status", "200")]),
    ("another page", "GET", "/assets/app.js?v=17", "", "", &[(":status", "200")]),
];

/// As a worker's: slots are kept between a read and a write.
type WorkerStore = CachedStore<CountingStore<MemoryStore>>;

const NOW: Millis = Millis(1_760_000_000_000);
const RUNS: [u32; 2] = [200, 600];

/// Sends so many requests, each of a person of their own, after one login that is refused.
/// Returns the reads and writes of the last one.
fn run(policy: &str, case: &Case, times: u32) -> (u64, u64) {
    let policy = unstuff_engine::config::parse(policy.as_bytes()).expect("a good policy").policy;
    let store = WorkerStore::new(CountingStore::new(MemoryStore::new()));
    let table = Table::open(&store, policy.state, [7; 16]).expect("a table");
    let start = RecorderStart { worker: [1; 8], version: "bench", configuration: b"{}" };
    let engine = Engine::new(policy, table).with_record(&start);
    let refused = CASES[if case.3 == JSON { 3 } else { 1 }];
    send(&engine, &store, &refused, 0);
    for person in 1..=times {
        store.inner().take();
        send(&engine, &store, case, person);
    }
    store.inner().take()
}

fn send(engine: &Engine, store: &WorkerStore, case: &Case, person: u32) {
    let (_, method, path, content_type, body, answer) = case;
    let host = Host {
        now: NOW.plus_seconds(u64::from(person)),
        store,
        entries: store,
        passwords: None::<&Filter<&[u8]>>,
        pairs: None,
    };
    let [_, a, b, c] = person.to_be_bytes();
    let peer = format!("10.{a}.{b}.{c}:4711");
    let number = person.to_string();
    let body = body.replace("USER", &format!("anna{number}")).replace("NUMBER", &number);
    let length = body.len().to_string();
    let mut headers = list(&[(":method", method), (":path", path)]);
    headers.extend(list(&CHROME));
    if !body.is_empty() {
        headers.extend(list(&[("content-type", content_type), ("content-length", &length)]));
    }
    let mut attempt = Attempt::default();
    let ends = body.is_empty();
    let mut draft = None;
    let step =
        engine.request_headers(&host, &mut attempt, Headers::new(&headers), peer.as_bytes(), ends);
    if matches!(step, Step::Hold) {
        let body = Body::Complete(body.as_bytes());
        let Step::Decided(mut decision) = engine.request_body(&host, &mut attempt, body) else {
            panic!("a login is decided by its body")
        };
        draft = decision.draft.take();
    }
    let response = list(answer);
    if !attempt.is_settled() {
        let response = Headers::new(&response);
        let learnt = engine.response_headers(&host, &mut attempt, response);
        if let Some(draft) = draft {
            let by = AnsweredBy::Upstream;
            let answer = LoginAnswer::of(by, response.status(), learnt.as_ref());
            assert!(!engine.record_answer(host.now, draft, &answer).is_empty());
        }
    }
}

/// Instructions of this program with these arguments.
fn instructions(policy: usize, case: usize, times: u32) -> u64 {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().expect("this program"))
        .args([policy.to_string(), case.to_string(), times.to_string()])
        .output()
        .expect("valgrind, a package of that name");
    let said = String::from_utf8_lossy(&run.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "));
    collected.and_then(|(_, count)| count.trim().parse().ok()).unwrap_or_else(|| panic!("{said}"))
}

fn main() {
    let given: Vec<usize> = env::args().filter_map(|it| it.parse().ok()).collect();
    if let [policy, case, times] = given[..] {
        run(POLICIES[policy].1, &CASES[case], u32::try_from(times).expect("few"));
        return;
    }
    for (policy, (name, document)) in POLICIES.iter().enumerate() {
        for (index, case) in CASES.iter().enumerate() {
            let (reads, writes) = run(document, case, 1);
            let [short, long] = RUNS.map(|times| instructions(policy, index, times));
            let each = (long - short) / u64::from(RUNS[1] - RUNS[0]);
            println!("{name:10}  {:14}  {each:>7}  {reads} reads, {writes} writes", case.0);
        }
    }
}
