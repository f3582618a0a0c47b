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
#[path = "../shared/mod.rs"]
mod shared;

use std::process::ExitCode;

use shared::verdict::Verdicts;

#[tokio::main]
async fn main() -> ExitCode {
    let mut verdicts = Verdicts::default();
    checking::run(&mut verdicts).await;
    people::run(&mut verdicts).await;
    bots::run(&mut verdicts).await;
    verdicts.end()
}
