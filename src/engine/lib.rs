//! The decision core of Unstuff: from a login request to a verdict, and from the response to what
//! the counters learn.
//!
//! The same state machine decides live traffic (in the filter), replays logs and runs simulations
//! (in the tool), and is fuzzed natively. So time, randomness and storage are arguments, and each
//! call returns the step to take. The engine never calls out: no proxy-wasm, no clock, no I/O, no
//! randomness, and no panic that a request can reach.
//!
//! `docs/architecture.md` shows the rooms of this crate, `docs/glossary.md` defines its terms.
//!
//! # A whole login
//!
//! ```
//! use unstuff_engine::request::credentials::Body;
//! use unstuff_engine::request::headers::{Header, Headers};
//! use unstuff_engine::state::{Table, stores::memory::MemoryStore};
//! use unstuff_engine::{
//!     Action, Attempt, Decision, Engine, Filter, Host, Millis, Outcome, Policy, Problem, Step,
//! };
//!
//! // The policy: a validated configuration, or all of its problems at once.
//! let configuration = br#"{
//!     "mode": "enforce",
//!     "endpoints": [{
//!         "name": "web",
//!         "match": { "methods": ["POST"], "path": "/login" },
//!         "credentials": { "form": { "username": "user", "password": "password" } },
//!         "failure": { "status": 401 }
//!     }],
//!     "rules": [{
//!         "name": "ip-failures",
//!         "when": { "ip.distinct_failures": { "over": 10, "within": "1h" } },
//!         "then": "block", "ban": "ip", "for": "15m"
//!     }]
//! }"#;
//! let policy: Policy = unstuff_engine::config::parse(configuration)
//!     .map_err(|problems: Vec<Problem>| format!("{problems:?}"))?
//!     .policy;
//!
//! // The state: a table in a store that all workers share. Its hash key is random.
//! let store = MemoryStore::new();
//! let table = Table::open(&store, policy.state, [7; 16])?;
//! let engine = Engine::new(policy, table);
//! let host = Host {
//!     now: Millis(1_760_000_000_000),
//!     store: &store,
//!     entries: &store,
//!     passwords: None::<&Filter<&[u8]>>,
//!     pairs: None,
//! };
//!
//! // The request's headers: a login, so its body is held.
//! let headers = |list: &[(&str, &str)]| -> Vec<Header> {
//!     list.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
//! };
//! let request = headers(&[
//!     (":method", "POST"),
//!     (":path", "/login"),
//!     ("content-type", "application/x-www-form-urlencoded"),
//! ]);
//! let mut attempt = Attempt::default();
//! let step = engine.request_headers(&host, &mut attempt, Headers::new(&request), b"192.0.2.1:4711", false);
//! assert!(matches!(step, Step::Hold));
//!
//! // The body: the attempt is decided, and charged as pending.
//! let body = Body::Complete(b"user=anna&password=secret");
//! let Step::Decided(decision) = engine.request_body(&host, &mut attempt, body) else {
//!     panic!("a held attempt is decided by its body");
//! };
//! let Decision { verdict, .. } = *decision;
//! assert_eq!(verdict.action, Action::Allow);
//! assert_eq!(verdict.reasons_text(engine.policy()), "");
//!
//! // The response: the outcome settles the charge, and the counters learn.
//! let response = headers(&[(":status", "401")]);
//! let effects = engine.response_headers(&host, &mut attempt, Headers::new(&response));
//! assert_eq!(effects.map(|effects| effects.outcome), Some(Outcome::Failure));
//! assert!(attempt.is_settled());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
// Tests say what they expect by panicking; clippy.toml has no switch for this one.
#![cfg_attr(test, allow(clippy::string_slice))]

mod attack_mode;
pub mod attempt;
pub mod breached;
pub mod challenge;
pub mod config;
pub mod cors;
pub mod decision;
mod familiarity;
pub mod fleet;
pub mod lift;
pub mod live_lookup;
pub mod outcome;
pub mod policy;
pub mod record;
pub mod request;
pub mod short_list;
pub mod state;
pub mod time;
pub mod tokens;

pub use attack_mode::{ModeChange, NewSuspicion};
pub use attempt::{Attempt, Decision, Engine, Host, ResponseEffects, Step};
pub use breached::Filter;
pub use config::Problem;
pub use decision::verdict::Verdict;
pub use familiarity::learning::Reach;
pub use outcome::Outcome;
pub use policy::{Action, Mode, Policy};
pub use time::Millis;
