//! Inputs that `make fuzz` has found, tried again by every `make test`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
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
fn filters_that_the_fuzzer_found_are_read_or_refused() {
    each_input("filter", targets::filter);
}

#[test]
fn tokens_that_the_fuzzer_found_are_taken_or_refused() {
    each_input("tokens", targets::tokens);
}

#[test]
fn lines_that_the_fuzzer_found_are_read_or_refused() {
    each_input("hibp", targets::hibp);
}
