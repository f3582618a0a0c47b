//! Puzzles that a login page fetches while a person types, and the script that does it.

use super::*;

const ASKS: (&str, &str) = (PUZZLE_HEADER, "1");

fn asked(rig: &ChallengeRig, ip: &str, more: &[(&str, &str)]) -> ChallengeResponse {
    rig.get("/login", ip, &[&[ASKS], more].concat()).expect("an answer")
}

fn body(answer: &ChallengeResponse) -> serde_json::Value {
    serde_json::from_str(&answer.body).expect("JSON")
}

fn cookie(pass: &str) -> String {
    format!("{PASS_COOKIE}={pass}")
}

/// Redeems the solution of a puzzle that was fetched ahead.
fn earn_ahead(rig: &ChallengeRig, ip: &str) -> String {
    let solution = solve(&puzzle_in(&body(&asked(rig, ip, &[]))));
    let answer = rig.get("/login", ip, &[(REDEEM_HEADER, &solution)]).expect("a redemption");
    assert_eq!(answer.name, "pass");
    pass_in(&answer)
}

#[test]
fn login_with_a_pass_from_a_puzzle_fetched_ahead_is_admitted_where_it_was_first_challenged() {
    let rig = ChallengeRig::new(POLICY);
    let answer = asked(&rig, "192.0.2.1", &[]);
    assert_eq!((answer.status, answer.name), (200, "puzzle"));
    assert_eq!(header(&answer, "cache-control"), "no-store");
    assert_eq!(answer.events, [ChallengeEvent::Fetched], "no login was challenged");
    let pass = earn_ahead(&rig, "192.0.2.1");
    assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted());
    assert!(rig.challenged("192.0.2.1").refused().is_empty(), "without the pass it is challenged");
}

#[test]
fn puzzle_fetched_ahead_is_bound_as_any_other() {
    let rig = ChallengeRig::new(POLICY);
    let pass = earn_ahead(&rig, "192.0.2.1");
    let elsewhere = rig.with_pass("/login", "198.51.100.1", &pass);
    assert_eq!(elsewhere.refused(), [Refusal::Stolen]);
    assert_eq!(
        rig.with_pass("/blog/login", "192.0.2.1", &pass).refused(),
        [Refusal::CrossEndpoint]
    );
}

#[test]
fn no_puzzle_is_given_while_a_pass_is_good_and_one_as_soon_as_it_is_not() {
    let rig = ChallengeRig::new(POLICY);
    let pass = earn_ahead(&rig, "192.0.2.1");
    let seconds =
        |more: (&str, &str)| body(&asked(&rig, "192.0.2.1", &[more]))["expires_in"].as_u64();
    assert_eq!(seconds(("cookie", &cookie(&pass))), Some(600));
    rig.wait(500);
    assert_eq!(seconds((PASS_HEADER, &pass)), Some(100));
    for _ in 0..3 {
        assert!(rig.with_pass("/login", "192.0.2.1", &pass).is_admitted());
    }
    assert_eq!(seconds((PASS_HEADER, &pass)), None, "it is used up");
    let pass = earn_ahead(&rig, "192.0.2.1");
    rig.wait(571);
    assert_eq!(seconds((PASS_HEADER, &pass)), None, "it is about to expire");
    assert_eq!(seconds((PASS_HEADER, "forged")), None);
}

#[test]
fn no_puzzle_is_needed_where_no_rule_challenges() {
    let shadow = POLICY.replace("enforce", "shadow");
    let annotates = POLICY.replace("\"then\":\"challenge\"", "\"then\":\"annotate\"");
    for policy in [shadow, annotates] {
        let answer = asked(&ChallengeRig::new(&policy), "192.0.2.1", &[]);
        assert_eq!(body(&answer), serde_json::json!({ "expires_in": 60 }), "{policy}");
    }
}

