//! The script of login pages: how the module serves it, and its requests for puzzles.
//!
//! `tests/browser/invisible.rs` tests what it does.

use serde_json::json;
use unstuff_engine::challenge::ClientScript;
use unstuff_tests::application::RIGHT;
use unstuff_tests::solver::ClientPuzzle;
use unstuff_tests::{
    AppResponse, ClientResponse, PolicyBuilder, ReceivedRequest, Request, Sandbox, form, policy,
};

const PATH: &str = "/.well-known/unstuff/client.js";

fn challenge() -> PolicyBuilder {
    policy().challenge_if("credentials.ambiguous").with("challenge", json!({ "difficulty": 8 }))
}

/// Status, marker and caching of a response.
fn seen(response: &ClientResponse) -> (u16, Option<&str>, Option<&str>) {
    (response.status, response.unstuff_reply(), response.header("cache-control"))
}

#[tokio::test]
async fn the_script_is_served_and_kept_under_its_digest_alone() {
    let sandbox = Sandbox::start(challenge()).await;
    let address = ClientScript::get().address();
    let kept = (200, Some("script"), Some("public, max-age=31536000, immutable"));
    for target in [address.clone(), address.replace("client.js", "worker.js")] {
        let got = sandbox.send(Request::get(&target)).await;
        assert_eq!(seen(&got), kept, "{target}");
        assert_eq!(got.header("content-type"), Some("text/javascript; charset=utf-8"));
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        assert!(!got.body.is_empty());
        let head = sandbox.send(Request::new("HEAD", &target)).await;
        assert_eq!(seen(&head), kept);
        assert_eq!(head.header("content-length"), Some(got.body.len().to_string().as_str()));
        assert!(head.body.is_empty());
    }
    for target in [PATH.to_owned(), format!("{PATH}?v=0123456789abcdef")] {
        let got = sandbox.send(Request::get(&target)).await;
        assert_eq!(seen(&got), (200, Some("script"), Some("no-store")), "{target}");
    }
    assert_eq!(sandbox.app.request_count(), 0);
}

#[tokio::test]
async fn other_methods_hosts_and_paths_reach_the_application() {
    let elsewhere = json!({ "methods": ["POST"], "path": "/login", "hosts": ["shop.example"] });
    let sandbox = Sandbox::start(challenge().endpoint("match", elsewhere)).await;
    let at = |request: Request, host: &str| request.header("host", host.to_owned());
    let script = sandbox.send(at(Request::get(PATH), "shop.example")).await;
    assert_eq!(script.unstuff_reply(), Some("script"));
    let requests = [
        at(Request::get(PATH), "other.example"),
        at(Request::post(PATH).body("a=b"), "shop.example"),
        at(Request::new("OPTIONS", PATH), "shop.example"),
        at(Request::get("/.well-known/unstuff/"), "shop.example"),
        at(Request::get("/.well-known/unstuff/client.js/"), "shop.example"),
    ];
    let count = requests.len();
    for request in requests {
        assert_eq!(sandbox.send(request).await.unstuff_reply(), None);
    }
    assert_eq!(sandbox.app.request_count(), count);
}

#[tokio::test]
async fn a_puzzle_for_a_login_that_is_typed_reaches_nobody_and_counts_as_no_login() {
    let sandbox = Sandbox::start(challenge()).await;
    let ask = || Request::get("/login").header("x-unstuff-puzzle", "1");
    let asked = sandbox.send(ask()).await;
    assert_eq!(seen(&asked), (200, Some("puzzle"), Some("no-store")));
    let solution = ClientPuzzle::of(&asked.body).solve(1);
    let redeemed = sandbox.send(Request::get("/login").header("x-unstuff-redeem", solution)).await;
    let pass = redeemed.cookie().expect("a pass");
    let again = sandbox.send(ask().header("cookie", pass.clone())).await;
    let told = String::from_utf8_lossy(&again.body).into_owned();
    assert!(told.starts_with("{\"expires_in\":") && !told.contains("puzzle"), "{told}");
    assert_eq!(sandbox.app.request_count(), 0);
    assert_eq!(sandbox.metric("unstuff.attempts").await, 0);
    let login = form("", "").body(format!("user=alice&password={RIGHT}&password=decoy"));
    assert_eq!(sandbox.send(login.header("cookie", pass)).await.status, 200);
    assert_eq!(sandbox.metric("unstuff.challenge.fetched").await, 1);
    assert_eq!(sandbox.metric("unstuff.challenge.issued").await, 0);
}

#[tokio::test]
async fn the_header_that_asks_for_a_puzzle_does_not_reach_the_application() {
    let sandbox = Sandbox::start(challenge()).await;
    sandbox.send(Request::get("/elsewhere").header("x-unstuff-puzzle", "1")).await;
    assert_eq!(sandbox.app.only_request().header("x-unstuff-puzzle"), None);
}

