//! `unstuff pack`: filters into the module, as passive data segments.

use std::path::PathBuf;
use std::process::ExitCode;

/// Put breached-password filters into the module.
#[derive(clap::Args)]
pub struct Args {
    /// The module, packed or not.
    module: PathBuf,
    /// The module to write.
    #[arg(short, long)]
    output: PathBuf,
}

/// Runs the subcommand.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("cannot pack {} into {} yet", args.module.display(), args.output.display())
}