#[test]
fn puzzle_is_for_the_endpoint_that_the_query_tells() {
    let rig = ChallengeRig::new(
        &POLICY
            .replace(
                r#""match":{"path":"/login"}"#,
                r#""match":{"path":"/login","query":{"for":"web"}}"#,
            )
            .replace("/blog/login", "/login"),
    );
    let asked = rig.get("/login?for=web", "192.0.2.1", &[ASKS]).expect("an answer");
    let solution = solve(&puzzle_in(&body(&asked)));
    let with_solution = [(SOLUTION_HEADER, solution.as_str())];
    assert!(rig.login("/login?for=web", "192.0.2.1", &with_solution, CHALLENGED).is_admitted());
    let asked = rig.get("/login", "192.0.2.1", &[ASKS]).expect("an answer");
    let solution = solve(&puzzle_in(&body(&asked)));
    let with_solution = [(SOLUTION_HEADER, solution.as_str())];
    assert!(rig.login("/login", "192.0.2.1", &with_solution, CHALLENGED).is_admitted());
}

#[test]
fn puzzle_is_given_at_a_login_location_by_get_alone() {
    let rig = ChallengeRig::new(POLICY);
    assert!(rig.get("/elsewhere", "192.0.2.1", &[ASKS]).is_none());
    let LoginResult(decision, _) = rig.login("/login", "192.0.2.1", &[ASKS], CHALLENGED);
    assert_eq!(decision.verdict.action, Action::Challenge, "a POST is a login");
    let own_reply = POLICY.replace(
        "\"challenge\":{\"difficulty\":8}",
        "\"replies\":{\"challenge\":{\"status\":403}}",
    );
    assert!(ChallengeRig::new(&own_reply).get("/login", "192.0.2.1", &[ASKS]).is_none());
}

/// What is served of our own at a path of a host, if anything is.
fn served(policy: &str, method: &str, host: &str, path: &str) -> Option<ChallengeResponse> {
    let rig = ChallengeRig::new(policy);
    let headers = list(&[(":method", method), (":path", path), (":authority", host)]);
    let mut attempt = Attempt::default();
    let headers = Headers::new(&headers);
    match rig.engine.request_headers(&rig.host(), &mut attempt, headers, b"192.0.2.1:1", true) {
        Step::Answer(answer) => Some(*answer),
        Step::PassThrough => None,
        step => panic!("{step:?}"),
    }
}

#[test]
fn script_is_served_on_hosts_with_endpoints_and_where_there_is_a_challenge() {
    let path = "/.well-known/unstuff/client.js";
    let hosts = POLICY.replace(r#""match":{"path""#, r#""match":{"hosts":["shop.example"],"path""#);
    for method in ["GET", "HEAD"] {
        assert!(served(POLICY, method, "any.example", path).is_some());
        assert!(served(&hosts, method, "shop.example", path).is_some());
        assert!(served(&hosts, method, "other.example", path).is_none());
    }
    assert!(served(POLICY, "OPTIONS", "any.example", path).is_none());
    let own_reply = POLICY.replace(
        "\"challenge\":{\"difficulty\":8}",
        "\"replies\":{\"challenge\":{\"status\":403}}",
    );
    assert!(served(&own_reply, "GET", "any.example", path).is_none());
}

#[test]
fn script_is_kept_only_under_its_own_digest() {
    let address = ClientScript::get().address();
    let kept = |path: &str| {
        let answer = served(POLICY, "GET", "a", path).expect("the script");
        (header(&answer, "cache-control").to_owned(), answer.body)
    };
    let (immutable, text) = kept(&address);
    assert_eq!(immutable, "public, max-age=31536000, immutable");
    let [path, wrong, empty, longer] =
        ["", "?v=0123456789abcdef", "?v=", "&more"].map(|end| match end {
            "&more" => format!("{address}{end}"),
            _ => format!("/.well-known/unstuff/client.js{end}"),
        });
    for other in [&path, &wrong, &empty, &longer] {
        assert_eq!(kept(other), ("no-store".to_owned(), text.clone()), "{other}");
    }
    let (immutable, worker) = kept(&address.replace("client.js", "worker.js"));
    assert_eq!(immutable, "public, max-age=31536000, immutable");
    assert!(worker != text && worker.contains("x-unstuff-"));
}
