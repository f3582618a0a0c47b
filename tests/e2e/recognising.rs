//! Recognising a login under every spelling, through Envoy, byte for byte.
//!
//! The table is the engine's own (`tests/fixtures/login_paths.json`). Here it is sent
//! through an Envoy that leaves paths alone, so that what Envoy does to a target on its way
//! is part of the test. What Envoy itself refuses never reaches an application.

use serde::Deserialize;
use serde_json::json;
use unstuff_tests::{Plan, Request, Site, form, policy};

#[derive(Deserialize)]
struct Case {
    target: String,
    at: String,
    #[serde(default = "post")]
    method: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    login: bool,
    why: String,
}

fn post() -> String {
    "POST".to_owned()
}

fn cases() -> Vec<Case> {
    let table = include_str!("../fixtures/login_paths.json");
    serde_json::from_str(table).expect("a table of cases")
}

/// A site at which everything that is recognised at `paths` is blocked, without a look at
/// credentials: one attempt is one too many.
async fn blocks_every_login_at(path: &str) -> Site {
    let recognised =
        policy().endpoint("match", json!({ "methods": ["POST"], "path": path })).rule(json!({
            "name": "any",
            "when": { "ip.attempts": { "over": 0, "within": "1m" } },
            "then": "block"
        }));
    Plan::new(recognised).raw_paths().start().await
}

#[tokio::test]
async fn every_spelling_of_the_login_path_is_recognised() {
    let mut places: Vec<String> = cases().into_iter().map(|case| case.at).collect();
    places.sort();
    places.dedup();
    let mut wrong = Vec::new();
    for place in places {
        let site = blocks_every_login_at(&place).await;
        for case in cases().into_iter().filter(|case| case.at == place) {
            let mut request = form("alice", "wrong");
            (request.method, request.target) = (case.method.clone(), case.target.clone());
            request.headers.extend(case.headers.into_iter().map(|(k, v)| (k, v.into_bytes())));
            let mut raw = site.raw().await;
            raw.write_request(&request).await;
            let Some(answer) = raw.try_answer().await else { continue };
            let refused_by_envoy = answer.unstuff_reply().is_none() && site.app.count() == 0;
            let recognised = answer.unstuff_reply() == Some("block");
            site.app.forget();
            if recognised != case.login && !refused_by_envoy {
                let (method, target, why) = (case.method, case.target, case.why);
                wrong.push(format!("{method} {target}: {} ({why})", answer.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_login_on_another_host_is_somebody_elses() {
    let place = json!({ "path": "/login", "hosts": ["shop.example"] });
    let site = Site::start(policy().endpoint("match", place).block_if("credentials.missing")).await;
    for (host, reply) in [
        ("shop.example", Some("block")),
        ("SHOP.example:8443", Some("block")),
        ("shop.example.", Some("block")),
        ("other.example", None),
    ] {
        let answer = site.send(form("mallory", "").header("host", host)).await;
        assert_eq!(answer.unstuff_reply(), reply, "{host}");
    }
}

#[tokio::test]
async fn a_page_with_the_form_is_no_login() {
    let site = blocks_every_login_at("/login").await;
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(site.send(Request::new(method, "/login")).await.unstuff_reply(), None);
    }
    assert_eq!(site.metric("unstuff.attempts").await, 0);
}
