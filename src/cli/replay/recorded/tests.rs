//! Simulated logins through the engine's live path, recorded, and the record replayed.
//!
//! One worker whose state evicts nothing. The live side answers slowly, ticks once a second at its own
//! moments, sets device cookies, and lets clients solve challenges, as the module does.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::io::Cursor;

use sha2::{Digest as _, Sha256};
use unstuff_engine::attempt::{Attempt, Engine, Host, Step};
use unstuff_engine::breached::Filter;
use unstuff_engine::config;
use unstuff_engine::policy::Policy;
use unstuff_engine::record::{LoginAnswer, LoginDraft, RecorderStart};
use unstuff_engine::request::credentials::Body;
use unstuff_engine::request::headers::{Header, Headers};
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::tokens::signing::Keys;
use unstuff_simulate::TracePlan;
use unstuff_trace::TraceReader;

use super::*;
use crate::replay::FilterSources;
use crate::replay::options::ReplayOptions;
use crate::replay::traces::MergedTraces;

/// Everything is recorded, and a challenge takes milliseconds.
const RECORDED: &str = r#"
    "endpoints": [{"name": "web", "match": {"path_regex": "/.*"},
      "credentials": {"form": {"username": "username", "password": "password"}},
      "failure": {"status": 401}, "success": {"status": 200}}],
    "challenge": {"difficulty": 8},
    "keys": ["00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"],
    "record": {"key": "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
      "per_second": 100000, "allowed_per_second": 100000"#;

fn policy(mode: &str, more: &str) -> Policy {
    let text = format!("{{\"mode\": \"{mode}\", {RECORDED} }} {more} }}");
    config::parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}")).policy
}

/// What one login carries, so that it can be sent to another gateway alike.
#[derive(Clone)]
struct SentLogin {
    time: u64,
    headers: Vec<(String, String)>,
    body: String,
    peer: String,
    status: u16,
    takes: u64,
    client: Option<String>,
    solves: bool,
    is_retry: bool,
}

/// An answer that is to come.
struct Waiting {
    attempt: Attempt,
    draft: Option<LoginDraft>,
    status: u16,
    client: Option<String>,
}

/// One worker of a gateway.
struct LiveWorker {
    engine: Engine,
    store: MemoryStore,
    waiting: BTreeMap<(u64, u64), Waiting>,
    sent: u64,
    ticked: u64,
    cookies: HashMap<String, String>,
    solutions: HashMap<String, String>,
    lines: Vec<String>,
    verdicts: Vec<(String, String)>,
}

/// When the worker's second begins.
const TICK_AT: u64 = 317;

impl LiveWorker {
    fn new(policy: Policy, began: u64) -> Self {
        let store = MemoryStore::new();
        let table = Table::open(&store, policy.state, [5; 16]).unwrap();
        let keys = Keys::configured(&policy.keys).unwrap();
        let start = RecorderStart { worker: [1; 8], version: "test", configuration: b"test" };
        let engine = Engine::new(policy, table).with_challenge(&keys).with_devices(keys);
        Self {
            engine: engine.with_record(&start),
            store,
            waiting: BTreeMap::new(),
            sent: 0,
            ticked: began / 1_000 * 1_000 + TICK_AT,
            cookies: HashMap::new(),
            solutions: HashMap::new(),
            lines: Vec::new(),
            verdicts: Vec::new(),
        }
    }

