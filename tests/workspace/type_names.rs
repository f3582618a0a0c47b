//! One meaning for each type name.

use std::collections::BTreeMap;

use crate::{TrackedFile, assert_none, tracked};

/// The items that declare a type. An alias counts at the start of a line only, because an
/// indented one is an associated type.
const KEYWORDS: [&str; 4] = ["struct ", "enum ", "trait ", "union "];

#[test]
fn no_type_name_stands_for_two_types() {
    let files = tracked(&["src/*.rs", "tests/*.rs"]);
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in &files {
        for (name, place) in declarations(file) {
            places.entry(name).or_default().push(place);
        }
    }
    assert!(places.len() > 100, "only {} type names were found", places.len());
    let shared = places.iter().filter(|(_, places)| places.len() > 1);
    let problems: Vec<String> =
        shared.map(|(name, places)| format!("{name}: {}", places.join(", "))).collect();
    assert_none(&problems);
}

/// The types that a file declares, each with its place.
fn declarations(file: &TrackedFile) -> impl Iterator<Item = (&str, String)> {
    let names = file.code().filter_map(|(number, line)| Some((number, declared(line)?)));
    names.map(|(number, name)| (name, format!("{}:{number}", file.path)))
}

/// The name of the type that a line declares.
fn declared(line: &str) -> Option<&str> {
    let item = without_visibility(line.trim_start());
    let keyword = KEYWORDS.iter().find_map(|keyword| item.strip_prefix(keyword));
    let alias = || item.strip_prefix("type ").filter(|_| !line.starts_with(' '));
    let rest = keyword.or_else(alias)?;
    let end = rest.find(|it: char| !it.is_alphanumeric()).unwrap_or(rest.len());
    rest.get(..end).filter(|name| name.starts_with(char::is_uppercase))
}

fn without_visibility(item: &str) -> &str {
    let Some(rest) = item.strip_prefix("pub") else { return item };
    let scoped = rest.strip_prefix('(').and_then(|rest| rest.split_once(") "));
    scoped.map_or_else(|| rest.trim_start(), |(_, item)| item)
}

#[test]
fn declarations_are_found_at_any_visibility_and_associated_types_are_not() {
    for line in ["struct A;", "    pub enum A {", "pub(crate) trait A {", "pub type A<T> = T;"] {
        assert_eq!(declared(line), Some("A"), "{line}");
    }
    for line in ["    type A = u8;", "use a::A;", "let structure = 1;", "struct_a();"] {
        assert_eq!(declared(line), None, "{line}");
    }
}
