//! Tests of the page for browsers.

use super::*;

const NAVIGATES: (&str, &str) = ("sec-fetch-mode", "navigate");

#[test]
fn page_leads_to_the_configured_login_page_whatever_the_request_says() {
    let rig = ChallengeRig::new(POLICY);
    let hostile =
        [NAVIGATES, ("referer", "https://evil.example/"), ("x-forwarded-host", "evil.example")];
    let login = rig.login("/login?next=https://evil.example/", "192.0.2.1", &hostile, CHALLENGED);
    let page = login.answer();
    assert_eq!((page.status, header(page, "content-type")), (403, "text/html; charset=utf-8"));
    assert!(page.body.contains("\"login\":\"/sign-in\""));
    assert!(page.body.contains("href=\"/sign-in\""));
    let policy = header(page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"));
}

#[test]
fn page_leads_back_to_the_login_itself_where_that_is_the_login_page() {
    let rig = ChallengeRig::new(POLICY);
    let login = |path| rig.login(path, "192.0.2.1", &[NAVIGATES], CHALLENGED).answer().body.clone();
    let own = login("/Blog/Login/?next=%2Fa&unstuff-wait=x&unstuff=again");
    assert!(own.contains("\"login\":\"/Blog/Login/?next=%2Fa\""), "{own}");
    let configured = login("/blog//login?next=%2Fa");
    assert!(configured.contains("\"login\":\"/blog/login\""), "servers read that path differently");
}

#[test]
fn page_speaks_the_language_of_its_visitor() {
    let rig = ChallengeRig::new(POLICY);
    let german = [NAVIGATES, ("accept-language", "de-AT, en;q=0.5")];
    let login = rig.login("/login", "192.0.2.1", &german, CHALLENGED);
    assert!(login.answer().body.contains("<html lang=\"de\" dir=\"ltr\">"));
    assert_eq!(header(login.answer(), "vary"), "accept-language");
    let early = wait_in(login.answer()).0;
    let arabic = [("accept-language", "ar")];
    let path = format!("/login?unstuff-wait={early}");
    let again = rig.get(&path, "192.0.2.1", &arabic).expect("it is too early");
    assert!(again.body.contains("<html lang=\"ar\" dir=\"rtl\">"));
}

#[test]
fn script_and_browser_learn_whether_the_pass_was_kept() {
    let rig = ChallengeRig::new(POLICY);
    let pass = rig.earn("192.0.2.1");
    let cookie = format!("{PASS_COOKIE}={pass}");
    let by_script = (REDEEM_HEADER, "kept");
    let ask = |path, more: &[_]| rig.get(path, "192.0.2.1", more).expect("an answer");
    let kept = ask("/login", &[by_script, ("cookie", &cookie)]);
    assert_eq!((kept.status, kept.name, &*kept.body), (200, "pass", "{\"kept\":true}\n"));
    let lost = ask("/login", &[by_script]);
    assert_eq!((lost.status, lost.name, &*lost.body), (200, "challenge", "{\"kept\":false}\n"));
    let kept = ask("/login?unstuff-kept=1", &[("cookie", &cookie)]);
    assert_eq!((kept.status, header(&kept, "location")), (303, "/sign-in?unstuff=again"));
    for cookie in ["a=b", "__Host-unstuff-pass=forged"] {
        let lost = ask("/login?unstuff-kept=1", &[("cookie", cookie)]);
        assert_eq!((lost.status, lost.name), (403, "challenge"));
        assert!(lost.body.contains("allow cookies for this site"), "{}", lost.body);
    }
    assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted(), "asking uses nothing");
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
