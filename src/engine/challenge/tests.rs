//! Tests of the challenge from the client's side: from a challenged login to an admitted one.
//!
//! `ChallengeRig` is an engine whose policy challenges every login with an ambiguous password, with
//! a clock and randomness that the test controls.

mod ahead;
mod configuration;
mod fleet;
mod full;
mod handover;
mod login_page;
mod pages;
mod passes;
mod surcharge;
mod verdicts;
mod waits;

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::puzzle::{Puzzle, PuzzleAlgorithm};
use super::testing::{keys, solve};
use super::*;
use crate::attempt::{Attempt, Decision, Engine, Host, Step};
use crate::breached::Sha1Digest;
use crate::decision::facts::Breached;
use crate::decision::verdict::Cause;
use crate::policy::Action;
use crate::request::credentials::Body;
use crate::request::headers::{Header, Headers};
use crate::state::Table;
use crate::state::stores::memory::MemoryStore;
use crate::time::Millis;
use crate::tokens::signing::Keys;

const POLICY: &str = r#"{"mode":"enforce",
  "endpoints":[
    {"name":"web","match":{"path":"/login"},"login_page":"/sign-in",
     "credentials":{"form":{"username":"user","password":"password"}}},
    {"name":"blog","match":{"path":"/blog/login"},
     "credentials":{"form":{"username":"user","password":"password"}}}],
  "challenge":{"difficulty":8},
  "rules":[
    {"name":"ambiguous","when":{"credentials.ambiguous":true},"then":"challenge"},
    {"name":"unreadable","when":{"credentials.unreadable":true},"then":"block"}]}"#;

const CHALLENGED: &str = "user=alice&password=a&password=b";
const BLOCKED: &str = "{";

const BREACHED: &str = "123456";

struct Leaked;

impl Breached for Leaked {
    fn knows(&self, digest: &Sha1Digest) -> bool {
        *digest == Sha1Digest::of(BREACHED.as_bytes())
    }
}

struct ChallengeRig {
    engine: Engine,
    store: MemoryStore,
    now: Cell<Millis>,
    randomness: Cell<u8>,
}

/// The decision on a login, and the response if it was challenged.
struct LoginResult(Decision, Option<ChallengeResponse>);

impl ChallengeRig {
    fn new(policy: &str) -> Self {
        Self::with(policy, &keys(&[1]), MemoryStore::new())
    }

    fn with(policy: &str, keys: &Keys, store: MemoryStore) -> Self {
        let policy = crate::config::parse(policy.as_bytes()).expect("a good policy").policy;
        let table = Table::open(&store, policy.state, [7; 16]).expect("a table");
        let engine = Engine::new(policy, table).with_challenge(keys);
        let now = Cell::new(Millis(1_760_000_000_000));
        Self { engine, store, now, randomness: Cell::new(0) }
    }

    fn wait(&self, seconds: u64) {
        self.now.set(self.now.get().plus_seconds(seconds));
    }

    fn host(&self) -> Host<'_, MemoryStore, Leaked> {
        let store = &self.store;
        let passwords = Some(&Leaked);
        Host { now: self.now.get(), store, entries: store, passwords, pairs: None }
    }

    fn random(&self) -> Randomness {
        self.randomness.set(self.randomness.get() + 1);
        let mut random = [self.randomness.get(); 32];
        random[0] = 0;
        random
    }

    /// A login at a path with these additional headers.
    fn login(&self, path: &str, ip: &str, more: &[(&str, &str)], body: &str) -> LoginResult {
        let (_, decision) = self.attempt(path, ip, more, body);
        let subject = decision.challenge_subject.as_ref();
        let answer =
            subject.and_then(|subject| self.engine.challenge(&self.host(), subject, self.random()));
        LoginResult(decision, answer)
    }

    /// A login that upstream answers with 401.
    fn fail(&self, path: &str, ip: &str, body: &str) {
        let (mut attempt, _) = self.attempt(path, ip, &[], body);
        let answer = list(&[(":status", "401")]);
        self.engine.response_headers(&self.host(), &mut attempt, Headers::new(&answer));
    }

    fn attempt(
        &self,
        path: &str,
        ip: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> (Attempt, Decision) {
        let (attempt, step) = self.begin(path, ip, more, body);
        let Step::Decided(decision) = step else { panic!("a login is decided") };
        (attempt, *decision)
    }

    /// A login as far as it comes without an answer from outside.
    fn begin(&self, path: &str, ip: &str, more: &[(&str, &str)], body: &str) -> (Attempt, Step) {
        let mut headers = list(&[(":method", "POST"), (":path", path), (":authority", "a")]);
        headers.extend(list(&[("content-type", "application/x-www-form-urlencoded")]));
        headers.extend(list(more));
        let mut attempt = Attempt::default();
        let (host, peer) = (self.host(), format!("{ip}:1"));
        self.engine.request_headers(
            &host,
            &mut attempt,
            Headers::new(&headers),
            peer.as_bytes(),
            false,
        );
        let body = Body::Complete(body.as_bytes());
        let step = self.engine.request_body(&host, &mut attempt, body);
        (attempt, step)
    }

    fn get(&self, path: &str, ip: &str, more: &[(&str, &str)]) -> Option<ChallengeResponse> {
        let mut headers = list(&[(":method", "GET"), (":path", path), (":authority", "a")]);
        headers.extend(list(more));
        let mut attempt = Attempt::default();
        let (host, peer) = (self.host(), format!("{ip}:1"));
        match self.engine.request_headers(
            &host,
            &mut attempt,
            Headers::new(&headers),
            peer.as_bytes(),
            true,
        ) {
            Step::Redeem(redemption) => self.engine.redeem(&host, &redemption, self.random()),
            Step::Challenge(subject) => self.engine.challenge(&host, &subject, self.random()),
            _ => None,
        }
    }

    fn challenged(&self, ip: &str) -> LoginResult {
        self.login("/login", ip, &[], CHALLENGED)
    }

    fn with_pass(&self, path: &str, ip: &str, pass: &str) -> LoginResult {
        self.login(path, ip, &[("cookie", &format!("a=b; {PASS_COOKIE}={pass}"))], CHALLENGED)
    }

    /// A pass that was earned with a solution.
    fn earn(&self, ip: &str) -> String {
        let solution = solve(&self.challenged(ip).walk());
        let answer = self.get("/login", ip, &[(REDEEM_HEADER, &solution)]).expect("a redemption");
        assert_eq!((answer.status, answer.name), (200, "pass"));
        assert_eq!(answer.events, [ChallengeEvent::Solved]);
        pass_in(&answer)
    }

    /// The wait token and seconds on the page for a browser.
    fn begin_wait(&self, ip: &str) -> (String, u64) {
        let navigates = [("sec-fetch-mode", "navigate")];
        wait_in(self.login("/login", ip, &navigates, CHALLENGED).answer())
    }

    fn redeem_wait(&self, ip: &str, wait: &str) -> ChallengeResponse {
        self.get(&format!("/login?unstuff-wait={wait}"), ip, &[]).expect("a redemption")
    }
}

