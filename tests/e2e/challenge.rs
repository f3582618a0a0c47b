//! The challenge for programs, with and without a solver.
//!
//! `tests/browser` tests the challenge for people.

use std::time::Duration;

use serde_json::json;
use unstuff_tests::application::RIGHT;
use unstuff_tests::docs;
use unstuff_tests::solver::{ClientPuzzle, run_bot};
use unstuff_tests::{ClientResponse, PolicyBuilder, Request, Sandbox, form, policy};

/// Challenges every login of [`twice`] from the first one on.
fn challenge() -> PolicyBuilder {
    policy().challenge_if("credentials.ambiguous").with("challenge", json!({ "difficulty": 8 }))
}

/// A login with two passwords, the second a decoy.
fn twice(password: &str) -> Request {
    form("", "").body(format!("user=alice&password={password}&password=decoy"))
}

fn redeem(solution: &str) -> Request {
    Request::get("/login").header("x-unstuff-redeem", solution)
}

fn cookie(response: &ClientResponse) -> String {
    response.cookie().expect("a cookie")
}

#[tokio::test]
async fn a_login_with_a_solution_reaches_the_application() {
    let sandbox = Sandbox::start(challenge()).await;
    let challenged = sandbox.send(twice(RIGHT)).await;
    assert_eq!((challenged.status, challenged.unstuff_reply()), (403, Some("challenge")));
    assert_eq!(challenged.header("content-type"), Some("application/problem+json"));
    assert_eq!(sandbox.app.request_count(), 0);
    let solution = ClientPuzzle::of(&challenged.body).solve(1);
    let repeated = sandbox.send(twice(RIGHT).header("x-unstuff-solution", solution)).await;
    assert_eq!(repeated.status, 200);
    let received = sandbox.app.only_request();
    assert_eq!(received.header("x-unstuff-verdict"), Some("annotate"));
    assert_eq!(received.header("x-unstuff-reasons"), Some("passed,ambiguous"));
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 1);
}

#[tokio::test]
async fn passes_and_solutions_are_removed_before_the_application() {
    let sandbox = Sandbox::start(challenge()).await;
    let solution = ClientPuzzle::of(&sandbox.send(twice(RIGHT)).await.body).solve(1);
    let redeemed = sandbox.send(redeem(&solution)).await;
    assert_eq!((redeemed.status, redeemed.unstuff_reply()), (200, Some("pass")));
    let pass = cookie(&redeemed);
    let cookies = format!("theme=dark; {pass}; lang=en");
    for target in ["/login", "/elsewhere"] {
        let request = twice(RIGHT).to(target).header("cookie", cookies.clone());
        sandbox.send(request.header("x-unstuff-pass", "x").header("x-unstuff-solution", "y")).await;
    }
    sandbox.send(Request::get("/").header("cookie", pass)).await;
    let received = sandbox.app.received();
    assert_eq!(received.len(), 3);
    for request in &received {
        let left = request.headers.iter().filter(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
            name.as_str().starts_with("x-unstuff-pass")
                || text.contains("__Host-unstuff")
                || name.as_str() == "x-unstuff-solution"
        });
        assert_eq!(left.count(), 0, "{request:?}");
    }
    assert_eq!(received[0].header("cookie"), Some("theme=dark; lang=en"));
    assert_eq!(received[2].header("cookie"), None);
}

