//! A person at a browser, and a site to log in to.
//!
//! The application has a login page of its own. Its address is challenged from the second
//! login on. What a person does is a story in `tests/browser/stories.mjs`.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::application::RIGHT;
use crate::{AppResponse, ReceivedRequest, Sandbox, policy};

const LOGIN_PAGE: &str = r#"<!doctype html><html lang="en"><title>Log in</title>
<form method="post" action="/login"><h1>Log in</h1>
<label>User <input id="user" name="user"></label>
<label>Password <input id="password" name="password" type="password"></label>
<button>Log in</button></form></html>"#;

const WELCOME: &str =
    "<!doctype html><html lang=\"en\"><title>Your account</title><h1>Welcome</h1></html>";

fn application(received: &ReceivedRequest) -> AppResponse {
    let page = |status, text: &str| {
        AppResponse::status(status).header("content-type", "text/html; charset=utf-8").body(text)
    };
    match received.method.as_str() {
        "POST" if received.body_has(RIGHT) => page(200, WELCOME),
        "POST" => page(401, LOGIN_PAGE),
        _ => page(200, LOGIN_PAGE),
    }
}

/// A site with this challenge.
pub async fn sandbox(challenge: Value) -> Sandbox {
    let rule = json!({
        "name": "again", "when": { "ip.attempts": { "over": 1, "within": "1h" } }, "then": "challenge"
    });
    Sandbox::builder(policy().rule(rule).with("challenge", challenge))
        .on_request(application)
        .start()
        .await
}

/// Lets a person live through a story at a site; what was printed meanwhile.
///
/// # Panics
/// If the story does not go as promised.
pub async fn run_story(sandbox: &Sandbox, story: &str, more: &str) -> String {
    run(Command::new("node"), sandbox, story, more).await
}

/// The same with a browser on a machine of one core, which it knows: `times` asserts it.
///
/// # Panics
/// If the story does not go as promised.
pub async fn run_story_on_one_core(sandbox: &Sandbox, story: &str, more: &str) -> String {
    let status = fs::read_to_string("/proc/self/status").expect("a Linux process");
    let cores = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let core = cores.and_then(|cores| cores.trim().split(['-', ',']).next()).expect("a core");
    let mut pinned = Command::new("taskset");
    pinned.args(["--cpu-list", core, "node"]);
    run(pinned, sandbox, story, more).await
}

async fn run(mut node: Command, sandbox: &Sandbox, story: &str, more: &str) -> String {
    // As `localhost`, where browsers keep `Secure` cookies without TLS.
    let url = format!("http://localhost:{}", sandbox.address().port());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/stories.mjs");
    node.args([script, story, &url, more]);
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("it ends");
    let output = output.expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{story}:\n{said}{complained}");
    said
}
