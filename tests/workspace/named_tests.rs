//! The tests that a document names: each exists.

use std::collections::BTreeSet;

use crate::{assert_none, tracked};

/// The names in backticks that can only be a test's: a sentence with underscores. Metrics of
/// Prometheus look like it.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_test = move |word: &&str| {
        word.bytes().all(is_letter)
            && word.matches('_').count() >= 3
            && !word.starts_with("unstuff_")
    };
    text.split('`').skip(1).step_by(2).filter(is_test)
}

#[test]
fn the_tests_that_a_page_names_exist() {
    let sources = tracked(&["*.rs"]);
    let lines = sources.iter().flat_map(|file| file.text.lines());
    let declared = lines.filter_map(|line| line.trim().split_once("fn ")?.1.split_once('('));
    let declared: BTreeSet<&str> = declared.map(|(name, _)| name).collect();
    let mut problems = Vec::new();
    for document in tracked(&["*.md"]) {
        let missing = named(&document.text).filter(|name| !declared.contains(name));
        problems.extend(missing.map(|name| format!("{}: no test `{name}`", document.path)));
    }
    assert_none(&problems);
}

#[test]
fn names_of_tests_are_told_from_other_words() {
    let text = "a `status`, `no_script`, `some_of_a_sentence` and `unstuff_endpoint_under_attack`";
    assert_eq!(named(text).collect::<Vec<_>>(), ["some_of_a_sentence"]);
}
