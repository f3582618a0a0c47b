//! A second factor on suspicion: the application of the docs, run without changes.

use serde_json::json;
use unstuff_tests::application::RIGHT;
use unstuff_tests::docs::{self, PythonServer};
use unstuff_tests::{ClientResponse, Request, Sandbox, form, policy};

/// Starts the application of the docs, and Envoy with the rule and the endpoint of the docs.
async fn start() -> (PythonServer, Sandbox) {
    let application = PythonServer::start(docs::code("A second factor", "python"), &[]).await;
    let [mut rules, endpoint] = docs::json("A second factor", "").try_into().expect("two examples");
    let policy = policy().with("endpoints", json!([endpoint])).with("rules", rules["rules"].take());
    let sandbox = Sandbox::builder(policy).behind(application.port).start().await;
    (application, sandbox)
}

fn location(response: &ClientResponse) -> Option<&str> {
    response.header("location")
}

async fn outcomes(sandbox: &Sandbox) -> [u64; 3] {
    let mut counts = [0; 3];
    for (count, name) in counts.iter_mut().zip(["success", "failure", "unknown"]) {
        *count = sandbox.metric(&format!("unstuff.outcome.{name}")).await;
    }
    counts
}

/// Follows a redirect as a browser does, and returns the next page.
async fn follow(sandbox: &Sandbox, response: &ClientResponse) -> ClientResponse {
    let cookie = response.cookie().expect("a session");
    sandbox
        .send(Request::get(location(response).expect("a redirect")).header("cookie", cookie))
        .await
}

#[tokio::test]
async fn an_unsuspicious_login_needs_no_second_factor() {
    let (_application, sandbox) = start().await;
    let response = sandbox.send(form("alice", RIGHT).from("198.51.100.1")).await;
    assert_eq!((response.status, location(&response)), (303, Some("/account")));
    assert_eq!(follow(&sandbox, &response).await.body, b"Good day, alice");
    assert_eq!(outcomes(&sandbox).await, [1, 0, 0]);
}

#[tokio::test]
async fn a_suspicious_login_is_no_success_before_its_second_factor() {
    let (_application, sandbox) = start().await;
    for n in 0..6 {
        let wrong = form(&format!("user{n}"), "leaked-somewhere").from("198.51.100.1");
        assert_eq!(sandbox.send(wrong).await.status, 401);
    }
    let half = sandbox.send(form("alice", RIGHT).from("198.51.100.1")).await;
    assert_eq!((half.status, location(&half)), (303, Some("/second-factor")));
    assert_eq!(outcomes(&sandbox).await, [0, 6, 1], "neither a success nor a failure");
    let session = half.cookie().expect("a session");
    let account = Request::get("/account").header("cookie", session.clone());
    assert_eq!(sandbox.send(account).await.status, 403, "the second factor is missing");

    assert_eq!(follow(&sandbox, &half).await.status, 200);
    let code =
        Request::post("/second-factor").header("cookie", session.clone()).body("code=271828");
    let whole = sandbox.send(code).await;
    assert_eq!(location(&whole), Some("/account"));
    assert_eq!(follow(&sandbox, &whole).await.body, b"Good day, alice");

    let elsewhere = sandbox.send(form("alice", RIGHT).from("203.0.113.1")).await;
    assert_eq!(location(&elsewhere), Some("/account"), "another address needs no second factor");
}

#[tokio::test]
async fn a_wrong_code_ends_the_login() {
    let (_application, sandbox) = start().await;
    let half = sandbox.send(form("bob", "123456").from("198.51.100.1")).await;
    assert_eq!(location(&half), Some("/second-factor"), "the password is known from a breach");
    let session = half.cookie().expect("a session");
    for code in ["code=000000", "code=314159"] {
        let code = Request::post("/second-factor").header("cookie", session.clone()).body(code);
        assert_eq!(sandbox.send(code).await.status, 401, "each login has one try");
    }
}
