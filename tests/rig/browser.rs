//! Stories of people at a headless browser, and a site to log in to.
//!
//! The application has a login page. The rule challenges an address from its second login on.
//! The stories are in `tests/browser/stories.mjs`.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::application::RIGHT;
use crate::{AppResponse, PolicyBuilder, ReceivedRequest, Sandbox, policy};

const STORIES: &str = "stories.mjs";

const LOGIN_PAGE: &str = r#"<!doctype html><html lang="en"><title>Log in</title>
<form method="post" action="/login"><h1>Log in</h1>
<label>User <input id="user" name="user"></label>
<label>Password <input id="password" name="password" type="password"></label>
<button>Log in</button></form></html>"#;

const WELCOME: &str =
    "<!doctype html><html lang=\"en\"><title>Your account</title><h1>Welcome</h1></html>";

/// The application: its login page, and what is behind it.
pub fn application(received: &ReceivedRequest) -> AppResponse {
    let page = |status, text: &str| {
        AppResponse::status(status).header("content-type", "text/html; charset=utf-8").body(text)
    };
    match received.method.as_str() {
        "POST" if received.body_has(RIGHT) => page(200, WELCOME),
        "POST" => page(401, LOGIN_PAGE),
        _ => page(200, LOGIN_PAGE),
    }
}

/// The policy, with this `challenge` section.
pub fn challenged_again(challenge: Value) -> PolicyBuilder {
    let rule = json!({
        "name": "again", "when": { "ip.attempts": { "over": 1, "within": "1h" } }, "then": "challenge"
    });
    policy().rule(rule).with("challenge", challenge)
}

/// Starts a sandbox with this `challenge` section in its policy.
pub async fn sandbox(challenge: Value) -> Sandbox {
    Sandbox::builder(challenged_again(challenge)).on_request(application).start().await
}

/// Runs a story at a sandbox and returns what it prints. `argument` goes to the story.
///
/// # Panics
/// If the story fails.
pub async fn run_story(sandbox: &Sandbox, story: &str, argument: &str) -> String {
    run(Command::new("node"), STORIES, sandbox, (story, argument)).await
}

/// Like [`run_story`], with another file of stories in `tests/browser`.
///
/// # Panics
/// If the story fails.
pub async fn run_story_of(file: &str, sandbox: &Sandbox, story: &str, argument: &str) -> String {
    run(Command::new("node"), file, sandbox, (story, argument)).await
}

/// Like [`run_story`], with a browser that is restricted to one core.
///
/// # Panics
/// If the story fails.
pub async fn run_story_on_one_core(sandbox: &Sandbox, story: &str, argument: &str) -> String {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux process");
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let core = cores.and_then(|cores| cores.trim().split(['-', ',']).next()).expect("a core");
    let mut pinned = Command::new("taskset");
    pinned.args(["--cpu-list", core, "node"]);
    run(pinned, STORIES, sandbox, (story, argument)).await
}

async fn run(
    mut node: Command,
    file: &str,
    sandbox: &Sandbox,
    (story, argument): (&str, &str),
) -> String {
    let url = sandbox.url_for_browsers();
    let script = format!("{}/browser/{file}", env!("CARGO_MANIFEST_DIR"));
    node.args([&script, story, &url, argument]);
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("it ends");
    let output = output.expect("node runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{story}:\n{printed}{errors}");
    printed
}
