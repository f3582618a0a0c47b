//! Attempts from headers to outcome, against counters in memory.
//!
//! `Site` is a policy, its counters and a clock that only the test moves.

mod attackers;

use std::cell::Cell;

use super::*;
use crate::breached::Sha1Digest;
use crate::state::memory::{CountingStore, MemoryStore};
use crate::verdict::Exposed;

const LIMIT_TEN: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"user","password":"password"}},
    "failure":{"status":401},"success":{"status":200}}],
  "rules":[{"name":"ip-failures","when":{"ip.distinct_failures":{"over":10,"within":"1h"}},
            "then":"block","ban":"ip","for":"10m"}]}"#;

/// Knows one breached password, or pair.
struct Knows(&'static str);

impl Breached for Knows {
    fn knows(&self, digest: &Sha1Digest) -> bool {
        *digest == Sha1Digest::of(self.0.as_bytes())
    }
}

struct Site {
    engine: Engine,
    store: CountingStore<MemoryStore>,
    now: Cell<Millis>,
}

/// An attempt whose verdict has fallen.
struct Sent<'s> {
    site: &'s Site,
    attempt: Attempt,
    decision: Option<Decision>,
}

impl Site {
    fn new(policy: &str) -> Self {
        let store = CountingStore::new(MemoryStore::new());
        Self::on(policy, store, Millis(1_760_000_000_000))
    }

    fn on(policy: &str, store: CountingStore<MemoryStore>, now: Millis) -> Self {
        let policy = crate::config::parse(policy.as_bytes()).expect("a good policy").policy;
        let table = Table::open(&store, policy.state, [7; 16]).expect("a table");
        let key = crate::signing::SecretKey::new(vec![9; 32]).expect("long enough");
        let keys = Keys::configured(&[key]).expect("a key");
        Self { engine: Engine::new(policy, table).with_devices(keys), store, now: Cell::new(now) }
    }

    /// The same counters under another policy.
    fn reconfigured(self, policy: &str) -> Self {
        Self::on(policy, self.store, self.now.get())
    }

    fn wait(&self, seconds: u64) {
        self.now.set(self.now.get().plus_seconds(seconds));
        self.engine.tick(&self.world());
    }

    fn world(&self) -> World<'_, CountingStore<MemoryStore>, Knows> {
        World {
            now: self.now.get(),
            store: &self.store,
            passwords: Some(&Knows("123456")),
            pairs: Some(&Knows("carol:hunter2")),
        }
    }

    fn send(&self, ip: &str, more: &[(&str, &str)], body: Body<'_>) -> Sent<'_> {
        let mut headers =
            header_list(&[(":method", "POST"), (":path", "/login"), (":authority", "a")]);
        headers.extend(header_list(&[("content-type", "application/x-www-form-urlencoded")]));
        headers.extend(header_list(more));
        let mut attempt = Attempt::default();
        let peer = format!("{ip}:1234");
        let step = self.engine.request_headers(
            &self.world(),
            &mut attempt,
            headers,
            peer.as_bytes(),
            false,
        );
        let step = match step {
            Step::Hold => self.engine.request_body(&self.world(), &mut attempt, body),
            step => step,
        };
        let decision = match step {
            Step::Decided(decision) => Some(*decision),
            _ => None,
        };
        Sent { site: self, attempt, decision }
    }

    fn login(&self, ip: &str, user: &str, password: &str) -> Sent<'_> {
        let body = format!("user={user}&password={password}");
        self.send(ip, &[], Body::Complete(body.as_bytes()))
    }

    /// `count` users of one list, each with a wrong password.
    fn stuff(&self, ip: &str, users: std::ops::Range<u32>) {
        for n in users {
            self.login(ip, &format!("user{n}"), &format!("leaked{n}")).answered("401");
        }
    }
}

