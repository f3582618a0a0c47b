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

fn each_input(name: &str, target: fn(&[u8])) {
    let mut inputs: Vec<(String, Vec<u8>)> = targets::seeds()
        .into_iter()
        .filter(|seed| seed.target == name)
        .map(|seed| (seed.name, seed.bytes))
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    for input in folder.read_dir().into_iter().flatten() {
        let path = input.unwrap().path();
        inputs.push((path.display().to_string(), std::fs::read(path).unwrap()));
    }
    assert!(!inputs.is_empty(), "{name} has no inputs");
    for (name, bytes) in inputs {
        println!("{name}");
        target(&bytes);
    }
}

#[test]
fn configurations_of_the_corpus_mean_the_same_twice_or_have_a_problem_with_a_place() {
    each_input("configuration", targets::configuration);
}

#[test]
fn cookies_of_the_corpus_are_removed_or_stay() {
    each_input("cookies", targets::cookies);
}

#[test]
fn credentials_of_the_corpus_are_found_or_flagged() {
    each_input("credentials", targets::credentials);
}

#[test]
fn filters_of_the_corpus_are_read_or_rejected() {
    each_input("filter", targets::filter);
}

#[test]
fn answers_of_a_fleet_in_the_corpus_mean_the_same_with_unknown_fields() {
    each_input("fleet", targets::fleet);
}

#[test]
fn header_pairs_of_the_corpus_are_read_whole_or_not_at_all() {
    each_input("header_pairs", targets::header_pairs);
}

#[test]
fn hibp_lines_of_the_corpus_are_read_or_rejected() {
    each_input("hibp", targets::hibp);
}

#[test]
fn login_pages_of_the_corpus_have_one_place_for_the_script() {
    each_input("login_pages", targets::login_pages);
}

#[test]
fn long_bodies_of_the_corpus_are_read_in_linear_time() {
    each_input("long_bodies", targets::long_bodies);
}

#[test]
fn paths_of_the_corpus_that_servers_take_for_a_login_are_one() {
    each_input("paths", targets::paths);
}

#[test]
fn records_of_the_corpus_let_logins_go_on() {
    each_input("records", targets::records);
}

#[test]
fn tokens_of_the_corpus_are_redeemed_only_if_signed() {
    each_input("tokens", targets::tokens);
}
