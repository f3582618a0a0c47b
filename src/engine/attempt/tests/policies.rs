//! What a policy says, in shadow and enforced, and what a changed one finds of what was counted.

use super::*;

#[test]
fn shadow_counts_everything_and_enforces_nothing() {
    let shadow = LIMIT_TEN.replace("\"mode\":\"enforce\"", "\"mode\":\"shadow\"");
    let site = Site::new(&shadow);
    site.stuff("192.0.2.1", 0..40);
    let sent = site.login("192.0.2.1", "user40", "leaked40");
    assert_eq!((sent.action(), sent.verdict().shadow_action), (Action::Allow, Action::Block));
    assert_eq!(sent.reasons(), "shadow:ip-failures");
    // Once enforced, the shadow ban is void; the failures are not.
    let site = site.reconfigured(LIMIT_TEN);
    let sent = site.login("192.0.2.1", "user0", "leaked0");
    assert_ne!(sent.verdict().cause, Cause::Ban);
}

#[test]
fn counters_survive_a_changed_policy() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..8);
    let site = site.reconfigured(&LIMIT_TEN.replace("\"over\":10", "\"over\":8"));
    assert_eq!(site.login("192.0.2.1", "user9", "leaked9").action(), Action::Block);
}

#[test]
fn a_ban_whose_rule_is_gone_is_void() {
    let site = Site::new(LIMIT_TEN);
    site.stuff("192.0.2.1", 0..11);
    let site = site.reconfigured(&LIMIT_TEN.replace("ip-failures", "other-rule"));
    assert_ne!(site.login("192.0.2.1", "user0", "leaked0").verdict().cause, Cause::Ban);
}

#[test]
fn a_void_ban_does_not_keep_a_new_one_from_beginning() {
    let long = LIMIT_TEN.replace("10m", "24h");
    let site = Site::new(&long);
    site.stuff("192.0.2.1", 0..11);
    let renamed = LIMIT_TEN.replace("ip-failures", "renamed");
    let site = site.reconfigured(&renamed);
    site.stuff("192.0.2.1", 20..32);
    assert_eq!(site.login("192.0.2.1", "alice", "right").verdict().cause, Cause::Ban);
}

#[test]
fn the_allow_list_spares_a_client() {
    let allowed =
        LIMIT_TEN.replace("\"rules\":[", "\"client\":{\"allow\":[\"192.0.2.0/24\"]},\"rules\":[");
    let site = Site::new(&allowed);
    site.stuff("192.0.2.1", 0..50);
    assert_eq!(site.login("192.0.2.1", "user50", "x").action(), Action::Allow);
    site.stuff("198.51.100.1", 0..11);
    assert_eq!(site.login("198.51.100.1", "user50", "x").action(), Action::Block);
}

#[test]
fn a_breached_password_is_exposed_and_lets_in() {
    let annotate = LIMIT_TEN.replace(
        "\"rules\":[",
        "\"rules\":[{\"name\":\"breached\",\"when\":{\"password.breached\":true},\"then\":\"annotate\"},",
    );
    let site = Site::new(&annotate);
    let sent = site.login("192.0.2.1", "bob", "123456");
    assert_eq!(
        (sent.action(), sent.verdict().exposed),
        (Action::Annotate, Some(Exposed::Password))
    );
    assert_eq!(sent.reasons(), "breached");
    assert_eq!(site.login("192.0.2.1", "bob", "better").verdict().exposed, None);
}

#[test]
fn a_breached_pair_is_told_from_a_breached_password() {
    let annotate = LIMIT_TEN.replace(
        "\"rules\":[",
        "\"rules\":[{\"name\":\"pair\",\"when\":{\"credentials.breached\":true},\"then\":\"annotate\"},",
    );
    let site = Site::new(&annotate);
    assert_eq!(site.login("192.0.2.1", "Carol", "hunter2").verdict().exposed, Some(Exposed::Pair));
    assert_eq!(site.login("192.0.2.1", "dave", "hunter2").verdict().exposed, None);
}
