//! The same attempts through live traffic's path and through replay's entry: the same verdicts, the
//! same outcomes, and the same bytes in the store.
//!
//! Passes are left out: live traffic uses an attempt of a pass only where a rule would challenge,
//! replay at every attempt that the pass covers.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::decision::facts::Pair;
use crate::outcome::UpstreamResponse;
use crate::request::client::Fingerprint;

const DEFAULT: &str = r#"{"mode":"enforce"}"#;

/// Every kind of ban, a challenge, and rules that exempt known devices.
const CUSTOM: &str = r#"{"mode":"enforce",
  "endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"username","password":"password"}},
    "failure":{"status":401},"success":{"status":200}}],
  "client":{"allow":["10.0.0.0/8"]},
  "rules":[
    {"name":"ip","when":{"ip.distinct_failures":{"over":3,"within":"1h","per_success":2}},
     "then":"block","ban":"ip","for":"10m","exempt":["allowed","device"]},
    {"name":"network","when":{"network.failures":{"over":6,"within":"1h"}},
     "then":"block","ban":"network","for":"5m"},
    {"name":"tool","when":{"fingerprint.failures":{"over":8,"within":"1h"}},
     "then":"block","ban":"fingerprint","for":"5m","mode":"shadow"},
    {"name":"account","when":{"username.failures":{"over":4,"within":"24h"}},
     "then":"challenge","exempt":["device","familiar_network","familiar_client"]},
    {"name":"familiar","when":{"account.familiar_network":true,"account.seen":true},"then":"annotate"},
    {"name":"unfamiliar","when":{"account.familiar_client":false},"then":"annotate"},
    {"name":"breached","when":{"password.breached":true},"then":"annotate"}]}"#;

const ADDRESSES: [&str; 5] = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.1", "10.0.0.1"];
/// As many as a device cookie names, so that none is dropped.
const USERS: [&str; 5] = ["carol", "ann", "bob", "dave", "eve"];
const PASSWORDS: [&str; 5] = ["123456", "hunter2", "third", "fourth", "fifth"];
const BROWSERS: usize = 3;

#[derive(Clone, Debug)]
struct GivenLogin {
    address: &'static str,
    user: &'static str,
    password: &'static str,
    /// The browser that keeps the device cookie, if any does.
    browser: Option<usize>,
    agent: &'static str,
    status: &'static str,
    /// Milliseconds since the login before.
    pause: u64,
    /// How many logins come before the response. A browser waits for its own.
    answered_after: usize,
}

fn logins() -> impl Strategy<Value = Vec<GivenLogin>> {
    let pause = prop_oneof![
        12 => 0_u64..2_000,
        2 => Just(61_000_u64),
        1 => Just(700_000_u64),
        1 => Just(90_000_000_u64),
    ];
    let address = prop_oneof![2 => Just(ADDRESSES[0]), 3 => select(&ADDRESSES[..])];
    let sent = (address, select(&USERS[..]), select(&PASSWORDS[..]), select(&["a", "b"][..]));
    let status = select(&["401", "401", "401", "200", "500"][..]);
    let answer = (proptest::option::of(0..BROWSERS), status, pause, 0_usize..4);
    let login = (sent, answer).prop_map(|(sent, answer)| {
        let (address, user, password, agent) = sent;
        let (browser, status, pause, answered_after) = answer;
        GivenLogin { address, user, password, browser, agent, status, pause, answered_after }
    });
    proptest::collection::vec(login, 1..120)
}

/// An attempt on both paths that waits for its response.
struct WaitingPair {
    live: Attempt,
    replayed: Attempt,
    browser: Option<usize>,
    status: &'static str,
    /// The login after which the response comes.
    due: usize,
}

/// Both paths, each with its own engine and state.
struct BothPaths {
    live: Site,
    replayed: Site,
    cookies: [Option<String>; BROWSERS],
    jars: [CookieJar; BROWSERS],
}

impl BothPaths {
    fn new(policy: &str) -> Self {
        let (cookies, jars) = Default::default();
        Self { live: Site::new(policy), replayed: Site::new(policy), cookies, jars }
    }

    /// Decides a login on both paths: verdict and whether the device is known.
    fn decide(&mut self, given: &GivenLogin) -> [(Attempt, Verdict, bool); 2] {
        let now = Millis(self.live.now.get().0 + given.pause);
        self.live.now.set(now);
        self.replayed.now.set(now);
        [self.send(given), self.replay(given)]
    }

    fn send(&self, given: &GivenLogin) -> (Attempt, Verdict, bool) {
        // The host ticks once a second. Replay ticks at the attempts.
        if self.live.engine.attack_monitor.is_due(self.live.now.get()) {
            self.live.engine.tick(&self.live.host());
        }
        let mut more = vec![("user-agent", given.agent)];
        let cookie = given.browser.and_then(|browser| self.cookies[browser].as_deref());
        more.extend(cookie.map(|cookie| ("cookie", cookie)));
        let body = format!("username={}&password={}", given.user, given.password);
        let sent = self.live.send(given.address, &more, Body::Complete(body.as_bytes()));
        let Sent { attempt, decision, .. } = sent;
        let Decision { verdict, facts, .. } = decision.expect("a decision");
        (attempt, verdict, facts.known_device)
    }

