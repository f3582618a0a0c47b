//! The login page that is challenged before anything is typed.

use serde_json::json;
use unstuff_tests::browser::{application, run_story};
use unstuff_tests::{Sandbox, eventually, form, policy};

/// A password of the starter filter.
const BREACHED: &str = "123456";

/// A site under attack that challenges its login page.
async fn attacked() -> Sandbox {
    let rule =
        json!({ "name": "attack", "when": { "site.under_attack": true }, "then": "challenge" });
    let challenge = json!({ "difficulty": 12, "no_script": { "wait": "2s" }, "at": "page" });
    let policy = policy().rule(rule).with("challenge", challenge);
    let sandbox = Sandbox::builder(policy).on_request(application).start().await;
    for number in 0..24 {
        let from = format!("198.51.100.{number}");
        sandbox.send(form(&format!("user-{number}"), BREACHED).from(&from)).await;
    }
    eventually("attack mode begins", || async {
        sandbox.metric("unstuff.site.attack_began").await > 0
    })
    .await;
    sandbox
}

#[tokio::test]
async fn a_person_is_challenged_before_the_form_and_types_the_password_once() {
    let sandbox = attacked().await;
    run_story(&sandbox, "pageFirst", "").await;
    assert_eq!(sandbox.metric("unstuff.challenge.issued").await, 1);
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 1);
}

#[tokio::test]
async fn a_person_without_javascript_waits_before_the_form_and_types_the_password_once() {
    let sandbox = attacked().await;
    run_story(&sandbox, "pageFirstWithoutJavascript", "").await;
    assert_eq!(sandbox.metric("unstuff.challenge.waited").await, 1);
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 1);
}

#[tokio::test]
async fn a_person_who_blocks_cookies_is_told_before_the_form_and_can_go_on_to_it() {
    let sandbox = attacked().await;
    run_story(&sandbox, "pageFirstWithoutCookies", "").await;
    assert_eq!(sandbox.metric("unstuff.challenge.issued").await, 1);
}
