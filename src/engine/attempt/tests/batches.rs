//! Requests that hold several logins.

use super::*;

/// Calls of WordPress' `xmlrpc.php` in one request.
fn calls(logins: &[(String, String)]) -> String {
    let value = |text: &str| format!("<value><string>{text}</string></value>");
    let call = |(user, password): &(String, String)| {
        format!(
            "<value><struct><member><name>methodName</name>{}</member><member><name>params</name>\
             <value><array><data>{}{}</data></array></value></member></struct></value>",
            value("wp.getUsersBlogs"),
            value(user),
            value(password)
        )
    };
    let calls: String = logins.iter().map(call).collect();
    format!(
        "<methodCall><methodName>system.multicall</methodName><params><param><value><array><data>\
         {calls}</data></array></value></param></params></methodCall>"
    )
}

/// Guesses at one account.
fn guesses(from: u32, count: u32) -> Vec<(String, String)> {
    (from..from + count).map(|n| ("alice".to_owned(), format!("word{n}"))).collect()
}

impl Site {
    fn xmlrpc(condition: &str, then: &str) -> Self {
        Self::new(&format!(
            r#"{{"mode":"enforce","endpoints":[{{"name":"web","match":{{"path":"/login"}},
                "credentials":{{"xmlrpc":true}},
                "failure":{{"status":401}},"success":{{"status":200}}}}],
              "rules":[{{"name":"rule","when":{{{condition}}},"then":"{then}"}}]}}"#
        ))
    }

    fn batch(&self, ip: &str, logins: &[(String, String)]) -> Sent<'_> {
        self.send(ip, &[], Body::Complete(calls(logins).as_bytes()))
    }
}

#[test]
fn more_than_four_logins_in_one_request_are_batched() {
    let site = Site::xmlrpc(r#""credentials.batched":true"#, "challenge");
    assert_eq!(site.batch("192.0.2.1", &guesses(0, 4)).action(), Action::Allow);
    assert_eq!(site.batch("192.0.2.1", &guesses(0, 5)).action(), Action::Challenge);
    assert_eq!(site.batch("192.0.2.1", &guesses(0, 300)).action(), Action::Challenge);
}

#[test]
fn the_default_rules_challenge_a_batch() {
    let site = Site::new(
        r#"{"mode":"enforce","endpoints":[{"name":"web","match":{"path":"/login"},
            "credentials":{"xmlrpc":true},"failure":{"status":401}}]}"#,
    );
    let sent = site.batch("192.0.2.1", &guesses(0, 5));
    assert_eq!((sent.action(), sent.reasons().as_str()), (Action::Challenge, "batched"));
}

#[test]
fn each_login_counts_as_an_attempt_of_its_address() {
    for (signal, after) in [("ip.attempts", 10), ("ip.failures", 10), ("network.failures", 10)] {
        let condition = format!(r#""{signal}":{{"over":{after},"within":"1h"}}"#);
        let site = Site::xmlrpc(&condition, "block");
        for n in 0..3 {
            let sent = site.batch("192.0.2.1", &guesses(n * 3, 3));
            assert_eq!(sent.action(), Action::Allow, "{signal}: {n}");
            sent.answered("401");
        }
        assert_eq!(site.batch("192.0.2.1", &guesses(90, 1)).action(), Action::Allow, "{signal}");
        assert_eq!(site.batch("192.0.2.1", &guesses(91, 2)).action(), Action::Block, "{signal}");
    }
}

#[test]
fn each_login_is_charged_to_its_own_account() {
    let site = Site::xmlrpc(r#""username.failures":{"over":5,"within":"1h"}"#, "challenge");
    let mut logins = guesses(0, 3);
    logins.push(("bob".to_owned(), "x".to_owned()));
    site.batch("192.0.2.1", &logins).answered("401");
    // Three of hers, one of his.
    let one = |user: &str| vec![(user.to_owned(), "y".to_owned())];
    assert_eq!(site.batch("192.0.2.2", &guesses(10, 2)).action(), Action::Allow);
    assert_eq!(site.batch("192.0.2.2", &guesses(10, 3)).action(), Action::Challenge);
    assert_eq!(site.batch("192.0.2.2", &one("bob")).action(), Action::Allow);
}

#[test]
fn every_pair_is_a_failure_of_its_own_and_a_repeated_request_is_none() {
    let site = Site::xmlrpc(r#""ip.distinct_failures":{"over":10,"within":"1h"}"#, "block");
    for _ in 0..5 {
        site.batch("192.0.2.1", &guesses(0, 4)).answered("401");
    }
    assert_eq!(site.batch("192.0.2.1", &guesses(4, 4)).action(), Action::Allow);
    site.batch("192.0.2.1", &guesses(4, 4)).answered("401");
    assert_eq!(site.batch("192.0.2.1", &guesses(8, 4)).action(), Action::Block);
}

#[test]
fn a_hundred_guesses_that_went_through_exceed_the_limits_at_once() {
    let site = Site::xmlrpc(r#""ip.distinct_failures":{"over":20,"within":"1h"}"#, "block");
    site.batch("192.0.2.1", &guesses(0, 100)).answered("401");
    assert_eq!(site.batch("192.0.2.1", &guesses(200, 1)).action(), Action::Block);
    assert_eq!(site.batch("192.0.2.2", &guesses(200, 1)).action(), Action::Allow);
}

#[test]
fn success_of_several_logins_earns_nothing() {
    let site = Site::xmlrpc(r#""ip.failures":{"over":9,"within":"1h"}"#, "block");
    assert!(site.batch("192.0.2.1", &guesses(0, 1)).cookie("200").is_some());
    assert!(site.batch("192.0.2.1", &guesses(0, 2)).cookie("200").is_none());
}
