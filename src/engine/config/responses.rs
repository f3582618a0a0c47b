//! Reader of an endpoint's `failure` and `success`: what its responses say about a login.

use super::fields::pointer;
use super::problem::Problem;
use super::reader::ConfigValue;
use super::schema::STATUS as STATUS_RANGE;
use super::schema::endpoints::DESTINATIONS;
use crate::outcome::body_condition::ResponseBodyCondition;
use crate::outcome::json_lookup::JsonPointer;
use crate::outcome::local_reply::CodeDetailsPattern;
use crate::outcome::set_cookie::CookiePattern;
use crate::policy::{HeaderCondition, ResponseCondition, StatusRange};

const STATUS: &str = "a status from 100 to 599, \"2xx\", \"400-403\", or a list of such";

/// The failures of an endpoint without `failure`: the statuses that HTTP has for them.
pub(super) fn default_failure() -> Vec<ResponseCondition> {
    let status = [401, 403].map(|status| StatusRange { first: status, last: status }).to_vec();
    vec![ResponseCondition { status, ..ResponseCondition::default() }]
}

/// Reads a condition or a list of them.
pub(super) fn read(value: &ConfigValue<'_>) -> Vec<ResponseCondition> {
    value.one_or_more().iter().filter_map(condition).collect()
}

fn condition(value: &ConfigValue<'_>) -> Option<ResponseCondition> {
    let given = value.object()?;
    if given.iter().all(|(key, _)| key == "about") {
        return value.refuse(
            Problem::new("an empty condition would hold for every response").allowed(
                "one or more of status, header, location, redirect, cookie, body, code_details",
            ),
        );
    }
    check_details(given.get("code_details").as_ref(), given.get("body").is_some());
    let statuses = given.get("status").map(|status| status.one_or_more()).unwrap_or_default();
    Some(ResponseCondition {
        status: statuses.iter().filter_map(status).collect(),
        header: given.get("header").and_then(|value| header(&value)),
        location: given.get("location").and_then(|value| location(&value)),
        redirect: given.get("redirect").and_then(|value| value.choice(&DESTINATIONS)),
        cookie: given.get("cookie").and_then(|value| value.parsed(CookiePattern::parse)),
        body: given.get("body").and_then(|value| body(&value)),
        code_details: given.get("code_details").map(|value| details(&value)).unwrap_or_default(),
    })
}

fn details(value: &ConfigValue<'_>) -> Vec<CodeDetailsPattern> {
    value.one_or_more().iter().filter_map(|it| it.parsed(CodeDetailsPattern::parse)).collect()
}

/// Reports a condition that cannot hold: a local reply is judged by its headers.
fn check_details(details: Option<&ConfigValue<'_>>, has_body: bool) {
    if let Some(details) = details.filter(|_| has_body) {
        details.report(
            Problem::new("the body of a reply that upstream did not make is not read")
                .fix("take \"body\" out, or tell the reply by its status or a header"),
        );
    }
}

fn status(value: &ConfigValue<'_>) -> Option<StatusRange> {
    let range = match value.as_text() {
        Some(text) => range(text).filter(|range| {
            STATUS_RANGE.contains(&range.first.into()) && STATUS_RANGE.contains(&range.last.into())
        }),
        None => value.integer().and_then(|status| {
            let status = u16::try_from(status).ok()?;
            Some(StatusRange { first: status, last: status })
        }),
    };
    if range.is_none() && value.as_text().is_some() {
        value.report(Problem::new("not a status").allowed(STATUS));
    }
    range
}

fn range(text: &str) -> Option<StatusRange> {
    let (first, last) = match text.strip_suffix("xx") {
        Some(class) => {
            let class: u16 = class.parse().ok().filter(|class| (1..=5).contains(class))?;
            (class * 100, class * 100 + 99)
        }
        None => {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            (first.trim().parse().ok()?, last.trim().parse().ok()?)
        }
    };
    (first <= last).then_some(StatusRange { first, last })
}

fn header(value: &ConfigValue<'_>) -> Option<HeaderCondition> {
    let given = value.object()?;
    let name = given.need("name")?.header_name()?;
    let contains = given.get("contains").and_then(|value| value.text()).map(str::to_owned);
    Some(HeaderCondition { name, contains })
}

fn location(value: &ConfigValue<'_>) -> Option<String> {
    let text = value.text()?;
    if text.starts_with('/') {
        return Some(text.to_owned());
    }
    value.refuse(Problem::new(
        "a location begins with /: scheme and host are taken off before it is compared",
    ))
}

fn body(value: &ConfigValue<'_>) -> Option<ResponseBodyCondition> {
    let given = value.object()?;
    let equals = given.get("equals");
    match (given.get("contains"), given.get("json")) {
        (Some(text), None) => {
            if let Some(equals) = &equals {
                equals
                    .report(Problem::new("`equals` compares a value of JSON").fix("add \"json\""));
            }
            match text.limited_text("")? {
                "" => text.refuse(Problem::new("every body contains an empty text")),
                text => Some(ResponseBodyCondition::Contains(text.to_owned())),
            }
        }
        (None, Some(json)) => {
            let pointer = pointer(&json).map(|text| JsonPointer::parse(&text));
            let equals = equals.map(|value| value.scalar());
            let is_bad = equals.as_ref().is_some_and(Option::is_none);
            let condition =
                ResponseBodyCondition::Json { pointer: pointer?, equals: equals.flatten() };
            (!is_bad).then_some(condition)
        }
        _ => value.refuse(
            Problem::new("a condition on a body is one of two kinds")
                .allowed("either \"contains\", or \"json\" with or without \"equals\""),
        ),
    }
}

/// Reports a success that could never be seen, because `failure` is evaluated first.
pub(super) fn check_reachable(
    value: &ConfigValue<'_>,
    success: &[ResponseCondition],
    failure: &[ResponseCondition],
) {
    let covers = |failed: &ResponseCondition, wanted: &StatusRange| {
        let by_status =
            ResponseCondition { status: failed.status.clone(), ..ResponseCondition::default() };
        *failed == by_status
            && failed
                .status
                .iter()
                .any(|range| range.first <= wanted.first && wanted.last <= range.last)
    };
    let hidden = |wanted: &StatusRange| failure.iter().any(|failed| covers(failed, wanted));
    for range in success.iter().flat_map(|condition| &condition.status).filter(|it| hidden(it)) {
        let status = if range.first == range.last {
            range.first.to_string()
        } else {
            format!("{}-{}", range.first, range.last)
        };
        value.report(
            Problem::new(format!("status {status} is a `failure` here, which is evaluated first"))
                .fix("tell them apart by a header, a location, a cookie or the body"),
        );
    }
}
