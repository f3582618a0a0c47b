//! Bodies that show one thing to a filter and another to an application, through Envoy.
//!
//! The table is the engine's own (`tests/fixtures/decoy_bodies.json`), which says for each
//! row what an application reads and what is to be seen. Here the module knows as breached
//! what the applications read, and no decoy, so that what it tells upstream about a row
//! shows what it has seen of it.

use std::collections::BTreeSet;

use serde_json::json;
use unstuff_tests::{PackedModule, PolicyBuilder, Request, Sandbox, policy};

use self::fixture::{Case, cases};

#[path = "../fixtures/decoy_bodies.rs"]
mod fixture;

/// A policy that reads these fields, and names to upstream all that it finds.
fn reading(fields: &str) -> PolicyBuilder {
    let form = json!({ "username": "username", "password": "password" });
    let flat = json!({ "username": "/username", "password": "/password" });
    let credentials = match fields {
        "form" | "oauth" => json!({ "form": form }),
        "json" => json!({ "json": flat }),
        "both" => json!({ "form": form, "json": flat }),
        "underscore" => json!({ "form": { "username": "user_name", "password": "user_password" } }),
        "nested" => {
            json!({ "form": { "username": "user[username]", "password": "user[password]" } })
        }
        "pointer" => {
            json!({ "json": { "username": "/user/username", "password": "/user/password" } })
        }
        "basic" => json!({ "basic": true }),
        _ => panic!("no such fields: {fields}"),
    };
    let policy = match fields {
        "oauth" => policy().endpoint("body", json!({ "grant_type": "password" })),
        _ => policy(),
    };
    let several = json!({ "ip.usernames": { "over": 1, "within": "1h" } });
    policy
        .endpoint("credentials", credentials)
        .annotate_breached()
        .annotate_if("credentials.missing")
        .annotate_if("credentials.unreadable")
        .annotate_if("credentials.ambiguous")
        .rule(json!({ "name": "usernames", "when": several, "then": "annotate" }))
}

impl Case {
    fn request(&self) -> Request {
        let mut body = self.body();
        if self.cut {
            body.resize(body.len() + (16 << 10), b'x');
        }
        let query = if self.query.is_empty() { "" } else { "?" };
        let request = Request::post(&format!("/login{query}{}", self.query)).body(body);
        let headers = self.headers.iter();
        headers.fold(request, |request, (name, value)| request.header(name, value.as_bytes()))
    }

    /// What upstream is to be told, in the order of the rules; nothing if it is no login.
    fn expected(&self, known: &BTreeSet<String>) -> Option<String> {
        let flags = self.flags_if_joined.as_ref().unwrap_or(&self.flags);
        let flag = |name| flags.contains(name);
        let is_known = |password: &String| known.contains(password.trim());
        let reasons = [
            ("breached", self.passwords.iter().any(is_known)),
            ("missing", flag("missing")),
            ("unreadable", flag("unreadable")),
            ("ambiguous", flag("ambiguous")),
            ("usernames", self.usernames.len() > 1),
        ];
        let reasons = reasons.iter().filter(|(_, holds)| *holds).map(|(name, _)| *name);
        self.login.then(|| reasons.collect::<Vec<_>>().join(","))
    }
}

/// What upstream is told of a login from this address; none if it is told nothing.
async fn told(sandbox: &Sandbox, request: Request, address: &str) -> Option<String> {
    sandbox.app.clear();
    let mut raw = sandbox.raw().await;
    raw.write_request(&request.from(address)).await;
    raw.response().await;
    let received = sandbox.app.only_request();
    received.header("x-unstuff-verdict")?;
    Some(received.header("x-unstuff-reasons").unwrap_or_default().to_owned())
}

#[tokio::test]
async fn no_application_reads_what_is_not_seen_through_envoy() {
    let cases = cases();
    let read = cases.iter().filter_map(|case| case.reads.as_ref());
    let known: BTreeSet<String> =
        read.map(|(_, password)| password.clone()).filter(|it| !it.is_empty()).collect();
    let packed = PackedModule::with_passwords(known.iter().map(String::as_str));
    let kinds: BTreeSet<&String> = cases.iter().map(|case| &case.fields).collect();
    let mut wrong = Vec::new();
    for kind in kinds {
        let sandbox = Sandbox::builder(reading(kind)).module(packed.module()).start().await;
        for (number, case) in cases.iter().enumerate().filter(|(_, case)| case.fields == *kind) {
            let told = told(&sandbox, case.request(), &format!("203.0.113.{number}")).await;
            let expected = case.expected(&known);
            if told != expected {
                let Case { why, application, .. } = case;
                wrong.push(format!("{why} ({application}, {kind}): {told:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
