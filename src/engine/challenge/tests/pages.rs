//! Tests of the page for browsers.

use super::*;

#[test]
fn page_takes_its_login_page_from_the_configuration_only() {
    let rig = ChallengeRig::new(POLICY);
    let hostile = [
        ("sec-fetch-mode", "navigate"),
        ("referer", "https://evil.example/"),
        ("x-forwarded-host", "evil.example"),
    ];
    let login = rig.login("/login?next=https://evil.example/", "192.0.2.1", &hostile, CHALLENGED);
    let page = login.answer();
    assert_eq!((page.status, header(page, "content-type")), (403, "text/html; charset=utf-8"));
    assert!(page.body.contains("\"login\":\"/sign-in\"") && !page.body.contains("evil"));
    let policy = header(page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"));
    let blog =
        rig.login("/Blog/Login/", "192.0.2.1", &[("sec-fetch-mode", "navigate")], CHALLENGED);
    assert!(blog.answer().body.contains("\"login\":\"/blog/login\""), "its own path by default");
}

#[test]
fn each_page_has_its_own_puzzle_and_nonce() {
    let rig = ChallengeRig::new(POLICY);
    let page = || {
        let login = rig.login("/login", "192.0.2.1", &[("accept", "text/html")], CHALLENGED);
        header(login.answer(), "content-security-policy").to_owned() + &login.answer().body
    };
    let (one, two) = (page(), page());
    let nonce = |page: &str| page.split("'nonce-").nth(1).unwrap()[..24].to_owned();
    assert_ne!(nonce(&one), nonce(&two));
    assert!(!two.contains(&nonce(&one)));
}

#[test]
fn redemption_is_recognised_only_at_a_login_location() {
    let rig = ChallengeRig::new(POLICY);
    assert!(rig.get("/login?unstuff-wait=x", "192.0.2.1", &[]).is_some());
    assert!(rig.get("/elsewhere?unstuff-wait=x", "192.0.2.1", &[]).is_none());
    assert!(rig.get("/login?wait=x", "192.0.2.1", &[]).is_none());
    assert!(rig.get("/login", "192.0.2.1", &[]).is_none(), "the login page is upstream's");
}
