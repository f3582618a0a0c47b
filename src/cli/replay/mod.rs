//! `unstuff replay`: what a policy would have done with recorded logins.
//!
//! The engine is the very one that the filter runs; time comes from the trace, so an hour
//! takes a fraction of a second and the same input gives the same report. One pass, one
//! line at a time: traces come in by [`traces`], become what the engine decides about in
//! [`request`] and [`facts`], are decided and answered in [`engine`], and are counted in
//! [`tally`]; [`report`] prints it.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::stdout;

mod breached;
mod cookies;
mod decisions;
mod due;
mod engine;
mod facts;
pub mod policy;
mod progress;
pub mod report;
mod request;
mod tally;
mod timeline;
pub mod traces;
mod upstream;

pub use breached::{Filters, Sources};
pub use engine::Replay;
pub use tally::Tally;

use decisions::Decisions;
use policy::Chosen;
use progress::Progress;
use report::Report;
use traces::Traces;

/// Replay recorded logins against a policy
///
/// A trace is JSON Lines, one attempt a line, in order of time; a name that ends in .gz is
/// decompressed. Several are merged by time. Exits with 0 if done, 1 if the policy or (with
/// --strict) a line is rejected, or no line is an attempt, 2 if something cannot be read.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Traces; - is standard input
    #[arg(required = true, value_name = "TRACE")]
    traces: Vec<PathBuf>,
    /// A configuration in JSON; the default policy, enforced, if absent
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A breached-password filter, and another one for pairs; the starter filter if absent
    #[arg(long, value_name = "FILE")]
    filter: Vec<PathBuf>,
    /// Text is a table; JSON is for programs; HTML is one page with time lines
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write each attempt's verdict to this file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// Act on rules that are in shadow mode
    #[arg(long)]
    enforce: bool,
    /// Stop at the first bad line
    #[arg(long)]
    strict: bool,
    /// What all keys derive from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Who reads the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A person at a terminal.
    Text,
    /// A program.
    Json,
    /// A person with a browser.
    Html,
}

/// Replays traces, reports.
///
/// # Errors
/// A file cannot be read or written.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let Some(chosen) = policy::choose(args.policy.as_deref(), args.enforce)? else {
        return Ok(ExitCode::FAILURE);
    };
    let sources = Sources::find(&args.filter)?;
    let filters = sources.open()?;
    let mut traces = Traces::open(&args.traces, args.strict)?;
    let decisions = args.decisions.as_deref();
    let mut decisions = decisions.map(|path| Decisions::create(path, &args.traces)).transpose()?;
    let about = About { policy: chosen.name.clone(), filter: sources.name() };
    let progress = Progress::new(std::io::stderr().is_terminal());

    let (tally, stopped_by) =
        replay(chosen, &filters, args.seed, &mut traces, decisions.as_mut(), progress)?;
    if let Some(bad) = stopped_by {
        eprintln!("unstuff: {bad}");
        return Ok(ExitCode::FAILURE);
    }
    decisions.map_or(Ok(()), Decisions::finish)?;
    let report = Report::new(tally, traces.bad(), about);
    report.notes().iter().for_each(|note| eprintln!("{note}"));
    stdout::print(&match args.format {
        Format::Text => report::text(&report),
        Format::Json => report::json(&report)?,
        Format::Html => report::html(&report),
    })?;
    Ok(if report.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What a report says about its own making.
#[derive(Clone, Debug)]
pub struct About {
    /// The policy's name.
    pub policy: String,
    /// The filter's.
    pub filter: String,
}

/// Replays all of `traces`; the bad line too, if one stopped it.
fn replay(
    chosen: Chosen,
    filters: &Filters<'_>,
    seed: u64,
    traces: &mut Traces,
    mut decisions: Option<&mut Decisions>,
    mut progress: Progress,
) -> anyhow::Result<(Tally, Option<traces::BadLine>)> {
    let mut replay = Replay::new(chosen.policy, filters, seed)?;
    let stopped_by = traces.each(|place, line| {
        progress.at(line.time);
        let decided = replay.attempt(line);
        if let (Some(decisions), Some(decided)) = (&mut decisions, &decided) {
            decisions.write(place, line, decided, replay.policy())?;
        }
        Ok(())
    })?;
    Ok((replay.finish(), stopped_by))
}

/// Replays one trace file from its beginning, for `compare`. How many lines were bad as well.
///
/// # Errors
/// It cannot be read.
pub fn of_file(
    chosen: Chosen,
    filters: &Filters<'_>,
    seed: u64,
    trace: &Path,
) -> anyhow::Result<(Tally, u64)> {
    let mut traces = Traces::open(&[trace.to_owned()], false)?;
    traces.describe_none();
    let (tally, _) = replay(chosen, filters, seed, &mut traces, None, Progress::new(false))
        .with_context(|| format!("cannot replay {}", trace.display()))?;
    Ok((tally, traces.bad()))
}
