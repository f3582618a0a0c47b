//! The allowed dependencies between the crates, and the places of host calls and unsafe code.

use std::process::Command;

use serde_json::Value;

use crate::{TrackedFile, assert_none, root, tracked};

/// The files with unsafe code: host calls, the stubs that `pack` replaces, the probe and the native
/// filter, which call the host themselves, and the solvers with vector instructions.
const UNSAFE_FILES: [&str; 7] = [
    "src/filter/host.rs",
    "src/filter/segment.rs",
    "tests/bench/challenge/native/sha256.rs",
    "tests/bench/challenge/native/walk.rs",
    "tests/bench/native/envoy.rs",
    "tests/bench/native/hooks.rs",
    "tests/bench/probe/lib.rs",
];

/// The package of the tests, on which nothing may depend.
const TESTS: &str = "unstuff-tests";

/// Places of a word in the code of files that may not have it.
fn places(files: &[TrackedFile], word: &str, allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let files = files.iter().filter(|file| !allowed(&file.path));
    files.flat_map(|file| file.places_of(word)).collect()
}

#[test]
fn the_engine_names_neither_the_proxy_nor_the_command_line() {
    let engine = tracked(&["src/engine/*.rs"]);
    let forbidden = ["proxy_wasm", "clap", "unstuff", "unstuff_filter", "unstuff_simulate"];
    let found: Vec<String> = forbidden
        .iter()
        .flat_map(|word| places(&engine, &format!("{word}::"), |_| false))
        .collect();
    assert_none(&found);
}

#[test]
fn only_the_filter_names_proxy_wasm() {
    let files = tracked(&["src/*.rs"]);
    assert_none(&places(&files, "proxy_wasm", |path| path.starts_with("src/filter/")));
}

#[test]
fn host_calls_are_in_one_file() {
    let files = tracked(&["src/*.rs"]);
    assert_none(&places(&files, "hostcalls", |path| path == "src/filter/host.rs"));
}

#[test]
fn unsafe_code_is_in_the_listed_files_and_in_each_of_them() {
    let files = tracked(&["src/*.rs", "tests/*.rs"]);
    // In two pieces, so that this file does not list itself.
    let word = concat!("un", "safe");
    assert_none(&places(&files, word, |path| UNSAFE_FILES.contains(&path)));
    for listed in UNSAFE_FILES {
        let file = files.iter().find(|file| file.path == listed);
        let has_unsafe = file.is_some_and(|file| !file.places_of(word).is_empty());
        assert!(has_unsafe, "{listed} has none; take it off the list");
    }
}

/// The workspace's packages, each with the names of those it depends on.
fn packages() -> Vec<(String, Vec<String>)> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let output = cargo.current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON from cargo");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    let depends = |package: &Value| {
        package["dependencies"].as_array().expect("dependencies").iter().map(name).collect()
    };
    packages.iter().map(|package| (name(package), depends(package))).collect()
}

#[test]
fn the_engine_depends_on_no_crate_of_the_workspace_but_the_fixtures() {
    let packages = packages();
    let members: Vec<&String> = packages.iter().map(|(name, _)| name).collect();
    let engine = packages.iter().find(|(name, _)| name == "unstuff-engine");
    let (_, depends) = engine.expect("the engine's package");
    let inside: Vec<&String> = depends.iter().filter(|name| members.contains(name)).collect();
    assert_eq!(inside, ["unstuff-fixtures"], "the engine's dependencies in the workspace");
    for outside in ["proxy-wasm", "clap"] {
        assert!(!depends.iter().any(|name| name == outside), "the engine depends on {outside}");
    }
}

#[test]
fn nothing_depends_on_the_tests() {
    let packages = packages();
    let dependents = packages.iter().filter(|(_, depends)| depends.iter().any(|it| it == TESTS));
    let dependents: Vec<&String> = dependents.map(|(name, _)| name).collect();
    assert!(dependents.is_empty(), "{dependents:?} depend on {TESTS}");
}
