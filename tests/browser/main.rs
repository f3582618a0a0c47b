//! The challenge for people, in a headless browser against a real Envoy.
//!
//! In each story a person mistypes, is challenged, returns to the login page and logs in. The
//! stories are in `stories.mjs`; the rig's module `browser` runs them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests and their helpers fail by panicking"
)]

mod handover;
mod invisible;
mod login_page;
mod second_factor;

use std::process::Command;

use serde_json::json;
use unstuff_tests::browser::{run_story, sandbox};

/// A wait that a story can sit out.
fn short_wait() -> serde_json::Value {
    json!({ "difficulty": 12, "no_script": { "wait": "2s" } })
}

/// Runs a story in which the person gets in with one pass.
async fn gets_in(story: &str) {
    let sandbox = sandbox(short_wait()).await;
    run_story(&sandbox, story, "").await;
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 1, "{story}");
}

/// Runs a story in which the person reads what to do, and is not challenged again and again.
async fn is_told(story: &str, challenge: serde_json::Value) {
    let sandbox = sandbox(challenge).await;
    run_story(&sandbox, story, "").await;
    assert_eq!(sandbox.metric("unstuff.challenge.issued").await, 1, "{story}");
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 0, "{story}");
}

#[tokio::test]
async fn a_person_is_challenged_once_and_then_has_a_pass() {
    let sandbox = sandbox(json!({ "difficulty": 12 })).await;
    run_story(&sandbox, "solves", "").await;
    assert_eq!(sandbox.metric("unstuff.challenge.issued").await, 1);
    assert_eq!(sandbox.metric("unstuff.challenge.solved").await, 1);
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 2);
}

#[tokio::test]
async fn the_password_of_a_challenged_login_does_not_reach_the_application() {
    let sandbox = sandbox(json!({ "difficulty": 12 })).await;
    run_story(&sandbox, "solves", "").await;
    let with_password =
        sandbox.app.received().into_iter().filter(|received| received.body_has("password="));
    // One mistyped and two accepted. The challenged one did not arrive.
    assert_eq!(with_password.count(), 3);
}

#[tokio::test]
async fn a_person_is_led_back_to_the_login_page_with_its_query_and_to_no_other_page() {
    let sandbox = sandbox(json!({ "difficulty": 12 })).await;
    run_story(&sandbox, "returns", "").await;
    assert_eq!(sandbox.metric("unstuff.challenge.solved").await, 6);
}

#[tokio::test]
async fn the_page_solves_by_itself_where_workers_are_absent_forbidden_or_silent() {
    for fault in ["absent", "forbidden", "silent"] {
        let sandbox = sandbox(json!({ "difficulty": 15 })).await;
        run_story(&sandbox, "without_workers", fault).await;
        assert_eq!(sandbox.metric("unstuff.challenge.solved").await, 1, "{fault}");
    }
}

#[tokio::test]
async fn a_person_without_javascript_logs_in_after_a_wait() {
    let sandbox = sandbox(json!({ "no_script": { "wait": "2s" } })).await;
    run_story(&sandbox, "waits", "").await;
    assert_eq!(sandbox.metric("unstuff.challenge.waited").await, 1);
}

#[tokio::test]
async fn a_person_who_blocks_cookies_is_told_to_allow_them() {
    is_told("cookiesBlocked", short_wait()).await;
}

#[tokio::test]
async fn a_person_who_blocks_cookies_and_javascript_is_told_to_allow_cookies() {
    is_told("cookiesBlockedWithoutJavascript", short_wait()).await;
}

#[tokio::test]
async fn a_person_at_a_site_over_plain_http_is_told_to_open_it_over_https() {
    is_told("plainHttp", short_wait()).await;
}

#[tokio::test]
async fn a_person_over_plain_http_without_javascript_is_told_to_open_the_site_over_https() {
    is_told("plainHttpWithoutJavascript", short_wait()).await;
}

#[tokio::test]
async fn a_person_whose_browser_has_no_workers_gets_in() {
    gets_in("workersAbsent").await;
}

#[tokio::test]
async fn a_person_whose_browser_forbids_workers_gets_in() {
    gets_in("workersBlocked").await;
}

#[tokio::test]
async fn a_person_whose_browser_forbids_webassembly_gets_in() {
    gets_in("webassemblyBlocked").await;
}

#[tokio::test]
async fn a_person_at_a_site_whose_policy_forbids_the_script_can_wait() {
    gets_in("strictPolicy").await;
}

#[tokio::test]
async fn a_person_whose_browser_is_too_old_for_the_solver_can_wait() {
    gets_in("oldBrowser").await;
}

#[tokio::test]
async fn a_person_whose_browser_solves_nothing_for_half_a_minute_can_wait() {
    gets_in("solvesNothing").await;
}

#[tokio::test]
async fn where_there_is_no_wait_a_person_is_told_that_the_puzzle_failed() {
    is_told("failsWithoutWait", json!({ "no_script": false })).await;
}

#[tokio::test]
async fn where_there_is_no_wait_a_person_without_javascript_is_told_to_switch_it_on() {
    is_told("needsJavascript", json!({ "no_script": false })).await;
}

#[tokio::test]
async fn a_person_whose_clock_is_wrong_gets_in() {
    let sandbox = sandbox(short_wait()).await;
    run_story(&sandbox, "clockWrong", "").await;
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 2);
}

#[tokio::test]
async fn a_person_whose_puzzle_has_expired_solves_another_and_gets_in() {
    let sandbox = sandbox(json!({ "difficulty": 12, "expires": "30s" })).await;
    run_story(&sandbox, "expires", "").await;
    // Once to see that it has, and once by the page.
    assert_eq!(sandbox.metric("unstuff.refused.expired").await, 2);
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 1);
}

#[tokio::test]
async fn a_person_whose_connection_fails_can_try_again_and_gets_in() {
    gets_in("connectionFails").await;
}

#[tokio::test]
async fn the_challenge_can_be_used_by_keyboard() {
    // Some seconds of work leave time to press Tab.
    let sandbox = sandbox(json!({ "difficulty": 18 })).await;
    run_story(&sandbox, "keyboard", "").await;
}

#[tokio::test]
async fn the_page_fits_every_screen_and_passes_the_checks_of_axe_in_every_language() {
    let texts = concat!(env!("CARGO_MANIFEST_DIR"), "/../src/engine/challenge/texts");
    let files = std::fs::read_dir(texts).expect("a folder of texts");
    let name = |file: std::io::Result<std::fs::DirEntry>| {
        file.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned()
    };
    let languages: Vec<String> = files.map(name).collect();
    assert!(languages.len() >= 12, "{languages:?}");
    let sandbox = sandbox(json!({ "difficulty": 22 })).await;
    run_story(&sandbox, "looks", &languages.join(",")).await;
}

/// Runs a script beside this file.
async fn run_script(script: &str, arguments: &[&str]) {
    let mut node = Command::new("node");
    node.arg(format!("{}/browser/{script}", env!("CARGO_MANIFEST_DIR"))).args(arguments);
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("it ends");
    let output = output.expect("node runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script} {arguments:?}:\n{said}");
}
