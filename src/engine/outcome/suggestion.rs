//! What an endpoint's `failure` and `success` may be, from how upstream answers there.
//!
//! Nobody says which attempts failed, and in an attack nearly all do, among people few. So it does
//! not go by numbers but by what answers mean: a login page that comes back, by redirect or with
//! 200 beside redirects elsewhere, is a failure; so is a 401, 400 or 422. A redirect elsewhere, and
//! a 2xx beside refusals, is a success. A page for a second factor is neither. Where this does not
//! tell, or where a condition on headers would meet successes too, it says what it saw and asks.

use std::fmt;

use serde_json::{Map, Value, json};

use super::answers::{AnswerRow, AnswerShape, RedirectTarget};
use super::destination::{is_further_step, is_login_page, is_refusal};
use super::preset_fit::{self, KnownPreset};
use crate::policy::Endpoint;
use crate::request::endpoint_match::PathPattern;
use crate::short_list;

/// What the names of session cookies have in them.
const SESSIONS: [&str; 7] = ["logged_in", "sess", "auth", "token", "identity", "remember", "sid"];

/// What only cookies of somebody who is logged in have in their names.
const LOGINS: [&str; 3] = ["logged_in", "Identity.Application", "remember"];

/// What an answer says about the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerMeaning {
    /// The password was refused.
    Refused,
    /// The login succeeded.
    Accepted,
    /// Neither: an error, or the question for a second factor.
    Neither,
    /// It is not clear which.
    Unclear,
}

/// What upstream answers at an endpoint, and what fits it.
#[derive(Clone, Debug)]
pub struct OutcomeSuggestion {
    /// The endpoint's name.
    pub endpoint: String,
    /// The attempts that were answered.
    pub attempts: u16,
    /// The answers, the most frequent first.
    answers: Vec<AnswerRow>,
    /// The value of `failure`, as JSON, if the answers tell it.
    pub failure: Option<String>,
    /// The value of `success`, as JSON, if the answers tell it.
    pub success: Option<String>,
    /// The preset whose paths, fields and outcomes fit, if there is one.
    pub preset: Option<&'static str>,
    /// The endpoint's own conditions know its failures, so it is about successes.
    is_about_success: bool,
    /// Some of the answers are those of a success.
    has_accepted: bool,
}

impl OutcomeSuggestion {
    /// What fits these answers to logins at these paths, which these presets read.
    pub(super) fn of(
        endpoint: &Endpoint,
        rows: &[AnswerRow],
        (paths, readers): (&[String], Vec<&KnownPreset>),
        attempts: u16,
    ) -> Self {
        let mut answers: Vec<AnswerRow> = Vec::new();
        for row in rows {
            let place = answers.partition_point(|more| more.count >= row.count);
            answers.insert(place, row.clone());
        }
        let shapes: Vec<&AnswerShape> = answers.iter().map(|row| &row.shape).collect();
        let meanings = meanings(&shapes, &login_pages(endpoint, paths));
        let told: Vec<_> = shapes.iter().copied().zip(meanings).collect();
        let failure = failure(&told);
        let success = failure.as_ref().and_then(|_| success(&told));
        let as_value = |mut conditions: Vec<Value>| match conditions.len() {
            1 => conditions.pop().unwrap_or_default().to_string(),
            _ => Value::from(conditions).to_string(),
        };
        let preset = preset_fit::fitting(&told, paths, &readers);
        Self {
            endpoint: endpoint.name.clone(),
            attempts,
            failure: failure.map(as_value),
            success: success.map(|condition| condition.to_string()),
            preset,
            is_about_success: false,
            has_accepted: told.iter().any(|(_, meaning)| *meaning == AnswerMeaning::Accepted),
            answers,
        }
    }

    /// The same for an endpoint whose failures are known: what it may say of successes, if it tells
    /// them, or if there are some and `is_last`.
    pub(super) fn about_success(self, is_last: bool) -> Option<Self> {
        let is_of_use = self.success.is_some() || (is_last && self.has_accepted);
        is_of_use.then_some(Self { is_about_success: true, failure: None, ..self })
    }

