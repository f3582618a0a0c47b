//! `unstuff build`: breached-password filters from lists of passwords or hashes.

use std::path::PathBuf;
use std::process::ExitCode;

/// Build a breached-password filter.
#[derive(clap::Args)]
pub struct Args {
    /// Lists to read.
    #[arg(required = true)]
    input: Vec<PathBuf>,
    /// The filter to write.
    #[arg(short, long)]
    output: PathBuf,
}

/// Runs the subcommand.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("cannot build {} from {:?} yet", args.output.display(), args.input)
}