impl Sent<'_> {
    fn verdict(&self) -> &Verdict {
        &self.decision.as_ref().expect("a decision").verdict
    }

    fn action(&self) -> Action {
        self.verdict().action
    }

    fn reasons(&self) -> String {
        self.verdict().reasons_text(self.site.engine.policy())
    }

    /// The device cookie that the answer sets, as the next request brings it.
    fn cookie(mut self, status: &str) -> Option<String> {
        let response = header_list(&[(":status", status)]);
        let (world, response) = (self.site.world(), Headers::new(&response));
        let learnt = self.site.engine.response_headers(&world, &mut self.attempt, response)?;
        Some(learnt.set_cookie?.split(';').next()?.to_owned())
    }

    fn answered(mut self, status: &str) -> Option<Outcome> {
        let response = header_list(&[(":status", status)]);
        let world = self.site.world();
        let response = Headers::new(&response);
        self.site
            .engine
            .response_headers(&world, &mut self.attempt, response)
            .map(|learnt| learnt.outcome)
    }
}

fn header_list(headers: &[(&str, &str)]) -> Vec<Header> {
    headers.iter().map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
}

#[test]
fn the_eleventh_distinct_failure_is_blocked_and_bans_the_address() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..10);
    let eleventh = site.login("192.0.2.1", "user10", "leaked10");
    assert_eq!((eleventh.action(), eleventh.verdict().cause), (Action::Block, Cause::Rules));
    // Even a good login is stopped now, by the ban; another address is untouched.
    let banned = site.login("192.0.2.1", "alice", "right");
    assert_eq!((banned.action(), banned.verdict().cause), (Action::Block, Cause::Ban));
    assert_eq!(banned.reasons(), "ip-failures");
    assert_eq!(site.login("192.0.2.2", "alice", "right").action(), Action::Allow);
}

#[test]
fn one_wrong_password_repeated_is_not_stuffing() {
    let site = Site::new(LIMIT_TEN);
    for _ in 0..200 {
        let sent = site.login("192.0.2.1", "script", "expired");
        assert_eq!(sent.action(), Action::Allow);
        assert_eq!(sent.answered("401"), Some(Outcome::Failure));
    }
}

#[test]
fn a_standing_ban_is_seen_in_the_headers() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    let mut attempt = Attempt::default();
    let headers = header_list(&[(":method", "POST"), (":path", "/login"), (":authority", "a")]);
    let peer = b"192.0.2.1:5";
    let step = site.engine.request_headers(&site.world(), &mut attempt, headers, peer, false);
    assert!(matches!(step, Step::Decided(d) if d.verdict.cause == Cause::Ban));
    assert!(attempt.is_settled());
}

#[test]
fn a_parallel_burst_is_cut_off_and_bans_nobody() {
    let site = Site::new(LIMIT_TEN);
    let sent: Vec<_> =
        (0..500).map(|n| site.login("192.0.2.1", &format!("user{n}"), "x")).collect();
    let through = sent.iter().filter(|sent| sent.action() == Action::Allow).count();
    assert_eq!(through, 10);
    let last = sent.last().expect("one");
    assert_eq!(last.verdict().cause, Cause::Pending);
    let reply = last.verdict().reply(site.engine.policy()).expect("a reply");
    assert_eq!((reply.status, reply.retry_after), (429, Some(1)));
    // They all succeed after all: a school at nine.
    let outcomes: Vec<_> = sent.into_iter().map(|sent| sent.answered("200")).collect();
    assert_eq!(outcomes.iter().filter(|o| **o == Some(Outcome::Success)).count(), 10);
    assert_eq!(site.login("192.0.2.1", "late", "x").action(), Action::Allow);
}

#[test]
fn pending_lapses_and_a_late_failure_still_counts() {
    let site = Site::new(LIMIT_TEN);
    let slow: Vec<_> = (0..10).map(|n| site.login("192.0.2.1", &format!("u{n}"), "x")).collect();
    assert_eq!(site.login("192.0.2.1", "u10", "x").action(), Action::Block);
    site.wait(61);
    assert_eq!(site.login("192.0.2.1", "u10", "x").action(), Action::Allow);
    for sent in slow {
        assert_eq!(sent.answered("401"), Some(Outcome::Failure));
    }
    assert_eq!(site.login("192.0.2.1", "u11", "x").verdict().cause, Cause::Rules);
}

