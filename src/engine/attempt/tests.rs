//! Attempts from headers to outcome, against counters in memory.
//!
//! `Site` is a policy, its counters and a clock that only the test moves.

mod absent;
mod applications;
mod attackers;
mod bans;
mod batches;
mod cost;
mod endpoint_counts;
mod exchanges;
mod familiarity;
mod fleet;
mod kinds;
mod late_bodies;
mod lift;
mod live;
mod live_and_replay;
mod load_balancers;
mod mailboxes;
mod ordinary;
mod pending;
mod policies;
mod reading;
mod response_bodies;
mod several_endpoints;
mod shared_bans;
mod signals;
mod software_faults;
mod successes;
mod unanswered;

use std::cell::Cell;

use super::*;
use crate::breached::Sha1Digest;
use crate::decision::facts::Breached;
use crate::decision::verdict::{Cause, Exposed};
use crate::policy::Action;
use crate::request::credentials::Body;
use crate::request::headers::{Header, Headers};
use crate::state::stores::cached::CachedStore;
use crate::state::stores::memory::{CountingStore, MemoryStore};

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

/// As a worker's: slots are kept between a read and a write.
type SiteStore = CachedStore<CountingStore<MemoryStore>>;

struct Site {
    engine: Engine,
    store: SiteStore,
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
        Self::on(policy, Self::empty_store(), Millis(1_760_000_000_000))
    }

    fn empty_store() -> SiteStore {
        CachedStore::new(CountingStore::new(MemoryStore::new()))
    }

    /// Reads and writes since it was last asked.
    fn calls(&self) -> (u64, u64) {
        self.store.inner().take()
    }

    fn on(policy: &str, store: SiteStore, now: Millis) -> Self {
        let policy = crate::config::parse(policy.as_bytes()).expect("a good policy").policy;
        let table = Table::open(&store, policy.state, [7; 16]).expect("a table");
        let key = crate::tokens::signing::SecretKey::new(vec![9; 32]).expect("long enough");
        let keys = Keys::configured(&[key]).expect("a key");
        Self { engine: Engine::new(policy, table).with_devices(keys), store, now: Cell::new(now) }
    }

    /// The same counters under another policy.
    fn reconfigured(self, policy: &str) -> Self {
        Self::on(policy, self.store, self.now.get())
    }

    fn wait(&self, seconds: u64) {
        self.now.set(self.now.get().plus_seconds(seconds));
        self.engine.tick(&self.host());
    }

    fn host(&self) -> Host<'_, SiteStore, Knows> {
        Host {
            now: self.now.get(),
            store: &self.store,
            entries: &self.store,
            passwords: Some(&Knows("123456")),
            pairs: Some(&Knows("carol:hunter2")),
        }
    }

    /// Sends the headers of a request whose body is to come.
    fn headers(&self, attempt: &mut Attempt, headers: &[Header], peer: &[u8]) -> Step {
        let headers = Headers::new(headers);
        self.engine.request_headers(&self.host(), attempt, headers, peer, false)
    }

    fn send(&self, ip: &str, more: &[(&str, &str)], body: Body<'_>) -> Sent<'_> {
        let headers = login_headers(more);
        let mut attempt = Attempt::default();
        let peer = format!("{ip}:1234");
        let step = self.headers(&mut attempt, &headers, peer.as_bytes());
        let step = match step {
            Step::Hold => self.engine.request_body(&self.host(), &mut attempt, body),
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
        let (host, response) = (self.site.host(), Headers::new(&response));
        let learnt = self.site.engine.response_headers(&host, &mut self.attempt, response)?;
        Some(learnt.set_cookie?.split(';').next()?.to_owned())
    }

    fn answered(mut self, status: &str) -> Option<Outcome> {
        let response = header_list(&[(":status", status)]);
        let host = self.site.host();
        let response = Headers::new(&response);
        self.site
            .engine
            .response_headers(&host, &mut self.attempt, response)
            .map(|learnt| learnt.outcome)
    }
}

fn login_headers(more: &[(&str, &str)]) -> Vec<Header> {
    let mut headers = header_list(&[
        (":method", "POST"),
        (":path", "/login"),
        (":authority", "a"),
        ("content-type", "application/x-www-form-urlencoded"),
    ]);
    headers.extend(header_list(more));
    headers
}

fn header_list(headers: &[(&str, &str)]) -> Vec<Header> {
    headers.iter().map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
}
