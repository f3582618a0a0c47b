//! A service's configuration beside the one that it should have, value by value.

use unstuff_engine::config::{Problem, path_step};

use super::found::{field, is_empty, is_same, shown};
use crate::check::manifest::{FilePosition, ManifestNode};
use crate::fleet::{LimitsNode, ServiceFormat, ServiceLimits};

/// Fields that change nothing about what is counted.
const HARMLESS: [&str; 3] = ["name", "detailed_metric", "id"];

/// The comparison of one file.
pub(super) struct Comparison<'a> {
    format: ServiceFormat,
    domain: &'a str,
    /// The name of the limit that is being compared.
    limit: Option<String>,
    problems: Vec<(FilePosition, Problem)>,
}

impl<'a> Comparison<'a> {
    /// What is missing in a file, differs there, or is left over.
    pub(super) fn of(
        format: ServiceFormat,
        needed: &'a ServiceLimits,
        found: ManifestNode<'_>,
    ) -> Vec<(FilePosition, Problem)> {
        let mut comparison =
            Self { format, domain: &needed.domain, limit: None, problems: Vec::new() };
        comparison.value("$", &format.document(needed), found);
        comparison.problems
    }

    fn value(&mut self, path: &str, wanted: &LimitsNode, found: ManifestNode<'_>) {
        match wanted {
            LimitsNode::Map(fields) if found.is_map() => self.fields(path, fields, found),
            LimitsNode::List(items) if found.is_list() => self.items(path, items, found),
            _ if is_same(wanted, found) => {}
            _ => {
                let wrong = self.wrong("differs", "differs from the configuration");
                let mut problem = self.problem(path, wrong, "change it");
                (problem.given, problem.allowed) = (Some(shown(found)), Some(wanted.inline()));
                self.problems.push((found.position(), problem));
            }
        }
    }

    fn fields(
        &mut self,
        path: &str,
        wanted: &[(&'static str, LimitsNode)],
        found: ManifestNode<'_>,
    ) {
        for (key, wanted) in wanted {
            let below = format!("{path}{}", path_step(key));
            match field(found, key) {
                Some(found) => self.value(&below, wanted, found),
                None if HARMLESS.contains(key) => {}
                None => {
                    let wrong = self.wrong("lacks this", "missing");
                    let fix = format!("add {key}: {}", wanted.inline());
                    let problem = self.problem(&below, wrong, &fix);
                    self.problems.push((found.position(), problem));
                }
            }
        }
        for (key, value) in found.entries() {
            let is_wanted = wanted.iter().any(|(wanted, _)| *wanted == key);
            if !is_wanted && !HARMLESS.contains(&key) && !is_empty(value) {
                let wrong = self.wrong("should not have this", "left over");
                self.left_over(&format!("{path}{}", path_step(key)), wrong, value);
            }
        }
    }

    fn items(&mut self, path: &str, wanted: &[LimitsNode], found: ManifestNode<'_>) {
        let mut rest = self.relevant(path, wanted, found);
        let mut missing = Vec::new();
        for wanted in wanted {
            match rest.iter().position(|(_, it)| self.is_of(wanted, *it)) {
                Some(place) => self.item(path, wanted, rest.remove(place)),
                None => missing.push(wanted),
            }
        }
        if self.limit.is_some() {
            // Parts of one limit: one in the place of another is the same part, and wrong.
            let pairs = missing.len().min(rest.len());
            for (wanted, found) in missing.drain(..pairs).zip(rest.drain(..pairs)) {
                self.item(path, wanted, found);
            }
        }
        for wanted in missing {
            let name = name_of(wanted);
            let whole = format!("the limit of {} is missing", name.unwrap_or_default());
            let wrong = self.wrong("lacks an item", &whole);
            let problem = self.problem(path, wrong, &format!("add {}", wanted.inline()));
            self.problems.push((found.position(), problem));
        }
        for (index, found) in rest {
            let is_twice = wanted.iter().any(|one| self.is_of(one, found));
            let whole = if is_twice {
                "there twice"
            } else {
                "left over: the configuration needs no such limit"
            };
            let wrong = self.wrong("should not have this", whole);
            self.left_over(&format!("{path}[{index}]"), wrong, found);
        }
    }

    fn item(&mut self, path: &str, wanted: &LimitsNode, found: (usize, ManifestNode<'_>)) {
        let outer = self.limit.clone();
        if self.limit.is_none() {
            self.limit = name_of(wanted);
        }
        self.value(&format!("{path}[{}]", found.0), wanted, found.1);
        self.limit = outer;
    }

    /// The items that are the fleet's, with their places. Limitador's file has the limits of all
    /// namespaces; if none is the fleet's, those with the names of its limits may be meant.
    fn relevant<'m>(
        &self,
        path: &str,
        wanted: &[LimitsNode],
        found: ManifestNode<'m>,
    ) -> Vec<(usize, ManifestNode<'m>)> {
        let mut items: Vec<_> = found.items().enumerate().collect();
        if self.format == ServiceFormat::Limitador && path == "$" {
            let is_ours = |it: ManifestNode<'_>| {
                field(it, "namespace").and_then(ManifestNode::text) == Some(self.domain)
            };
            let has_ours = found.items().any(is_ours);
            let may_be = |it| !has_ours && wanted.iter().any(|one| self.is_of(one, it));
            items.retain(|(_, it)| is_ours(*it) || may_be(*it));
        }
        items
    }

    /// Whether an item of a list is the one that is wanted, be it right or not.
    fn is_of(&self, wanted: &LimitsNode, found: ManifestNode<'_>) -> bool {
        let has_same = |key: &str| match (wanted.get(key), field(found, key)) {
            (Some(wanted), Some(found)) => is_same(wanted, found),
            (wanted, found) => wanted.is_none() && found.is_none_or(is_empty),
        };
        match (wanted, self.format) {
            (LimitsNode::Map(_), ServiceFormat::Envoy) => has_same("key") && has_same("value"),
            // A limit needs no name there; without one its condition tells it apart.
            (LimitsNode::Map(_), ServiceFormat::Limitador) => {
                has_same(if field(found, "name").is_some() { "name" } else { "conditions" })
            }
            _ => is_same(wanted, found),
        }
    }

    /// What is wrong with the limit that is being compared, or with the file.
    fn wrong(&self, with_limit: &str, with_file: &str) -> String {
        let of_limit = |limit| format!("the limit of {limit} {with_limit}");
        self.limit.as_ref().map_or_else(|| with_file.to_owned(), of_limit)
    }

    fn left_over(&mut self, path: &str, wrong: String, found: ManifestNode<'_>) {
        let mut problem = self.problem(path, wrong, "take it out");
        problem.given = Some(shown(found));
        self.problems.push((found.position(), problem));
    }

    fn problem(&self, path: &str, wrong: String, fix: &str) -> Problem {
        let format = match self.format {
            ServiceFormat::Envoy => "",
            ServiceFormat::Limitador => " --format limitador",
        };
        let anew = format!("{fix}, or print all anew: unstuff fleet limits{format}");
        let mut problem = Problem::of_document(wrong, anew);
        path.clone_into(&mut problem.path);
        problem
    }
}

/// What a limit of a list is called, in quotes: the rule that it is of.
fn name_of(limit: &LimitsNode) -> Option<String> {
    limit.get("name").or_else(|| limit.get("value")).map(LimitsNode::inline)
}