    fn host(&self, now: u64) -> Host<'_, MemoryStore, Filter<Vec<u8>>> {
        let (store, entries) = (&self.store, &self.store);
        Host { now: Millis(now), store, entries, passwords: None, pairs: None }
    }

    /// Does what is due before a moment: answers and ticks, in order of time.
    fn until(&mut self, now: u64) {
        loop {
            let answer = self.waiting.first_key_value().map(|(due, _)| due.0);
            let tick = self.ticked + 1_000;
            match answer {
                Some(due) if due <= tick && due <= now => self.answer(),
                _ if tick <= now => {
                    self.ticked = tick;
                    self.engine.tick(&self.host(tick));
                    let recorder = self.engine.recorder().expect("a record");
                    if recorder.needs_hour_key(Millis(tick)) {
                        let random = Sha256::digest(tick.to_le_bytes()).into();
                        recorder.take_hour_key(&self.store, Millis(tick), Some(random));
                    }
                    self.lines.extend(self.engine.record_tick(Millis(tick)));
                }
                _ => return,
            }
        }
    }

    fn answer(&mut self) {
        let Some(((due, _), mut waiting)) = self.waiting.pop_first() else { return };
        let headers: Vec<Header> =
            vec![(b":status".to_vec(), waiting.status.to_string().into_bytes())];
        let response = Headers::new(&headers);
        let learnt = self.engine.response_headers(&self.host(due), &mut waiting.attempt, response);
        if let (Some(client), Some(cookie)) =
            (&waiting.client, learnt.as_ref().and_then(|it| it.set_cookie.as_ref()))
        {
            let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
            self.cookies.insert(client.clone(), cookie);
        }
        if let Some(draft) = waiting.draft {
            let answer =
                LoginAnswer::of(AnsweredBy::Upstream, Some(waiting.status), learnt.as_ref());
            self.lines.extend(self.engine.record_answer(Millis(due), draft, &answer));
        }
    }

    /// Sends a login. Returns the puzzle of its challenge, if it got one.
    fn send(&mut self, login: &SentLogin) -> Option<(String, String, u32)> {
        self.until(login.time);
        let headers: Vec<Header> =
            login.headers.iter().map(|(n, v)| (n.clone().into(), v.clone().into())).collect();
        let (headers, peer) = (Headers::new(&headers), login.peer.as_bytes());
        let mut attempt = Attempt::default();
        let host = self.host(login.time);
        let mut step = self.engine.request_headers(&host, &mut attempt, headers, peer, false);
        if let Step::Hold = step {
            let body = Body::Complete(login.body.as_bytes());
            step = self.engine.request_body(&host, &mut attempt, body);
        }
        let Step::Decided(decision) = step else { panic!("no decision: {step:?}") };
        let mut decision = *decision;
        let verdict = &decision.verdict;
        self.verdicts.push((
            format!("{} {}", verdict.action.name(), verdict.cause.name()),
            verdict.reasons_text(self.engine.policy()),
        ));
        let draft = decision.draft.take();
        if !decision.verdict.action.stops() {
            self.sent += 1;
            let (status, client) = (login.status, login.client.clone());
            let waiting = Waiting { attempt, draft, status, client };
            self.waiting.insert((login.time + login.takes, self.sent), waiting);
            return None;
        }
        let answer = LoginAnswer::of(AnsweredBy::Module, Some(429), None);
        if let Some(draft) = draft {
            let lines = self.engine.record_answer(Millis(login.time), draft, &answer);
            self.lines.extend(lines);
        }
        let subject = decision.challenge_subject.as_ref()?;
        let mut random = [0; 32];
        let seed = Sha256::digest(format!("{}", self.verdicts.len()));
        random.copy_from_slice(&seed);
        let page = self.engine.challenge(&self.host(login.time), subject, random)?;
        let document: serde_json::Value = serde_json::from_str(&page.body).ok()?;
        let puzzle = &document["puzzle"];
        let text = |key: &str| puzzle[key].as_str().map(str::to_owned);
        let bits = puzzle["bits"].as_u64().and_then(|it| u32::try_from(it).ok())?;
        Some((text("token")?, text("seed")?, bits))
    }

    fn finish(&mut self) {
        self.until(self.ticked + 3_600_000);
    }
}