#[tokio::test]
async fn every_kind_of_token_misuse_has_its_own_metric() {
    let elsewhere = json!([
        { "name": "web", "match": { "path": "/login" },
          "credentials": { "form": { "username": "user", "password": "password" } } },
        { "name": "blog", "match": { "path": "/blog/login" },
          "credentials": { "form": { "username": "user", "password": "password" } } }
    ]);
    let sandbox = Sandbox::start(challenge().with("endpoints", elsewhere)).await;
    let pass = cookie(
        &sandbox
            .send(redeem(&ClientPuzzle::of(&sandbox.send(twice("a")).await.body).solve(1)))
            .await,
    );
    let with = |request: Request, pass: &str| request.header("cookie", pass.to_owned());
    for _ in 0..3 {
        assert_eq!(
            sandbox.send(with(twice("a"), &pass)).await.status,
            401,
            "reaches the application"
        );
    }
    for request in [
        with(twice("a"), &pass),
        with(twice("a"), &pass).header("user-agent", "another"),
        with(twice("a").to("/blog/login"), &pass),
        with(twice("a"), "__Host-unstuff-pass=forged"),
    ] {
        assert_eq!(sandbox.send(request).await.unstuff_reply(), Some("challenge"));
    }
    for (name, count) in [
        ("unstuff.challenge.issued", 5),
        ("unstuff.challenge.solved", 1),
        ("unstuff.pass.used", 3),
        ("unstuff.refused.replayed", 1),
        ("unstuff.refused.stolen", 1),
        ("unstuff.refused.cross_endpoint", 1),
        ("unstuff.refused.forged", 1),
        ("unstuff.refused.expired", 0),
    ] {
        assert_eq!(sandbox.metric(name).await, count, "{name}");
    }
}

