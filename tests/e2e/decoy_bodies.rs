//! Bodies that look different to a filter and to an application, sent through Envoy.
//!
//! The engine checks the same table natively (`tests/fixtures/decoy_bodies.json`). Here the
//! module has a filter of exactly the passwords that the applications read. The annotations of
//! a request therefore show whether the module found what the application reads.

use std::collections::BTreeSet;

use serde_json::json;
use unstuff_engine::request::credentials::Password;
use unstuff_fixtures::decoy_bodies::{DecoyBody, decoy_bodies};
use unstuff_tests::{PackedModule, PolicyBuilder, Request, Sandbox, policy};

/// A policy that reads these fields and annotates everything that it finds.
fn policy_reading(fields: &str) -> PolicyBuilder {
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
        "graphql" => json!({ "graphql": {
            "field": "login", "username": "email", "password": "password"
        } }),
        "xmlrpc" => json!({ "xmlrpc": true }),
        "basic" => json!({ "basic": true }),
        _ => panic!("unknown fields: {fields}"),
    };
    let policy = match fields {
        "oauth" => policy().endpoint("body", json!({ "grant_type": "password" })),
        _ => policy(),
    };
    let several = json!({ "ip.usernames": { "over": 1, "within": "1h" } });
    policy
        .endpoint("credentials", credentials)
        .annotate_breached()
        .annotate_if("credentials.absent")
        .annotate_if("credentials.unreadable")
        .annotate_if("credentials.ambiguous")
        .annotate_if("credentials.batched")
        .rule(json!({ "name": "usernames", "when": several, "then": "annotate" }))
}

fn request(case: &DecoyBody) -> Request {
    let mut body = case.body();
    if case.cut {
        body.resize(body.len() + (16 << 10), b'x');
    }
    let query = if case.query.is_empty() { "" } else { "?" };
    let request = Request::post(&format!("{}{query}{}", case.path, case.query)).body(body);
    let headers = case.headers.iter();
    headers.fold(request, |request, (name, value)| request.header(name, value.as_bytes()))
}

/// The expected `x-unstuff-reasons`, in the order of the rules; `None` if it is no login.
fn expected_reasons(case: &DecoyBody, breached: &BTreeSet<String>) -> Option<String> {
    let flags = case.flags_if_joined.as_ref().unwrap_or(&case.flags);
    let flag = |name| flags.contains(name);
    let is_breached = |password: &String| {
        // A second colon of HTTP Basic may end it.
        let part = password.split(':').next().filter(|_| case.fields == "basic");
        let spelt = |password: &str| {
            let password = Password::new(password.into());
            password.spellings().any(|it| breached.iter().any(|known| *it == *known.as_bytes()))
        };
        spelt(password) || part.is_some_and(spelt)
    };
    let reasons = [
        ("breached", case.passwords.iter().any(is_breached)),
        ("absent", flag("absent")),
        ("unreadable", flag("unreadable")),
        ("ambiguous", flag("ambiguous")),
        ("batched", flag("batched")),
        ("usernames", case.usernames.len() > 1),
    ];
    let reasons = reasons.iter().filter(|(_, holds)| *holds).map(|(name, _)| *name);
    case.login.then(|| reasons.collect::<Vec<_>>().join(","))
}

/// The `x-unstuff-reasons` of a request from this address; `None` without a verdict.
async fn annotated_reasons(sandbox: &Sandbox, request: Request, address: &str) -> Option<String> {
    sandbox.app.clear();
    let mut raw = sandbox.raw().await;
    raw.write_request(&request.from(address)).await;
    raw.response().await;
    let received = sandbox.app.only_request();
    received.header("x-unstuff-verdict")?;
    Some(received.header("x-unstuff-reasons").unwrap_or_default().to_owned())
}

#[tokio::test]
async fn the_module_finds_the_credentials_that_the_application_reads() {
    let cases = decoy_bodies();
    let read = cases.iter().filter_map(|case| case.reads.as_ref());
    let breached: BTreeSet<String> =
        read.map(|(_, password)| password.clone()).filter(|it| !it.is_empty()).collect();
    let packed = PackedModule::with_passwords(breached.iter().map(String::as_str));
    let kinds: BTreeSet<&String> = cases.iter().map(|case| &case.fields).collect();
    let mut wrong = Vec::new();
    for kind in kinds {
        let sandbox = Sandbox::builder(policy_reading(kind)).module(packed.module()).start().await;
        for (number, case) in cases.iter().enumerate().filter(|(_, case)| case.fields == *kind) {
            let address = format!("203.0.113.{number}");
            let found = annotated_reasons(&sandbox, request(case), &address).await;
            let expected = expected_reasons(case, &breached);
            if found != expected {
                let DecoyBody { why, application, .. } = case;
                wrong.push(format!("{why} ({application}, {kind}): {found:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
