//! Providers that the page is itself: ALTCHA, solved by its own client, and Private Access Tokens,
//! with an issuer of ours that signs blindly.

use std::path::Path;

use tempfile::TempDir;
use unstuff_tests::docs::{PythonServer, python};
use unstuff_tests::{ClientResponse, Request, Sandbox};

use super::{
    KEY, assert_refused, challenge_target, collect_pass, handover_policy, login, page, submit,
};

const WRONG: &str = "That was not accepted. Please try again.";

/// Runs a program beside this file, and returns what it prints.
fn run(program: &str, arguments: &[&str]) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/handover");
    let output = python().arg(folder.join(program)).args(arguments).output().expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

/// The answer of ALTCHA's client to the challenge in this page.
fn solve(shown: &ClientResponse, lie: &str) -> String {
    run("solve_altcha.py", &[&String::from_utf8_lossy(&shown.body), lie, KEY])
}

#[tokio::test]
async fn the_client_of_altcha_solves_the_challenge_and_gets_a_pass() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let page = page("altcha.py", &[]).await;
    let target = challenge_target(&sandbox).await;
    let answer = solve(&page.send(Request::get(&target)).await, "");
    let submitted = submit(&page, &target, "altcha", &answer).await;
    let pass = collect_pass(&sandbox, &submitted).await.expect("a pass");
    assert_eq!(sandbox.send(login().header("cookie", pass)).await.status, 200);

    let other = challenge_target(&sandbox).await;
    assert_refused(&submit(&page, &other, "altcha", &answer).await, 403, WRONG);
    let widget = page.send(Request::get("/altcha.js")).await;
    assert_eq!((widget.status, widget.header("content-type")), (200, Some("text/javascript")));
}

#[tokio::test]
async fn altcha_refuses_what_is_not_solved_and_what_it_has_not_made() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let page = page("altcha.py", &[]).await;
    let target = challenge_target(&sandbox).await;
    let shown = page.send(Request::get(&target)).await;
    for lie in ["another number", "cheaper", "later", "expired", "huge", "text"] {
        let answer = solve(&shown, lie);
        assert_refused(&submit(&page, &target, "altcha", &answer).await, 403, WRONG);
    }
    for nonsense in ["", "e30=", "W10=", "bnVsbA==", "%FF", "===="] {
        assert_refused(&submit(&page, &target, "altcha", nonsense).await, 403, WRONG);
    }
    let answer = solve(&shown, "signed again");
    assert_eq!(submit(&page, &target, "altcha", &answer).await.status, 303, "in time it is right");
}

/// The page, and an issuer with a key of its own.
struct TokenSetup {
    page: PythonServer,
    folder: TempDir,
}

impl TokenSetup {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let token_key = run("private_tokens.py", &["key", &text(&folder.path().join("key"))]);
        let environment = [
            ("PAT_ISSUER", "issuer.example"),
            ("PAT_ORIGIN", "prove.example.com"),
            ("PAT_TOKEN_KEY", &*token_key),
        ];
        Self { page: page("private_access_tokens.py", &environment).await, folder }
    }

    /// Asks for the page without a token, and returns the challenge in its header.
    async fn challenge(&self, target: &str) -> String {
        let shown = self.page.send(Request::get(target)).await;
        assert_eq!(shown.status, 401);
        shown.header("www-authenticate").expect("a challenge").to_owned()
    }

    /// What a device sends that answers this challenge with a token of the issuer, or lies.
    fn token(&self, challenge: &str, lie: &str) -> String {
        let key = text(&self.folder.path().join("key"));
        run("private_tokens.py", &["token", &key, challenge, lie])
    }

    async fn redeem(&self, target: &str, token: &str) -> ClientResponse {
        self.page.send(Request::get(target).header("authorization", token)).await
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("text").to_owned()
}

#[tokio::test]
async fn a_device_with_a_blindly_signed_token_gets_a_pass_without_a_form() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let setup = TokenSetup::start().await;
    let target = challenge_target(&sandbox).await;
    let challenge = setup.challenge(&target).await;
    let token = setup.token(&challenge, "");
    let pass = collect_pass(&sandbox, &setup.redeem(&target, &token).await).await;
    let pass = pass.expect("a pass");
    assert_eq!(sandbox.send(login().header("cookie", pass)).await.status, 200);

    let quoted = setup.token(&challenge, "without quotes");
    assert_eq!(setup.redeem(&target, &quoted).await.status, 303);
    let other = challenge_target(&sandbox).await;
    assert_eq!(setup.redeem(&other, &token).await.status, 401, "a replayed token");
}

#[tokio::test]
async fn a_token_of_another_issuer_challenge_or_type_is_refused() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let setup = TokenSetup::start().await;
    let target = challenge_target(&sandbox).await;
    let challenge = setup.challenge(&target).await;
    let lies = ["another key", "another challenge", "another type", "short", "unsigned"];
    for token in lies.map(|lie| setup.token(&challenge, lie)) {
        let refused = setup.redeem(&target, &token).await;
        assert_refused(&refused, 401, "<altcha-widget");
        assert!(refused.header("www-authenticate").is_some());
    }
    for nonsense in
        ["PrivateToken", "PrivateToken token=", "Basic YTpi", "PrivateToken token=\"é\""]
    {
        assert_eq!(setup.redeem(&target, nonsense).await.status, 401, "{nonsense}");
    }
}

#[tokio::test]
async fn a_browser_without_tokens_solves_altcha_on_the_same_page() {
    let sandbox = Sandbox::start(handover_policy()).await;
    let setup = TokenSetup::start().await;
    let target = challenge_target(&sandbox).await;
    let answer = solve(&setup.page.send(Request::get(&target)).await, "");
    let submitted = submit(&setup.page, &target, "altcha", &answer).await;
    assert!(collect_pass(&sandbox, &submitted).await.is_some());
}

#[test]
fn the_published_token_of_rfc_9578_is_valid() {
    assert_eq!(run("private_tokens.py", &["published"]), "True False");
}
