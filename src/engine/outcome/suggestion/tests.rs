//! The exchanges of real applications, and answers that do not tell.

use std::fmt::Write as _;

use unstuff_fixtures::applications::{Exchange, ExchangeStep, ReadAs, applications};

use crate::config;
use crate::outcome::{
    AnswerMonitor, FEW_ATTEMPTS, Outcome, OutcomeSuggestion, QUIET_ATTEMPTS, UpstreamResponse,
    judge,
};
use crate::policy::{Endpoint, EndpointId};
use crate::request::credentials::Body;
use crate::request::headers::{Header, Headers};
use crate::time::Millis;

const NOW: Millis = Millis(1_800_000_000_000);

fn endpoint(keys: &str) -> Endpoint {
    let config =
        format!(r#"{{"endpoints": [{{"name": "web", "match": {{"path_prefix": "/"}} {keys}}}]}}"#);
    let parsed = config::parse(config.as_bytes());
    let configured = parsed.unwrap_or_else(|problems| panic!("{config}: {problems:?}"));
    configured.policy.endpoints.into_iter().next().expect("an endpoint")
}

fn headers(status: &str, more: &[(&str, &str)]) -> Vec<Header> {
    let all = std::iter::once((":status", status)).chain(more.iter().copied());
    all.map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

fn response(exchange: &Exchange) -> Vec<Header> {
    let more = &exchange.response.headers;
    let more: Vec<_> = more.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers(&exchange.response.status.to_string(), &more)
}

/// A request, how often it was sent, and the answer.
#[derive(Clone)]
struct Answered {
    times: u16,
    request: Vec<Header>,
    body: String,
    response: Vec<Header>,
}

/// A form with a username and a password, sent to a path.
fn login(times: u16, path: &str, response: Vec<Header>) -> Answered {
    let request = headers("", &[(":method", "POST"), (":path", path), ("content-type", FORM)]);
    let body = "username=alice&password=s3cret".to_owned();
    Answered { times, request, body, response }
}

/// Applications of which one failure is missed: Joomla's module sends to the front page, from which
/// nothing tells whether somebody is logged in.
const MISSED: [&str; 1] = ["joomla"];

/// Applications whose headers are the same whether a second factor follows or not.
const ALIKE: [&str; 1] = ["authelia"];

const FORM: &str = "application/x-www-form-urlencoded";

const ID: EndpointId = EndpointId::new(0);

/// What is said at an endpoint after these.
fn said_at(endpoint: &Endpoint, answered: &[Answered]) -> Vec<OutcomeSuggestion> {
    let monitor = AnswerMonitor::new(1);
    let mut said = Vec::new();
    for Answered { times, request, body, response } in answered {
        for _ in 0..*times {
            let body = if body.is_empty() { Body::None } else { Body::Complete(body.as_bytes()) };
            monitor.note_request(ID, Headers::new(request), body);
            let response = UpstreamResponse::begun(Headers::new(response), NOW);
            said.extend(monitor.note_answer(ID, endpoint, &response));
        }
    }
    said
}

/// The suggestion where the conditions know none of these answers.
fn suggestion(answered: &[Answered]) -> Option<OutcomeSuggestion> {
    said_at(&endpoint(r#", "failure": { "status": 599 }"#), answered).pop()
}

/// The suggestion after visits to a door of an application, mostly of an attacker or mostly of
/// people.
fn after(exchanges: &[&Exchange], is_attack: bool) -> Option<OutcomeSuggestion> {
    let is_common = |exchange: &Exchange| match is_attack {
        true => exchange.outcome == "failure",
        false => exchange.outcome == "success",
    };
    let common = exchanges.iter().filter(|it| is_common(it)).count().max(1);
    let share = u16::try_from(60_usize.div_ceil(common)).expect("few");
    let times = |exchange: &Exchange| {
        // The table is read after fifty, or else after two hundred.
        if is_common(exchange) { share } else { 1 }
    };
    // The rare answers come first: the table is read after fifty.
    let mut answered: Vec<_> = exchanges
        .iter()
        .map(|it| {
            let more = it.request.headers.iter();
            let more = more.map(|(name, value)| (name.as_str(), value.as_str()));
            let line = [(":method", it.request.method.as_str()), (":path", &it.request.target)];
            let all: Vec<_> = line.into_iter().chain(more).collect();
            Answered {
                times: times(it),
                request: headers("", &all),
                body: it.request.body.clone().unwrap_or_default(),
                response: response(it),
            }
        })
        .collect();
    answered.sort_by_key(|it| it.times);
    // In turns, so that the first fifty have all of them.
    let turns: Vec<_> = (0..QUIET_ATTEMPTS)
        .flat_map(|turn| answered.iter().filter(move |it| turn == 0 || it.times > 1))
        .map(|it| Answered { times: 1, ..it.clone() })
        .take(usize::from(QUIET_ATTEMPTS))
        .collect();
    suggestion(&turns)
}

/// What an endpoint with the suggestion makes of an exchange.
fn outcome(suggestion: &OutcomeSuggestion, exchange: &Exchange) -> Outcome {
    let key = |name: &str, value: &Option<String>| {
        value.as_ref().map(|value| format!(", {name:?}: {value}")).unwrap_or_default()
    };
    let keys = key("failure", &suggestion.failure) + &key("success", &suggestion.success);
    let headers = response(exchange);
    let response = UpstreamResponse::recorded(Headers::new(&headers), NOW, None);
    judge(&endpoint(&keys), &response, false)
}

#[test]
fn own_answers_of_each_application_lead_to_conditions_that_tell_them_or_to_a_question() {
    let mut table = String::new();
    let (mut told, mut wrong) = (0, Vec::new());
    for (name, application) in applications() {
        let mut doors: Vec<&str> =
            application.exchanges.iter().map(|it| it.door.as_str()).collect();
        doors.sort_unstable();
        doors.dedup();
        for door in doors {
            let logins: Vec<&Exchange> = application
                .exchanges
                .iter()
                .filter(|it| it.door == door && it.read_as == ReadAs::Login)
                .collect();
            let both =
                ["failure", "success"].map(|word| logins.iter().any(|it| it.outcome == word));
            for is_attack in [true, false] {
                let Some(said) = after(&logins, is_attack) else { continue };
                if said.failure.is_some() {
                    for exchange in &logins {
                        let (is, given) = (outcome(&said, exchange), exchange.outcome.as_str());
                        let is_wrong = match (given, is) {
                            ("failure", Outcome::Success) | ("success", Outcome::Failure) => true,
                            // Second factors are asked for after the right password.
                            ("unknown", Outcome::Success) => {
                                exchange.step == ExchangeStep::SecondFactor
                                    && !ALIKE.contains(&name.as_str())
                            }
                            ("failure", Outcome::Unknown) => !MISSED.contains(&name.as_str()),
                            _ => false,
                        };
                        if is_wrong {
                            wrong.push(format!("{name}/{door}: {given} is {is:?} by {said}"));
                        }
                    }
                    told += usize::from(is_attack && both == [true; 2]);
                }
                let preset = said.preset.unwrap_or("-");
                let _ = writeln!(
                    table,
                    "{name}/{door} {}: failure {}, success {}, preset {preset}",
                    if is_attack { "attacked" } else { "visited" },
                    said.failure.as_deref().unwrap_or("?"),
                    said.success.as_deref().unwrap_or("?"),
                );
                if said.preset.is_some_and(|preset| preset != application.preset) {
                    wrong.push(format!("{name}/{door}: {said}"));
                }
            }
        }
    }
    println!("{table}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(told >= 15, "{told} doors are told by their headers:\n{table}");
}

fn page(cookies: &[&str]) -> Vec<Header> {
    let cookies: Vec<_> = cookies.iter().map(|cookie| ("set-cookie", *cookie)).collect();
    headers("200", &[&[("content-type", "text/html; charset=utf-8")][..], &cookies].concat())
}

fn redirect(location: &str) -> Vec<Header> {
    headers("302", &[("location", location)])
}

#[test]
fn answers_that_are_all_alike_are_shown_with_a_question() {
    let json = headers("200", &[("content-type", "application/json")]);
    for (path, alike) in [("/login", page(&[])), ("/graphql", json)] {
        assert!(suggestion(&[login(199, path, alike.clone())]).is_none(), "too few to ask");
        let said = suggestion(&[login(QUIET_ATTEMPTS, path, alike)]).expect("a question");
        assert_eq!((&said.failure, &said.success), (&None, &None));
        let line = said.to_string();
        assert!(line.contains("200 times 200 (") && line.contains("tell it by the body"), "{line}");
    }
}

#[test]
fn condition_that_would_meet_successes_too_is_not_suggested() {
    for (failed, succeeded) in [
        // The target of a failure is the beginning of that of a success.
        (redirect("/log"), redirect("/logged-in")),
        // Only a cookie tells, and a first visit sets cookies, too.
        (page(&[]), page(&["session=1"])),
        (redirect("/"), redirect("/home")),
    ] {
        let answers = [login(50, "/log", succeeded), login(150, "/log", failed)];
        let said = suggestion(&answers).expect("a question");
        assert_eq!(said.failure, None, "{said}");
    }
}

#[test]
fn second_factor_and_errors_are_neither() {
    let said = suggestion(&[
        login(5, "/login", redirect("/home")),
        login(3, "/login", redirect("/two-factor-challenge")),
        login(2, "/login", headers("500", &[])),
        login(40, "/login", redirect("https://www.example.com/login?error=1")),
    ])
    .expect("a suggestion");
    let failure = r#"{"location":"/login?error","status":302}"#;
    assert_eq!(said.failure.as_deref(), Some(failure));
    assert_eq!(said.success.as_deref(), Some(r#"{"location":"/home","status":302}"#));
}

#[test]
fn preset_is_named_where_it_reads_the_logins_and_the_answers() {
    let wordpress = |times, response| {
        let body = "log=alice&pwd=s3cret".to_owned();
        Answered { body, ..login(times, "/wp-login.php", response) }
    };
    let success = headers(
        "302",
        &[("location", "/wp-admin/"), ("set-cookie", "wordpress_logged_in_5bd7=x; path=/")],
    );
    let answers = [wordpress(5, success), wordpress(45, page(&["wordpress_test_cookie=x"]))];
    let said = suggestion(&answers).expect("a suggestion");
    assert_eq!(said.preset, Some("wordpress"), "{said}");
    assert!(said.to_string().contains(r#""preset": "wordpress""#), "{said}");
    // Its fields are others, or its answers are.
    let fields = [login(5, "/wp-login.php", redirect("/a")), login(45, "/wp-login.php", page(&[]))];
    assert_eq!(suggestion(&fields).expect("a suggestion").preset, None);
    let answers = [wordpress(5, redirect("/home")), wordpress(45, redirect("/login"))];
    assert_eq!(suggestion(&answers).expect("a suggestion").preset, None);
}

#[test]
fn table_is_bounded_and_holds_no_value() {
    let answers: Vec<_> = (0..QUIET_ATTEMPTS)
        .map(|n| {
            let location = format!("/{n}/{}?next=s3cret#s3cret", "x".repeat(500));
            let cookie = format!("id-{n}=s3cret; path=/");
            let path = format!("/login-{n}?password=s3cret");
            let more = [("location", location.as_str()), ("set-cookie", &cookie)];
            login(1, &path, headers("302", &more))
        })
        .collect();
    let line = suggestion(&answers).expect("a line").to_string();
    assert!(line.len() < 6_000 && !line.contains("s3cret"), "{} bytes: {line}", line.len());
    assert!(line.contains("; 184 more"), "{line}");
}

#[test]
fn endpoint_whose_failures_are_known_is_left_alone() {
    let default = endpoint("");
    let known = |status| {
        [
            login(7, "/login", page(&[])),
            login(1, "/login", headers(status, &[])),
            login(192, "/login", page(&[])),
        ]
    };
    assert!(said_at(&default, &known("401")).is_empty());
    // A CSRF check's 403 is no failure that is known, unless all others are sent on.
    assert_eq!(said_at(&default, &known("403")).len(), 1);
    let jupyter = [login(50, "/login", headers("403", &[])), login(5, "/login", redirect("/hub"))];
    assert!(said_at(&default, &jupyter).is_empty());
    let back = [login(5, "/login", headers("403", &[])), login(45, "/login", redirect("/login"))];
    let said = said_at(&default, &back);
    assert_eq!(said.len(), 1, "once, after {FEW_ATTEMPTS}");
    assert_eq!(said[0].failure.as_deref(), Some(r#"{"location":"/login","status":302}"#));
}

#[test]
fn success_is_suggested_where_only_failures_are_known() {
    let default = config::parse(b"{}").expect("the defaults").policy.endpoints;
    let default = default.into_iter().find(|it| it.name == "login").expect("a login");
    let known = |answers: &[(u16, &Vec<Header>)]| {
        let logins: Vec<_> =
            answers.iter().map(|(times, it)| login(*times, "/login", (*it).clone())).collect();
        said_at(&default, &logins)
    };
    let back = redirect("/login?next=/");
    let home = headers("302", &[("location", "/"), ("set-cookie", "shop=1; path=/")]);
    let said = known(&[(5, &home), (100, &back)]);
    assert_eq!(said.len(), 1, "once");
    assert_eq!(said[0].success.as_deref(), Some(r#"{"cookie":"shop","status":302}"#));
    let line = said[0].to_string();
    assert!(line.contains("failures are known") && !line.contains("\"failure\""), "{line}");
    // Where the answers do not tell, it asks, once there are some that may be successes.
    let plain = redirect("/");
    assert!(known(&[(5, &plain), (194, &back)]).is_empty());
    let said = known(&[(5, &plain), (195, &back)]);
    assert!(said[0].to_string().contains("What only a success has is not clear"), "{}", said[0]);
    assert!(known(&[(QUIET_ATTEMPTS, &back)]).is_empty());
    // A 401 and an application's own cookie tell.
    let grafana = headers("200", &[("set-cookie", "grafana_session=1; path=/")]);
    for told in [&headers("401", &[]), &grafana] {
        assert!(known(&[(5, &home), (1, told), (QUIET_ATTEMPTS, &back)]).is_empty());
    }
}
