//! Upstream as a trace knows it: a status.
//!
//! What a status means is the policy's to say, by the engine's own reading of a response.
//! There are at most five hundred, so each is made once.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use unstuff_engine::outcome::{self, Outcome};
use unstuff_engine::policy::Policy;
use unstuff_engine::request::headers::{Header, Headers};

/// Answers, each made once.
#[derive(Default)]
pub struct Upstream {
    responses: HashMap<u16, Vec<Header>, FixedState>,
    successes: HashMap<(usize, u16), bool, FixedState>,
}

impl Upstream {
    /// The headers of an answer with this status.
    pub fn response(&mut self, status: u16) -> Headers<'_> {
        Headers::new(self.responses.entry(status).or_insert_with(|| headers(status)))
    }

    /// Whether this status is a success at an endpoint of `policy`, where its outcomes are
    /// recognised: in an attack, a takeover.
    pub fn is_success(&mut self, policy: &Policy, endpoint: usize, status: u16) -> bool {
        *self.successes.entry((endpoint, status)).or_insert_with(|| {
            let Some(endpoint) = policy.endpoints.get(endpoint) else { return false };
            outcome::judge(endpoint, Headers::new(&headers(status)), true) == Outcome::Success
        })
    }
}

fn headers(status: u16) -> Vec<Header> {
    vec![(b":status".to_vec(), status.to_string().into_bytes())]
}
