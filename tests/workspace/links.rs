//! The links of the documents: each leads to a file, and to a heading, that exists.

use std::path::Path;

use crate::{assert_none, root, tracked};

/// The targets of a text's links, code blocks excepted.
pub(crate) fn targets(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split(')').next())
}

/// The anchor of a heading, as GitHub derives it.
fn anchor(heading: &str) -> String {
    let letters = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = letters.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.map(|it| if it == ' ' { '-' } else { it }).collect()
}

/// Why a link of a document is broken, if it is.
fn problem(document: &Path, link: &str) -> Option<&'static str> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = match path {
        "" => root().join(document),
        path => root().join(document).parent()?.join(path),
    };
    if !target.exists() {
        return Some("no such file");
    }
    if heading.is_empty() {
        return None;
    }
    let text = std::fs::read_to_string(target).unwrap_or_default();
    let mut headings = text.lines().filter(|line| line.starts_with('#')).map(anchor);
    let is_named = text.contains(&format!("<a id=\"{heading}\">"));
    (!is_named && !headings.any(|it| it == heading)).then_some("no such heading")
}

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let mut problems = Vec::new();
    for document in tracked(&["*.md"]) {
        for link in targets(&document.text).filter(|link| !link.contains("://")) {
            if let Some(problem) = problem(Path::new(&document.path), link) {
                problems.push(format!("{}: {link}: {problem}", document.path));
            }
        }
    }
    assert_none(&problems);
}
