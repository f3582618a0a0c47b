//! The engine's verdict on a request, asked as the filter asks it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use unstuff_engine::attempt::{Attempt, Decision, Engine, Host, Step};
use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::config;
use unstuff_engine::decision::facts::Breached;
use unstuff_engine::policy::Policy;
use unstuff_engine::request::credentials::Body;
use unstuff_engine::request::headers::Headers;
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::time::Millis;

use crate::login_request::LoginRequest;

/// The password of the logins that must not pass unnoticed.
pub(crate) const PASSWORD: &str = "123456";

/// The signals that say something about a request by itself.
const SIGNALS: [(&str, &str); 5] = [
    ("absent", ABSENT),
    ("breached", "password.breached"),
    ("unreadable", "credentials.unreadable"),
    ("ambiguous", "credentials.ambiguous"),
    ("batched", "credentials.batched"),
];

/// The signal of a readable request without a password. It stops nobody, so it is no remark.
const ABSENT: &str = "credentials.absent";

/// One password is breached.
struct OnlyPassword;

impl Breached for OnlyPassword {
    fn knows(&self, digest: &Sha1Digest) -> bool {
        *digest == Sha1Digest::of(PASSWORD.as_bytes())
    }
}

/// Engines of all kinds of endpoints.
pub(crate) struct Judge {
    store: MemoryStore,
    engines: BTreeMap<String, Engine>,
    /// The default configuration, enforced.
    defaults: Policy,
}

/// The endpoint of a kind.
fn endpoint(kind: &str) -> Value {
    let form = json!({ "username": "user", "password": "password" });
    let json = json!({ "username": "/user", "password": "/password" });
    let nested = json!({ "username": "user[email]", "password": "user[password]" });
    let credentials = match kind {
        "nested" => json!({ "form": nested }),
        "basic" => json!({ "basic": true }),
        "webbasic" => json!({ "form": form, "json": json, "basic": true }),
        "query" => json!({ "query": form }),
        _ => json!({ "form": form, "json": json }),
    };
    let mut endpoint =
        json!({ "name": kind, "match": { "path": "/login" }, "credentials": credentials });
    if kind == "oauth" {
        endpoint["body"] = json!({ "grant_type": "password" });
    }
    endpoint
}

/// The kinds of endpoints.
pub(crate) const KINDS: [&str; 6] = ["web", "nested", "basic", "webbasic", "oauth", "query"];

impl Judge {
    pub(crate) fn new() -> Self {
        let store = MemoryStore::new();
        let engines = KINDS.iter().map(|kind| {
            let configured = json!({ "endpoints": [endpoint(kind)] });
            ((*kind).to_owned(), engine(&store, configured))
        });
        let mut engines: BTreeMap<String, Engine> = engines.collect();
        engines.insert("{}".to_owned(), engine(&store, json!({})));
        let defaults = config::parse(b"{\"mode\": \"enforce\"}").expect("the defaults").policy;
        Self { store, engines, defaults }
    }

    /// What the verdict says, or `None` if nothing stands out: no login, no password, or a clean one.
    pub(crate) fn remarks(&self, request: &LoginRequest) -> Option<String> {
        let engine = self.engines.get(&request.endpoint).expect("a kind of endpoint");
        let decision = decide(engine, &self.store, request)?;
        let reasons = decision.verdict.reasons_text(engine.policy());
        Some(reasons).filter(|reasons| !matches!(reasons.as_str(), "" | "absent"))
    }

    /// Why an ordinary request is none under the default configuration: a remark, or a stop by the
    /// default rules. A `login` must be recognised as one, with its password, too.
    pub(crate) fn alarm(&self, request: &LoginRequest, login: bool) -> Option<String> {
        let store = MemoryStore::new();
        let enforcing = engine_of(self.defaults.clone(), &store);
        let stop = decide(&enforcing, &store, request).filter(|it| it.verdict.action.stops());
        if let Some(stop) = stop {
            return Some(format!("stopped: {}", stop.verdict.reasons_text(enforcing.policy())));
        }
        let engine = self.engines.get(&request.endpoint).expect("a kind of endpoint");
        match decide(engine, &self.store, request) {
            None => login.then(|| "no login".to_owned()),
            Some(decision) => {
                let reasons = decision.verdict.reasons_text(engine.policy());
                let alarming = login || reasons != "absent";
                Some(reasons).filter(|reasons| !reasons.is_empty() && alarming)
            }
        }
    }
}

/// The decision on a request, if it is a login.
fn decide(engine: &Engine, store: &MemoryStore, request: &LoginRequest) -> Option<Box<Decision>> {
    let now = Millis(1 << 40);
    let passwords = Some(&OnlyPassword);
    let host = Host { now, store, entries: store, passwords, pairs: None };
    let mut headers = vec![
        (b":method".to_vec(), request.method.clone().into_bytes()),
        (b":path".to_vec(), request.target.clone()),
        (b":authority".to_vec(), b"unstuff.test".to_vec()),
    ];
    let sent = request.headers.iter();
    headers.extend(sent.map(|(name, value)| (name.clone().into_bytes(), value.clone())));
    headers.push((b"content-length".to_vec(), request.body.len().to_string().into_bytes()));
    let mut attempt = Attempt::default();
    let ends = request.body.is_empty();
    let step = engine.request_headers(
        &host,
        &mut attempt,
        Headers::new(&headers),
        b"192.0.2.1:4711",
        ends,
    );
    let step = match step {
        Step::Hold => {
            let max = engine.policy().max_body_bytes;
            let body = match request.body.get(..max) {
                Some(part) if request.body.len() > max => Body::Cut(part),
                _ => Body::Complete(&request.body),
            };
            engine.request_body(&host, &mut attempt, body)
        }
        step => step,
    };
    match step {
        Step::Decided(decision) => Some(decision),
        _ => None,
    }
}

/// An engine under a policy, with an empty state.
fn engine_of(policy: Policy, store: &MemoryStore) -> Engine {
    let table = Table::open(store, policy.state, [7; 16]).expect("a table");
    Engine::new(policy, table)
}

/// An engine that annotates all signals of this build.
fn engine(store: &MemoryStore, mut configured: Value) -> Engine {
    let rule = |(name, signal): &(&str, &str)| {
        let mut when = json!({});
        when[*signal] = json!(true);
        json!({ "name": name, "when": when, "then": "annotate" })
    };
    let rules: Vec<Value> = SIGNALS.iter().map(rule).filter(parses).collect();
    configured["rules"] = json!(rules);
    configured["mode"] = json!("enforce");
    let parsed = config::parse(configured.to_string().as_bytes());
    let policy = parsed.unwrap_or_else(|problems| panic!("{problems:?}")).policy;
    engine_of(policy, store)
}

fn parses(rule: &Value) -> bool {
    config::parse(json!({ "rules": [rule] }).to_string().as_bytes()).is_ok()
}
