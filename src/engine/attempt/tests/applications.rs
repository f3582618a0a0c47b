//! Every preset against what its application is sent and answers.

use std::collections::BTreeSet;

use unstuff_fixtures::applications::{Exchange, ExchangeStep, ReadAs, applications};

use super::*;
use crate::config::PRESETS;
use crate::outcome::{BodySeen, UpstreamResponse, judge};

/// What the engine makes of an exchange.
struct Understood {
    /// The endpoints at which it is a login, or its location is that of one.
    endpoints: Vec<String>,
    /// As in the file; `None` if the credentials are unclear.
    read_as: Option<ReadAs>,
    outcome: &'static str,
    action: Action,
}

impl Understood {
    fn of(site: &Site, door: &str, exchange: &Exchange) -> Self {
        let Exchange { request, response, .. } = exchange;
        let mut sent = vec![
            (":method", request.method.as_str()),
            (":path", request.target.as_str()),
            (":authority", "www.example.com"),
        ];
        sent.extend(request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let (host, mut attempt) = (site.host(), Attempt::default());
        let sent = header_list(&sent);
        let is_whole = request.body.is_none();
        let mut step = site.engine.request_headers(
            &host,
            &mut attempt,
            Headers::new(&sent),
            b"192.0.2.1:1234",
            is_whole,
        );
        if matches!(step, Step::Hold) {
            let body = request.body.as_deref().unwrap_or_default();
            step = site.engine.request_body(&host, &mut attempt, Body::Complete(body.as_bytes()));
        }
        let Step::Decided(decision) = step else {
            let read_as = Some(ReadAs::NoLogin);
            return Self { endpoints: Vec::new(), read_as, outcome: "", action: Action::Allow };
        };
        let policy = site.engine.policy();
        let at: Vec<_> = match &attempt.0 {
            Phase::AwaitingOutcome(ids, _) => {
                ids.iter().filter_map(|id| policy.endpoint(*id)).collect()
            }
            _ => Vec::new(),
        };
        let answered = answered(exchange);
        let answer = UpstreamResponse {
            body: BodySeen::Whole(response.body.as_bytes()),
            ..UpstreamResponse::begun(Headers::new(&answered), host.now)
        };
        let outcome = at.iter().find(|endpoint| endpoint.name == door);
        let outcome = outcome.map_or("", |endpoint| judge(endpoint, &answer, false).name());
        let endpoints = at.iter().map(|endpoint| endpoint.name.clone()).collect();
        let facts = &decision.facts;
        let is_one = facts.pairs.len() == 1 && facts.pairs[0].password.is_some();
        let read_as = match (facts.can_earn(), facts.absent) {
            (true, _) if is_one => Some(ReadAs::Login),
            (_, true) => Some(ReadAs::Absent),
            _ => None,
        };
        Self { endpoints, read_as, outcome, action: decision.verdict.action }
    }
}

#[test]
fn every_exchange_is_understood_as_its_file_says() {
    let mut wrong = Vec::new();
    for (file, application) in applications() {
        let preset = &application.preset;
        for (index, exchange) in application.exchanges.iter().enumerate() {
            // A site of its own, because counters would stop the last ones.
            let site = Site::new(&format!(
                r#"{{"mode": "enforce", "endpoints": [{{"preset": "{preset}"}}]}}"#
            ));
            let door = site.engine.policy().endpoints.iter().find(|endpoint| {
                let name = endpoint.name.strip_prefix(preset.as_str()).unwrap_or_default();
                name == format!("-{}", exchange.door)
            });
            let door = door.map_or(preset.clone(), |endpoint| endpoint.name.clone());
            let found = Understood::of(&site, &door, exchange);
            let expects_login = exchange.read_as != ReadAs::NoLogin;
            if found.read_as != Some(exchange.read_as)
                || found.outcome != exchange.outcome
                || found.action != Action::Allow
                || found.endpoints.contains(&door) != expects_login
            {
                wrong.push(format!(
                    "{file}[{index}] {:?} {}: read as {:?} at {:?}, outcome {:?}, {:?}",
                    exchange.step,
                    exchange.about,
                    found.read_as,
                    found.endpoints,
                    found.outcome,
                    found.action
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_door_of_every_preset_has_exchanges_from_where_the_preset_says() {
    let files = applications();
    for preset in PRESETS {
        let document: serde_json::Value = serde_json::from_str(preset.json).expect("a document");
        let of_preset = || files.iter().filter(|(_, file)| file.preset == preset.name);
        let known = document["known"].as_str().expect("a word");
        let fits = |origin: &str| origin.starts_with(&format!("{known}: "));
        assert!(of_preset().any(|(_, file)| fits(&file.origin)), "{} is not {known}", preset.name);
        let exchanges: Vec<_> = of_preset().flat_map(|(_, file)| &file.exchanges).collect();
        let doors: BTreeSet<_> = exchanges.iter().map(|exchange| exchange.door.as_str()).collect();
        let named = document["doors"].as_array().expect("a list").iter();
        let named: BTreeSet<_> = named.map(|door| door["name"].as_str().expect("a name")).collect();
        assert_eq!(doors, named, "{}", preset.name);
        for (door, step) in doors
            .iter()
            .flat_map(|door| [ExchangeStep::Good, ExchangeStep::Failed].map(|step| (door, step)))
        {
            let has = exchanges.iter().any(|it| it.door == *door && it.step == step);
            assert!(has, "{}/{door}: no {step:?}", preset.name);
        }
        let other = exchanges.iter().any(|exchange| exchange.read_as != ReadAs::Login);
        assert!(other, "{}: nothing that is no login", preset.name);
    }
}

#[test]
fn the_default_policy_stops_no_exchange() {
    let mut stopped = Vec::new();
    for (file, application) in applications() {
        for (index, exchange) in application.exchanges.iter().enumerate() {
            let site = Site::new(r#"{"mode": "enforce"}"#);
            let found = Understood::of(&site, "", exchange);
            if found.action != Action::Allow {
                stopped.push(format!("{file}[{index}] {:?} {}", exchange.step, exchange.about));
            }
        }
    }
    assert!(stopped.is_empty(), "{}", stopped.join("\n"));
}

/// Doors with logins that the default configuration does not read, each with the reason.
const UNREAD: [(&str, &str); 22] = [
    ("django-rest/jwt", PATH),
    ("dokuwiki/anywhere", "every page of a wiki would be a login"),
    ("dokuwiki/basic", BASIC),
    ("drupal/basic", BASIC),
    ("gitea/basic", BASIC),
    ("gitea/login", FOLDER),
    ("gitlab/basic", BASIC),
    ("gitlab/ldap", PATH),
    ("grafana/basic", BASIC),
    ("jenkins/basic", BASIC),
    ("joomla/administrator", PATH),
    ("joomla/login", PATH),
    ("mediawiki/api", PATH),
    ("mediawiki/bot", PATH),
    ("mediawiki/login", PATH),
    ("nextcloud/basic", BASIC),
    ("nextcloud/login", FOLDER),
    ("phpmyadmin/login", FOLDER),
    ("roundcube/login", PATH),
    ("spring-security/login", FOLDER),
    ("wordpress/rest", BASIC),
    ("wordpress/xmlrpc", PATH),
];
const PATH: &str = "its path is not one of the default list";
const FOLDER: &str = "in a folder, or at the root, its path is not one of the default list";
const BASIC: &str = "HTTP Basic is read on every path, which only a preset asks for";

/// Doors that it reads, with successes that it does not know, each with the reason. The log says
/// which `success` fits.
const UNPROVEN: [(&str, &str); 9] = [
    ("aspnet-identity/api", STATUS),
    ("devise/login", SESSION),
    ("directus/login", STATUS),
    ("drupal/json", SESSION),
    ("drupal/login", SESSION),
    ("flask-login/login", SESSION),
    ("laravel/login", SESSION),
    ("passport/login", SESSION),
    ("strapi/admin", STATUS),
];
const STATUS: &str = "a 200 is a success only once twenty usernames have been answered with 401";
const SESSION: &str = "a session has many names, and a request without a login can get one";

/// What the default configuration makes of a login; `None` if it does not read it.
fn default_outcome(exchange: &Exchange) -> Option<&'static str> {
    let found = Understood::of(&Site::new("{}"), "", exchange);
    let endpoint = found.endpoints.first().filter(|_| found.read_as == Some(ReadAs::Login))?;
    Some(Understood::of(&Site::new("{}"), endpoint, exchange).outcome)
}

#[test]
fn the_default_configuration_reads_and_judges_the_logins_of_applications_but_for_these() {
    let [mut unread, mut untold, mut unproven] = [(); 3].map(|()| BTreeSet::new());
    let mut wrong = Vec::new();
    for (file, application) in applications() {
        for exchange in &application.exchanges {
            if exchange.read_as != ReadAs::Login {
                continue;
            }
            let door = format!("{}/{}", application.preset, exchange.door);
            let found = default_outcome(exchange);
            match (found, exchange.outcome.as_str(), exchange.step) {
                (None, ..) => {
                    unread.insert(door);
                }
                (Some("failure"), "success", _) | (Some("success"), "failure" | "unknown", _) => {
                    wrong.push(format!("{file}: {:?} {}", exchange.step, exchange.about));
                }
                (Some("failure"), ..)
                    if is_half_way(exchange) && !doors(&ALIKE).contains(&door) =>
                {
                    wrong.push(format!("{file}: {:?} {}", exchange.step, exchange.about));
                }
                (Some("unknown"), "failure", ExchangeStep::Failed) => {
                    untold.insert(door);
                }
                (Some("unknown"), "success", ExchangeStep::Good) => {
                    unproven.insert(door);
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "an answer is taken for another: {wrong:#?}");
    assert_eq!(unread, doors(&UNREAD));
    assert_eq!(untold, BTreeSet::new(), "failures that it does not know");
    assert_eq!(unproven, doors(&UNPROVEN));
}

/// What an exchange answers, as upstream's response.
fn answered(exchange: &Exchange) -> Vec<Header> {
    let Exchange { response, .. } = exchange;
    let status = response.status.to_string();
    let headers = response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    header_list(&std::iter::once((":status", status.as_str())).chain(headers).collect::<Vec<_>>())
}

/// A client chooses the path and the fields, so it chooses the endpoint that judges the answer.
#[test]
fn no_answer_without_a_login_earns_credit_at_any_default_endpoint() {
    let site = Site::new("{}");
    let sessions = ["session", "connect.sid", "JSESSIONID", "laravel_session", "PHPSESSID", "SID"];
    let of_others = ["/", "/home", "/error", "/otp"].iter().flat_map(|to| {
        let answer = |name: &&str| {
            let cookie = format!("{name}=1; path=/");
            header_list(&[(":status", "302"), ("location", to), ("set-cookie", &cookie)])
        };
        sessions.iter().map(answer).map(move |answer| (format!("a redirect to {to}"), answer, ""))
    });
    let files = applications();
    let exchanges = files.iter().flat_map(|(_, file)| &file.exchanges);
    let without = exchanges.filter(|it| it.outcome != "success").map(|it| {
        let about = format!("{} {} {:?}", it.door, it.request.target, it.step);
        (about, answered(it), it.response.body.as_str())
    });
    let answers: Vec<_> = without.chain(of_others).collect();
    assert!(answers.len() > 200, "{} answers", answers.len());
    let policy = site.engine.policy();
    for endpoint in policy.endpoints.iter().filter(|it| it.learns_success) {
        for (about, headers, body) in &answers {
            let answer = UpstreamResponse {
                body: BodySeen::Whole(body.as_bytes()),
                ..UpstreamResponse::begun(Headers::new(headers), site.host().now)
            };
            let outcome = judge(endpoint, &answer, false);
            assert_ne!(outcome.name(), "success", "{about} at {}", endpoint.name);
        }
    }
}

/// Doors whose headers say the same of a wrong password as of a right one with which the login is
/// not over; or the same as of a login, each with the reason.
const ALIKE: [(&str, &str); 4] = [
    ("aspnet-identity/api", "a 401 that only the preset reads further"),
    ("directus/login", "a 401 that only the preset reads further"),
    ("joomla/login", "the code is asked for on the next page"),
    ("phpmyadmin/login", "the code is asked for on the next page"),
];

/// A right password with which the login is not over makes no device known, and earns nothing.
#[test]
fn second_factor_is_neither_a_failure_nor_a_success_anywhere() {
    let mut wrong = Vec::new();
    for (file, application) in applications() {
        for exchange in &application.exchanges {
            if exchange.step != ExchangeStep::SecondFactor {
                continue;
            }
            let door = format!("{}/{}", application.preset, exchange.door);
            let is_alike = exchange.outcome == "success" && doors(&ALIKE).contains(&door);
            if exchange.outcome != "unknown" && !is_alike {
                wrong.push(format!("{file}: {:?} {}", exchange.outcome, exchange.about));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The password was right, and the person goes on.
fn is_half_way(exchange: &Exchange) -> bool {
    exchange.step == ExchangeStep::SecondFactor && exchange.outcome != "failure"
}

fn doors(list: &[(&str, &str)]) -> BTreeSet<String> {
    list.iter().map(|(door, _)| (*door).to_owned()).collect()
}