#[tokio::test]
async fn with_a_full_table_of_spent_tokens_a_solution_is_challenged_again() {
    // The number of spent tokens that the smallest state holds.
    const PLACES: usize = 77;
    let small = json!({ "max_bytes": "256KiB" });
    let sandbox = Sandbox::start(challenge().with("state", small)).await;
    let mut client = sandbox.connect().await;
    let mut solutions = Vec::new();
    let with = |solution: &String| twice("a").header("x-unstuff-solution", solution.clone());
    for _ in 0..PLACES + 3 {
        let solution = ClientPuzzle::of(&client.send(twice("a")).await.body).solve(1);
        let response = client.send(with(&solution)).await;
        if solutions.len() < PLACES {
            assert_eq!(response.status, 401, "reaches the application");
        } else {
            assert_eq!(response.unstuff_reply(), Some("challenge"));
            assert!(String::from_utf8_lossy(&response.body).contains(r#""refused":"full""#));
        }
        solutions.push(solution);
    }
    assert_eq!(
        client.send(with(&solutions[0])).await.status,
        401,
        "the second attempt of the first solution"
    );
    assert_eq!(sandbox.app.request_count(), PLACES + 1);
    assert_eq!(sandbox.metric("unstuff.refused.full").await, 3);
    assert_eq!(sandbox.metric("unstuff.pass.used").await, PLACES as u64 + 1);
}

#[tokio::test]
async fn a_bot_without_a_solver_never_reaches_the_application() {
    let sandbox = Sandbox::start(challenge()).await;
    for n in 0..100 {
        let guess = twice(&format!("guess{n}")).header("x-unstuff-solution", format!("{n}.1.2.3"));
        assert_eq!(sandbox.send(guess).await.unstuff_reply(), Some("challenge"));
    }
    assert_eq!(sandbox.app.request_count(), 0);
}

#[tokio::test]
async fn parallel_waits_of_a_network_earn_no_more_than_its_limit() {
    let waits = json!({ "difficulty": 8, "no_script": { "wait": "1s", "per_network": 2 } });
    let sandbox = Sandbox::start(challenge().with("challenge", waits)).await;
    let mut tokens = Vec::new();
    for _ in 0..40 {
        let page = sandbox.send(twice("a").header("accept", "text/html")).await;
        tokens.push(wait_in(&page).expect("a way without JavaScript"));
    }
    let mut passes = 0;
    for token in &tokens {
        // The first request may be too early. The page then repeats the same token.
        loop {
            let response =
                sandbox.send(Request::get(&format!("/login?unstuff-wait={token}"))).await;
            passes += u32::from(response.unstuff_reply() == Some("pass"));
            if wait_in(&response).as_ref() != Some(token) {
                break;
            }
        }
    }
    assert_eq!(passes, 2);
    assert_eq!(sandbox.metric("unstuff.challenge.waited").await, 2);
    assert_eq!(sandbox.metric("unstuff.refused.crowded").await, 38);
}

fn wait_in(response: &ClientResponse) -> Option<String> {
    let body = String::from_utf8_lossy(&response.body).into_owned();
    let (_, rest) = body.split_once("url=?unstuff-wait=")?;
    rest.split('"').next().map(str::to_owned)
}

/// `make bench-challenge` measures what they cost.
#[tokio::test]
async fn a_solution_of_either_puzzle_is_good_for_three_attempts() {
    const SOLVED: u32 = 4;
    let sandbox = Sandbox::start(challenge()).await;
    for puzzle_of in [ClientPuzzle::of, ClientPuzzle::walk_of] {
        let solve = |body: &[u8]| (puzzle_of(body).solve(1), Duration::ZERO);
        let bot_yield = run_bot(&sandbox, || twice("a"), SOLVED, solve).await;
        assert_eq!(bot_yield.attempts, SOLVED * 3, "three attempts for each solution");
    }
}

#[tokio::test]
async fn a_pass_does_not_prevent_a_block() {
    let sandbox = Sandbox::start(challenge().block_if("credentials.absent")).await;
    let pass = cookie(
        &sandbox
            .send(redeem(&ClientPuzzle::of(&sandbox.send(twice("a")).await.body).solve(1)))
            .await,
    );
    let blocked = form("", "").body("user=alice&nothing=else").header("cookie", pass);
    let response = sandbox.send(blocked).await;
    assert_eq!(response.unstuff_reply(), Some("block"));
}

#[tokio::test]
async fn a_pass_stays_valid_over_a_reconfiguration() {
    let mut sandbox = Sandbox::start(challenge()).await;
    let pass = cookie(
        &sandbox
            .send(redeem(&ClientPuzzle::of(&sandbox.send(twice("a")).await.body).solve(1)))
            .await,
    );
    sandbox.envoy.reconfigure(challenge().annotate_breached()).await.expect("a good policy");
    let response = sandbox.send(twice("a").header("cookie", pass)).await;
    assert_eq!(response.unstuff_reply(), None, "the process keeps its random key");
}

#[tokio::test]
async fn passes_and_puzzles_stay_valid_over_a_key_rotation() {
    let [old, new] = ["11".repeat(32), "22".repeat(32)];
    let keys = |keys: &[&String]| challenge().with("keys", json!(keys));
    let mut sandbox = Sandbox::start(keys(&[&old])).await;
    let solution = ClientPuzzle::of(&sandbox.send(twice("a")).await.body).solve(1);
    let pass = cookie(
        &sandbox
            .send(redeem(&ClientPuzzle::of(&sandbox.send(twice("a")).await.body).solve(1)))
            .await,
    );
    sandbox.envoy.reconfigure(keys(&[&new, &old])).await.expect("a good policy");
    let with_pass = || twice("a").header("cookie", pass.clone());
    assert_eq!(sandbox.send(with_pass()).await.status, 401, "reaches the application");
    let under_the_new = cookie(&sandbox.send(redeem(&solution)).await);
    sandbox.envoy.reconfigure(keys(&[&new])).await.expect("a good policy");
    assert_eq!(sandbox.send(with_pass()).await.unstuff_reply(), Some("challenge"));
    let response = sandbox.send(twice("a").header("cookie", under_the_new)).await;
    assert_eq!(response.status, 401, "reaches the application");
}

#[tokio::test]
async fn a_token_in_a_request_to_another_path_is_not_redeemed() {
    let sandbox = Sandbox::start(challenge()).await;
    sandbox.send(Request::get("/elsewhere?unstuff-wait=x")).await;
    sandbox.send(Request::get("/login")).await;
    assert_eq!(sandbox.app.request_count(), 2);
}

/// Runs the reference client of the docs without changes.
#[tokio::test]
async fn the_reference_client_logs_in() {
    let client = docs::code("Programs", "python");
    assert!(client.lines().count() <= 30, "the reference client is short");
    let sandbox = Sandbox::start(challenge()).await;
    let url = format!("http://{}/login", sandbox.address());
    let mut run = std::process::Command::new("python3");
    // The second password triggers the challenge.
    let fields = ["user=alice", &format!("password={RIGHT}"), "password=decoy"];
    run.args(["-c", client, &url]).args(fields);
    let output = tokio::task::spawn_blocking(move || run.output()).await.expect("it ends");
    let output = output.expect("python3 runs");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(printed.trim(), "200");
    assert_eq!(sandbox.metric("unstuff.pass.used").await, 1);
}
