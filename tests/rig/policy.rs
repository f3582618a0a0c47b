//! The plugin configuration of a test, as a value to build on.

use serde_json::{Value, json};

/// A plugin configuration: under construction, or typed as it is.
#[derive(Clone, Debug)]
pub struct PolicyBuilder {
    value: Value,
    verbatim: Option<String>,
}

/// One endpoint, `POST /login`, with form and JSON credentials and an outcome by status,
/// in enforce mode and without any rule.
///
/// The client's address is what a test wrote into `x-forwarded-for` (see
/// [`Request::from`](crate::Request::from)): Envoy appends its own view, so it is the
/// second from the right.
pub fn policy() -> PolicyBuilder {
    let value = json!({
        "mode": "enforce",
        "endpoints": [{
            "name": "web",
            "match": { "methods": ["POST"], "path": "/login" },
            "credentials": {
                "form": { "username": "user", "password": "password" },
                "json": { "username": "/user", "password": "/password" }
            },
            "failure": { "status": [401, 403] },
            "success": { "status": [200, 302] }
        }],
        "client": { "address": { "header": "x-forwarded-for", "trusted_hops": 1 } },
        "rules": []
    });
    PolicyBuilder { value, verbatim: None }
}

impl PolicyBuilder {
    /// A configuration typed as it is, mistakes included.
    pub fn verbatim(text: &str) -> Self {
        Self { value: Value::Null, verbatim: Some(text.to_owned()) }
    }

    /// Adds a rule.
    pub fn rule(mut self, rule: Value) -> Self {
        self.value["rules"].as_array_mut().expect("rules are a list").push(rule);
        self
    }

    /// Blocks and bans an address once more than `over` distinct pairs failed within an hour.
    pub fn ban_after(self, over: u32) -> Self {
        self.rule(json!({
            "name": "ip-failures",
            "when": { "ip.distinct_failures": { "over": over, "within": "1h" } },
            "then": "block", "ban": "ip", "for": "1h"
        }))
    }

    /// Challenges an attempt for which the boolean `signal` holds.
    pub fn challenge_if(self, signal: &str) -> Self {
        self.if_signal(signal, "challenge")
    }

    /// Blocks an attempt for which the boolean `signal` holds.
    pub fn block_if(self, signal: &str) -> Self {
        self.if_signal(signal, "block")
    }

    /// Tells the application that the boolean `signal` holds.
    pub fn annotate_if(self, signal: &str) -> Self {
        self.if_signal(signal, "annotate")
    }

    /// A rule named for the last word of its signal.
    fn if_signal(self, signal: &str, then: &str) -> Self {
        let name = signal.rsplit('.').next();
        self.rule(json!({ "name": name, "when": { signal: true }, "then": then }))
    }

    /// Tells the application when the password is known from a breach.
    pub fn annotate_breached(self) -> Self {
        self.rule(json!({
            "name": "breached", "when": { "password.breached": true }, "then": "annotate"
        }))
    }

    /// Replaces the only endpoint's `member`: `match`, `credentials`, `success` …
    pub fn endpoint(mut self, member: &str, value: Value) -> Self {
        self.value["endpoints"][0][member] = value;
        self
    }

    /// Replaces a top-level `member`.
    pub fn with(mut self, member: &str, value: Value) -> Self {
        self.value[member] = value;
        self
    }
}

impl From<PolicyBuilder> for String {
    fn from(policy: PolicyBuilder) -> Self {
        policy.verbatim.unwrap_or_else(|| policy.value.to_string())
    }
}