fn solve((token, seed, bits): (String, String, u32)) -> String {
    let solved = |part: u32, number: u32| {
        let hash = Sha256::digest(format!("{seed}:{part}:{number}"));
        let word = hash.first_chunk().map(|it| u32::from_be_bytes(*it)).unwrap_or_default();
        word.leading_zeros() >= bits
    };
    let number = |part| (0..).find(|number| solved(part, *number)).unwrap_or(0);
    (0..16).fold(token, |text, part| format!("{text}.{}", number(part)))
}

/// Simulated logins as requests, in order of time.
fn simulated(scenarios: &[&str], set: &[&str], seed: u64, people: u64) -> Vec<SentLogin> {
    let owned = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let plan = TracePlan::new(&owned(scenarios), &owned(set), 48.0).unwrap();
    let mut trace = Vec::new();
    plan.write(seed, people, &mut trace, |_| ()).unwrap();
    let text = String::from_utf8(trace).unwrap();
    let request = |line: &str| {
        let line = unstuff_trace::parse(line.as_bytes()).unwrap();
        let password = line.digest().map(|it| hex::encode(it.as_bytes())).unwrap_or_default();
        let mut headers = vec![
            (":method".to_owned(), "POST".to_owned()),
            (":path".to_owned(), line.path.clone().unwrap_or_default()),
            (":authority".to_owned(), line.host.clone().unwrap_or_default()),
            ("accept".to_owned(), "application/json".to_owned()),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ];
        headers.extend(line.headers.iter().flatten().cloned());
        let user = line.user.as_deref().unwrap_or_default().replace('+', "%2B");
        let body = format!("username={user}&password={password}");
        headers.push(("content-length".to_owned(), body.len().to_string()));
        SentLogin {
            time: line.time.0,
            headers,
            body,
            peer: match line.ip {
                std::net::IpAddr::V4(ip) => format!("{ip}:1"),
                std::net::IpAddr::V6(ip) => format!("[{ip}]:1"),
            },
            status: line.answered(),
            takes: line.response_ms,
            client: line.client.clone(),
            solves: line.solves(),
            is_retry: false,
        }
    };
    text.lines().map(request).collect()
}

/// A login in order of time.
struct Due(u64, usize, SentLogin);

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1) == (other.0, other.1)
    }
}
impl Eq for Due {}
impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

/// Sends all logins to a worker. Who is challenged and solves it tries again; who has a cookie or a
/// solution brings it. Returns the requests as they were sent.
fn drive(worker: &mut LiveWorker, logins: Vec<SentLogin>) -> Vec<SentLogin> {
    let mut due: BinaryHeap<Reverse<Due>> =
        logins.into_iter().enumerate().map(|(at, it)| Reverse(Due(it.time, at, it))).collect();
    let mut sent = Vec::new();
    while let Some(Reverse(Due(time, at, mut login))) = due.pop() {
        worker.until(time);
        if let Some(client) = &login.client {
            let cookie = worker.cookies.get(client).cloned();
            login.headers.extend(cookie.map(|it| ("cookie".to_owned(), it)));
            let solution = worker.solutions.get(client).cloned();
            login.headers.extend(solution.map(|it| ("x-unstuff-solution".to_owned(), it)));
        }
        let puzzle = worker.send(&login);
        sent.push(login.clone());
        let Some(puzzle) = puzzle.filter(|_| login.solves && !login.is_retry) else { continue };
        if let Some(client) = &login.client {
            worker.solutions.insert(client.clone(), solve(puzzle));
            login.headers.retain(|(name, _)| name != "cookie" && name != "x-unstuff-solution");
            let again = SentLogin { time: time + 4_003, is_retry: true, ..login };
            due.push(Reverse(Due(again.time, at, again)));
        }
    }
    worker.finish();
    sent
}

