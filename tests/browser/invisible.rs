//! The script of login pages, for people in a headless Chromium: they see no challenge.
//!
//! The pages hold the HTML of `docs/invisible.md`. A login has failed before, so each of these is
//! challenged.

use std::sync::LazyLock;

use serde_json::{Value, json};
use unstuff_tests::application::RIGHT;
use unstuff_tests::browser::run_story_of;
use unstuff_tests::docs::invisible_html;
use unstuff_tests::{AppResponse, ReceivedRequest, Sandbox, form, policy};

const STORIES: &str = "invisible.mjs";

/// A login page of an application that sends the form with `fetch`, or as the form's own text says.
const BY_FETCH: &str = "const answer = await fetch(form.action, { method: 'POST', body });
    show(await answer.text());";

const BY_XHR: &str = "const request = new XMLHttpRequest();
    request.onload = () => show(request.responseText);
    request.open('POST', form.action);
    request.send(body);";

static SCRIPTLESS: LazyLock<String> =
    LazyLock::new(|| plain().split("<script").next().unwrap_or_default().to_owned());

fn plain() -> &'static str {
    invisible_html(0)
}

/// A page whose own script sends the login and shows what comes.
fn application_page(element: &str, send: &str) -> String {
    let form = SCRIPTLESS.replace(" data-unstuff", "");
    format!(
        "{element}{form}<script>
const form = document.forms[0];
const show = (text) => {{ document.body.innerHTML = text; }};
form.addEventListener('submit', async (event) => {{
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form));
    {send}
}});
</script>"
    )
}

fn application(received: &ReceivedRequest) -> AppResponse {
    let page = |status, text: &str| {
        let text = format!("<!doctype html><html lang=\"en\"><title>Log in</title>{text}</html>");
        AppResponse::status(status).header("content-type", "text/html; charset=utf-8").body(text)
    };
    let with_policy = |policy: &str| page(200, plain()).header("content-security-policy", policy);
    match (received.method.as_str(), received.target.as_str()) {
        ("POST", _) if received.body_has(RIGHT) => {
            AppResponse::status(303).header("location", "/account")
        }
        ("POST", _) => page(401, &format!("<h1>Wrong</h1>{}", plain())),
        (_, "/account") => page(200, "<h1>Welcome</h1>"),
        (_, "/scriptless") => page(200, &format!("<body>{}</body>", &*SCRIPTLESS)),
        (_, "/unasked") => page(200, &plain().replace(" data-unstuff", "")),
        (_, "/strict") => with_policy("default-src 'self'"),
        (_, "/forbidden") => with_policy("script-src 'none'"),
        (_, "/fetch") => page(200, &application_page(invisible_html(1), BY_FETCH)),
        (_, "/xhr") => page(200, &application_page(invisible_html(2), BY_XHR)),
        _ => page(200, plain()),
    }
}

/// A sandbox in which a login has failed, so that every further one is challenged.
async fn challenging(challenge: Value, login_page: &str) -> Sandbox {
    let rule = json!({
        "name": "again", "when": { "ip.attempts": { "over": 1, "within": "1h" } }, "then": "challenge"
    });
    let policy = policy().rule(rule).with("challenge", challenge);
    let policy = policy.endpoint("login_page", json!(login_page));
    let sandbox = Sandbox::builder(policy).on_request(application).start().await;
    assert_eq!(sandbox.send(form("alice", "wrong")).await.status, 401);
    sandbox
}

async fn counts<const N: usize>(sandbox: &Sandbox, names: [&str; N]) -> [u64; N] {
    let mut counts = [0; N];
    for (count, name) in counts.iter_mut().zip(names) {
        *count = sandbox.metric(name).await;
    }
    counts
}

const COUNTS: [&str; 4] = [
    "unstuff.challenge.fetched",
    "unstuff.challenge.solved",
    "unstuff.pass.used",
    "unstuff.challenge.issued",
];

