//! An engine that challenges every login from an unknown device, and requests to it.

use std::sync::LazyLock;

use unstuff_engine::attempt::{Attempt, Decision, Engine, Host, Step};
use unstuff_engine::breached::Sha1Digest;
use unstuff_engine::challenge::PASS_COOKIE;
use unstuff_engine::decision::facts::Breached;
use unstuff_engine::policy::Policy;
use unstuff_engine::request::credentials::Body;
use unstuff_engine::request::headers::Headers;
use unstuff_engine::state::Table;
use unstuff_engine::state::stores::memory::MemoryStore;
use unstuff_engine::time::Millis;
use unstuff_engine::tokens::signing::{Keys, SecretKey};

/// The time of all requests.
pub(super) const NOW: Millis = Millis(1 << 40);

/// The client's address.
pub(super) const ADDRESS: &str = "192.0.2.1";

/// The username of all logins.
pub(super) const USERNAME: &str = "a";

/// The key that signs the other challenge's answers.
pub(super) fn handover_key() -> SecretKey {
    SecretKey::new(vec![0xaa; 32]).expect("a key")
}

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let policy = r#"{"mode":"enforce","endpoints":[{"name":"web","match":{"path":"/login"},
      "credentials":{"form":{"username":"user","password":"password"}}}],
      "rules":[{"name":"unknown","when":{"credentials.breached":true,"device.known":false},"then":"challenge"}],
      "challenge":{"difficulty":8,"no_script":{"per_network":1},
      "handover":{"url":"/prove","return":"/login",
      "key":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}}"#;
    unstuff_engine::config::parse(policy.as_bytes()).expect("a policy").policy
});

/// Keys of one repeated byte.
pub(super) fn keys(byte: u8) -> Keys {
    Keys::configured(&[SecretKey::new(vec![byte; 32]).expect("a key")]).expect("one key")
}

/// Every username and password is known from a breach.
struct AllBreached;

impl Breached for AllBreached {
    fn knows(&self, _: &Sha1Digest) -> bool {
        true
    }
}

/// An engine, and the store of its state.
pub(super) struct ChallengeHarness {
    engine: Engine,
    store: MemoryStore,
}

impl ChallengeHarness {
    /// An engine with an empty state.
    pub(super) fn new() -> Self {
        Self::over(MemoryStore::new())
    }

    /// An engine whose state is in `store`.
    pub(super) fn over(store: MemoryStore) -> Self {
        let policy = POLICY.clone();
        let table = Table::open(&store, policy.state, [7; 16]).expect("a table");
        let engine = Engine::new(policy, table).with_challenge(&keys(1)).with_devices(keys(1));
        Self { engine, store }
    }

    pub(super) fn store(&self) -> &MemoryStore {
        &self.store
    }

    fn host(&self) -> Host<'_, MemoryStore, AllBreached> {
        let store = &self.store;
        Host { now: NOW, store, entries: store, passwords: None, pairs: Some(&AllBreached) }
    }

    fn headers(&self, method: &str, path: &[u8], more: (&str, &[u8])) -> (Attempt, Step) {
        let headers = vec![
            (b":method".to_vec(), method.into()),
            (b":path".to_vec(), path.to_vec()),
            (more.0.into(), more.1.to_vec()),
        ];
        let mut attempt = Attempt::default();
        let peer = format!("{ADDRESS}:1");
        let step = self.engine.request_headers(
            &self.host(),
            &mut attempt,
            Headers::new(&headers),
            peer.as_bytes(),
            false,
        );
        (attempt, step)
    }

    /// The decision on a login with this header.
    pub(super) fn login(&self, name: &str, value: &[u8]) -> Decision {
        let (mut attempt, step) = self.headers("POST", b"/login", (name, value));
        assert!(matches!(step, Step::Hold), "the engine waits for the body");
        let body = format!("user={USERNAME}&password=b");
        let body = Body::Complete(body.as_bytes());
        match self.engine.request_body(&self.host(), &mut attempt, body) {
            Step::Decided(decision) => *decision,
            step => panic!("not decided: {step:?}"),
        }
    }

    /// The pass that a GET request with this query and header redeems, if any.
    pub(super) fn redeemed_pass(&self, query: &[u8], name: &str, value: &[u8]) -> Option<String> {
        let path = [b"/login?", query].concat();
        let (_, Step::Redeem(redemption)) = self.headers("GET", &path, (name, value)) else {
            return None;
        };
        let answer = self.engine.redeem(&self.host(), &redemption, [9; 32]).expect("a challenge");
        let cookie = answer.headers.iter().find(|(name, _)| *name == "set-cookie");
        let pass = cookie.map(|(_, value)| {
            let value = value.strip_prefix(PASS_COOKIE).and_then(|it| it.strip_prefix('='));
            value.and_then(|it| it.split(';').next()).expect("a pass").to_owned()
        });
        assert_eq!(pass.is_some(), answer.name == "pass");
        pass
    }
}
