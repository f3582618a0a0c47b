//! The site of `make docs`: a reader finds every page in its navigation.

use std::collections::BTreeSet;
use std::fs;

use crate::{root, run_in};

#[test]
fn every_page_is_in_the_navigation_of_the_site() {
    let configuration = fs::read_to_string(root().join("mkdocs.yml")).expect("mkdocs.yml");
    let (_, navigation) = configuration.split_once("\nnav:\n").expect("a navigation");
    let words = navigation.split_whitespace().filter(|word| word.ends_with(".md"));
    let listed: BTreeSet<&str> = words.collect();

    let tracked = run_in(&root(), "git ls-files '*.md' ':!tests'").stdout;
    let tracked = String::from_utf8(tracked).expect("names of files");
    let pages: BTreeSet<&str> = tracked.lines().collect();
    let lacking: Vec<_> = pages.difference(&listed).collect();
    assert!(lacking.is_empty(), "add these to `nav` in mkdocs.yml: {lacking:#?}");
    let gone: Vec<_> = listed.difference(&pages).collect();
    assert!(gone.is_empty(), "`nav` in mkdocs.yml has pages that are not there: {gone:#?}");
}
