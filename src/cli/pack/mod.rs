//! `unstuff pack`: puts filters into the module, as passive data segments.
//!
//! A passive segment belongs to the compiled module, which all of Envoy's workers share, so memory
//! does not grow with the number of workers. The module exports stub functions (see
//! `src/filter/segment.rs`). Their bodies are replaced in place by `memory.init` and the length, so
//! calls from inside the module reach the new bodies. A filter is verified in full before it is
//! packed, so workers need not verify it at every start.

pub(crate) mod module;
mod rewrite;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use unstuff_engine::breached::{Filter, FilterKind};

use crate::atomic_file::AtomicFile;
use crate::{filter_file, format, stdout};
use module::FilterModule;

/// The largest module that V8 compiles.
const V8_LIMIT: u64 = 1 << 30;
/// The largest module that Istio's agent fetches.
const ISTIO_LIMIT: u64 = 256 << 20;

/// Put breached-password filters into the module
///
/// Filters that are in the module already are replaced; a kind that is not given is removed. The
/// module must be one that this project built, packed or not.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  unstuff pack target/unstuff.wasm --passwords hibp.unstuff -o target/unstuff.wasm

Exit status: 0 packed, 2 an error; the old file is kept then.")]
pub(crate) struct PackArgs {
    /// The module to read
    module: PathBuf,
    /// The filter of passwords
    #[arg(long, value_name = "FILE", required_unless_present = "pairs")]
    passwords: Option<PathBuf>,
    /// The filter of username:password pairs
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// The module to write; may be the one that is read
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

/// Runs the subcommand.
pub(crate) fn run(args: PackArgs) -> Result<ExitCode> {
    let output = AtomicFile::create(&args.output)?;
    let wasm = filter_file::read(&args.module)?;
    let in_module = || format!("cannot pack into {}", args.module.display());
    let module = FilterModule::parse(&wasm).with_context(in_module)?;
    let passwords = args.passwords.as_deref().map(filter_file::read).transpose()?;
    let pairs = args.pairs.as_deref().map(filter_file::read).transpose()?;

    let pieces = rewrite::rewrite(&module, [passwords.as_deref(), pairs.as_deref()]);
    let len = rewrite::total_len(&pieces);
    // Checked before the filters are verified, which takes seconds.
    if let Some(warning) = check_size(len)? {
        eprintln!("warning: {warning}");
    }
    for (path, bytes, kind) in [
        (args.passwords.as_deref(), &passwords, FilterKind::Passwords),
        (args.pairs.as_deref(), &pairs, FilterKind::Pairs),
    ] {
        if let (Some(path), Some(bytes)) = (path, bytes) {
            verify(bytes, kind).with_context(|| format!("cannot pack {}", path.display()))?;
        }
    }
    write(output, &pieces).with_context(|| format!("cannot write {}", args.output.display()))?;
    stdout::print(&format!("{}: {}\n", args.output.display(), format::bytes(len)))?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses a module that is too large for V8, and warns of one that is too large for Istio.
fn check_size(len: u64) -> Result<Option<String>> {
    ensure!(
        len <= V8_LIMIT,
        "the module would have {}, and V8 loads up to {}; build a smaller filter, with \
         --top, --min-count or a higher --fp-rate",
        format::bytes(len),
        format::bytes(V8_LIMIT)
    );
    Ok((len > ISTIO_LIMIT).then(|| {
        let (len, limit) = (format::bytes(len), format::bytes(ISTIO_LIMIT));
        format!("the module has {len}, and Istio fetches up to {limit}; Envoy itself loads it")
    }))
}

/// Checks that the bytes are a filter of this kind, and every shard.
fn verify(bytes: &[u8], kind: FilterKind) -> Result<()> {
    let filter = Filter::open(bytes, bytes.len() as u64)?;
    let found = filter.header().kind;
    ensure!(found == kind, "the filter is of {found}; give it as --{found}");
    Ok(filter.verify(|_| ())?)
}

fn write(output: AtomicFile, pieces: &rewrite::ModulePieces<'_>) -> Result<()> {
    let mut file = std::io::BufWriter::new(output.file());
    for piece in pieces {
        file.write_all(piece)?;
    }
    file.flush()?;
    drop(file);
    output.finish()
}

#[cfg(test)]
mod tests;
