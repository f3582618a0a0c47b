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
    /// The place in the document: the ordinal of the value that it was found at.
    #[serde(skip)]
    pub(super) order: usize,
}

impl Problem {
    /// A problem whose place is filled in when it is reported.
    pub(super) fn new(wrong: impl Into<String>) -> Self {
        let wrong = wrong.into();
        Self { path: String::new(), wrong, given: None, allowed: None, fix: None, order: 0 }
    }

    pub(super) fn allowed(self, allowed: impl Into<String>) -> Self {
        Self { allowed: Some(allowed.into()), ..self }
    }

    pub(super) fn fix(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    /// Suggests the one of `known` that `given` may have been meant to be.
    pub(super) fn did_you_mean<'k>(
        self,
        given: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Self {
        match nearest(given, known) {
            Some(name) => self.fix(format!("did you mean {name:?}?")),
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
        if let Some(allowed) = &self.allowed {
            write!(f, "; allowed: {allowed}")?;
        }
        if let Some(fix) = &self.fix {
            write!(f, "; {fix}")?;
        }
        Ok(())
    }
}

/// The problems that the readers of one document found.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(super) fn push(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    /// All of them, in document order.
    pub(super) fn into_sorted(self) -> Vec<Problem> {
        let mut all = self.0.into_inner();
        all.sort_by_key(|problem| problem.order);
        all
    }
}

/// Longer names than this are not compared: the distance is quadratic in the length.
const MAX_COMPARED: usize = 64;

/// The known name that is nearest to `given`, if a typing error can explain the
/// difference: at most one edit for each three letters.
fn nearest<'k>(given: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if given.len() > MAX_COMPARED {
        return None;
    }
    let given = given.to_ascii_lowercase().replace('-', "_");
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(&given, &name.replace('-', "_")), name))
        .filter(|(distance, name)| *distance <= (name.len() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
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
}