/// Replays a record. Returns verdicts, as a live worker has them.
fn replayed(record: &[String], policy: Policy) -> (Vec<(String, String)>, RecordSummary) {
    let text = record.join("\n");
    let reader = TraceReader::new("record", Cursor::new(text));
    let mut traces = MergedTraces::new(vec![reader], true);
    let sources = FilterSources::find(&[]).unwrap();
    let filters = sources.open().unwrap();
    let mut replay = Replay::new(policy, &filters, ReplayOptions::seeded(3)).unwrap();
    let mut verdicts = Vec::new();
    let stopped = traces
        .each(|_, line| {
            let decided = replay.attempt(line).expect("an endpoint");
            let verdict = &decided.decision.verdict;
            verdicts.push((
                format!("{} {}", verdict.action.name(), verdict.cause.name()),
                verdict.reasons_text(replay.policy()),
            ));
            Ok(())
        })
        .unwrap();
    assert!(stopped.is_none(), "{stopped:?}");
    (verdicts, replay.record_summary())
}

fn assert_same(live: &[(String, String)], replayed: &[(String, String)], record: &[String]) {
    assert_eq!(live.len(), replayed.len());
    let logins: Vec<_> = record.iter().filter(|it| it.contains("\"kind\":\"login\"")).collect();
    assert_eq!(logins.len(), live.len(), "a line each");
    let differing: Vec<_> = (0..live.len()).filter(|at| live[*at] != replayed[*at]).collect();
    for at in differing.iter().take(5) {
        println!("{at}: live {:?}, replayed {:?}", live[*at], replayed[*at]);
    }
    assert!(differing.is_empty(), "{} of {} differ", differing.len(), live.len());
}

/// How often each thing happened that a replay must get right.
fn covered(live: &LiveWorker) -> [(&'static str, usize); 5] {
    let count = |is: &dyn Fn(&str) -> bool| live.verdicts.iter().filter(|(it, _)| is(it)).count();
    let lines = |text: &str| live.lines.iter().filter(|it| it.contains(text)).count();
    [
        ("challenged", count(&|it| it.starts_with("challenge"))),
        ("let in by a pass", count(&|it| it.ends_with("passed"))),
        ("banned", count(&|it| it.ends_with("ban"))),
        ("in attack mode", lines("\"under_attack\":true")),
        ("of a known device", lines("\"known\":true")),
    ]
}

#[test]
fn record_of_ten_thousand_logins_replays_line_by_line() {
    let logins = simulated(
        &["vast-solving", "few-hosts", "spray"],
        &[
            "vast-solving.attempts=3000",
            "few-hosts.attempts=1500",
            "few-hosts.leaked=0",
            "few-hosts.solving=1",
            "spray.attempts=1500",
        ],
        1,
        1_800,
    );
    assert!(logins.len() > 10_000, "{}", logins.len());
    let mut live = LiveWorker::new(policy("enforce", ""), logins[0].time);
    drive(&mut live, logins);
    let covered = covered(&live);
    assert!(covered.iter().all(|(_, count)| *count >= 20), "{covered:?}");
    let (again, summary) = replayed(&live.lines, policy("enforce", ""));
    assert_same(&live.verdicts, &again, &live.lines);
    assert_eq!(summary.same, summary.logins);
}

/// Rules of an operator's own, unlike the default ones.
const OTHER_RULES: &str = r#", "rules": [
    {"name": "few", "when": {"ip.distinct_failures": {"over": 4, "within": "1h", "per_success": 2}},
     "then": "block", "ban": "ip", "for": "10m", "exempt": ["device"]},
    {"name": "network", "when": {"network.failures": {"over": 20, "within": "1h"}},
     "then": "block", "ban": "network", "for": "5m"},
    {"name": "account", "when": {"username.distinct_failures": {"over": 3, "within": "24h"}},
     "then": "challenge"},
    {"name": "breached", "when": {"password.breached": true, "account.seen": false},
     "then": "annotate"}]"#;

