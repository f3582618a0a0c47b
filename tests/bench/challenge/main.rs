//! `make bench-challenge`: what the challenge costs those who check it, people, and bots.
//!
//! Every figure of docs/challenge.md is printed here. Exits with 1 if a bar is missed.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on says so by panicking"
)]

mod bots;
mod checking;
mod people;

use std::process::ExitCode;

use unstuff_tests::bench::BarChecks;

#[tokio::main]
async fn main() -> ExitCode {
    let mut checks = BarChecks::default();
    checking::run(&mut checks).await;
    people::run(&mut checks).await;
    bots::run(&mut checks).await;
    checks.end()
}