#[test]
fn a_ban_that_ends_clears_failures_and_the_next_is_longer() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    site.wait(601);
    assert_eq!(site.login("192.0.2.1", "alice", "right").answered("200"), Some(Outcome::Success));
    site.stuff("192.0.2.1", 100..111);
    site.wait(601);
    assert_eq!(site.login("192.0.2.1", "alice", "right").verdict().cause, Cause::Ban);
    site.wait(601);
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn an_attack_that_goes_on_prolongs_its_ban_at_most_to_twice() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    for n in 0..1199 {
        site.wait(1);
        let sent = site.login("192.0.2.1", &format!("user{n}"), "x");
        assert_eq!(sent.verdict().cause, Cause::Ban, "after {n} s");
    }
    site.wait(2);
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn retries_below_the_rate_do_not_prolong_a_ban() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    site.wait(599);
    assert_eq!(site.login("192.0.2.1", "alice", "right").verdict().cause, Cause::Ban);
    site.wait(2);
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn shadow_counts_everything_and_enforces_nothing() {
    let shadow = LIMIT_TEN.replace("\"mode\":\"enforce\"", "\"mode\":\"shadow\"");
    let site = Site::new(&shadow);
    site.stuff("192.0.2.1", 0..40);
    let sent = site.login("192.0.2.1", "user40", "leaked40");
    assert_eq!((sent.action(), sent.verdict().shadow_action), (Action::Allow, Action::Block));
    assert_eq!(sent.reasons(), "shadow:ip-failures");
    // Once enforced, the shadow ban is void; the failures are not.
    let site = site.reconfigured(LIMIT_TEN);
    let sent = site.login("192.0.2.1", "user0", "leaked0");
    assert_ne!(sent.verdict().cause, Cause::Ban);
}

#[test]
fn counters_survive_a_changed_policy() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..8);
    let site = site.reconfigured(&LIMIT_TEN.replace("\"over\":10", "\"over\":8"));
    assert_eq!(site.login("192.0.2.1", "user9", "leaked9").action(), Action::Block);
}

#[test]
fn a_ban_whose_rule_is_gone_is_void() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    let site = site.reconfigured(&LIMIT_TEN.replace("ip-failures", "other-rule"));
    assert_ne!(site.login("192.0.2.1", "user0", "leaked0").verdict().cause, Cause::Ban);
}

#[test]
fn success_of_an_ambiguous_attempt_earns_nothing() {
    let with_credit = LIMIT_TEN.replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":9");
    let site = Site::new(&with_credit);
    for n in 0..5 {
        let body = format!("user=own{n}&user=decoy{n}&password=right");
        let sent = site.send("192.0.2.1", &[], Body::Complete(body.as_bytes()));
        assert!(sent.decision.as_ref().expect("a decision").facts.ambiguous);
        assert_eq!(sent.answered("200"), Some(Outcome::Unknown));
    }
    site.stuff("192.0.2.1", 0..10);
    assert_eq!(site.login("192.0.2.1", "user11", "x").action(), Action::Block);
}

#[test]
fn each_person_who_gets_in_earns_the_address_credit() {
    let with_credit = LIMIT_TEN.replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":9");
    let site = Site::new(&with_credit);
    for n in 0..20 {
        assert_eq!(
            site.login("192.0.2.1", &format!("pupil{n}"), "right").answered("200"),
            Some(Outcome::Success)
        );
    }
    site.stuff("192.0.2.1", 0..40);
    assert_eq!(site.login("192.0.2.1", "pupil1", "typo").action(), Action::Allow);
}

#[test]
fn a_breached_password_is_exposed_and_lets_in() {
    let annotate = LIMIT_TEN.replace(
        "\"rules\":[",
        "\"rules\":[{\"name\":\"breached\",\"when\":{\"password.breached\":true},\"then\":\"annotate\"},",
    );
    let site = Site::new(&annotate);
    let sent = site.login("192.0.2.1", "bob", "123456");
    assert_eq!(
        (sent.action(), sent.verdict().exposed),
        (Action::Annotate, Some(Exposed::Password))
    );
    assert_eq!(sent.reasons(), "breached");
    assert_eq!(site.login("192.0.2.1", "bob", "better").verdict().exposed, None);
}

