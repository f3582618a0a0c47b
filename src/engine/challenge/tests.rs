//! The challenge as a client meets it: from a challenged login to one that is let in.
//!
//! `Door` is an engine whose every login with an ambiguous password is challenged, with a
//! clock and randomness that only the test moves.

use std::cell::Cell;

use super::errand::REDEEM_HEADER;
use super::puzzle::Puzzle;
use super::testing::{keys, solve};
use super::*;
use crate::attempt::{Attempt, Decision, Engine, Step, World};
use crate::breached::Sha1Digest;
use crate::credentials::Body;
use crate::facts::Breached;
use crate::headers::Header;
use crate::policy::Action;
use crate::state::StateSize;
use crate::state::memory::MemoryStore;
use crate::verdict::Cause;

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
const BLOCKED: &str = "user=alice";

struct Nothing;

impl Breached for Nothing {
    fn knows(&self, _: &Sha1Digest) -> bool {
        false
    }
}

struct Door {
    engine: Engine,
    store: MemoryStore,
    now: Cell<Millis>,
    randomness: Cell<u8>,
}

/// What a login led to.
struct Led(Decision, Option<Answer>);

impl Door {
    fn new(policy: &str) -> Self {
        Self::with(policy, &keys(&[1]), MemoryStore::new())
    }

    fn with(policy: &str, keys: &Keys, store: MemoryStore) -> Self {
        let policy = crate::config::parse(policy.as_bytes()).expect("a good policy").policy;
        let table = Table::open(&store, StateSize::DEFAULT, [7; 16]).expect("a table");
        let engine = Engine::new(policy, table).with_challenge(keys);
        let now = Cell::new(Millis(1_760_000_000_000));
        Self { engine, store, now, randomness: Cell::new(0) }
    }

    fn wait(&self, seconds: u64) {
        self.now.set(self.now.get().plus_seconds(seconds));
    }

    fn world(&self) -> World<'_, MemoryStore, Nothing> {
        World { now: self.now.get(), store: &self.store, passwords: None, pairs: None }
    }

    fn random(&self) -> Randomness {
        self.randomness.set(self.randomness.get() + 1);
        let mut random = [self.randomness.get(); 32];
        random[0] = 0;
        random
    }

    /// A login at a path with these headers beside it.
    fn login(&self, path: &str, ip: &str, more: &[(&str, &str)], body: &str) -> Led {
        let mut headers = list(&[(":method", "POST"), (":path", path), (":authority", "a")]);
        headers.extend(list(&[("content-type", "application/x-www-form-urlencoded")]));
        headers.extend(list(more));
        let mut attempt = Attempt::default();
        let (world, peer) = (self.world(), format!("{ip}:1"));
        self.engine.request_headers(&world, &mut attempt, headers, peer.as_bytes(), false);
        let body = Body::Complete(body.as_bytes());
        let Step::Decided(decision) = self.engine.request_body(&world, &mut attempt, body) else {
            panic!("a login is decided");
        };
        let asked = decision.asked.as_ref();
        let answer = asked.and_then(|asked| self.engine.challenge(world.now, asked, self.random()));
        Led(*decision, answer)
    }

    fn get(&self, path: &str, ip: &str, more: &[(&str, &str)]) -> Option<Answer> {
        let mut headers = list(&[(":method", "GET"), (":path", path), (":authority", "a")]);
        headers.extend(list(more));
        let mut attempt = Attempt::default();
        let (world, peer) = (self.world(), format!("{ip}:1"));
        match self.engine.request_headers(&world, &mut attempt, headers, peer.as_bytes(), true) {
            Step::Errand(errand) => self.engine.run(&world, &errand, self.random()),
            _ => None,
        }
    }

    fn challenged(&self, ip: &str) -> Led {
        self.login("/login", ip, &[], CHALLENGED)
    }

    fn with_pass(&self, path: &str, ip: &str, pass: &str) -> Led {
        self.login(path, ip, &[("cookie", &format!("a=b; {PASS_COOKIE}={pass}"))], CHALLENGED)
    }

    /// The pass that a solved puzzle earns.
    fn earn(&self, ip: &str) -> String {
        let solution = solve(&self.challenged(ip).puzzle());
        let answer = self.get("/login", ip, &[(REDEEM_HEADER, &solution)]).expect("an errand");
        assert_eq!((answer.status, answer.name), (200, "pass"));
        assert_eq!(answer.events, [Event::Solved]);
        pass_in(&answer)
    }

    /// The wait on a page that a browser without JavaScript is shown.
    fn begin_wait(&self, ip: &str) -> (String, u64) {
        let navigates = [("sec-fetch-mode", "navigate")];
        wait_in(self.login("/login", ip, &navigates, CHALLENGED).answer())
    }

    fn end_wait(&self, ip: &str, wait: &str) -> Answer {
        self.get(&format!("/login?unstuff-wait={wait}"), ip, &[]).expect("an errand")
    }
}

