//! What an attempt may cost the store.

use super::*;

#[test]
fn one_candidate_costs_six_reads_and_two_writes_at_the_decision() {
    let site = Site::new(LIMIT_TEN);
    site.login("192.0.2.1", "warm", "up").answered("401");
    site.calls();
    let sent = site.login("192.0.2.1", "alice", "typo");
    let (reads, writes) = site.calls();
    assert!(reads <= 6 && writes <= 2, "{reads} reads, {writes} updates at the decision");
    sent.answered("401");
    let (reads, writes) = site.calls();
    assert!(reads <= 2 && writes <= 6, "{reads} reads, {writes} updates at the response");
}

#[test]
fn headers_of_a_client_without_a_ban_cost_no_call() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    site.calls();
    let mut attempt = Attempt::default();
    site.headers(&mut attempt, &login_headers(&[]), b"192.0.2.2:1");
    assert_eq!((attempt.is_held(), site.calls()), (true, (0, 0)));
}

#[test]
fn each_further_candidate_costs_at_most_two_reads_and_two_updates_a_phase() {
    let site = Site::new(LIMIT_TEN);
    let mut costs = Vec::new();
    for users in ["user=a", "user=a&user=b&user=c&user=d"] {
        site.calls();
        let body = format!("{users}&password=x");
        let sent = site.send("192.0.2.1", &[], Body::Complete(body.as_bytes()));
        costs.push(site.calls());
        sent.answered("401");
    }
    let (one, four) = (costs[0], costs[1]);
    assert!(four.0 <= one.0 + 6 && four.1 <= one.1 + 6, "{costs:?}");
}

const CONFIGURED: &str = r#"{"endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"user","password":"password"},
                   "json":{"username":"/user","password":"/password"}},
    "failure":{"status":401},"success":{"status":200}}]}"#;

/// Reads and writes at the decision and the response together. An update of what was read lately is
/// a write alone. A success costs one read and one write, and a failure one read, for where the
/// account got in from.
const PLAIN_LOGINS: [(&str, &str, (u64, u64)); 4] = [
    (CONFIGURED, "200", (8, 8)),
    (CONFIGURED, "401", (9, 6)),
    ("{}", "200", (9, 5)),
    ("{}", "401", (10, 7)),
];

#[test]
fn plain_login_calls_the_store_no_more_often_than_its_budget() {
    let form = ("application/x-www-form-urlencoded", "user=alice&password=typo");
    let json = ("application/json", r#"{"user":"alice","password":"typo"}"#);
    for (policy, status, most) in PLAIN_LOGINS {
        for (media, body) in [form, json] {
            let site = Site::new(policy);
            let login = |peer: &[u8], status: &str| {
                let headers = [(":method", "POST"), (":path", "/login"), ("content-type", media)];
                let (host, headers) = (site.host(), header_list(&headers));
                let mut attempt = Attempt::default();
                site.headers(&mut attempt, &headers, peer);
                let body = Body::Complete(body.as_bytes());
                let step = site.engine.request_body(&host, &mut attempt, body);
                assert!(matches!(step, Step::Decided(_)), "{step:?}");
                Sent { site: &site, attempt, decision: None }.answered(status)
            };
            login(b"192.0.2.1:1", "401");
            site.calls();
            login(b"192.0.2.2:1", status);
            let (reads, updates) = site.calls();
            assert!(reads <= most.0 && updates <= most.1, "{policy} {status}: {reads}, {updates}");
        }
    }
}
