//! The challenge for people, in a headless Chromium against a real Envoy.
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
mod second_factor;

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;
use unstuff_tests::browser::{run_story, sandbox};
use unstuff_tests::envoy;

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
    assert_eq!(sandbox.metric("unstuff.challenge.solved").await, 3);
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
async fn the_challenge_can_be_used_by_keyboard() {
    // Some seconds of work leave time to press Tab.
    let sandbox = sandbox(json!({ "difficulty": 18 })).await;
    run_story(&sandbox, "keyboard", "").await;
}

/// The screenshots for review are in `target/browser`.
#[tokio::test]
async fn the_page_fits_every_screen_and_passes_the_accessibility_checks_of_axe() {
    let folder = envoy::target().join("browser");
    std::fs::create_dir_all(&folder).expect("a folder");
    let sandbox = sandbox(json!({ "difficulty": 22 })).await;
    run_story(&sandbox, "looks", folder.to_str().expect("text")).await;
    let shots = ["phone-light", "phone-dark", "desktop-light", "desktop-dark"];
    for shot in shots.into_iter().chain(["phone-without-javascript"]) {
        let file: PathBuf = folder.join(format!("{shot}.png"));
        assert!(file.exists(), "{}", file.display());
    }
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

/// The folder of screenshots for review.
fn pictures() -> String {
    let folder = envoy::target().join("browser");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder.to_str().expect("text").to_owned()
}
