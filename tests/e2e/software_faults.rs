//! Software that fails for everybody: a release whose logins all fail is no attack.

use serde_json::json;
use unstuff_tests::{AppResponse, Request, Sandbox, form, policy};

use crate::load::{Load, flood};

/// A login of the n-th person, at home, with an app.
fn app(person: usize, password: &str) -> Request {
    let address = format!("10.{}.{}.1", person / 250, person % 250);
    form(&format!("person{person}"), password).from(&address).header("user-agent", "app/2.0")
}

/// The default rules on single clients, at a site whose application refuses everybody.
async fn site() -> Sandbox {
    let others = [
        "spray-slow",
        "attack-breached",
        "attack-unfamiliar",
        "attack-tool",
        "attack-address",
        "spray",
    ];
    let off: serde_json::Map<_, _> = others.iter().map(|it| ((*it).into(), json!("off"))).collect();
    let policy = policy().with("rules", off.into());
    Sandbox::builder(policy).workers(2).on_request(|_| AppResponse::status(401)).start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_whose_logins_all_fail_stays_open() {
    let site = site().await;
    let load = Load { requests: 200, connections: 8 };
    let failed = flood(&site, load, |person| app(person, &format!("own-{person}"))).await;
    assert_eq!(failed, [(401, 200)].into());
    assert_eq!(site.send(app(999, "own")).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_tries_breached_passwords_is_banned_by_its_fingerprint() {
    let site = site().await;
    let load = Load { requests: 60, connections: 4 };
    flood(&site, load, |person| app(person, "123456")).await;
    // An attempt with another password may be chosen to see whether the fault is over.
    let response = site.send(app(999, "123456")).await;
    assert_eq!((response.status, response.unstuff_reply()), (429, Some("block")));
}
