//! Configurations: accepted, rejected, and replaced while Envoy serves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use unstuff_tests::envoy::target;
use unstuff_tests::{PolicyBuilder, Request, Sandbox, ambiguous, eventually, form, policy};

const ATTACKER: &str = "198.51.100.7";

#[tokio::test]
async fn a_bad_configuration_is_rejected_and_the_old_one_stays() {
    let mut sandbox = Sandbox::start(policy().block_if("credentials.ambiguous")).await;
    let result = sandbox.envoy.reconfigure(policy().with("mode", json!("enforced"))).await;
    let log = result.expect_err("`enforced` is not a mode");
    assert!(log.contains("$.mode"), "the log should name the place: {log}");
    assert_eq!(sandbox.send(ambiguous("mallory")).await.unstuff_reply(), Some("block"));
    // A good configuration is accepted afterwards.
    sandbox.envoy.reconfigure(policy()).await.expect("accepted");
    assert_eq!(sandbox.send(ambiguous("mallory")).await.status, 401);
}

#[tokio::test]
async fn check_prints_the_problems_that_the_module_logs() {
    let mut sandbox = Sandbox::start(policy()).await;
    for fixture in fixtures("bad") {
        let given = fs::read(&fixture).expect("a fixture");
        let Ok(text) = String::from_utf8(given) else { continue };
        let log = sandbox.envoy.reconfigure(PolicyBuilder::verbatim(&text)).await;
        let log = log.expect_err(&format!("{} is bad", fixture.display()));
        let logged = logged_by_module(&log);
        let (status, printed) = check(&fixture);
        assert_eq!(status, Some(1), "{}", fixture.display());
        assert_eq!(logged, printed, "{}", fixture.display());
    }
}

#[tokio::test]
async fn check_prints_the_notices_that_the_module_logs() {
    let mut sandbox = Sandbox::start(policy()).await;
    for fixture in fixtures("good") {
        let text = fs::read_to_string(&fixture).expect("a fixture");
        let before = sandbox.envoy.log().len();
        let taken = sandbox.envoy.reconfigure(PolicyBuilder::verbatim(&text)).await;
        assert_eq!(taken, Ok(()), "{}", fixture.display());
        let logged = logged_by_module(sandbox.envoy.log().get(before..).expect("a log that grows"));
        let (status, printed) = check(&fixture);
        assert_eq!(status, Some(0), "{}", fixture.display());
        assert!(!printed.is_empty());
        // The module logs the same lines first, and then describes its filter.
        assert!(logged.starts_with(&printed), "{}: {logged:#?}", fixture.display());
    }
}

#[tokio::test]
async fn an_empty_configuration_watches_common_logins_in_shadow_mode() {
    let sandbox = Sandbox::start(PolicyBuilder::verbatim("{}")).await;
    eventually("shadow mode is logged", || async { sandbox.envoy.log().contains("shadow") }).await;
    for guess in 0..20 {
        let login = form("", "").body(format!("username=alice&password=guess-{guess}"));
        assert_eq!(sandbox.send(login).await.status, 401);
    }
    let [blocked, challenged] = ["unstuff.shadow.block", "unstuff.shadow.challenge"];
    assert!(sandbox.metric(blocked).await + sandbox.metric(challenged).await >= 1);
    assert_eq!(sandbox.metric("unstuff.verdict.block").await, 0);
    assert_eq!(sandbox.metric("unstuff.verdict.challenge").await, 0);
}

#[tokio::test]
async fn the_example_configuration_bans_after_ten_failures() {
    let example = unstuff_tests::config::standalone_policy();
    let sandbox = Sandbox::builder(PolicyBuilder::verbatim(&example)).start().await;
    for guess in 0..10 {
        assert_eq!(sandbox.send(form("alice", &format!("guess-{guess}"))).await.status, 401);
    }
    assert_eq!(sandbox.send(form("alice", "guess-10")).await.status, 429);
    assert_eq!(sandbox.send(Request::get("/")).await.status, 200);
}

#[tokio::test]
async fn a_token_refresh_is_not_an_attempt() {
    let password_grant = policy().endpoint("body", json!({ "grant_type": "password" }));
    let sandbox = Sandbox::start(password_grant.ban_after(3)).await;
    for token in 0..10 {
        let refresh = format!("grant_type=refresh_token&refresh_token={token}");
        assert_eq!(sandbox.send(form("", "").body(refresh).from(ATTACKER)).await.status, 401);
    }
    assert_eq!(sandbox.metric("unstuff.attempts").await, 0);
    for guess in 0..4 {
        let login = format!("grant_type=password&user=alice&password=guess-{guess}");
        sandbox.send(form("", "").body(login).from(ATTACKER)).await;
    }
    assert_eq!(sandbox.metric("unstuff.verdict.block").await, 1);
}

#[tokio::test]
async fn module_version_is_in_the_log_and_in_the_file() {
    let version = env!("CARGO_PKG_VERSION");
    let sandbox = Sandbox::start(policy()).await;
    let said = format!("version {version}");
    eventually("the log has the version", || async {
        logged_by_module(&sandbox.envoy.log()).contains(&said)
    })
    .await;
    for module in ["unstuff-bare.wasm", "unstuff.wasm"] {
        let file = target().join(module);
        let tool = target().join("release/unstuff");
        let inspect = |json: &[&str]| {
            let output = Command::new(&tool).arg("inspect").arg(&file).args(json).output();
            String::from_utf8(output.expect("the tool runs").stdout).expect("text")
        };
        assert!(inspect(&[]).contains(&format!("  module version    {version}\n")), "{module}");
        let json: Value = serde_json::from_str(&inspect(&["--json"])).expect("JSON");
        assert_eq!(json["module_version"], json!(version), "{module}");
    }
}

/// The JSON files of a fixture folder.
fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(folder);
    let entries = fs::read_dir(folder).expect("a folder of fixtures");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|it| it == "json")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// The module's lines in Envoy's log.
fn logged_by_module(log: &str) -> Vec<String> {
    let lines = log.lines().filter_map(|line| line.split_once("wasm log unstuff: "));
    lines.map(|(_, text)| text.to_owned()).collect()
}

/// The exit code and the output lines of `unstuff check`, without the summary on stderr.
fn check(file: &Path) -> (Option<i32>, Vec<String>) {
    let tool = target().join("release/unstuff");
    let output = Command::new(tool).arg("check").arg(file).output().expect("the tool runs");
    let text = String::from_utf8(output.stdout).expect("text");
    (output.status.code(), text.lines().map(str::to_owned).collect())
}

#[test]
fn good_fixtures_are_json() {
    for fixture in fixtures("good") {
        let text = fs::read_to_string(&fixture).expect("a fixture");
        serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{error}"));
    }
}
