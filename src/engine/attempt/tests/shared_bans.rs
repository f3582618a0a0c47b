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
    let elsewhere = tool(&site, "198.51.100.1", "alice");
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
    let elsewhere = tool(&site, "198.51.100.2", "bob");
    assert_eq!((elsewhere.action(), elsewhere.verdict().cause), (Action::Block, Cause::Rules));
}
