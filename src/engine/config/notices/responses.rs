//! Notices about the conditions on responses, and about texts that look like patterns and are none.

use super::Notice;
use crate::outcome::body_condition::ResponseBodyCondition;
use crate::policy::{Endpoint, ResponseCondition, StatusRange};

/// The statuses that may mean a success where none is configured.
const SUCCESSES: [StatusRange; 2] =
    [StatusRange { first: 200, last: 299 }, StatusRange { first: 302, last: 303 }];

/// The notices about an endpoint.
pub(super) fn of(endpoint: &Endpoint) -> Vec<Notice> {
    no_device(endpoint).into_iter().chain(literal_stars(endpoint)).collect()
}

/// The cookie of a device is a header, so it cannot wait for the body.
fn no_device(endpoint: &Endpoint) -> Option<Notice> {
    let by_status =
        [ResponseCondition { status: SUCCESSES.to_vec(), ..ResponseCondition::default() }];
    let learned = by_status.iter().filter(|_| endpoint.learns_success);
    let mut successes = endpoint.success.iter().flatten().chain(learned);
    let of_body = || endpoint.failure.iter().filter(|it| it.body.is_some());
    let headers_tell = |success: &ResponseCondition| {
        success.body.is_none() && !of_body().any(|failure| is_open_at(failure, success))
    };
    let is_told = !endpoint.reads_response_body() || successes.any(headers_tell);
    (!is_told).then(|| {
        Notice::info(format!(
            "endpoint {}: the headers of a response alone never tell a success, so no device is \
             known there; a sign in the headers would tell, with a \"status\" that no failure in \
             the body has",
            endpoint.name
        ))
    })
}

/// Whether the headers of each response that shows the success leave the failure open.
fn is_open_at(failure: &ResponseCondition, success: &ResponseCondition) -> bool {
    let within = |a: &StatusRange, b: &StatusRange| b.first <= a.first && a.last <= b.last;
    let has_status = failure.status.is_empty()
        || (!success.status.is_empty()
            && success.status.iter().all(|a| failure.status.iter().any(|b| within(a, b))));
    let has_target = failure.location.as_ref().is_none_or(|beginning| {
        success.location.as_ref().is_some_and(|target| target.starts_with(beginning.as_str()))
    });
    has_status
        && has_target
        && failure.header.is_none()
        && failure.cookie.is_none()
        && failure.redirect.is_none()
}

/// People who know other configurations write `*` for any text.
fn literal_stars(endpoint: &Endpoint) -> Vec<Notice> {
    let mut found = Vec::new();
    let mut note = |key: &str, text: &str, instead: &str| {
        found.push(Notice::warning(format!(
            "endpoint {}: the * in {key} {text:?} means itself; {instead}",
            endpoint.name
        )));
    };
    for condition in &endpoint.body {
        if condition.value.contains('*') {
            note("\"body\"", &condition.value, "a field is compared with the whole value");
        }
    }
    for condition in endpoint.failure.iter().chain(endpoint.success.iter().flatten()) {
        if let Some(location) = condition.location.as_ref().filter(|it| it.contains('*')) {
            note("\"location\"", location, "a target that begins with the text fits anyway");
        }
        let in_header = condition.header.as_ref().and_then(|it| it.contains.as_deref());
        let in_body = condition.body.as_ref().and_then(ResponseBodyCondition::text);
        for text in in_header.into_iter().chain(in_body) {
            // In the middle it may be part of what is written there.
            if text.starts_with('*') || text.ends_with('*') {
                note("\"contains\"", text, "the text is looked for anywhere");
            }
        }
    }
    found
}