#[test]
fn a_breached_pair_is_told_from_a_breached_password() {
    let annotate = LIMIT_TEN.replace(
        "\"rules\":[",
        "\"rules\":[{\"name\":\"pair\",\"when\":{\"credentials.breached\":true},\"then\":\"annotate\"},",
    );
    let site = Site::new(&annotate);
    assert_eq!(site.login("192.0.2.1", "Carol", "hunter2").verdict().exposed, Some(Exposed::Pair));
    assert_eq!(site.login("192.0.2.1", "dave", "hunter2").verdict().exposed, None);
}

#[test]
fn the_allow_list_spares_a_client() {
    let allowed =
        LIMIT_TEN.replace("\"rules\":[", "\"client\":{\"allow\":[\"192.0.2.0/24\"]},\"rules\":[");
    let site = Site::new(&allowed);
    site.stuff("192.0.2.1", 0..50);
    assert_eq!(site.login("192.0.2.1", "user50", "x").action(), Action::Allow);
    site.stuff("198.51.100.1", 0..11);
    assert_eq!(site.login("198.51.100.1", "user50", "x").action(), Action::Block);
}

#[test]
fn a_request_is_decided_exactly_once() {
    let site = Site::new(LIMIT_TEN);
    let mut sent = site.login("192.0.2.1", "alice", "typo");
    let again =
        site.engine.request_body(&site.world(), &mut sent.attempt, Body::Complete(b"user=b"));
    assert!(matches!(again, Step::PassThrough));
    assert_eq!(sent.answered("401"), Some(Outcome::Failure), "its charge is still open");
}

#[test]
fn a_response_is_learnt_from_exactly_once() {
    let site = Site::new(LIMIT_TEN);
    let mut sent = site.login("192.0.2.1", "alice", "typo");
    let response = header_list(&[(":status", "401")]);
    let mut learn = || {
        let response = Headers::new(&response);
        site.engine.response_headers(&site.world(), &mut sent.attempt, response).is_some()
    };
    assert!(learn());
    assert!(!learn());
}

#[test]
fn an_early_answer_is_decided_by_what_has_come_and_learnt_from() {
    let site = Site::new(LIMIT_TEN);
    for n in 0..10 {
        let mut attempt = Attempt::default();
        let path = format!("/login?user=u{n}&password=guess{n}");
        let headers = header_list(&[(":method", "POST"), (":path", &path), (":authority", "a")]);
        let peer = b"192.0.2.1:5";
        let step = site.engine.request_headers(&site.world(), &mut attempt, headers, peer, false);
        assert!(matches!(step, Step::Hold));
        let step = site.engine.request_body(&site.world(), &mut attempt, Body::Cut(b""));
        assert!(matches!(step, Step::Decided(d) if d.facts.unreadable));
        let response = header_list(&[(":status", "401")]);
        let response = Headers::new(&response);
        let learnt = site.engine.response_headers(&site.world(), &mut attempt, response);
        assert_eq!(learnt.map(|learnt| learnt.outcome), Some(Outcome::Failure));
    }
    assert_eq!(site.login("192.0.2.1", "user", "x").action(), Action::Block);
}

/// Two endpoints whose fields and answers differ.
const TWO: &str = r#"{"mode":"enforce",
  "endpoints":[
    {"name":"blog","match":{"path":"/blog"},
     "credentials":{"form":{"username":"log","password":"pwd"}},
     "failure":{"status":200},"success":{"status":302}},
    {"name":"web","match":{"path":"/login"},
     "credentials":{"form":{"username":"user","password":"password"}},
     "failure":{"status":401},"success":{"status":200}}],
  "rules":[{"name":"ip-failures","when":{"ip.distinct_failures":{"over":10,"within":"1h"}},
            "then":"block","ban":"ip","for":"10m"}]}"#;

#[test]
fn a_decoy_for_another_endpoint_hides_nothing() {
    let site = Site::new(TWO);
    for n in 0..10 {
        let body = format!("log=a&pwd=b&user=alice&password=guess{n}");
        let more = [("x-original-url", "/blog")];
        let sent = site.send("192.0.2.1", &more, Body::Complete(body.as_bytes()));
        assert!(sent.decision.as_ref().expect("a decision").facts.ambiguous, "{n}");
        // A failure for one, whatever it is for the other.
        assert_eq!(sent.answered("401"), Some(Outcome::Failure));
    }
    assert_eq!(site.login("192.0.2.1", "bob", "x").action(), Action::Block);
}

