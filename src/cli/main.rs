//! `unstuff`: the native tool beside the module.
//!
//! Each subcommand is a module of its own with its arguments and a `run`; this file only
//! parses and dispatches. Exit codes: 0 done, 1 the answer is no, 2 an error.

use std::process::ExitCode;

use clap::Parser;

/// Breached-password filters and policies for the Unstuff module.
#[derive(Parser)]
#[command(version)]
struct Cli {}

fn main() -> ExitCode {
    let Cli {} = Cli::parse();
    ExitCode::SUCCESS
}