    /// Whether a 403 is all that refuses.
    pub(super) fn is_forbidden_alone(&self) -> bool {
        self.failure.as_deref() == Some(r#"{"status":403}"#)
    }

    /// Whether it tells failures from other answers.
    #[must_use]
    pub fn tells_failures(&self) -> bool {
        self.failure.is_some()
    }
}

impl fmt::Display for OutcomeSuggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, attempts, .. } = self;
        write!(f, "endpoint `{endpoint}`: ")?;
        if self.is_about_success {
            write!(f, "its failures are known, but no success in {attempts} answers, so none ")?;
            write!(f, "earns credit or makes a device known. Upstream answered ")?;
        } else {
            write!(f, "its `failure` knows none of {attempts} answers. Upstream answered ")?;
        }
        for (index, row) in self.answers.iter().enumerate() {
            let comma = if index == 0 { "" } else { "; " };
            write!(f, "{comma}{} times {}", row.count, row.shape)?;
        }
        let shown = self.answers.iter().fold(0_u16, |sum, row| sum.saturating_add(row.count));
        if let more @ 1.. = attempts.saturating_sub(shown) {
            write!(f, "; {more} more")?;
        }
        match &self.failure {
            _ if self.is_about_success => {}
            Some(failure) => write!(f, ". This fits: \"failure\": {failure}")?,
            None => write!(
                f,
                ". These do not tell failures from successes: log in with a wrong password and \
                 look at the answer; if its headers are those of a success, tell it by the body, \
                 as \"failure\": {{\"body\": {{\"contains\": \"…\"}}}}"
            )?,
        }
        match (&self.failure, &self.success) {
            (None, Some(success)) => write!(f, ". This fits: \"success\": {success}")?,
            (Some(_), Some(success)) => write!(f, ", \"success\": {success}")?,
            (None, None) if self.is_about_success => write!(
                f,
                ". What only a success has is not clear, a cookie perhaps: configure \"success\""
            )?,
            (Some(_), None) => {
                write!(f, "; what only a success has is not clear, a cookie perhaps: \"success\"")?;
            }
            (None, None) => {}
        }
        match self.preset {
            Some(preset) => write!(f, ". The preset {preset:?} fits: \"preset\": {preset:?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for AnswerShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if let Some(RedirectTarget { path, parameter }) = &self.target {
            write!(f, " to {path}")?;
            parameter.as_ref().map_or(Ok(()), |name| write!(f, "?{name}"))?;
        }
        let size = self.size.name();
        let details = [self.content_type.as_str(), size];
        let details: Vec<_> = details.into_iter().filter(|detail| !detail.is_empty()).collect();
        if !details.is_empty() {
            write!(f, " ({})", details.join(", "))?;
        }
        if !self.cookies.is_empty() {
            write!(f, " with cookie {}", self.cookies.join(" and "))?;
        }
        Ok(())
    }
}

/// The paths at which people log in.
fn login_pages(endpoint: &Endpoint, paths: &[String]) -> Vec<String> {
    let exact = endpoint.matcher.paths.iter().filter_map(|path| match path {
        PathPattern::Exact(path) => Some(path.as_str()),
        _ => None,
    });
    let page = endpoint.login_page.as_deref();
    let all = paths.iter().map(String::as_str).chain(exact).chain(page);
    all.map(|path| path.trim_end_matches('/').to_ascii_lowercase()).collect()
}