#[tokio::test]
async fn a_challenged_person_sees_nothing() {
    for path in ["/login", "/strict", "/fetch", "/xhr"] {
        let sandbox = challenging(json!({ "difficulty": 12 }), "/login").await;
        run_story_of(STORIES, &sandbox, "types", path).await;
        assert_eq!(counts(&sandbox, COUNTS).await, [1, 1, 1, 0], "{path}");
    }
}

#[tokio::test]
async fn a_page_that_the_module_adds_the_script_to_is_as_good() {
    let challenge = json!({ "difficulty": 12, "inject": true });
    let sandbox = challenging(challenge, "/scriptless").await;
    run_story_of(STORIES, &sandbox, "types", "/scriptless").await;
    assert_eq!(counts(&sandbox, COUNTS).await, [1, 1, 1, 0]);
}

#[tokio::test]
async fn a_form_that_is_sent_at_once_waits_for_its_pass() {
    let sandbox = challenging(json!({ "difficulty": 12 }), "/login").await;
    run_story_of(STORIES, &sandbox, "at_once", "").await;
    assert_eq!(counts(&sandbox, COUNTS).await, [1, 1, 1, 0]);
}

#[tokio::test]
async fn a_pass_that_is_used_up_is_renewed_while_the_person_types_again() {
    let sandbox = challenging(json!({ "difficulty": 12, "attempts": 1 }), "/login").await;
    run_story_of(STORIES, &sandbox, "mistypes", "").await;
    assert_eq!(counts(&sandbox, COUNTS).await, [2, 2, 2, 0]);
}

#[tokio::test]
async fn a_fetch_that_is_challenged_all_the_same_is_sent_once_more() {
    let sandbox = challenging(json!({ "difficulty": 12, "attempts": 1 }), "/login").await;
    run_story_of(STORIES, &sandbox, "resends", "/fetch").await;
    assert_eq!(counts(&sandbox, COUNTS).await, [2, 2, 2, 1]);
}

#[tokio::test]
async fn a_pass_is_sent_in_a_header_where_cookies_are_lost() {
    for path in ["/fetch", "/xhr"] {
        let sandbox = challenging(json!({ "difficulty": 12 }), "/login").await;
        run_story_of(STORIES, &sandbox, "without_cookies", path).await;
        assert_eq!(counts(&sandbox, COUNTS).await, [1, 1, 1, 0], "{path}");
    }
}

#[tokio::test]
async fn without_the_attribute_or_the_script_nothing_is_touched_and_the_page_comes_as_ever() {
    for path in ["/unasked", "/forbidden"] {
        let sandbox = challenging(json!({ "difficulty": 12 }), "/login").await;
        run_story_of(STORIES, &sandbox, "is_challenged", path).await;
        // After the page the person is at the login page, which has the script and needs no puzzle.
        assert_eq!(counts(&sandbox, COUNTS).await, [0, 1, 1, 1], "{path}");
    }
}

#[tokio::test]
async fn a_login_goes_on_without_a_pass_if_none_can_be_earned() {
    let policy = policy().with("challenge", json!({}));
    let sandbox = Sandbox::builder(policy).on_request(application).start().await;
    run_story_of(STORIES, &sandbox, "goes_without", "").await;
}

/// On an idle machine the puzzle is solved before the last key. The tests' machine is busy, so the bound
/// is generous, and the figures are printed.
#[tokio::test]
async fn a_challenged_login_takes_hardly_longer_than_another() {
    let challenged = challenging(json!({}), "/login").await;
    let printed = run_story_of(STORIES, &challenged, "times", "5 /login").await;
    let with = median(&printed);
    assert_eq!(challenged.metric("unstuff.pass.used").await, 5);
    let free = Sandbox::builder(policy()).on_request(application).start().await;
    let without = median(&run_story_of(STORIES, &free, "times", "5 /scriptless").await);
    println!(
        "milliseconds from the click to the account, median of 5: {with:.0} challenged, with the script; {without:.0} neither"
    );
    assert!(with < 2.0 * without + 1_000.0, "{with} and {without} ms");
}

fn median(printed: &str) -> f64 {
    let mut times: Vec<f64> = printed.lines().map(|line| line.parse().expect("ms")).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