#[test]
fn two_endpoints_that_read_the_same_are_not_ambiguous() {
    let twice = TWO.replace("/blog", "/login").replace("\"log\"", "\"user\"");
    let site = Site::new(&twice.replace("\"pwd\"", "\"password\""));
    let sent = site.login("192.0.2.1", "alice", "right");
    assert!(!sent.decision.as_ref().expect("a decision").facts.ambiguous);
    assert_eq!(sent.answered("200"), Some(Outcome::Failure), "one of them says so");
}

#[test]
fn a_constant_decoy_beside_what_cannot_be_read_is_counted_anew_each_time() {
    let site = Site::new(LIMIT_TEN);
    for n in 0..10 {
        let body = [0x1f, 0x8b, n];
        let more = [(":path", "/login?user=a&password=b"), ("content-encoding", "gzip")];
        site.send("192.0.2.1", &more, Body::Complete(&body)).answered("401");
    }
    assert_eq!(site.login("192.0.2.1", "user", "x").action(), Action::Block);
}

#[test]
fn a_ban_does_not_stop_a_token_refresh() {
    let oauth =
        LIMIT_TEN.replace("\"failure\"", "\"body\":{\"grant_type\":\"password\"},\"failure\"");
    let site = Site::new(&oauth);
    for n in 0..11 {
        let body = format!("grant_type=password&user=u{n}&password=x");
        site.send("192.0.2.1", &[], Body::Complete(body.as_bytes())).answered("401");
    }
    let refresh = b"grant_type=refresh_token&refresh_token=x";
    assert!(site.send("192.0.2.1", &[], Body::Complete(refresh)).decision.is_none());
    let login = b"grant_type=password&user=alice&password=right";
    let sent = site.send("192.0.2.1", &[], Body::Complete(login));
    assert_eq!(sent.verdict().cause, Cause::Ban);
}

#[test]
fn unanswered_attempts_at_an_account_challenge_its_owner_and_no_more() {
    let account = r#"{"mode":"enforce",
      "endpoints":[{"name":"web","match":{"path":"/login"},
        "credentials":{"form":{"username":"user","password":"password"}}}],
      "rules":[{"name":"account","when":{"username.failures":{"over":3,"within":"1h"}},
                "then":"challenge"}]}"#;
    let site = Site::new(account);
    let _unanswered: Vec<_> = (0..4)
        .map(|n| site.login(&format!("198.51.100.{n}"), "victim", &format!("g{n}")))
        .collect();
    let owner = site.login("192.0.2.1", "victim", "right");
    assert_eq!(owner.action(), Action::Challenge);
    assert_eq!(owner.verdict().reply_name(), "challenge");
}

#[test]
fn a_void_ban_does_not_keep_a_new_one_from_beginning() {
    let long = LIMIT_TEN.replace("10m", "24h");
    let site = Site::new(&long);
    site.stuff("192.0.2.1", 0..11);
    let renamed = LIMIT_TEN.replace("ip-failures", "renamed");
    let site = site.reconfigured(&renamed);
    site.stuff("192.0.2.1", 20..32);
    assert_eq!(site.login("192.0.2.1", "alice", "right").verdict().cause, Cause::Ban);
}

#[test]
fn credit_never_lifts_a_limit_beyond_what_can_be_counted() {
    let with_credit =
        LIMIT_TEN.replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":100");
    let site = Site::new(&with_credit);
    for n in 0..100 {
        site.login("192.0.2.1", &format!("own{n}"), "right").answered("200");
    }
    let mut stopped = 0;
    for n in 0..400 {
        let sent = site.login("192.0.2.1", &format!("user{n}"), "leaked");
        stopped += u32::from(sent.action() == Action::Block);
        sent.answered("401");
    }
    assert!(stopped > 50, "{stopped}");
}

