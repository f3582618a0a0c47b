//! Tests of the challenge's configuration.

use super::*;

fn rig(challenge: &str) -> ChallengeRig {
    ChallengeRig::new(&POLICY.replace(r#"{"difficulty":8}"#, challenge))
}

/// Endpoints for each kind of clients, where many failures of one account are challenged.
fn declared() -> ChallengeRig {
    let endpoints = ["auto", "browser", "api"].map(|clients| {
        format!(
            r#"{{"name":"{clients}","match":{{"path":"/{clients}/login"}},"clients":"{clients}",
             "credentials":{{"form":{{"username":"user","password":"password"}}}},
             "failure":{{"status":401}}}}"#
        )
    });
    ChallengeRig::new(&format!(
        r#"{{"mode":"enforce","endpoints":[{}],"challenge":{{"difficulty":8}},"rules":[
            {{"name":"ambiguous","when":{{"credentials.ambiguous":true}},"then":"challenge"}},
            {{"name":"account","when":{{"username.failures":{{"over":3,"within":"1h"}}}},
              "then":"challenge"}}]}}"#,
        endpoints.join(",")
    ))
}

#[test]
fn form_follows_the_endpoints_clients_and_the_request() {
    let rig = declared();
    let form = |path: &str, headers: &[(&str, &str)]| {
        let login = rig.login(path, "192.0.2.1", headers, CHALLENGED);
        header(login.answer(), "content-type").to_owned()
    };
    let (page, document) = ("text/html; charset=utf-8", "application/problem+json");
    let html = ("accept", "text/html,*/*;q=0.8");
    let navigates = ("sec-fetch-mode", "navigate");
    let cors = ("sec-fetch-mode", "cors");
    for (path, headers, expected) in [
        ("/auto/login", [navigates, html], page),
        ("/auto/login", [cors, html], document),
        ("/auto/login", [("x", "y"), html], page),
        ("/auto/login", [("x", "y"), ("accept", "*/*")], document),
        ("/auto/login", [navigates, ("accept", "*/*")], page),
        ("/browser/login", [cors, ("accept", "*/*")], page),
        ("/api/login", [navigates, html], document),
    ] {
        assert_eq!(form(path, &headers), expected, "{path} {headers:?}");
    }
}

#[test]
fn program_is_not_locked_out_by_failures_in_its_accounts_name() {
    let rig = declared();
    for (number, path) in ["/auto/login", "/browser/login", "/api/login"].iter().enumerate() {
        let body = |password: usize| format!("user=user{number}&password=p{password}");
        for password in 0..4 {
            rig.fail(path, &format!("198.51.100.{password}"), &body(password));
        }
        let verdict = rig.login(path, "192.0.2.1", &[], &body(9)).0.verdict;
        let expected = if *path == "/api/login" { Action::Annotate } else { Action::Challenge };
        assert_eq!(verdict.action, expected, "{path}");
        assert_eq!(verdict.reasons_text(rig.engine.policy()), "account");
    }
}

#[test]
fn pass_is_bound_to_the_configured_properties_only() {
    let rig = rig(r#"{"difficulty":8,"binding":["x-ja4"]}"#);
    let send = |ip, ja4, agent, more: (&str, &str)| {
        let headers = [("x-ja4", ja4), ("user-agent", agent), more];
        rig.login("/login", ip, &headers, CHALLENGED)
    };
    let solution = solve(&send("192.0.2.1", "one", "a", ("x", "y")).walk());
    let with = (SOLUTION_HEADER, solution.as_str());
    assert!(send("198.51.100.1", "one", "b", with).is_admitted());
    assert_eq!(send("192.0.2.1", "two", "a", with).refused(), [Refusal::Stolen]);
}

#[test]
fn configured_lifetimes_and_attempts_apply() {
    let rig = rig(r#"{"difficulty":9,"expires":"30s","attempts":1,"minutes":1}"#);
    let login = rig.challenged("192.0.2.1");
    for puzzle in ["puzzle", "walk"] {
        assert_eq!(login.document()[puzzle]["expires_in"].as_u64(), Some(30));
    }
    assert_eq!((login.walk().bits, login.puzzle().bits), (9, 14));
    let (early, late) = (solve(&login.walk()), solve(&rig.challenged("192.0.2.1").walk()));
    let redeem = |solution| rig.get("/login", "192.0.2.1", &[(REDEEM_HEADER, solution)]).unwrap();
    rig.wait(30);
    let redeemed = redeem(&early);
    assert!(header(&redeemed, "set-cookie").contains("; Max-Age=60; "));
    let document: serde_json::Value = serde_json::from_str(&redeemed.body).unwrap();
    assert_eq!((&document["attempts"], &document["expires_in"]), (&1.into(), &60.into()));
    let pass = document["pass"].as_str().unwrap();
    rig.wait(1);
    assert_eq!(redeem(&late).events.last(), Some(&ChallengeEvent::Refused(Refusal::Expired)));
    rig.wait(59);
    assert!(rig.with_pass("/login", "192.0.2.1", pass).is_admitted());
    assert_eq!(rig.with_pass("/login", "192.0.2.1", pass).refused(), [Refusal::Replayed]);
    rig.wait(1);
    assert_eq!(rig.with_pass("/login", "192.0.2.1", pass).refused(), [Refusal::Expired]);
}

#[test]
fn configured_page_replaces_the_built_in_one() {
    let own = r#"<h1>Own words</h1><div id="unstuff-work"><progress id="unstuff-progress"></progress>
                 <p id="unstuff-status"></p></div>{{script}}"#;
    let rig = rig(&serde_json::json!({ "difficulty": 8, "page": own }).to_string());
    let login = rig.login("/login", "192.0.2.1", &[("accept", "text/html")], CHALLENGED);
    let body = &login.answer().body;
    assert!(body.starts_with("<h1>Own words</h1>"), "{body}");
    assert!(body.contains("\"login\":\"/sign-in\"") && !body.contains("{{"), "{body}");
}
