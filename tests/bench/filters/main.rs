//! `make bench-filters`: the cost of builds and lookups, compared with other Bloom filters.
//!
//! It prints every figure of filters/README.md. Lists have fixed seeds and stay below
//! target/bench. Processes are measured in CPU seconds and peak resident memory, so other load on
//! the machine has little effect. The exit code is 1 if a bar is missed.

#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a benchmark fails by panicking; its lists are random bits"
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

/// The numbers of keys in the list for builds and in the list for lookups.
struct ListSizes {
    sorted: u64,
    members: u64,
}

/// The number of members that the probe looks up.
const MEMBERS: u64 = 10_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [peer, list, keys] = arguments.as_slice() {
        // A process of its own, because it is measured from outside.
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

/// The folder of lists and filters.
fn folder() -> PathBuf {
    root().join("target/bench")
}

/// The path of the tool, which `make build` builds.
fn tool() -> PathBuf {
    let tool = root().join("target/release/unstuff");
    assert!(tool.exists(), "{} is missing; `make build` makes it", tool.display());
    tool
}
