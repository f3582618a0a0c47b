//! Problems of a configuration: what is wrong, where, and how to put it right.
//!
//! Reading goes on after a problem, so that all are reported at once. [`Problems`] collects them
//! and returns them in document order.

use std::cell::RefCell;
use std::fmt;

use serde::Serialize;

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Where: a JSON path such as `$.rules[2].when["ip.failures"].over`.
    pub path: String,
    /// What is wrong there.
    pub wrong: String,
    /// The value given, cut short. Only for known keys: the value of an unknown key could be a
    /// secret of a later version.
    pub given: Option<String>,
    /// What is allowed.
    pub allowed: Option<String>,
    /// What to try.
    pub fix: Option<String>,
    /// Whether the fix is a name that may have been meant.
    #[serde(skip)]
    pub(super) suggested: bool,
    /// The place in the document: the ordinal of the value that it was found at.
    #[serde(skip)]
    pub(super) order: usize,
}

// Cold and not inlined: each of some two hundred places would hold a copy.
impl Problem {
    /// A problem of a document as a whole, which something other than the validator found.
    #[must_use]
    pub fn of_document(wrong: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { path: "$".to_owned(), ..Self::new(wrong).fix(fix) }
    }

    /// A problem whose place is filled in when it is reported.
    #[cold]
    #[inline(never)]
    pub(super) fn new(wrong: impl Into<String>) -> Self {
        let wrong = wrong.into();
        Self {
            path: String::new(),
            wrong,
            given: None,
            allowed: None,
            fix: None,
            suggested: false,
            order: 0,
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn allowed(self, allowed: impl Into<String>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// Suggests the one of `known` that `given` may have been meant to be.
    #[cold]
    #[inline(never)]
    pub(super) fn did_you_mean<'k>(
        self,
        given: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        match nearest(given, known) {
            Some(name) => Self { suggested: true, ..self.fix(format!("did you mean {name:?}?")) },
            None => self,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.wrong)?;
        if let Some(given) = &self.given {
            write!(f, ", given {given}")?;
        }
        match (&self.allowed, &self.fix) {
            // A suggestion is not to be looked for behind a list of twenty signals.
            (Some(allowed), Some(fix)) if self.suggested => write!(f, "; {fix} Allowed: {allowed}"),
            (Some(allowed), Some(fix)) => write!(f, "; allowed: {allowed}; {fix}"),
            (Some(allowed), None) => write!(f, "; allowed: {allowed}"),
            (None, Some(fix)) => write!(f, "; {fix}"),
            (None, None) => Ok(()),
        }
    }
}

/// The problems that the readers of one document found.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(super) fn push(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    /// All of them, in document order, each once: a key of an endpoint with several doors is read
    /// for each of them.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        let mut sorted: Vec<Problem> = Vec::new();
        for problem in self.0.into_inner() {
            // Most come in order, so nothing is moved for them.
            let place = sorted.partition_point(|earlier| earlier.order <= problem.order);
            sorted.insert(place, problem);
        }
        sorted.dedup();
        sorted
    }
}

/// Longer names than this are not compared: the distance is quadratic in the length.
const MAX_COMPARED: usize = 64;

/// A part of a name that is shorter than this says nothing.
const SHORTEST_PART: usize = 3;

/// The known name that is nearest to `given`, if a typing error can explain the
/// difference: at most one edit for each three letters. Otherwise one that has `given` as its
/// beginning or its last part.
#[must_use]
pub fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if given.len() > MAX_COMPARED {
        return None;
    }
    let plain = |name: &str| name.to_ascii_lowercase().replace('-', "_");
    let given = plain(given);
    let rank = |name: &'k str| {
        let plain = plain(name);
        let distance = strsim::osa_distance(&given, &plain);
        let typed = distance <= (name.len() / 3).max(1);
        let part = given.len() >= SHORTEST_PART
            && (plain.starts_with(&given) || plain.rsplit('.').next() == Some(given.as_str()));
        (typed || part).then_some(((!typed, distance), name))
    };
    known.into_iter().filter_map(rank).min_by_key(|(rank, _)| *rank).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_is_recognised_and_another_word_is_not() {
        let known = ["endpoints", "rules", "max_body", "for"];
        assert_eq!(nearest("enpoints", known), Some("endpoints"));
        assert_eq!(nearest("Rules", known), Some("rules"));
        assert_eq!(nearest("max-body", known), Some("max_body"));
        assert_eq!(nearest("fro", known), Some("for"));
        assert_eq!(nearest("device", known), None);
        assert_eq!(nearest(&"x".repeat(65), known), None);
    }

    #[test]
    fn a_part_of_a_name_is_recognised() {
        let signals = ["ip.attempts", "ip.failures", "network.failures", "site.under_attack"];
        for (given, meant) in [
            ("ip.failure", Some("ip.failures")),
            ("ip.fail", Some("ip.failures")),
            ("failures", Some("ip.failures")),
            ("network", Some("network.failures")),
            ("under-attack", Some("site.under_attack")),
            ("ip", None),
        ] {
            assert_eq!(nearest(given, signals), meant, "{given}");
        }
    }

    #[test]
    fn a_suggestion_stands_before_the_list_of_what_is_allowed() {
        let problem = Problem::new("unknown signal").allowed("many").did_you_mean("onr", ["one"]);
        assert_eq!(problem.to_string(), ": unknown signal; did you mean \"one\"? Allowed: many");
    }
}
