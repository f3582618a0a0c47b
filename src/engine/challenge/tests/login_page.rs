//! The login page that is challenged in attack mode, before anything is typed.

use super::*;

const NAVIGATES: (&str, &str) = ("sec-fetch-mode", "navigate");
const PERSON: &str = "192.0.2.1";

/// An engine that challenges its login pages, with its endpoint `web` under attack.
fn attacked(policy: &str) -> ChallengeRig {
    let rig = ChallengeRig::new(policy);
    for number in 0..40 {
        let login = format!("user=user-{number}&password={BREACHED}");
        rig.fail("/login", &format!("198.51.100.{number}"), &login);
    }
    rig.wait(1);
    let changes = rig.engine.tick(&rig.host());
    assert!(changes.iter().any(|change| change.under_attack), "{changes:?}");
    rig
}

fn at_page() -> String {
    POLICY.replace("\"difficulty\":8", "\"difficulty\":8,\"at\":\"page\"")
}

fn shown(rig: &ChallengeRig, path: &str, more: &[(&str, &str)]) -> Option<ChallengeResponse> {
    rig.get(path, PERSON, &[&[NAVIGATES], more].concat())
}

#[test]
fn page_of_an_endpoint_under_attack_is_challenged_and_no_other() {
    let rig = attacked(&at_page());
    let page = shown(&rig, "/sign-in?next=%2Fa", &[]).expect("a challenge");
    assert_eq!((page.status, page.name), (403, "challenge"));
    assert_eq!(page.events, [ChallengeEvent::Issued]);
    assert!(page.body.contains("\"login\":\"/sign-in?next=%2Fa\""), "{}", page.body);
    assert!(page.body.contains("Done. You can log in now."));
    assert!(page.body.contains("Afterwards the login page opens."));
    assert!(!page.body.contains("once more"), "nobody has typed anything");
    for other in ["/", "/login", "/sign-in/help", "/blog/login"] {
        assert!(shown(&rig, other, &[]).is_none(), "{other}");
    }
}

#[test]
fn page_is_not_challenged_in_peace_in_shadow_or_where_logins_alone_are() {
    assert!(shown(&ChallengeRig::new(&at_page()), "/sign-in", &[]).is_none());
    let shadow = at_page().replace("enforce", "shadow");
    let annotates = at_page().replace("\"then\":\"challenge\"", "\"then\":\"annotate\"");
    let for_programs = at_page().replace("\"login_page\"", "\"clients\":\"api\",\"login_page\"");
    for policy in [POLICY, &shadow, &annotates, &for_programs] {
        assert!(shown(&attacked(policy), "/sign-in", &[]).is_none(), "{policy}");
    }
}

#[test]
fn crawlers_previews_and_pages_fetched_ahead_get_the_page() {
    let rig = attacked(&at_page());
    assert!(rig.get("/sign-in", PERSON, &[]).is_none());
    assert!(rig.get("/sign-in", PERSON, &[("accept", "text/html")]).is_none());
    for mode in ["cors", "no-cors", "same-origin"] {
        assert!(rig.get("/sign-in", PERSON, &[("sec-fetch-mode", mode)]).is_none());
    }
    for ahead in [("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")] {
        assert!(shown(&rig, "/sign-in", &[ahead]).is_none());
    }
    let head = list(&[(":method", "HEAD"), (":path", "/sign-in"), (":authority", "a"), NAVIGATES]);
    let (mut attempt, head) = (Attempt::default(), Headers::new(&head));
    let step = rig.engine.request_headers(&rig.host(), &mut attempt, head, b"192.0.2.1:1", true);
    assert!(matches!(step, Step::PassThrough));
}

#[test]
fn what_gets_past_the_page_is_challenged_at_its_login() {
    let rig = attacked(&at_page());
    assert!(rig.get("/sign-in", PERSON, &[]).is_none());
    let marked = shown(&rig, "/sign-in?unstuff=ready", &[]);
    assert!(marked.is_none());
    assert!(rig.challenged(PERSON).refused().is_empty());
}

#[test]
fn pass_earned_at_the_page_shows_the_page_and_admits_the_login() {
    let rig = attacked(&at_page());
    let (wait, seconds) = wait_in(&shown(&rig, "/sign-in?next=a", &[]).expect("a challenge"));
    rig.wait(seconds);
    let path = format!("/sign-in?next=a&unstuff=ready&unstuff-wait={wait}");
    let waited = shown(&rig, &path, &[]).expect("a redemption");
    let kept = header(&waited, "location");
    assert_eq!(kept, "?next=a&unstuff=ready&unstuff-kept=1");
    let pass = pass_in(&waited);
    let cookie = ("cookie", &*format!("{PASS_COOKIE}={pass}"));
    let back = shown(&rig, &format!("/sign-in{kept}"), &[cookie]).expect("an answer");
    assert_eq!(header(&back, "location"), "/sign-in?next=a&unstuff=ready");
    assert!(shown(&rig, "/sign-in", &[cookie]).is_none(), "the pass is not used up by looking");
    assert!(rig.with_pass("/login", PERSON, &pass).is_admitted());
    assert!(shown(&rig, "/sign-in", &[cookie]).is_some(), "it was worth one login");
}

#[test]
fn person_whose_pass_is_not_kept_is_told_and_can_go_to_the_form() {
    let rig = attacked(&at_page());
    let path = "/sign-in?next=a&unstuff=ready&unstuff-kept=1";
    let page = shown(&rig, path, &[]).expect("an answer");
    assert!(page.body.contains("allow cookies for this site"));
    assert!(page.body.contains("href=\"/sign-in?next=a&amp;unstuff=ready\""), "{}", page.body);
}

#[test]
fn login_sent_from_a_marked_page_leads_back_as_any_other() {
    let own = at_page().replace("\"login_page\":\"/sign-in\",", "");
    let rig = attacked(&own);
    let login = rig.login("/login?unstuff=ready", PERSON, &[NAVIGATES], CHALLENGED);
    assert!(login.answer().body.contains("\"mark\":\"unstuff=again\""));
}

#[test]
fn page_with_fields_is_challenged_only_with_these_fields() {
    let wiki = at_page().replace("/sign-in", "/doku.php?do=login");
    let rig = attacked(&wiki);
    assert!(shown(&rig, "/doku.php?id=start&do=login", &[]).is_some());
    for page in ["/doku.php?id=start", "/doku.php?do=edit", "/doku.php"] {
        assert!(shown(&rig, page, &[]).is_none(), "{page}");
    }
}

#[test]
fn allow_listed_client_sees_the_page() {
    let policy = at_page().replacen('{', r#"{"client":{"allow":["192.0.2.0/24"]},"#, 1);
    assert!(shown(&attacked(&policy), "/sign-in", &[]).is_none());
}
