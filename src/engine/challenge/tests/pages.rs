//! What a browser is shown, and where it goes.

use super::*;

#[test]
fn a_browser_gets_a_page_and_goes_where_the_configuration_says() {
    let door = Door::new(POLICY);
    let hostile = [
        ("sec-fetch-mode", "navigate"),
        ("referer", "https://evil.example/"),
        ("x-forwarded-host", "evil.example"),
    ];
    let led = door.login("/login?next=https://evil.example/", "192.0.2.1", &hostile, CHALLENGED);
    let page = led.answer();
    assert_eq!((page.status, header(page, "content-type")), (403, "text/html; charset=utf-8"));
    assert!(page.body.contains("\"login\":\"/sign-in\"") && !page.body.contains("evil"));
    let policy = header(page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"));
    let blog =
        door.login("/Blog/Login/", "192.0.2.1", &[("sec-fetch-mode", "navigate")], CHALLENGED);
    assert!(blog.answer().body.contains("\"login\":\"/blog/login\""), "its own path by default");
}

#[test]
fn no_two_pages_share_a_puzzle_or_a_nonce() {
    let door = Door::new(POLICY);
    let page = || {
        let led = door.login("/login", "192.0.2.1", &[("accept", "text/html")], CHALLENGED);
        header(led.answer(), "content-security-policy").to_owned() + &led.answer().body
    };
    let (one, two) = (page(), page());
    let nonce = |page: &str| page.split("'nonce-").nth(1).unwrap()[..24].to_owned();
    assert_ne!(nonce(&one), nonce(&two));
    assert!(!two.contains(&nonce(&one)));
}

#[test]
fn an_errand_is_one_only_at_a_login_location() {
    let door = Door::new(POLICY);
    assert!(door.get("/login?unstuff-wait=x", "192.0.2.1", &[]).is_some());
    assert!(door.get("/elsewhere?unstuff-wait=x", "192.0.2.1", &[]).is_none());
    assert!(door.get("/login?wait=x", "192.0.2.1", &[]).is_none());
    assert!(door.get("/login", "192.0.2.1", &[]).is_none(), "the login page is upstream's");
}