/// What each answer means, beside the others.
fn meanings(shapes: &[&AnswerShape], login_pages: &[String]) -> Vec<AnswerMeaning> {
    use AnswerMeaning::{Accepted, Neither, Refused, Unclear};
    let alone = |shape: &&AnswerShape| match (shape.status, &shape.target) {
        (400 | 401 | 422, _) => Some(Refused),
        (301..=303 | 307 | 308, Some(target)) => redirect(target, login_pages),
        (200..=299 | 301..=303, _) => None,
        _ => Some(Neither),
    };
    let alone: Vec<_> = shapes.iter().map(alone).collect();
    let has_elsewhere = alone.contains(&Some(Accepted));
    let refused_by = |wanted: fn(&AnswerShape) -> bool| {
        let mut all = shapes.iter().zip(&alone);
        all.any(|(shape, meaning)| {
            *meaning == Some(Refused) && shape.target.is_none() && wanted(shape)
        })
    };
    let sets_what_others_do_not = |shape: &AnswerShape| {
        shape.cookies.iter().any(|name| shapes.iter().any(|it| !it.cookies.contains(name)))
    };
    let beside = |(shape, meaning): (&&AnswerShape, &Option<AnswerMeaning>)| match meaning {
        Some(meaning) => *meaning,
        // Back to where it came from, which may be the front page.
        None if shape.target.is_some() && sets_what_others_do_not(shape) => Accepted,
        None if shape.target.is_some() && has_elsewhere => Refused,
        None => Unclear,
    };
    let mut meanings: Vec<_> = shapes.iter().zip(&alone).map(beside).collect();
    let some_accepted = meanings.contains(&Accepted);
    for (shape, meaning) in shapes.iter().zip(&mut meanings) {
        if *meaning != Unclear || shape.target.is_some() {
            continue;
        }
        *meaning = match shape.is_page() {
            // The form again, where others are sent on.
            true if some_accepted && !shape.sets_login() => Refused,
            true if !some_accepted && refused_by(|it| it.status == 401) => Accepted,
            false if refused_by(|it| it.status == 401 || !it.is_page()) => Accepted,
            _ => Unclear,
        };
    }
    // An API may say that there is no such user.
    if refused_by(|it| !it.is_page()) {
        for (shape, meaning) in shapes.iter().zip(&mut meanings) {
            if shape.status == 404 && !shape.is_page() {
                *meaning = Refused;
            }
        }
    }
    // A 403 is a CSRF check's, unless nothing else can be a refusal.
    if !meanings.contains(&Refused) && !meanings.contains(&Unclear) {
        for (shape, meaning) in shapes.iter().zip(&mut meanings) {
            if shape.status == 403 {
                *meaning = Refused;
            }
        }
    }
    meanings
}

impl AnswerShape {
    fn is_page(&self) -> bool {
        self.content_type.is_empty() || self.content_type.contains("html")
    }

    /// Whether a cookie's name says that somebody is logged in now.
    fn sets_login(&self) -> bool {
        let says_so = |name: &String| LOGINS.iter().any(|part| name.contains(part));
        self.cookies.iter().any(says_so)
    }
}

/// What a redirect means; none where it leads back to a page that is not plainly a login page.
fn redirect(target: &RedirectTarget, login_pages: &[String]) -> Option<AnswerMeaning> {
    let path = target.path.trim_end_matches('/').to_ascii_lowercase();
    let parameter = target.parameter.as_deref().unwrap_or_default().to_ascii_lowercase();
    if is_further_step(&path) {
        Some(AnswerMeaning::Neither)
    } else if is_login_page(&path) || is_refusal(&path) || is_refusal(&parameter) {
        Some(AnswerMeaning::Refused)
    } else if login_pages.contains(&path) {
        None
    } else {
        Some(AnswerMeaning::Accepted)
    }
}

type ToldAnswers<'a> = [(&'a AnswerShape, AnswerMeaning)];

fn of<'a>(
    told: &'a ToldAnswers<'a>,
    wanted: AnswerMeaning,
) -> impl Iterator<Item = &'a AnswerShape> {
    told.iter().filter(move |(_, meaning)| *meaning == wanted).map(|(shape, _)| *shape)
}

