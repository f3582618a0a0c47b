//! `unstuff trace`: traces that others did not write: an example, and those made of logs.

use std::process::ExitCode;

use clap::Subcommand;

use crate::stdout;

mod import;

/// The lines of `docs/trace.md`.
const EXAMPLE: &str = include_str!("example.jsonl");

/// Make traces for `replay` of logs, or print one to start from
///
/// A trace is JSON Lines: one login attempt per line (docs/trace.md).
#[derive(Debug, clap::Args)]
pub(crate) struct TraceArgs {
    #[command(subcommand)]
    command: TraceCommand,
}

#[derive(Debug, Subcommand)]
enum TraceCommand {
    /// Print a trace of five lines to start from
    #[command(after_help = "\
Example:
  unstuff trace example > example.jsonl && unstuff replay example.jsonl")]
    Example,
    Import(import::ImportArgs),
}

/// Runs the subcommand.
///
/// # Errors
/// A log cannot be read, or the trace cannot be written.
pub(crate) fn run(TraceArgs { command }: TraceArgs) -> anyhow::Result<ExitCode> {
    match command {
        TraceCommand::Example => {
            stdout::print(EXAMPLE)?;
            Ok(ExitCode::SUCCESS)
        }
        TraceCommand::Import(args) => import::run(&args),
    }
}
