//! HTTP/3: logins by QUIC are read, judged and counted like any other.

use unstuff_tests::application::RIGHT;
use unstuff_tests::{Sandbox, ambiguous, form, json_login, policy};

const ATTACKER: &str = "198.51.100.7";

#[tokio::test]
async fn people_log_in_over_http3_and_guesses_are_blocked() {
    let sandbox = Sandbox::builder(policy().ban_after(10)).http3().start().await;
    let mut connection = sandbox.connect_http3().await;
    assert_eq!(connection.send(form("alice", RIGHT).from("192.0.2.1")).await.status, 200);
    for guess in 0..10 {
        let login = form("alice", &format!("guess-{guess}")).from(ATTACKER);
        assert_eq!(connection.send(login).await.status, 401, "{guess}");
    }
    let blocked = connection.send(form("alice", "guess-10").from(ATTACKER)).await;
    assert_eq!((blocked.status, blocked.unstuff_reply()), (429, Some("block")));
    // The ban is one and the same for every version of HTTP.
    let over_tcp = sandbox.send(form("alice", RIGHT).from(ATTACKER)).await;
    assert_eq!(over_tcp.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.app.request_count(), 11);
}

#[tokio::test]
async fn a_body_over_http3_is_read_in_frames_and_with_trailers() {
    let sandbox = Sandbox::builder(policy().annotate_breached().block_if("credentials.ambiguous"));
    let sandbox = sandbox.http3().start().await;
    let mut connection = sandbox.connect_http3().await;
    let login = json_login("alice", "123456");
    for request in [login.clone(), login.clone().in_chunks_of(5), login.trailer("x-checksum", "1")]
    {
        sandbox.app.clear();
        assert_eq!(connection.send(request).await.status, 401);
        let received = sandbox.app.only_request();
        assert_eq!(received.header("x-unstuff-reasons"), Some("breached"), "{received:?}");
        assert!(received.body_has("123456"));
    }
    sandbox.app.clear();
    let ambiguous = ambiguous("mallory").in_chunks_of(3).trailer("x-checksum", "1");
    assert_eq!(connection.send(ambiguous).await.unstuff_reply(), Some("block"));
    assert_eq!(sandbox.app.request_count(), 0);
}
