//! Regression tests: the inputs that `make fuzz` found.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests fail by panicking"
)]

use std::path::Path;

mod targets;

fn each_input(folder: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(folder);
    let mut tried = 0;
    for input in folder.read_dir().unwrap() {
        let path = input.unwrap().path();
        println!("{}", path.display());
        target(&std::fs::read(path).unwrap());
        tried += 1;
    }
    assert!(tried > 0, "{} is empty", folder.display());
}

#[test]
fn filters_of_the_corpus_are_read_or_rejected() {
    each_input("filter", targets::filter);
}

#[test]
fn tokens_of_the_corpus_are_redeemed_only_if_signed() {
    each_input("tokens", targets::tokens);
}

#[test]
fn hibp_lines_of_the_corpus_are_read_or_rejected() {
    each_input("hibp", targets::hibp);
}