impl Led {
    fn answer(&self) -> &Answer {
        self.1.as_ref().expect("it is challenged")
    }

    fn document(&self) -> serde_json::Value {
        serde_json::from_str(&self.answer().body).expect("a document")
    }

    fn puzzle(&self) -> Puzzle {
        let puzzle = &self.document()["puzzle"];
        let text = |key: &str| puzzle[key].as_str().expect("a text").to_owned();
        let bits = u8::try_from(puzzle["bits"].as_u64().expect("a number")).expect("a few");
        Puzzle { token: text("token"), seed: text("seed"), bits }
    }

    fn is_let_in(&self) -> bool {
        (self.0.verdict.action, self.0.verdict.cause) == (Action::Annotate, Cause::Passed)
            && self.0.admission.admitted
    }

    /// Why what it brought was not taken.
    fn refused(&self) -> Vec<Refusal> {
        assert_eq!(self.0.verdict.action, Action::Challenge);
        self.0.admission.refused.clone()
    }
}

fn list(headers: &[(&str, &str)]) -> Vec<Header> {
    headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn header<'a>(answer: &'a Answer, wanted: &str) -> &'a str {
    let found = answer.headers.iter().find(|(name, _)| *name == wanted);
    found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("{wanted} in {answer:?}"))
}

fn pass_in(answer: &Answer) -> String {
    let cookie = header(answer, "set-cookie");
    let value = cookie.strip_prefix("__Host-unstuff-pass=").expect("a pass");
    let (pass, attributes) = value.split_once(';').expect("attributes");
    assert_eq!(attributes, " Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax");
    pass.to_owned()
}

fn wait_in(answer: &Answer) -> (String, u64) {
    let (_, meta) = answer.body.split_once("http-equiv=\"refresh\" content=\"").expect("a wait");
    let (seconds, rest) = meta.split_once(";url=?unstuff-wait=").expect("a target");
    let (token, _) = rest.split_once('"').expect("an end");
    (token.to_owned(), seconds.parse().expect("seconds"))
}

#[test]
fn work_earns_three_attempts_and_no_fourth() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    for _ in 0..3 {
        assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
    }
    assert_eq!(door.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Replayed]);
}

#[test]
fn upstream_is_told_what_led_to_the_challenge() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    let Led(decision, _) = door.with_pass("/login", "192.0.2.1", &pass);
    assert_eq!(decision.verdict.reasons_text(door.engine.policy()), "passed,ambiguous");
    assert_eq!(decision.verdict.shadow_action, Action::Annotate);
}

#[test]
fn a_program_sends_its_solution_with_the_login() {
    let door = Door::new(POLICY);
    let solution = solve(&door.challenged("192.0.2.1").puzzle());
    let send = || door.login("/login", "192.0.2.1", &[(SOLUTION_HEADER, &solution)], CHALLENGED);
    for _ in 0..3 {
        assert!(send().is_let_in());
    }
    assert_eq!(send().refused(), [Refusal::Replayed]);
    let redeemed = door.get("/login", "192.0.2.1", &[(REDEEM_HEADER, &solution)]);
    let pass = pass_in(&redeemed.expect("an errand"));
    let used = door.with_pass("/login", "192.0.2.1", &pass);
    assert_eq!(used.refused(), [Refusal::Replayed], "its pass is worth nothing more");
}

#[test]
fn a_program_may_carry_its_pass_in_a_header() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    let led = door.login("/login", "192.0.2.1", &[(PASS_HEADER, &pass)], CHALLENGED);
    assert!(led.is_let_in());
}

#[test]
fn a_pass_is_worth_nothing_to_anybody_else() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    assert_eq!(door.with_pass("/login", "198.51.100.1", &pass).refused(), [Refusal::Stolen]);
    assert_eq!(
        door.with_pass("/blog/login", "192.0.2.1", &pass).refused(),
        [Refusal::CrossEndpoint]
    );
    door.wait(601);
    assert_eq!(door.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Expired]);
}

