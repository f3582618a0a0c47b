//! What an attempt may cost the store.

use super::*;

#[test]
fn one_candidate_costs_at_most_eight_reads_and_six_updates_a_phase() {
    let site = Site::new(LIMIT_TEN);
    site.login("192.0.2.1", "warm", "up").answered("401");
    site.store.take();
    let sent = site.login("192.0.2.1", "alice", "typo");
    let (reads, writes) = site.store.take();
    // An update reads what it changes: that is no read of its own.
    let reads = reads - writes;
    assert!(reads <= 8 && writes <= 6, "{reads} reads, {writes} updates at the decision");
    sent.answered("401");
    let (_, writes) = site.store.take();
    assert!(writes <= 6, "{writes} updates at the response");
}

#[test]
fn each_further_candidate_costs_at_most_two_reads_and_two_updates_a_phase() {
    let site = Site::new(LIMIT_TEN);
    let mut costs = Vec::new();
    for users in ["user=a", "user=a&user=b&user=c&user=d"] {
        site.store.take();
        let body = format!("{users}&password=x");
        let sent = site.send("192.0.2.1", &[], Body::Complete(body.as_bytes()));
        costs.push(site.store.take());
        sent.answered("401");
    }
    let (one, four) = (costs[0], costs[1]);
    assert!(four.0 <= one.0 + 6 && four.1 <= one.1 + 6, "{costs:?}");
}

const CONFIGURED: &str = r#"{"endpoints":[{"name":"web","match":{"path":"/login"},
    "credentials":{"form":{"username":"user","password":"password"},
                   "json":{"username":"/user","password":"/password"}},
    "failure":{"status":401},"success":{"status":200}}]}"#;

/// Reads and updates at the decision and the response together. An update reads, too. A success
/// costs one read and one update, and a failure one read, for where the account got in from.
const PLAIN_LOGINS: [(&str, &str, (u64, u64)); 4] = [
    (CONFIGURED, "200", (15, 8)),
    (CONFIGURED, "401", (14, 7)),
    ("{}", "200", (12, 5)),
    ("{}", "401", (15, 8)),
];

#[test]
fn plain_login_calls_the_store_as_often_as_when_only_plain_logins_were_read() {
    let form = ("application/x-www-form-urlencoded", "user=alice&password=typo");
    let json = ("application/json", r#"{"user":"alice","password":"typo"}"#);
    for (policy, status, most) in PLAIN_LOGINS {
        for (media, body) in [form, json] {
            let site = Site::new(policy);
            let login = |peer: &[u8], status: &str| {
                let headers = [(":method", "POST"), (":path", "/login"), ("content-type", media)];
                let (host, headers) = (site.host(), header_list(&headers));
                let mut attempt = Attempt::default();
                site.engine.request_headers(&host, &mut attempt, headers, peer, false);
                let body = Body::Complete(body.as_bytes());
                let step = site.engine.request_body(&host, &mut attempt, body);
                assert!(matches!(step, Step::Decided(_)), "{step:?}");
                Sent { site: &site, attempt, decision: None }.answered(status)
            };
            login(b"192.0.2.1:1", "401");
            site.store.take();
            login(b"192.0.2.2:1", status);
            let (reads, updates) = site.store.take();
            assert!(reads <= most.0 && updates <= most.1, "{policy} {status}: {reads}, {updates}");
        }
    }
}