/// Logins of a gateway in shadow mode, which stops nobody, so every outcome is known.
#[test]
fn record_of_shadow_mode_shows_what_another_policy_does() {
    let logins = simulated(
        &["few-hosts", "one-account"],
        &["few-hosts.attempts=1200", "few-hosts.leaked=0", "one-account.attempts=300"],
        2,
        500,
    );
    let began = logins[0].time;
    let mut shadow = LiveWorker::new(policy("shadow", ""), began);
    let sent = drive(&mut shadow, logins);
    for other in [policy("enforce", OTHER_RULES), policy("enforce", "")] {
        let mut live = LiveWorker::new(other.clone(), began);
        sent.iter().for_each(|login| drop(live.send(login)));
        live.finish();
        let is_stop =
            |verdict: &str| verdict.starts_with("block") || verdict.starts_with("challenge");
        let stopped = live.verdicts.iter().filter(|(it, _)| is_stop(it)).count();
        assert!(stopped > 20, "{stopped}");
        let (again, _) = replayed(&shadow.lines, other);
        assert_same(&live.verdicts, &again, &shadow.lines);
    }
}

/// A policy with more keys in `record`.
fn recording(mode: &str, record: &str, more: &str) -> Policy {
    let text = format!("{{\"mode\": \"{mode}\", {RECORDED}, {record} }} {more} }}");
    config::parse(text.as_bytes()).unwrap_or_else(|problems| panic!("{problems:?}")).policy
}

/// Challenges at the account at which a password is tried after ten others.
const SPRAYED: &str = r#", "rules": [{"name": "spray", "then": "challenge",
    "when": {"password.usernames": {"over": 10, "within": "1h"}}}]"#;

#[test]
fn tags_of_the_hour_show_a_sprayed_password_under_another_policy() {
    let logins = simulated(&["spray"], &["spray.attempts=1200", "spray.leaked=0"], 4, 50);
    let stops = |verdicts: &[(String, String)]| {
        verdicts.iter().filter(|(it, _)| it.starts_with("challenge")).count()
    };
    let other = policy("enforce", SPRAYED);
    let mut live = LiveWorker::new(other.clone(), logins[0].time);
    logins.iter().for_each(|login| drop(live.send(login)));
    live.finish();
    let stopped = stops(&live.verdicts);
    assert!(stopped > 500, "{stopped}");
    let [with, without] =
        [r#""compare_accounts": true"#, r#""compare_accounts": false"#].map(|it| {
            let mut shadow = LiveWorker::new(recording("shadow", it, ""), logins[0].time);
            logins.iter().for_each(|login| drop(shadow.send(login)));
            shadow.finish();
            stops(&replayed(&shadow.lines, other.clone()).0)
        });
    // Counts begin anew with each hour's key.
    assert!(with > stopped / 2, "{with} of {stopped}");
    assert!(without < stopped / 20, "{without} of {stopped}");
}

/// Without it a replay's counts would be another site's.
#[test]
fn keyed_record_replays_as_well_and_holds_no_address_name_or_header() {
    let logins =
        simulated(&["few-hosts"], &["few-hosts.attempts=500", "few-hosts.leaked=0"], 3, 100);
    let keyed = recording("enforce", r#""address": "keyed", "headers": "keyed""#, "");
    let mut live = LiveWorker::new(keyed.clone(), logins[0].time);
    let sent = drive(&mut live, logins);
    let (again, _) = replayed(&live.lines, keyed);
    assert_same(&live.verdicts, &again, &live.lines);
    let record = live.lines.concat();
    for login in &sent {
        let (ip, _) = login.peer.rsplit_once(':').unwrap();
        let fields: HashMap<_, _> =
            login.body.split('&').filter_map(|it| it.split_once('=')).collect();
        let agent = &login.headers.iter().find(|(name, _)| name == "user-agent").unwrap().1;
        let secrets = [ip, fields["username"], fields["password"], agent];
        for secret in secrets.into_iter().filter(|it| it.len() > 3) {
            assert!(!record.contains(secret), "{secret}");
        }
    }
}
