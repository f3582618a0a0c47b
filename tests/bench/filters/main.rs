//! `make bench-filters`: whether building and looking up keep their promises, with peers
//! side by side in one run.
//!
//! Every figure of filters/README.md is printed here. Lists are made with fixed seeds and
//! kept below target/bench; processes are measured as the kernel counts them (CPU seconds,
//! peak of resident memory), so another load on the machine hurts little. Exits with 1 if a
//! bar is missed.

#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on says so by panicking; its lists are made of random bits"
)]

mod building;
mod envoy;
mod lists;
mod measure;
mod module;
mod peers;
mod rates;

use std::path::PathBuf;
use std::process::ExitCode;

use unstuff_tests::bench::{BarChecks, root};

/// Keys of the list that is built from, and of the one that is looked up.
struct ListSizes {
    sorted: u64,
    members: u64,
}

/// Members that the probe in the module asks for.
const MEMBERS: u64 = 10_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [peer, list, keys] = arguments.as_slice() {
        // Measured from outside, so in a process of its own.
        peers::run(peer, list.as_ref(), keys.parse().expect("a number of keys"));
        return ExitCode::SUCCESS;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let sizes =
        ListSizes { sorted: if quick { 10_000_000 } else { 100_000_000 }, members: MEMBERS };
    std::fs::create_dir_all(folder()).expect("target/bench");
    let mut checks = BarChecks::default();
    building::run(&sizes, &mut checks);
    rates::run(&sizes, &mut checks);
    module::lookups(&sizes, &mut checks);
    module::memory(&sizes, &mut checks);
    checks.end()
}

/// Where lists and filters are kept.
fn folder() -> PathBuf {
    root().join("target/bench")
}

/// The tool, as `make build` leaves it.
fn tool() -> PathBuf {
    let tool = root().join("target/release/unstuff");
    assert!(tool.exists(), "{} is missing; `make build` makes it", tool.display());
    tool
}
