//! `unstuff verify`: checks that every bit of a filter is as it was written.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use crate::filter_file::FilterFile;
use crate::progress::Progress;
use crate::{format, stdout};

/// Check every shard of a filter, and its checksum
///
/// Reads the whole filter. `pack` does this before it packs.
#[derive(clap::Args)]
#[command(after_help = "Exit status: 0 whole, 1 damaged, 2 an error.")]
pub(crate) struct VerifyArgs {
    /// A filter, or a module with filters
    #[arg(value_name = "FILE|MODULE")]
    file: PathBuf,
}

/// Runs the subcommand.
pub(crate) fn run(args: VerifyArgs) -> Result<ExitCode> {
    let filters = FilterFile::open(&args.file)?;
    let name = args.file.display();
    let opened = match filters.filters() {
        Ok(opened) => opened,
        Err(error) => {
            eprintln!("unstuff: {name}: {error}");
            return Ok(ExitCode::FAILURE);
        }
    };
    for filter in opened {
        let header = filter.header();
        let shape = header.shape;
        let mut progress = Progress::bytes("verifying", Some(shape.file_len()));
        let share = header.keys as f64 / shape.shard_count() as f64;
        let result = filter.verify(|shards| {
            if shards % 1024 == 0 {
                let keys =
                    || format!("{} keys", format::count(format::whole(shards as f64 * share)));
                progress.show(shape.offset(shards), keys);
            }
        });
        drop(progress);
        if let Err(error) = result {
            eprintln!("unstuff: {name}: {error}");
            return Ok(ExitCode::FAILURE);
        }
        stdout::print(&format!(
            "{name}: whole, {} {} in {} shards\n",
            format::count(header.keys),
            header.kind,
            format::count(shape.shard_count())
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}