    fn replay(&mut self, given: &GivenLogin) -> (Attempt, Verdict, bool) {
        let engine = &self.replayed.engine;
        let headers = login_headers(&[("user-agent", given.agent)]);
        let headers = Headers::new(&headers);
        let endpoint = engine.endpoint(headers).expect("an endpoint");
        let fingerprint = Fingerprint::of(&engine.policy().client.fingerprint, headers);
        let address = given.address.parse().expect("an address");
        let client = Client::at(address).looking_like(fingerprint);
        let password = Sha1Digest::of(given.password.as_bytes());
        let pair = Sha1Digest::of_pair(given.user.as_bytes(), given.password.as_bytes());
        let host = self.replayed.host();
        let facts = Facts {
            breached: host.passwords.is_some_and(|known| known.knows(&password)),
            pair_breached: host.pairs.is_some_and(|known| known.knows(&pair)),
            pairs: vec![Pair {
                username: Some(given.user.into()),
                password: Some(password),
                tag: None,
            }],
            ..Facts::default()
        };
        let mut none = CookieJar::default();
        let jar = given.browser.map_or(&mut none, |browser| &mut self.jars[browser]);
        let (decision, attempt) = engine.decide(&host, endpoint, &client, facts, jar);
        (attempt, decision.verdict, decision.facts.known_device)
    }

    /// Learns a response on both paths.
    fn answer(&mut self, waiting: WaitingPair) -> [Option<Outcome>; 2] {
        let WaitingPair { mut live, mut replayed, browser, status, .. } = waiting;
        let response = header_list(&[(":status", status)]);
        let response = Headers::new(&response);
        let mut none = CookieJar::default();
        let jar = browser.map_or(&mut none, |browser| &mut self.jars[browser]);
        let host = self.replayed.host();
        let recorded = UpstreamResponse::recorded(response, host.now, None);
        let effects = self.replayed.engine.respond(&host, &mut replayed, &recorded, jar);
        let replayed = effects.map(|effects| effects.outcome);
        let host = self.live.host();
        let effects = self.live.engine.response_headers(&host, &mut live, response);
        let live = effects.as_ref().map(|effects| effects.outcome);
        let cookie = effects.and_then(|effects| effects.set_cookie);
        if let (Some(browser), Some(cookie)) = (browser, cookie) {
            let cookie = cookie.split(';').next().expect("a cookie").to_owned();
            // A trace has no keyed ids: the device is the one that live traffic made.
            let headers = header_list(&[("cookie", &cookie)]);
            let (device, _) = self.live.engine.device(&host, Headers::new(&headers));
            self.jars[browser].device = device.map(|device| device.id);
            self.cookies[browser] = Some(cookie);
        }
        [live, replayed]
    }

    fn stored(site: &Site) -> Vec<(String, Vec<u8>)> {
        let store = site.store.inner().inner();
        let value = |key: &str| store.read(key).expect("memory").expect("a value").0;
        store.keys().into_iter().map(|key| (key.clone(), value(&key))).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn live_and_replayed_attempts_get_the_same_verdicts_and_leave_the_same_state(
        policy in select(&[DEFAULT, CUSTOM][..]), is_shadow: bool, logins in logins(),
    ) {
        let mode = if is_shadow { "\"mode\":\"shadow\"" } else { "\"mode\":\"enforce\"" };
        let mut paths = BothPaths::new(&policy.replacen("\"mode\":\"enforce\"", mode, 1));
        let mut waiting: Vec<WaitingPair> = Vec::new();
        for (index, given) in logins.iter().enumerate() {
            let [(live, verdict, known), (replayed, other_verdict, other_known)] =
                paths.decide(given);
            prop_assert_eq!(&verdict, &other_verdict, "login {}: {:?}", index, given);
            prop_assert_eq!(known, other_known, "login {}: {:?}", index, given);
            let delay = if given.browser.is_some() { 0 } else { given.answered_after };
            let (browser, status, due) = (given.browser, given.status, index + delay);
            waiting.push(WaitingPair { live, replayed, browser, status, due });
            let (due, later): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|it| it.due <= index);
            waiting = later;
            for pair in due {
                let [live, replayed] = paths.answer(pair);
                prop_assert_eq!(live, replayed, "after login {}", index);
            }
        }
        prop_assert_eq!(BothPaths::stored(&paths.live), BothPaths::stored(&paths.replayed));
    }
}

#[test]
fn device_that_fails_ten_times_in_a_day_is_locked_on_both_paths() {
    let mut paths = BothPaths::new(CUSTOM);
    let mut known = Vec::new();
    for n in 0..13 {
        let given = GivenLogin {
            address: "10.0.0.1",
            user: "ann",
            password: PASSWORDS[n % PASSWORDS.len()],
            browser: Some(0),
            agent: "a",
            status: if n == 0 { "200" } else { "401" },
            pause: 1_000,
            answered_after: 0,
        };
        let [(live, _, is_known), (replayed, _, other)] = paths.decide(&given);
        assert_eq!(is_known, other, "login {n}");
        known.push(is_known);
        let status = given.status;
        paths.answer(WaitingPair { live, replayed, browser: Some(0), status, due: n });
    }
    let mut expected = vec![true; 13];
    expected[0] = false;
    expected[11..].fill(false);
    assert_eq!(known, expected);
    assert_eq!(BothPaths::stored(&paths.live), BothPaths::stored(&paths.replayed));
}
