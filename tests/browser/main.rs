//! People at a browser: the challenge in a headless Chromium, against a real Envoy.
//!
//! The application here has a login page of its own. Its address is challenged from the
//! second login on, so that each story is: mistype, be challenged, get back, get in. What
//! happens in the browser is written in `person.mjs`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects by panicking, in its helpers too"
)]

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::site::Plan;
use unstuff_tests::{Reply, Seen, Site, envoy, policy};

const LOGIN_PAGE: &str = r#"<!doctype html><html lang="en"><title>Log in</title>
<form method="post" action="/login"><h1>Log in</h1>
<label>User <input id="user" name="user"></label>
<label>Password <input id="password" name="password" type="password"></label>
<button>Log in</button></form></html>"#;

const WELCOME: &str =
    "<!doctype html><html lang=\"en\"><title>Your account</title><h1>Welcome</h1></html>";

fn application(seen: &Seen) -> Reply {
    let page = |status, text: &str| {
        Reply::status(status).header("content-type", "text/html; charset=utf-8").body(text)
    };
    match seen.method.as_str() {
        "POST" if seen.body_has(RIGHT) => page(200, WELCOME),
        "POST" => page(401, LOGIN_PAGE),
        _ => page(200, LOGIN_PAGE),
    }
}

async fn site(challenge: Value) -> Site {
    let rule = json!({
        "name": "again", "when": { "ip.attempts": { "over": 1, "within": "1h" } }, "then": "challenge"
    });
    Plan::new(policy().rule(rule).with("challenge", challenge)).app(application).start().await
}

/// Lets a person live through a story at a site; what was printed meanwhile.
async fn live(site: &Site, story: &str, more: &str) -> String {
    // As `localhost`, where browsers keep `Secure` cookies without TLS.
    let url = format!("http://localhost:{}", site.address().port());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/person.mjs");
    let mut node = Command::new("node");
    node.args([script, story, &url, more]);
    let output = tokio::task::spawn_blocking(move || node.output()).await.expect("it ends");
    let output = output.expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{story}:\n{said}{complained}");
    said
}

#[tokio::test]
async fn a_person_solves_in_one_step_and_is_not_asked_again() {
    let site = site(json!({ "difficulty": 12 })).await;
    live(&site, "solves", "").await;
    assert_eq!(site.metric("unstuff.challenge.issued").await, 1);
    assert_eq!(site.metric("unstuff.challenge.solved").await, 1);
    assert_eq!(site.metric("unstuff.pass.used").await, 2);
}

#[tokio::test]
async fn the_password_of_a_challenged_login_goes_nowhere() {
    let site = site(json!({ "difficulty": 12 })).await;
    live(&site, "solves", "").await;
    let with_password = site.app.seen().into_iter().filter(|seen| seen.body_has("password="));
    // One mistyped and two let in; of the challenged one nothing came.
    assert_eq!(with_password.count(), 3);
}

#[tokio::test]
async fn a_person_without_javascript_waits_and_gets_in() {
    let site = site(json!({ "no_script": { "wait": "2s" } })).await;
    live(&site, "waits", "").await;
    assert_eq!(site.metric("unstuff.challenge.waited").await, 1);
}

#[tokio::test]
async fn a_person_gets_in_by_keyboard_only() {
    // Some seconds of work, so that there is time to press Tab.
    let site = site(json!({ "difficulty": 17 })).await;
    live(&site, "keyboard", "").await;
}

/// The screenshots are in `target/browser`: for people to look at.
#[tokio::test]
async fn the_page_reads_well_everywhere_and_axe_finds_nothing() {
    let folder = envoy::target().join("browser");
    std::fs::create_dir_all(&folder).expect("a folder");
    let site = site(json!({ "difficulty": 22 })).await;
    live(&site, "looks", folder.to_str().expect("text")).await;
    let shots = ["phone-light", "phone-dark", "desktop-light", "desktop-dark"];
    for shot in shots.into_iter().chain(["phone-without-javascript"]) {
        let file: PathBuf = folder.join(format!("{shot}.png"));
        assert!(file.exists(), "{}", file.display());
    }
}

/// A benchmark, for `make bench`: how long people wait at the default difficulty.
#[tokio::test]
#[ignore = "takes a minute or two and wants the machine for itself"]
async fn people_wait_a_second_or_so() {
    const PEOPLE: usize = 100;
    let site = site(json!({})).await;
    let said = live(&site, "times", &PEOPLE.to_string()).await;
    let mut times: Vec<f64> = said.lines().map(|line| line.parse().expect("a time")).collect();
    times.sort_by(f64::total_cmp);
    assert_eq!(times.len(), PEOPLE);
    let (median, slowest) = (times[PEOPLE / 2], times[PEOPLE * 99 / 100]);
    println!("solved in Chromium: median {median:.0} ms, 99th percentile {slowest:.0} ms");
    assert!(median < 1500.0 && slowest < 2.5 * median, "{times:?}");
}
