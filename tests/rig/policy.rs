//! A builder of the policy, the module's configuration, for a test.

use serde_json::{Value, json};

/// A policy under construction, or a text that is used verbatim.
#[derive(Clone, Debug)]
pub struct PolicyBuilder {
    value: Value,
    verbatim: Option<String>,
}

/// A policy in enforce mode without rules. Its one endpoint is `POST /login`, with form and JSON
/// credentials and an outcome by status.
///
/// The client's address comes from `x-forwarded-for` (see
/// [`Request::from`](crate::Request::from)). Envoy appends the peer's address, so the client's is
/// the second from the right.
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
    /// A policy with exactly this text, mistakes included.
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

    /// Challenges an attempt if the boolean `signal` is true.
    pub fn challenge_if(self, signal: &str) -> Self {
        self.if_signal(signal, "challenge")
    }

    /// Blocks an attempt if the boolean `signal` is true.
    pub fn block_if(self, signal: &str) -> Self {
        self.if_signal(signal, "block")
    }

    /// Annotates an attempt if the boolean `signal` is true.
    pub fn annotate_if(self, signal: &str) -> Self {
        self.if_signal(signal, "annotate")
    }

    /// Adds a rule that is named after the last word of its signal.
    fn if_signal(self, signal: &str, then: &str) -> Self {
        let name = signal.rsplit('.').next().map(|name| name.replace('_', "-"));
        self.rule(json!({ "name": name, "when": { signal: true }, "then": then }))
    }

    /// Annotates an attempt if its password is known from a breach.
    pub fn annotate_breached(self) -> Self {
        self.rule(json!({
            "name": "breached", "when": { "password.breached": true }, "then": "annotate"
        }))
    }

    /// Replaces a member of the endpoint, such as `match` or `credentials`.
    pub fn endpoint(mut self, member: &str, value: Value) -> Self {
        self.value["endpoints"][0][member] = value;
        self
    }

    /// The default rules in place of its own.
    pub fn default_rules(mut self) -> Self {
        self.value.as_object_mut().expect("a policy is an object").remove("rules");
        self
    }

    /// Replaces a top-level member.
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
