//! People at a browser: the challenge in a headless Chromium, against a real Envoy.
//!
//! Each story is: mistype, be challenged, get back, get in. What happens in the browser is
//! written in `stories.mjs`, who is at it in the rig's `person`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects by panicking, in its helpers too"
)]

use std::path::PathBuf;

use serde_json::json;
use unstuff_tests::browser::{run_story, sandbox};
use unstuff_tests::envoy;

#[tokio::test]
async fn a_person_solves_in_one_step_and_is_not_asked_again() {
    let sandbox = sandbox(json!({ "difficulty": 12 })).await;
    run_story(&sandbox, "solves", "").await;
    assert_eq!(sandbox.metric("unstuff.challenge.issued").await, 1);
    assert_eq!(sandbox.metric("unstuff.challenge.solved").await, 1);
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 2);
}

#[tokio::test]
async fn the_password_of_a_challenged_login_goes_nowhere() {
    let sandbox = sandbox(json!({ "difficulty": 12 })).await;
    run_story(&sandbox, "solves", "").await;
    let with_password =
        sandbox.app.received().into_iter().filter(|received| received.body_has("password="));
    // One mistyped and two let in; of the challenged one nothing came.
    assert_eq!(with_password.count(), 3);
}

#[tokio::test]
async fn a_person_without_javascript_waits_and_gets_in() {
    let sandbox = sandbox(json!({ "no_script": { "wait": "2s" } })).await;
    run_story(&sandbox, "waits", "").await;
    assert_eq!(sandbox.metric("unstuff.challenge.waited").await, 1);
}

#[tokio::test]
async fn a_person_gets_in_by_keyboard_only() {
    // Some seconds of work, so that there is time to press Tab.
    let sandbox = sandbox(json!({ "difficulty": 20 })).await;
    run_story(&sandbox, "keyboard", "").await;
}

/// The screenshots are in `target/browser`: for people to look at.
#[tokio::test]
async fn the_page_reads_well_everywhere_and_axe_finds_nothing() {
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
