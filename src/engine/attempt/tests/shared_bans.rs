//! Bans of what clients share: a network, a fingerprint.

use super::*;

fn banning(subject: &str) -> String {
    LIMIT_TEN
        .replace("ip.distinct_failures", &format!("{subject}.failures"))
        .replace("\"ban\":\"ip\"", &format!("\"ban\":\"{subject}\""))
}

fn tool<'s>(site: &'s Site, ip: &str, user: &str) -> Sent<'s> {
    let body = format!("user={user}&password=x");
    site.send(ip, &[("user-agent", "tool")], Body::Complete(body.as_bytes()))
}

/// A login that is no probe.
fn breached<'s>(site: &'s Site, ip: &str, user: &str) -> Sent<'s> {
    let body = format!("user={user}&password=123456");
    site.send(ip, &[("user-agent", "tool")], Body::Complete(body.as_bytes()))
}

#[test]
fn a_banned_network_is_stopped_at_each_of_its_addresses() {
    let site = Site::new(&banning("network"));
    for n in 0..11 {
        site.stuff(&format!("192.0.2.{n}"), n..n + 1);
    }
    let neighbour = site.login("192.0.2.200", "alice", "right");
    assert_eq!((neighbour.action(), neighbour.verdict().cause), (Action::Block, Cause::Ban));
    assert_eq!(site.login("198.51.100.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn a_banned_fingerprint_is_stopped_from_anywhere() {
    let site = Site::new(&banning("fingerprint"));
    for n in 0..11 {
        tool(&site, &format!("192.0.{n}.1"), &format!("user{n}")).answered("401");
    }
    let elsewhere = breached(&site, "198.51.100.1", "alice");
    assert_eq!((elsewhere.action(), elsewhere.verdict().cause), (Action::Block, Cause::Ban));
    assert_eq!(site.login("198.51.100.1", "alice", "right").action(), Action::Allow);
}

#[test]
fn a_fingerprint_with_which_somebody_got_in_is_not_banned() {
    let site = Site::new(&banning("fingerprint"));
    tool(&site, "198.51.100.1", "alice").answered("200");
    for n in 0..11 {
        tool(&site, &format!("192.0.{n}.1"), &format!("user{n}")).answered("401");
    }
    let elsewhere = breached(&site, "198.51.100.2", "bob");
    assert_eq!((elsewhere.action(), elsewhere.verdict().cause), (Action::Block, Cause::Rules));
}

/// A policy whose endpoint has to be seen to deny before its successes are believed.
fn unbelieved(subject: &str) -> String {
    banning(subject).replace(",\"success\":{\"status\":200}", "")
}

#[test]
fn until_successes_are_believed_nothing_that_many_share_is_blocked_or_banned() {
    for subject in ["network", "fingerprint"] {
        let site = Site::new(&unbelieved(subject));
        for n in 0..60 {
            let sent = tool(&site, &format!("192.0.2.{n}"), &format!("user{n}"));
            assert_eq!(sent.action(), Action::Allow, "{subject}: {n}");
            sent.answered(if n < 19 { "401" } else { "403" });
        }
        assert_eq!(tool(&site, "192.0.2.99", "last").reasons(), "shadow:ip-failures");
    }
}

#[test]
fn an_hour_after_successes_are_believed_a_tool_is_banned_as_anywhere() {
    let site = Site::new(&unbelieved("fingerprint"));
    for n in 0..20 {
        tool(&site, &format!("192.0.{n}.1"), &format!("user{n}")).answered("401");
    }
    // Another browser gets in: from here on successes count.
    site.login("198.51.100.9", "alice", "right").answered("200");
    assert_eq!(tool(&site, "192.0.100.1", "late").action(), Action::Allow);
    site.wait(3_601);
    for n in 20..40 {
        tool(&site, &format!("192.0.{n}.1"), &format!("user{n}")).answered("401");
    }
    assert_eq!(breached(&site, "198.51.100.1", "alice").verdict().cause, Cause::Ban);
}

#[test]
fn until_successes_are_believed_an_address_is_banned_as_anywhere() {
    let site = Site::new(&unbelieved("ip"));
    site.stuff("192.0.2.1", 0..11);
    let verdict = site.login("192.0.2.1", "alice", "right");
    assert_eq!((verdict.action(), verdict.verdict().cause), (Action::Block, Cause::Ban));
}
