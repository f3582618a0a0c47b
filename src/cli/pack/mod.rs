//! `unstuff pack`: filters into the module, as passive data segments.
//!
//! A passive segment belongs to the compiled module, which all of Envoy's workers share, so
//! memory does not grow with their number. The module exports stub functions (see
//! `src/filter/segment.rs`); their bodies are replaced in place, so that calls from inside
//! the module reach the new ones, by `memory.init` and the length. What is packed is
//! verified first, in full: workers then need not at every start.

pub mod module;
mod rewrite;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use memmap2::Mmap;
use unstuff_engine::breached::{Filter, Kind};

use crate::output::Output;
use crate::{human, mapped};
use module::Module;

/// V8 compiles no larger module.
const V8_LIMIT: u64 = 1 << 30;
/// Istio's agent fetches no larger module.
const ISTIO_LIMIT: u64 = 256 << 20;

/// Put breached-password filters into the module.
///
/// Filters that are in the module already are replaced; a kind that is not given is left
/// out. The module must be one of this project's, packed or not.
#[derive(clap::Args)]
pub struct Args {
    /// The module to read.
    module: PathBuf,
    /// The filter of passwords.
    #[arg(long, value_name = "FILE", required_unless_present = "pairs")]
    passwords: Option<PathBuf>,
    /// The filter of username:password pairs.
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// The module to write; may be the one read.
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

/// Runs the subcommand.
pub fn run(args: Args) -> Result<ExitCode> {
    let output = Output::create(&args.output)?;
    let wasm = mapped::map(&args.module)?;
    let in_module = || format!("cannot pack into {}", args.module.display());
    let module = Module::parse(&wasm).with_context(in_module)?;
    let passwords = args.passwords.as_deref().map(|file| verified(file, Kind::Passwords));
    let passwords = passwords.transpose()?;
    let pairs = args.pairs.as_deref().map(|file| verified(file, Kind::Pairs)).transpose()?;

    let pieces = rewrite::rewrite(&module, [passwords.as_deref(), pairs.as_deref()]);
    let len = rewrite::total_len(&pieces);
    ensure!(
        len <= V8_LIMIT,
        "the module would have {}, and V8 loads up to {}; build a smaller filter, with \
         --top, --min-count or a higher --fp-rate",
        human::bytes(len),
        human::bytes(V8_LIMIT)
    );
    if len > ISTIO_LIMIT {
        eprintln!(
            "warning: the module has {}, and Istio fetches up to {}; Envoy itself loads it",
            human::bytes(len),
            human::bytes(ISTIO_LIMIT)
        );
    }
    write(output, &pieces).with_context(|| format!("cannot write {}", args.output.display()))?;
    println!("{}: {}", args.output.display(), human::bytes(len));
    Ok(ExitCode::SUCCESS)
}

/// A filter of this kind, every shard of it checked.
fn verified(path: &Path, kind: Kind) -> Result<Mmap> {
    let bytes = mapped::map(path)?;
    let check = || -> Result<()> {
        let filter = Filter::open(&bytes[..], bytes.len() as u64)?;
        let found = filter.header().kind;
        ensure!(found == kind, "the filter is of {found}; give it as --{found}");
        Ok(filter.verify(|_| ())?)
    };
    check().with_context(|| format!("cannot pack {}", path.display()))?;
    Ok(bytes)
}

fn write(output: Output, pieces: &rewrite::Pieces<'_>) -> Result<()> {
    let mut file = std::io::BufWriter::new(output.file());
    for piece in pieces {
        file.write_all(piece)?;
    }
    file.flush()?;
    drop(file);
    output.finish()
}
