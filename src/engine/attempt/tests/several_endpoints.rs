//! Requests that match several endpoints: the strictest decides, and everything counts once.

use super::*;

/// Two endpoints at one path, with these keys of their own, and one rule.
fn two(first: &str, second: &str, rule: &str) -> Site {
    let endpoint = |name: &str, keys: &str| {
        format!(
            r#"{{"name":"{name}","match":{{"path":"/login"}},
                "credentials":{{"form":{{"username":"user","password":"password"}}}}{keys}}}"#
        )
    };
    let (first, second) = (endpoint("first", first), endpoint("second", second));
    Site::new(&format!(r#"{{"mode":"enforce","endpoints":[{first},{second}],"rules":[{rule}]}}"#))
}

const OF_ACCOUNT: &str = r#"{"name":"account","when":{"username.failures":{"over":3,"within":"1h"}},"then":"challenge"}"#;

#[test]
fn rule_spares_programs_only_where_all_endpoints_are_for_programs() {
    let (api, auto) = (r#","clients":"api""#, "");
    for (first, second, action) in [
        (api, api, Action::Annotate),
        (api, auto, Action::Challenge),
        (auto, api, Action::Challenge),
    ] {
        let site = two(first, second, OF_ACCOUNT);
        for n in 0..3 {
            site.login(&format!("203.0.113.{n}"), "alice", "x").answered("401");
        }
        assert_eq!(site.login("192.0.2.1", "alice", "x").action(), action, "{first}, {second}");
    }
}

#[test]
fn address_is_charged_once() {
    let rule = r#"{"name":"ip","when":{"ip.failures":{"over":5,"within":"1h"}},"then":"block"}"#;
    let site = two("", "", rule);
    for n in 0..5 {
        let sent = site.login("192.0.2.1", &format!("user{n}"), "x");
        assert_eq!(sent.action(), Action::Allow, "{n}");
        sent.answered("401");
    }
    assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Block);
}

#[test]
fn outcome_is_judged_by_the_conditions_of_each() {
    let page = r#","failure":{"status":200},"success":{"status":302}"#;
    let api = r#","failure":{"status":401},"success":{"status":[200,302]}"#;
    for (first, second) in [(page, api), (api, page)] {
        let site = two(first, second, "");
        for (status, outcome) in [
            ("200", Outcome::Failure),
            ("401", Outcome::Failure),
            ("302", Outcome::Success),
            ("500", Outcome::Unknown),
        ] {
            let sent = site.login("192.0.2.1", "alice", "x");
            assert_eq!(sent.answered(status), Some(outcome), "{status}");
        }
    }
}

#[test]
fn body_that_one_endpoint_cannot_read_is_unreadable_whatever_another_finds() {
    let basic = r#","match":{"path_prefix":"/"},"credentials":{"basic":true}"#;
    let policy = format!(
        r#"{{"mode":"enforce","endpoints":[{{"name":"api"{basic}}},
            {{"name":"web","match":{{"path":"/login"}}}}],
            "rules":[{{"name":"u","when":{{"credentials.unreadable":true}},"then":"block"}}]}}"#
    );
    let site = Site::new(&policy);
    // alice:x
    let more = [("authorization", "Basic YWxpY2U6eA=="), ("content-encoding", "gzip")];
    let sent = site.send("192.0.2.1", &more, Body::Complete(b"\x1f\x8b"));
    assert_eq!(sent.action(), Action::Block);
}

#[test]
fn success_at_a_login_that_is_a_sign_up_too_earns_nothing() {
    let success = r#","success":{"status":200}"#;
    let site = two(success, &format!(r#"{success},"kind":"sign-up""#), OF_ACCOUNT);
    assert_eq!(site.login("192.0.2.1", "alice", "right").cookie("200"), None);
    for n in 0..3 {
        site.login(&format!("203.0.113.{n}"), "alice", "x").answered("401");
    }
    assert_eq!(site.login("192.0.2.1", "alice", "x").action(), Action::Challenge);
}

#[test]
fn as_much_of_a_body_is_read_as_any_of_the_endpoints_reads() {
    let read = |path: &str| {
        let policy = r#"{"max_body":"8KiB","endpoints":[
            {"name":"web","match":{"path":"/login"}},
            {"name":"shared","match":{"path_prefix":"/","query":{"do":"login"}},"max_body":"1MiB"},
            {"name":"small","match":{"path":"/small"},"max_body":"2KiB"}]}"#;
        let site = Site::new(policy);
        let mut headers = login_headers(&[]);
        headers.retain(|(name, _)| name != b":path");
        headers.extend(header_list(&[(":path", path)]));
        let mut attempt = Attempt::default();
        site.headers(&mut attempt, &headers, b"192.0.2.1:1");
        attempt.max_body_bytes()
    };
    assert_eq!(read("/login"), Some(8 << 10));
    assert_eq!(read("/login?do=login"), Some(1 << 20));
    assert_eq!(read("/small"), Some(2 << 10));
    assert_eq!(read("/small?do=Login"), Some(1 << 20));
    assert_eq!(read("/elsewhere?do=edit"), None);
}
