//! The configurations that replace one another under load: each differs, and each says something
//! about a breached password and about a body that it cannot read.

use serde_json::json;
use unstuff_tests::{PolicyBuilder, policy};

/// Memory for the state: so little that a few minutes fill it.
const STATE_BYTES: u64 = 4 << 20;

/// Configuration `number` of a run.
pub(crate) fn numbered(number: u64) -> PolicyBuilder {
    let policy = plain()
        .rule(json!({
            "name": "many-names",
            "when": {
                "ip.usernames": { "over": 20 + number % 7, "within": "1h" },
                "ip.failures": { "over": 5, "within": "1h" }
            },
            "then": "block", "ban": "ip", "for": "10m"
        }))
        .with("max_body", json!(1024 << (number % 7)));
    let policy = match number % 4 {
        0 => policy.endpoint("failure", json!([{ "status": [401, "5xx"] }])),
        1 => policy.endpoint("failure", json!({ "status": 401, "body": { "contains": "wrong" } })),
        _ => policy,
    };
    match number % 5 {
        0 => policy.rule(json!({
            "name": "twice", "when": { "credentials.ambiguous": true }, "then": "challenge"
        })),
        1 => policy.with("rules", json!(stricter())),
        _ => policy,
    }
}

/// A configuration that names every finding and stops nobody.
pub(crate) fn plain() -> PolicyBuilder {
    let policy = policy()
        .annotate_breached()
        .annotate_if("credentials.unreadable")
        .annotate_if("credentials.ambiguous")
        .annotate_if("credentials.batched");
    policy.with("state", json!({ "max_bytes": STATE_BYTES }))
}

/// Configuration `number` of a soak: each differs, and none stops anybody.
pub(crate) fn harmless(number: u64) -> PolicyBuilder {
    plain().with("max_body", json!(1024 << (number % 7)))
}

/// The findings again, of which one is answered by the module.
fn stricter() -> Vec<serde_json::Value> {
    let rule = |name: &str, signal: &str, then: &str| json!({ "name": name, "when": { signal: true }, "then": then });
    vec![
        rule("breached", "password.breached", "annotate"),
        rule("unreadable", "credentials.unreadable", "block"),
        rule("ambiguous", "credentials.ambiguous", "annotate"),
        rule("batched", "credentials.batched", "challenge"),
    ]
}

/// A configuration that is refused.
pub(crate) fn bad(number: u64) -> PolicyBuilder {
    match number % 3 {
        0 => PolicyBuilder::verbatim("{"),
        1 => plain().with("mode", json!("enforced")),
        _ => plain().with("endpoints", json!([])),
    }
}
