//! `unstuff compare`: the default policy compared with other products' rules, over the same traces.
//!
//! Each trace is replayed under each policy, enforced, from an empty state. The part of a label
//! before its first slash says who made the attempt: `attack/...` is an attack, `benign/...` are
//! people. Anything else is neither: a broken script is not an attack, and not a person.

use std::os::unix::fs::FileTypeExt as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};

use crate::parallel;
use crate::replay::policy::{self, ChosenPolicy};
use crate::replay::{self, FilterSources, RecordSummary, ReplayOptions, ReplayedFile};
use crate::stdout::{self, OutputFormat};

mod shipped;
mod table;

use table::{ComparedPolicy, TraceComparison};

/// Compare policies over the same traces: the default, other products' rules, and yours
///
/// Labels that begin with attack/ count as attacks, labels that begin with benign/ as people. Without
/// labels, as in a decision record, the table tells how many attempts each policy stops. Exits with 0
/// if done, 1 if a policy is rejected or no line is an attempt, 2 if something cannot be
/// read.
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// Traces, each replayed separately
    #[arg(required = true, value_name = "TRACE")]
    traces: Vec<PathBuf>,
    /// A configuration to add to the comparison; can be repeated
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// A filter of breached passwords or of pairs, at most one of each; without any, the starter
    /// filter
    #[arg(long, value_name = "FILE")]
    filter: Vec<PathBuf>,
    /// The format: text is a table, JSON is for programs
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    #[command(flatten)]
    options: ReplayOptions,
}

/// Runs the subcommand.
///
/// # Errors
/// A file cannot be read.
pub(crate) fn run(args: CompareArgs) -> anyhow::Result<ExitCode> {
    for trace in &args.traces {
        ensure!(trace.as_os_str() != "-", "standard input (-) can be read only once; give a file");
        let piped = trace.metadata().is_ok_and(|found| found.file_type().is_fifo());
        ensure!(!piped, "{} is a pipe and can be read only once; give a file", trace.display());
    }
    let Some(policies) = policies(&args)? else { return Ok(ExitCode::FAILURE) };
    let filters = FilterSources::find(&args.filter)?;
    // Reports a bad filter once rather than in each thread.
    filters.open()?;
    let jobs: Vec<(usize, usize)> = (0..args.traces.len())
        .flat_map(|trace| (0..policies.len()).map(move |policy| (trace, policy)))
        .collect();
    let mut rows = parallel::map(&jobs, |&(trace, policy)| {
        let (trace, chosen) = args.traces.get(trace).zip(policies.get(policy)).context("a job")?;
        let replayed = replay::replay_file(chosen.clone(), &filters.open()?, args.options, trace)?;
        Ok((ComparedPolicy::new(&chosen.name, &replayed.counts), replayed))
    })?
    .into_iter();
    let comparisons: Vec<TraceComparison> = args
        .traces
        .iter()
        .map(|trace| {
            let (policies, replayed): (Vec<_>, Vec<_>) = rows.by_ref().take(policies.len()).unzip();
            let trace = trace.display().to_string();
            lacking(&replayed).iter().for_each(|note| eprintln!("{trace}: {note}"));
            // Whether a line is bad does not depend on the policy.
            let bad_lines = replayed.first().map_or(0, |it| it.bad_lines);
            TraceComparison { trace, bad_lines, policies }
        })
        .collect();
    for TraceComparison { trace, bad_lines, .. } in comparisons.iter().filter(|it| it.bad_lines > 0)
    {
        eprintln!("{trace}: bad lines, left out: {bad_lines} (`unstuff replay` names them)");
    }
    let nothing: Vec<_> = comparisons.iter().filter(|it| it.is_empty()).collect();
    nothing.iter().for_each(|it| eprintln!("{}: no line is an attempt", it.trace));
    stdout::print(&match args.format {
        OutputFormat::Text => table::text(&comparisons),
        OutputFormat::Json => table::json(&comparisons)?,
    })?;
    Ok(if nothing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a decision record cannot show, with the largest numbers of all policies.
fn lacking(replayed: &[ReplayedFile]) -> Vec<String> {
    let worst = replayed.iter().map(|it| it.summary).reduce(RecordSummary::or_worse);
    let record = replayed.first().map(|it| &it.record);
    record.zip(worst).map(|(record, worst)| record.lacking(&worst)).unwrap_or_default()
}

/// The default policy, the built-in ones, then those given. None if one is rejected; its problems
/// are printed.
fn policies(args: &CompareArgs) -> anyhow::Result<Option<Vec<ChosenPolicy>>> {
    let mut policies = vec![policy::choose(None, true)?];
    policies
        .extend(shipped::POLICIES.iter().map(|(name, text)| policy::parse(name, text.as_bytes())));
    for file in &args.policy {
        policies.push(policy::choose(Some(file), true)?);
    }
    Ok(policies.into_iter().collect())
}
