//! `make bench-challenge`: the cost of the challenge for the module, for people and for bots.
//!
//! It prints every figure of docs/challenge.md. The exit code is 1 if a bar is missed.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]

mod bots;
mod checking;
mod native;
mod people;

use std::process::ExitCode;

use unstuff_tests::bench::BarChecks;

#[tokio::main]
async fn main() -> ExitCode {
    let mut checks = BarChecks::default();
    checking::run(&mut checks).await;
    let person = people::run(&mut checks).await;
    bots::run(&mut checks, person).await;
    checks.end()
}