#[test]
fn distinct_unreadable_bodies_are_distinct_failures() {
    let site = Site::new(LIMIT_TEN);
    for n in 0..10 {
        let body = [0x1f, 0x8b, n];
        let sent = site.send("192.0.2.1", &[("content-encoding", "gzip")], Body::Complete(&body));
        assert!(sent.decision.as_ref().expect("a decision").facts.unreadable);
        sent.answered("401");
    }
    assert_eq!(site.login("192.0.2.1", "user", "x").action(), Action::Block);
}

#[test]
fn a_clock_that_steps_back_neither_panics_nor_bans() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..5);
    site.now.set(Millis(0));
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
    site.now.set(Millis(u64::MAX));
    assert_eq!(site.login("192.0.2.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn one_candidate_costs_at_most_eight_reads_and_six_updates_a_phase() {
    let site = Site::new(LIMIT_TEN);
    site.login("192.0.2.1", "warm", "up").answered("401");
    site.store.take();
    let sent = site.login("192.0.2.1", "alice", "typo");
    let (reads, writes) = site.store.take();
    // An update reads what it changes: that is no read of its own.
    let reads = reads - writes;
    assert!(reads <= 8 && writes <= 6, "{reads} reads, {writes} updates at the decision");
    sent.answered("401");
    let (_, writes) = site.store.take();
    assert!(writes <= 6, "{writes} updates at the response");
}

#[test]
fn each_further_candidate_costs_at_most_two_reads_and_two_updates_a_phase() {
    let site = Site::new(LIMIT_TEN);
    let mut costs = Vec::new();
    for users in ["user=a", "user=a&user=b&user=c&user=d"] {
        site.store.take();
        let body = format!("{users}&password=x");
        let sent = site.send("192.0.2.1", &[], Body::Complete(body.as_bytes()));
        costs.push(site.store.take());
        sent.answered("401");
    }
    let (one, four) = (costs[0], costs[1]);
    assert!(four.0 <= one.0 + 6 && four.1 <= one.1 + 6, "{costs:?}");
}

#[test]
fn until_successes_are_believed_failures_alone_are_cut_off_and_a_school_is_not() {
    let unsure = LIMIT_TEN
        .replace(",\"success\":{\"status\":200}", "")
        .replace("\"within\":\"1h\"", "\"within\":\"1h\",\"per_success\":9");
    let site = Site::new(&unsure);
    for n in 0..40 {
        let sent = site.login("192.0.2.1", &format!("pupil{n}"), "password");
        assert_eq!(sent.action(), Action::Allow, "pupil {n}");
        sent.answered(if n % 3 == 0 { "401" } else { "200" });
    }
    site.stuff("192.0.2.2", 0..10);
    assert_eq!(site.login("192.0.2.2", "user10", "leaked10").action(), Action::Block);
}

#[test]
fn success_is_believed_after_twenty_usernames_were_answered_401() {
    let site = Site::new(&LIMIT_TEN.replace(",\"success\":{\"status\":200}", ""));
    assert_eq!(site.login("192.0.2.200", "early", "right").answered("200"), Some(Outcome::Unknown));
    for n in 0..20 {
        site.login(&format!("192.0.2.{n}"), &format!("user{n}"), "typo").answered("401");
    }
    assert_eq!(site.login("192.0.2.200", "late", "right").answered("200"), Some(Outcome::Success));
}

#[test]
fn two_hundred_attempts_without_a_failure_are_an_unrecognised_outcome() {
    let site = Site::new(LIMIT_TEN);
    let mut told = 0;
    for n in 0..250 {
        let mut sent = site.login("192.0.2.1", &format!("user{n}"), "right");
        let response = header_list(&[(":status", "200")]);
        let learnt = site
            .engine
            .response_headers(&site.world(), &mut sent.attempt, Headers::new(&response))
            .expect("learnt");
        told += u32::from(learnt.unrecognised.is_some());
        assert_eq!(learnt.outcome == Outcome::Success, n < 199, "attempt {n}");
    }
    assert_eq!(told, 1);
}

#[test]
fn an_upgrade_at_a_login_location_is_refused() {
    let site = Site::new(LIMIT_TEN);
    let more = [("connection", "upgrade"), ("upgrade", "websocket")];
    let sent = site.send("192.0.2.1", &more, Body::None);
    assert_eq!((sent.action(), sent.verdict().cause), (Action::Block, Cause::Upgrade));
}