#[test]
fn a_solution_that_solves_nothing_earns_nothing() {
    let door = Door::new(POLICY);
    let puzzle = door.challenged("192.0.2.1").puzzle();
    let right = solve(&puzzle);
    let wrong = format!("{}.{}", puzzle.token, ["1"; 16].join("."));
    let redeem = |ip: &str, text: &str| door.get("/login", ip, &[(REDEEM_HEADER, text)]).unwrap();
    let told = |answer: &Answer| {
        let Some(Event::Refused(refusal)) = answer.events.last() else { panic!("{answer:?}") };
        assert_eq!(answer.status, 403);
        assert!(answer.body.contains(&format!("\"refused\":\"{}\"", refusal.name())));
        *refusal
    };
    assert_eq!(told(&redeem("192.0.2.1", &wrong)), Refusal::Unsolved);
    assert_eq!(told(&redeem("198.51.100.1", &right)), Refusal::Stolen);
    assert_eq!(told(&redeem("192.0.2.1", "junk")), Refusal::Forged);
    door.wait(301);
    assert_eq!(told(&redeem("192.0.2.1", &right)), Refusal::Expired);
}

#[test]
fn a_block_wins_over_a_pass_and_does_not_use_it_up() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    let cookie = format!("{PASS_COOKIE}={pass}");
    for _ in 0..5 {
        let Led(decision, _) = door.login("/login", "192.0.2.1", &[("cookie", &cookie)], BLOCKED);
        assert_eq!(decision.verdict.action, Action::Block);
    }
    assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
}

#[test]
fn a_login_that_needs_no_pass_uses_none() {
    let door = Door::new(POLICY);
    let pass = door.earn("192.0.2.1");
    let cookie = format!("{PASS_COOKIE}={pass}");
    for _ in 0..5 {
        let plain = "user=alice&password=a";
        let Led(decision, _) = door.login("/login", "192.0.2.1", &[("cookie", &cookie)], plain);
        assert_eq!(decision.verdict.action, Action::Allow);
    }
    assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
}

#[test]
fn key_rotation_interrupts_nobody() {
    let before = Door::new(POLICY);
    let solution = solve(&before.challenged("192.0.2.1").puzzle());
    let pass = before.earn("192.0.2.1");
    let after = Door::with(POLICY, &keys(&[2, 1]), before.store);
    assert!(after.with_pass("/login", "192.0.2.1", &pass).is_let_in());
    let redeemed = after.get("/login", "192.0.2.1", &[(REDEEM_HEADER, &solution)]).unwrap();
    assert!(after.with_pass("/login", "192.0.2.1", &pass_in(&redeemed)).is_let_in());
    let later = Door::with(POLICY, &keys(&[2]), after.store);
    assert_eq!(later.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Forged]);
}

#[test]
fn a_wait_earns_one_attempt_and_not_before_it_is_over() {
    let door = Door::new(POLICY);
    let (wait, seconds) = door.begin_wait("192.0.2.1");
    assert_eq!(seconds, 15);
    door.wait(10);
    let early = door.end_wait("192.0.2.1", &wait);
    assert_eq!(wait_in(&early), (wait.clone(), 5), "the same wait goes on");
    assert_eq!(early.events.last(), Some(&Event::Refused(Refusal::Early)));
    door.wait(5);
    let ended = door.end_wait("192.0.2.1", &wait);
    assert_eq!((ended.status, header(&ended, "location")), (303, "/sign-in"));
    let pass = pass_in(&ended);
    assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
    assert_eq!(door.with_pass("/login", "192.0.2.1", &pass).refused(), [Refusal::Replayed]);
    // Coming again with the same wait earns nothing.
    let again = pass_in(&door.end_wait("192.0.2.1", &wait));
    assert_eq!(door.with_pass("/login", "192.0.2.1", &again).refused(), [Refusal::Replayed]);
}

