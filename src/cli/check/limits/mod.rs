//! `--limits`: the limits that the rate limit service of a fleet has, beside those that the
//! configurations of a run need.
//!
//! What is needed is the tree that `unstuff fleet limits` prints. The file is compared with it value by
//! value (`comparison`), because a limit that is missing there is no error to anybody: the service
//! answers `OK`.

mod comparison;
mod found;

use unstuff_engine::config::Problem;
use unstuff_engine::policy::Policy;

use super::manifest::{FilePosition, ManifestFile, ManifestNode};
use super::yaml::{self, TextPosition};
use crate::fleet::{NO_FLEET, ServiceFormat, ServiceLimits};
use comparison::Comparison;
use found::field;

/// What a file is when it is neither service's.
const UNKNOWN: &str = "not the limits of a service that is known";
const KNOWN: &str = "the configuration of envoyproxy/ratelimit, an object with \"domain\" and \
     \"descriptors\", or the limits of Limitador, a list of objects with \"namespace\" and \"max_value\"";

/// The file of a service's limits, and the result.
pub(super) struct CheckedLimits {
    /// Its number in the run.
    pub file: usize,
    /// What is missing, differs or is left over, each with its place. `None` if no configuration was
    /// accepted, so that there is nothing to compare with.
    pub problems: Option<Vec<(FilePosition, Problem)>>,
}

impl CheckedLimits {
    /// Whether the service has what is needed.
    pub(super) fn is_accepted(&self) -> bool {
        self.problems.as_ref().is_none_or(Vec::is_empty)
    }

    /// The problems, where there was something to compare with.
    pub(super) fn problems(&self) -> &[(FilePosition, Problem)] {
        self.problems.as_deref().unwrap_or_default()
    }
}

/// Compares a file with what the accepted policies of a run need.
pub(super) fn check(file: usize, bytes: &[u8], policies: &[&Policy]) -> CheckedLimits {
    let problems = (!policies.is_empty()).then(|| problems(file, bytes, policies));
    CheckedLimits { file, problems }
}

fn problems(file: usize, bytes: &[u8], policies: &[&Policy]) -> Vec<(FilePosition, Problem)> {
    let at = |at, problem| vec![(FilePosition { file, at }, problem)];
    let beginning = TextPosition { line: 1, column: 1 };
    let Ok(source) = std::str::from_utf8(bytes) else {
        return at(beginning, Problem::of_document("not UTF-8", "limits are YAML or JSON"));
    };
    let documents = match yaml::parse(source) {
        Ok(documents) => documents,
        Err(error) => {
            let wrong = format!("not YAML: {}", error.what);
            return at(error.at, Problem::of_document(wrong, "limits are YAML or JSON"));
        }
    };
    let read = ManifestFile { index: file, source: source.to_owned(), documents };
    let known = read.nodes().next().and_then(|node| Some((node, format_of(node)?)));
    let Some((node, format)) = known else {
        let fix = "print them: unstuff fleet limits";
        let mut problem = Problem::of_document(UNKNOWN, fix);
        problem.allowed = Some(KNOWN.to_owned());
        return at(beginning, problem);
    };
    let needed: Vec<_> = policies.iter().filter_map(|policy| ServiceLimits::of(policy)).collect();
    if needed.is_empty() {
        let fix = "or check without --limits";
        return at(beginning, Problem::of_document(NO_FLEET, fix));
    }
    let mut found: Vec<(FilePosition, Problem)> = Vec::new();
    for needed in needed {
        for problem in Comparison::of(format, &needed, node) {
            if !found.contains(&problem) {
                found.push(problem);
            }
        }
    }
    found.sort_by_key(|(position, _)| *position);
    found
}

/// Which service a file is for, by its shape.
fn format_of(document: ManifestNode<'_>) -> Option<ServiceFormat> {
    if document.is_list() {
        let is_limit = |it: ManifestNode<'_>| field(it, "max_value").is_some();
        return document.items().all(is_limit).then_some(ServiceFormat::Limitador);
    }
    let is_envoy = ["domain", "descriptors"].iter().any(|key| field(document, key).is_some());
    is_envoy.then_some(ServiceFormat::Envoy)
}

#[cfg(test)]
mod tests;
