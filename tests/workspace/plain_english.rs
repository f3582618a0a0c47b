//! The language rules that a machine can check.

use crate::{TrackedFile, assert_none, has_word, tracked};

/// Words that make a sentence hard to read. Each is in two pieces, so that this file passes.
const WORDS: [&str; 3] =
    [concat!("who", "m"), concat!("who", "ever"), concat!("that is ", "to be")];

/// Attributes that hide where code comes from, or that a test does not run.
const ATTRIBUTES: [&str; 2] = [concat!("#[", "path"), concat!("#[", "ignore")];

fn problems(files: &[TrackedFile], is_problem: impl Fn(&str) -> bool) -> Vec<String> {
    let places = |file: &TrackedFile| -> Vec<String> {
        let lines = file.lines().filter(|(_, line)| is_problem(line));
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim())).collect()
    };
    files.iter().flat_map(places).collect()
}

#[test]
fn no_text_has_words_that_make_it_hard_to_read() {
    let mut files = tracked(&["*.rs", "*.md", "*.mjs", "Makefile", "setup"]);
    // The test of every `--help` lists the same words.
    files.retain(|file| file.path != "src/cli/tests/help.rs");
    let has = |line: &str| {
        // A quotation is not ours to change.
        let line = if line.starts_with('>') { String::new() } else { line.to_lowercase() };
        WORDS.iter().any(|word| has_word(&line, word))
    };
    assert_none(&problems(&files, has));
}

#[test]
fn no_file_is_included_by_path_and_no_test_is_ignored() {
    let has = |line: &str| ATTRIBUTES.iter().any(|attribute| line.contains(attribute));
    assert_none(&problems(&tracked(&["src/*.rs", "tests/*.rs"]), has));
}

#[test]
fn every_source_file_begins_by_saying_what_it_is() {
    let files = tracked(&["src/*.rs", "tests/*.rs"]);
    let silent = files.iter().filter(|file| !file.text.starts_with("//!"));
    assert_none(&silent.map(|file| file.path.clone()).collect::<Vec<_>>());
}