#[test]
fn waiting_in_parallel_earns_no_more_than_the_bound() {
    let door = Door::new(POLICY);
    let waits: Vec<_> = (0..50).map(|_| door.begin_wait("192.0.2.1").0).collect();
    door.wait(15);
    let ended: Vec<_> = waits.iter().map(|wait| door.end_wait("192.0.2.1", wait)).collect();
    assert_eq!(ended.iter().filter(|answer| answer.status == 303).count(), 3);
    let (longer, seconds) = wait_in(&ended[49]);
    assert_eq!(seconds, 30, "over the bound the wait grows");
    assert!(ended[49].body.contains("Many people are waiting"));
    door.wait(30);
    assert_eq!(wait_in(&door.end_wait("192.0.2.1", &longer)).1, 60);
    // Another network has a bound of its own.
    let (other, _) = door.begin_wait("198.51.100.1");
    door.wait(15);
    assert_eq!(door.end_wait("198.51.100.1", &other).status, 303);
}

#[test]
fn many_networks_share_the_endpoints_bound() {
    let door = Door::new(POLICY);
    let ips: Vec<String> = (0..60).map(|n| format!("10.{n}.0.1")).collect();
    let waits: Vec<_> = ips.iter().map(|ip| door.begin_wait(ip).0).collect();
    door.wait(15);
    let ended = ips.iter().zip(&waits).map(|(ip, wait)| door.end_wait(ip, wait));
    assert_eq!(ended.filter(|answer| answer.status == 303).count(), 30);
}

#[test]
fn the_same_wait_again_does_not_count_against_others() {
    let door = Door::new(POLICY);
    let (wait, _) = door.begin_wait("192.0.2.1");
    let (other, _) = door.begin_wait("192.0.2.2");
    door.wait(15);
    for _ in 0..20 {
        assert_eq!(door.end_wait("192.0.2.1", &wait).status, 303);
    }
    assert_eq!(door.end_wait("192.0.2.2", &other).status, 303);
}

