//! The documents. Of `docs/development.md` each command is run here, or is a task that exists; the
//! pages that an operator follows are followed ([`pages`]); the site has every page ([`site`]).
//!
//! A command of cargo is run as far as listing its tests, since `make test` runs them all. A
//! task of make has to exist. CI runs it, or it is listed here with the reason why not.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod pages;
mod site;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Tasks that no test and no CI runs.
const NOT_IN_CI: [(&str, &str); 19] = [
    ("aarch64", "needs a cross compiler"),
    ("applications", "installs a dozen applications"),
    ("bench", "needs an idle machine"),
    ("bench-audit", "needs an idle machine"),
    ("bench-challenge", "needs an idle machine"),
    ("bench-filters", "needs an idle machine"),
    ("bench-logins", "needs valgrind"),
    ("bench-ranges", "needs an idle machine"),
    ("bench-replay", "needs an idle machine"),
    ("differential", "installs twenty frameworks"),
    ("fuzz", "runs as long as it is told to"),
    ("mutants", "takes hours"),
    ("pictures", "writes docs/pictures"),
    ("scale", "writes docs/scale.md from what `make bench` measured"),
    ("soak", "takes half an hour"),
    ("test-firefox", "takes as long as the tests in Chromium, which CI runs"),
    ("test-fleet", "waits for servers that do not answer; `make test` has one of its tests"),
    ("test-metrics", "fetches Prometheus"),
    ("test-matrix", "takes as long as the end-to-end tests, ten times"),
];

/// Tasks that a task of CI contains: `make build` is part of `make test`.
const CONTAINED: [(&str, &str); 8] = [
    ("bars", "the test `detection`"),
    ("build", "make test"),
    ("demo", "the test `the_quick_start_does_what_it_says` runs the program"),
    ("image", "the test `image` of the tool"),
    ("reproducible", "make release"),
    ("run", "the test `the_quick_start_does_what_it_says` runs the program"),
    ("target/unstuff-trap.wasm", "make test"),
    ("torture", "the test `torture`, for three minutes"),
];

#[test]
fn every_command_of_the_development_guide_works() {
    let commands = commands();
    for command in &commands {
        let words = command.split_whitespace();
        match words.clone().find(|word| !word.contains('=')) {
            Some("make") => task_exists(command),
            Some("cargo") => tests_are_found(command),
            Some("target/release/unstuff") => succeeded(command),
            _ => panic!("`{command}`: nothing holds this command; add a way to do it here"),
        }
    }
    assert!(commands.len() > 15, "{commands:#?}");
}

/// The lines in blocks of code.
fn commands() -> Vec<String> {
    let guide = fs::read_to_string(root().join("docs/development.md")).expect("the guide");
    let blocks = guide.split("```\n").skip(1).step_by(2);
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

/// A task that make knows, and that CI runs or has a reason not to.
fn task_exists(command: &str) {
    let dry = command.replacen("make", "make --dry-run", 1);
    succeeded(&dry);
    let task = command.split_whitespace().nth(1).expect("a task");
    let ci = fs::read_to_string(root().join(".ci/run")).expect("what CI runs");
    let by_ci = ci.lines().any(|line| line.starts_with(&format!("make {task}")));
    let listed = NOT_IN_CI.iter().chain(&CONTAINED).any(|(name, _)| *name == task);
    assert!(by_ci || listed, "`{command}`: nothing runs this task");
}

/// At least one test has such a name.
///
/// It is looked for in what `cargo test --workspace` has compiled: for one package alone cargo
/// chooses other features of the dependencies, and would compile them anew.
fn tests_are_found(command: &str) {
    let package = command.split_once(" -p ").and_then(|(_, rest)| rest.split_whitespace().next());
    let package = package.unwrap_or_else(|| panic!("`{command}` names no package"));
    succeeded(&format!("cargo pkgid --offline {package}"));
    let targets = if command.contains(" --test ") { "" } else { "--lib" };
    let whole = command.replacen(&format!("-p {package}"), &format!("--workspace {targets}"), 1);
    let output = run(&format!("{whole} -- --list"));
    let names = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "`{command}`: {output:#?}");
    assert!(names.lines().any(|line| line.ends_with(": test")), "`{command}` runs no test");
}

fn succeeded(command: &str) {
    let output = run(command);
    assert!(output.status.success(), "`{command}`: {output:#?}");
}

fn run(command: &str) -> Output {
    run_in(&root(), command)
}

/// Runs a command with `unstuff` in the path.
fn run_in(folder: &Path, command: &str) -> Output {
    let mut shell = Command::new("bash");
    shell.args(["-c", command]).current_dir(folder);
    let path = std::env::var("PATH").unwrap_or_default();
    shell.env("PATH", format!("{}:{path}", root().join("target/release").display()));
    // What an outer make and cargo say to their own children is not meant for these.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let inherited = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "MAKE", "MFLAGS"];
        if inherited.iter().any(|prefix| text.starts_with(prefix)) {
            shell.env_remove(&name);
        }
    }
    shell.output().expect("bash runs")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
