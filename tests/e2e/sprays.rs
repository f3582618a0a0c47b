//! Sprays: one password over many accounts, one mailbox under many spellings.

use serde_json::json;
use unstuff_tests::{PolicyBuilder, Request, Sandbox, form, policy};

/// One rule of the default ones, with nothing beside it.
fn only(rule: &str) -> PolicyBuilder {
    let rules: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../../src/engine/config/default_rules.json"))
            .expect("the default rules");
    let mut kept = rules.into_iter().find(|it| it["name"] == rule).expect("a default rule");
    kept.as_object_mut().expect("a rule").remove("about");
    policy().rule(kept)
}

/// The n-th attempt, each from an address of its own.
fn attempt(n: u32, user: &str, password: &str) -> Request {
    form(user, password).from(&format!("198.51.{}.{}", 100 + n / 200, n % 200))
}

#[tokio::test]
async fn a_password_that_fails_at_account_after_account_is_challenged() {
    let sandbox = Sandbox::start(only("spray-slow")).await;
    for n in 0..11 {
        let response = sandbox.send(attempt(n, &format!("user{n}"), "Winter2026!")).await;
        assert_eq!(response.status, 401, "{n}");
    }
    let next = sandbox.send(attempt(20, "user20", "Winter2026!")).await;
    assert_eq!(next.unstuff_reply(), Some("challenge"));
    let other = sandbox.send(attempt(21, "user21", "another one")).await;
    assert_eq!((other.status, other.unstuff_reply()), (401, None));
}

/// Whether the eleventh guess at a mailbox is challenged, if each spells its address in another way.
async fn is_challenged(policy: PolicyBuilder) -> bool {
    let sandbox = Sandbox::start(policy).await;
    for n in 0..10 {
        let response = sandbox
            .send(attempt(n, &format!("anna+{n}@mail.example"), &format!("guess {n}")))
            .await;
        assert_eq!(response.status, 401, "{n}");
    }
    let last = sandbox.send(attempt(12, "Anna+x@mail.example", "guess")).await;
    last.unstuff_reply() == Some("challenge")
}

#[tokio::test]
async fn guesses_at_one_mailbox_count_together_however_it_is_spelt() {
    assert!(is_challenged(only("account")).await);
}

#[tokio::test]
async fn spellings_of_a_mailbox_are_accounts_of_their_own_where_that_is_configured() {
    assert!(!is_challenged(only("account").with("mailbox_aliases", json!(false))).await);
}