#[test]
fn the_wait_can_be_switched_off() {
    let off = POLICY.replace(r#""difficulty":8"#, r#""no_script":false"#);
    let door = Door::new(&off);
    let page = door.login("/login", "192.0.2.1", &[("sec-fetch-mode", "navigate")], CHALLENGED);
    assert!(!page.answer().body.contains("http-equiv=\"refresh\""));
    assert!(page.answer().body.contains("Switch it on"));
    let (wait, _) = Door::new(POLICY).begin_wait("192.0.2.1");
    assert_eq!(door.end_wait("192.0.2.1", &wait).status, 403);
}

#[test]
fn a_browser_gets_a_page_and_goes_where_the_configuration_says() {
    let door = Door::new(POLICY);
    let hostile = [
        ("sec-fetch-mode", "navigate"),
        ("referer", "https://evil.example/"),
        ("x-forwarded-host", "evil.example"),
    ];
    let led = door.login("/login?next=https://evil.example/", "192.0.2.1", &hostile, CHALLENGED);
    let page = led.answer();
    assert_eq!((page.status, header(page, "content-type")), (403, "text/html; charset=utf-8"));
    assert!(page.body.contains("\"login\":\"/sign-in\"") && !page.body.contains("evil"));
    let policy = header(page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"));
    let blog =
        door.login("/Blog/Login/", "192.0.2.1", &[("sec-fetch-mode", "navigate")], CHALLENGED);
    assert!(blog.answer().body.contains("\"login\":\"/blog/login\""), "its own path by default");
}

#[test]
fn no_two_pages_share_a_puzzle_or_a_nonce() {
    let door = Door::new(POLICY);
    let page = || {
        let led = door.login("/login", "192.0.2.1", &[("accept", "text/html")], CHALLENGED);
        header(led.answer(), "content-security-policy").to_owned() + &led.answer().body
    };
    let (one, two) = (page(), page());
    let nonce = |page: &str| page.split("'nonce-").nth(1).unwrap()[..24].to_owned();
    assert_ne!(nonce(&one), nonce(&two));
    assert!(!two.contains(&nonce(&one)));
}

#[test]
fn an_errand_is_one_only_at_a_login_location() {
    let door = Door::new(POLICY);
    assert!(door.get("/login?unstuff-wait=x", "192.0.2.1", &[]).is_some());
    assert!(door.get("/elsewhere?unstuff-wait=x", "192.0.2.1", &[]).is_none());
    assert!(door.get("/login?wait=x", "192.0.2.1", &[]).is_none());
    assert!(door.get("/login", "192.0.2.1", &[]).is_none(), "the login page is upstream's");
}

#[test]
fn a_rule_about_one_account_annotates_for_programs() {
    let then = |when: &str, more: &str, clients| {
        let rule = format!(r#"{{"name":"r","when":{{{when}}},"then":"challenge"{more}}}"#);
        let policy = format!(r#"{{"rules":[{rule}]}}"#);
        let configured = crate::config::parse(policy.as_bytes()).expect("a good policy");
        configured.policy.rules[0].then_for(clients)
    };
    let account = r#""username.failures":{"over":5,"within":"1h"},"password.breached":true"#;
    assert_eq!(then(account, "", Clients::Api), Action::Annotate);
    assert_eq!(then(account, r#","challenge_api":true"#, Clients::Api), Action::Challenge);
    assert_eq!(then(account, "", Clients::Auto), Action::Challenge);
    assert_eq!(then(account, "", Clients::Browser), Action::Challenge);
    let both = format!(r#"{account},"ip.failures":{{"over":5,"within":"1h"}}"#);
    assert_eq!(then(&both, "", Clients::Api), Action::Challenge, "it is about the address, too");
    assert_eq!(then(r#""credentials.unreadable":true"#, "", Clients::Api), Action::Challenge);
}

mod handing_over {
    use super::*;
    use crate::signing::SecretKey;

    const AWAY: &str = r#""handover":{"url":"https://prove.example/?site=1",
        "return":"https://www.example/login",
        "key":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#;

    fn door() -> Door {
        Door::new(&POLICY.replace(r#""difficulty":8"#, AWAY))
    }

    fn key() -> SecretKey {
        SecretKey::new(vec![0xaa; 32]).unwrap()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Where the browser is sent, and its token.
    fn sent(door: &Door) -> (String, String) {
        let led = door.login("/login", "192.0.2.1", &[("accept", "text/html")], CHALLENGED);
        let location = header(led.answer(), "location").to_owned();
        let (_, rest) = location.split_once("unstuff-request=").expect("a token");
        let token = rest.split('&').next().unwrap().to_owned();
        (location, token)
    }

    fn answer(token: &str) -> String {
        let signature = hex(&key().sign_text(&format!("unstuff-answer\n{token}")));
        format!("/login?unstuff-answer={token}.{signature}")
    }

    #[test]
    fn a_browser_goes_there_and_comes_back_with_a_pass() {
        let door = door();
        let (location, token) = sent(&door);
        let signature =
            key().sign_text(&format!("unstuff-request\n{token}\nhttps://www.example/login"));
        let expected = format!(
            "https://prove.example/?site=1&unstuff-request={token}\
             &return=https%3A%2F%2Fwww.example%2Flogin&signature={}",
            hex(&signature)
        );
        assert_eq!(location, expected);
        let back = door.get(&answer(&token), "192.0.2.1", &[]).unwrap();
        assert_eq!((back.status, header(&back, "location")), (303, "/sign-in"));
        let pass = pass_in(&back);
        for _ in 0..3 {
            assert!(door.with_pass("/login", "192.0.2.1", &pass).is_let_in());
        }
        let again = pass_in(&door.get(&answer(&token), "192.0.2.1", &[]).unwrap());
        assert_eq!(door.with_pass("/login", "192.0.2.1", &again).refused(), [Refusal::Replayed]);
    }

    #[test]
    fn an_answer_without_the_key_or_for_another_gives_no_pass() {
        let door = door();
        let (_, token) = sent(&door);
        let refused = |path: &str, ip: &str| {
            let back = door.get(path, ip, &[]).unwrap();
            assert!(back.headers.iter().all(|(name, _)| *name != "set-cookie"));
            back.events
        };
        let unsigned = format!("/login?unstuff-answer={token}.{}", "00".repeat(32));
        assert_eq!(refused(&unsigned, "192.0.2.1"), [Event::Refused(Refusal::Forged)]);
        assert_eq!(refused(&answer(&token), "198.51.100.1"), [Event::Refused(Refusal::Stolen)]);
        assert_eq!(refused(&answer("x"), "192.0.2.1"), [Event::Refused(Refusal::Forged)]);
        door.wait(301);
        assert_eq!(refused(&answer(&token), "192.0.2.1"), [Event::Refused(Refusal::Expired)]);
    }

    #[test]
    fn a_program_still_gets_the_puzzle() {
        assert_eq!(door().challenged("192.0.2.1").answer().status, 403);
    }
}