#[tokio::test]
async fn a_challenged_program_is_told_of_the_puzzle_and_of_the_login_page() {
    let sandbox = Sandbox::start(challenge().endpoint("login_page", json!("/sign-in"))).await;
    let login = form("", "").body("user=alice&password=a&password=b");
    let challenged = sandbox.send(login).await;
    let told = challenged.header("x-unstuff-challenge");
    assert_eq!(told, Some("puzzle; login-page=\"/sign-in\""));
}

const PAGE: &str =
    "<!doctype html><html><head><title>Log in</title></head><body>a form</body></html>";

/// An application whose login page has these headers, one byte a chunk; and what the browser gets.
async fn injected(
    policy: PolicyBuilder,
    page: fn(AppResponse) -> AppResponse,
) -> (Sandbox, ClientResponse) {
    let html = move |received: &ReceivedRequest| {
        // A HEAD has no body to send.
        let body = if received.method == "HEAD" { "" } else { PAGE };
        let response = AppResponse::status(200).header("content-type", "text/html");
        page(response.header("etag", "\"1\"").body(body).in_chunks_of(1))
    };
    let sandbox = Sandbox::builder(policy).on_request(html).start().await;
    let got = sandbox.send(Request::get("/login?next=/a").header("accept-encoding", "gzip")).await;
    (sandbox, got)
}

fn inject() -> PolicyBuilder {
    challenge().with("challenge", json!({ "inject": true }))
}

fn text(response: &ClientResponse) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

#[tokio::test]
async fn the_script_is_added_to_the_login_page_in_whatever_parts_it_comes() {
    let policy = "default-src 'self'";
    let (sandbox, got) =
        injected(inject(), |page| page.header("content-security-policy", "default-src 'self'"))
            .await;
    let address = ClientScript::get().address();
    let element = format!("<script src=\"{address}\" data-unstuff defer></script></head>");
    assert_eq!(text(&got), PAGE.replace("</head>", &element));
    assert_eq!(got.header("etag"), None);
    assert_eq!(got.header("content-security-policy"), Some(policy), "unchanged");
    assert_eq!(sandbox.app.only_request().header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn a_page_without_a_head_gets_the_script_in_front_of_its_form() {
    const PAGE: &str = "<!doctype html><title>Log in</title><form method=\"post\"></form>";
    let page = |_: &ReceivedRequest| {
        AppResponse::status(200).header("content-type", "text/html").body(PAGE).in_chunks_of(1)
    };
    let sandbox = Sandbox::builder(inject()).on_request(page).start().await;
    let got = sandbox.send(Request::get("/login")).await;
    let address = ClientScript::get().address();
    let element = format!("<script src=\"{address}\" data-unstuff defer></script><form ");
    assert_eq!(text(&got), PAGE.replace("<form ", &element));
}

#[tokio::test]
async fn nothing_else_is_changed() {
    type Change = fn(AppResponse) -> AppResponse;
    let changes: [(&str, Change); 5] = [
        ("a policy that forbids it", |page| {
            page.header("content-security-policy", "script-src 'none'")
        }),
        ("compressed", |page| page.header("content-encoding", "br")),
        ("an attachment", |page| page.header("content-disposition", "attachment")),
        ("a part", |page| AppResponse { status: 206, ..page }),
        ("refused", |page| AppResponse { status: 403, ..page }),
    ];
    for (what, change) in changes {
        let (sandbox, got) = injected(inject(), change).await;
        assert_eq!((text(&got).as_str(), got.header("etag")), (PAGE, Some("\"1\"")), "{what}");
        let warned = sandbox.envoy.log().matches("content security policy").count();
        assert_eq!(warned, usize::from(what.contains("policy")), "{what}");
    }
    let (sandbox, got) = injected(challenge(), |page| page).await;
    assert_eq!(text(&got), PAGE, "not configured");
    assert_eq!(sandbox.app.only_request().header("accept-encoding"), Some("gzip"));
    let (sandbox, _) = injected(inject(), |page| page).await;
    let other = sandbox.send(Request::get("/elsewhere")).await;
    assert_eq!(
        (text(&other).as_str(), other.header("etag")),
        (PAGE, Some("\"1\"")),
        "another page"
    );
    let head = sandbox.send(Request::new("HEAD", "/login")).await;
    assert_eq!(head.header("etag"), Some("\"1\""), "HEAD");
}

#[tokio::test]
async fn a_page_whose_head_does_not_end_in_time_passes_as_it_is() {
    let long = |received: &ReceivedRequest| {
        let page = AppResponse::status(200).header("content-type", "text/html");
        let filler = "<p>x</p>".repeat(8 << 10);
        page.body(format!("{filler}</head>{}", received.target)).in_chunks_of(1 << 10)
    };
    let sandbox = Sandbox::builder(inject()).on_request(long).start().await;
    let got = sandbox.send(Request::get("/login")).await;
    assert_eq!(got.body.len(), (8 << 13) + "</head>/login".len());
}