/// Conditions that refusals meet and no other answer does.
fn failure(told: &ToldAnswers<'_>) -> Option<Vec<Value>> {
    let mut statuses: Vec<u16> = Vec::new();
    let mut redirects: Vec<(String, Vec<u16>)> = Vec::new();
    for shape in of(told, AnswerMeaning::Refused) {
        let Some(target) = &shape.target else {
            statuses.push(shape.status);
            continue;
        };
        let location = target.refusal();
        match redirects.iter_mut().find(|(known, _)| *known == location) {
            Some((_, statuses)) => statuses.push(shape.status),
            None => redirects.push((location, vec![shape.status])),
        }
    }
    // A location is compared with the beginning of the target.
    let hides_another = |shape: &AnswerShape| match &shape.target {
        None => statuses.contains(&shape.status),
        Some(target) => redirects.iter().any(|(location, statuses)| {
            statuses.contains(&shape.status) && target.text().starts_with(location.as_str())
        }),
    };
    // What is not clear may be a refusal, too, and more often: a 400 may be a CSRF check's.
    let has_unclear =
        of(told, AnswerMeaning::Unclear).any(|it| it.is_page() || redirects.is_empty());
    let others = told.iter().filter(|(_, meaning)| *meaning != AnswerMeaning::Refused);
    let is_hidden = others.map(|(shape, _)| *shape).any(hides_another);
    let mut conditions: Vec<Value> = redirects
        .into_iter()
        .map(|(location, of)| json!({ "status": status(of), "location": location }))
        .collect();
    if !statuses.is_empty() {
        conditions.insert(0, json!({ "status": status(statuses) }));
    }
    (!is_hidden && !has_unclear && !conditions.is_empty()).then_some(conditions)
}

/// A condition that successes meet, after failures have been looked for.
fn success(told: &ToldAnswers<'_>) -> Option<Value> {
    let accepted: Vec<_> = of(told, AnswerMeaning::Accepted).collect();
    let first = accepted.first()?;
    let statuses = accepted.iter().map(|shape| shape.status).collect();
    let mut condition = Map::new();
    condition.insert("status".to_owned(), status(statuses));
    if let Some(cookie) = session_cookie(told, &accepted) {
        condition.insert("cookie".to_owned(), cookie.into());
        return Some(condition.into());
    }
    // Sessions that have expired, forms that share the URL and second factors are answered alike.
    let others = || {
        let is_other = |it: &&(&AnswerShape, AnswerMeaning)| {
            matches!(it.1, AnswerMeaning::Neither | AnswerMeaning::Unclear)
        };
        told.iter().filter(is_other).map(|(shape, _)| *shape)
    };
    if !accepted.iter().all(|shape| shape.target.as_ref() == first.target.as_ref()) {
        return None;
    }
    let Some(target) = &first.target else {
        let is_shared =
            others().any(|other| accepted.iter().any(|shape| shape.status == other.status));
        return (!is_shared).then(|| condition.into());
    };
    let begins = |it: &RedirectTarget| it.path.starts_with(&target.path);
    if target.path == "/" || others().any(|shape| shape.target.as_ref().is_some_and(begins)) {
        return None;
    }
    condition.insert("location".to_owned(), target.path.clone().into());
    Some(condition.into())
}

/// A cookie that all successes set and no other answer.
fn session_cookie<'a>(told: &ToldAnswers<'_>, accepted: &[&'a AnswerShape]) -> Option<&'a str> {
    let others = || told.iter().filter(|(_, meaning)| *meaning != AnswerMeaning::Accepted);
    let only_here = |name: &&&String| {
        accepted.iter().all(|shape| shape.cookies.contains(name))
            && !others().any(|(shape, _)| shape.cookies.contains(name))
    };
    let rank = |name: &&String| {
        let name = name.to_ascii_lowercase();
        SESSIONS.iter().position(|part| name.contains(part)).unwrap_or(SESSIONS.len())
    };
    let cookies = &accepted.first()?.cookies;
    cookies.iter().filter(|name| only_here(&name)).min_by_key(rank).map(String::as_str)
}

impl RedirectTarget {
    /// The path, and the parameter if there is one.
    pub(super) fn text(&self) -> String {
        match &self.parameter {
            Some(parameter) => format!("{}?{parameter}", self.path),
            None => self.path.clone(),
        }
    }

    /// What tells it as a refusal: the parameter only if it says so.
    fn refusal(&self) -> String {
        let parameter = self.parameter.as_deref().unwrap_or_default().to_ascii_lowercase();
        if is_refusal(&parameter) { self.text() } else { self.path.clone() }
    }
}

/// One status, or a list of them.
fn status(all: Vec<u16>) -> Value {
    let mut statuses = Vec::new();
    all.into_iter().for_each(|status| short_list::insert(&mut statuses, status));
    match statuses.as_slice() {
        [only] => (*only).into(),
        _ => statuses.into(),
    }
}

#[cfg(test)]
mod tests;
