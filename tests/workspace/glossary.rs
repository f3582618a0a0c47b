//! The glossary: each term stands once, and what it names in the code exists.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{assert_none, links, root};

const GLOSSARY: &str = "docs/glossary.md";

/// What declares a name in Rust.
const DECLARATIONS: [&str; 7] = ["struct ", "enum ", "trait ", "type ", "fn ", "const ", "mod "];

/// A row of the glossary.
struct GlossaryTerm {
    term: String,
    /// The type, function or module that stands for it.
    name: String,
    /// The file that declares it.
    source: String,
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn terms() -> Vec<GlossaryTerm> {
    let text = read(GLOSSARY);
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| term "));
    let term = |row: &str| {
        let mut cells = row.trim_matches('|').split(" | ").map(str::trim);
        let (Some(term), Some(_), Some(code)) = (cells.next(), cells.next(), cells.next()) else {
            panic!("a row has three cells: {row}");
        };
        let name = code.split('`').nth(1).unwrap_or_else(|| panic!("{term} has no name"));
        let file = links::targets(code).next().unwrap_or_else(|| panic!("{term} has no file"));
        let source = read(Path::new("docs").join(file));
        GlossaryTerm { term: term.to_owned(), name: name.to_owned(), source }
    };
    rows.map(term).collect()
}

fn is_declared(source: &str, name: &str) -> bool {
    DECLARATIONS.iter().any(|kind| {
        let declared = format!("{kind}{name}");
        source.match_indices(&declared).any(|(at, found)| {
            let rest = source.get(at + found.len()..).unwrap_or_default();
            !rest.starts_with(|it: char| it.is_alphanumeric() || it == '_')
        })
    })
}

#[test]
fn terms_name_what_their_files_declare() {
    let terms = terms();
    let missing = terms.iter().filter(|it| !is_declared(&it.source, &it.name));
    assert_none(&missing.map(|it| format!("{}: `{}`", it.term, it.name)).collect::<Vec<_>>());
    assert!(terms.len() >= 30, "{} terms", terms.len());
}

#[test]
fn no_term_has_two_definitions() {
    let mut known = BTreeSet::new();
    let terms = terms();
    let twice = terms.iter().filter(|it| !known.insert(it.term.as_str()));
    assert_none(&twice.map(|it| it.term.clone()).collect::<Vec<_>>());
}