impl LoginResult {
    fn answer(&self) -> &ChallengeResponse {
        self.1.as_ref().expect("it is challenged")
    }

    fn document(&self) -> serde_json::Value {
        serde_json::from_str(&self.answer().body).expect("a document")
    }

    /// The puzzle for programs.
    fn puzzle(&self) -> Puzzle {
        puzzle_in(&self.document())
    }

    /// The puzzle for scripts.
    fn walk(&self) -> Puzzle {
        let (puzzle, seed) = member(&self.document(), "walk", PuzzleAlgorithm::MemoryWalk);
        let id = hex::decode(seed).expect("hexadecimal").try_into().expect("an id");
        Puzzle { id, ..puzzle }
    }

    fn is_admitted(&self) -> bool {
        (self.0.verdict.action, self.0.verdict.cause) == (Action::Annotate, Cause::Passed)
            && self.0.admission.admitted
    }

    /// Why its tokens were refused; it is challenged again.
    fn refused(&self) -> Vec<Refusal> {
        assert_eq!(self.0.verdict.action, Action::Challenge);
        self.0.admission.refused.clone()
    }
}

/// The puzzle for programs in a document.
fn puzzle_in(document: &serde_json::Value) -> Puzzle {
    let (puzzle, seed) = member(document, "puzzle", PuzzleAlgorithm::Sha256);
    let id = URL_SAFE_NO_PAD.decode(seed).expect("base64url").try_into().expect("an id");
    Puzzle { id, ..puzzle }
}

/// A puzzle of a document but for its id, and its seed.
fn member(
    document: &serde_json::Value,
    name: &str,
    algorithm: PuzzleAlgorithm,
) -> (Puzzle, String) {
    let puzzle = &document[name];
    let text = |key: &str| puzzle[key].as_str().expect("a text").to_owned();
    assert_eq!(text("algorithm"), algorithm.name());
    let bits = u8::try_from(puzzle["bits"].as_u64().expect("a number")).expect("a few");
    (Puzzle { algorithm, token: text("token"), id: [0; 16], bits }, text("seed"))
}

fn list(headers: &[(&str, &str)]) -> Vec<Header> {
    headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn header<'a>(answer: &'a ChallengeResponse, wanted: &str) -> &'a str {
    let found = answer.headers.iter().find(|(name, _)| *name == wanted);
    found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("{wanted} in {answer:?}"))
}

fn pass_in(answer: &ChallengeResponse) -> String {
    let cookie = header(answer, "set-cookie");
    let value = cookie.strip_prefix("__Host-unstuff-pass=").expect("a pass");
    let (pass, attributes) = value.split_once(';').expect("attributes");
    assert_eq!(attributes, " Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax");
    pass.to_owned()
}

fn wait_in(answer: &ChallengeResponse) -> (String, u64) {
    let (_, meta) = answer.body.split_once("http-equiv=\"refresh\" content=\"").expect("a wait");
    let (seconds, target) = meta.split_once(";url=?").expect("a target");
    let (_, rest) = target.split_once("unstuff-wait=").expect("a token");
    let (token, _) = rest.split_once('"').expect("an end");
    (token.to_owned(), seconds.parse().expect("seconds"))
}
