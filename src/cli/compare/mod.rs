//! `unstuff compare`: the default policy beside what others ship, over the same traces.
//!
//! Each trace is replayed under each policy, enforced, from an empty state. Whose attempt it
//! is, a label says before its first slash: `attack/…`, `benign/…` (people), and anything
//! else is neither: a broken script is not to be stopped at any price, and not a person.

use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context as _, ensure};

use crate::replay::policy::{self, Chosen};
use crate::replay::{self, Sources};
use crate::stdout::{self, OutputFormat};

mod shipped;
mod table;

use table::{Comparison, Row};

/// Compare policies over the same traces: ours, what others ship, and yours
///
/// Labels that begin with attack/ count as attack, with benign/ as people. Exits with 0 if
/// done, 1 if a policy is rejected or no line is an attempt, 2 if something cannot be read.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Traces, each replayed by itself
    #[arg(required = true, value_name = "TRACE")]
    traces: Vec<PathBuf>,
    /// A configuration to compare as well; may be given several times
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// A breached-password filter, and another one for pairs; the starter filter if absent
    #[arg(long, value_name = "FILE")]
    filter: Vec<PathBuf>,
    /// Text is a table; JSON is for programs
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// What all keys derive from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

/// Compares, prints.
///
/// # Errors
/// A file cannot be read.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let piped = args.traces.iter().any(|trace| trace.as_os_str() == "-");
    ensure!(!piped, "standard input (-) can be read once only; give a file");
    let Some(policies) = policies(&args)? else { return Ok(ExitCode::FAILURE) };
    let filters = Sources::find(&args.filter)?;
    // What is wrong with one is said now rather than by each thread.
    filters.open()?;
    let jobs: Vec<(usize, usize)> = (0..args.traces.len())
        .flat_map(|trace| (0..policies.len()).map(move |policy| (trace, policy)))
        .collect();
    let mut rows = all(&jobs, |&(trace, policy)| {
        let (trace, chosen) = args.traces.get(trace).zip(policies.get(policy)).context("a job")?;
        let (tally, bad) = replay::of_file(chosen.clone(), &filters.open()?, args.seed, trace)?;
        Ok((Row::new(&chosen.name, &tally), bad))
    })?
    .into_iter();
    let comparisons: Vec<Comparison> = args
        .traces
        .iter()
        .map(|trace| {
            let (policies, bad): (Vec<_>, Vec<_>) = rows.by_ref().take(policies.len()).unzip();
            // A line is bad whatever the policy.
            let bad_lines = bad.first().copied().unwrap_or(0);
            Comparison { trace: trace.display().to_string(), bad_lines, policies }
        })
        .collect();
    for Comparison { trace, bad_lines, .. } in comparisons.iter().filter(|it| it.bad_lines > 0) {
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

/// The default policy, those of others, then those given. None, after the problems were
/// said, if one is rejected.
fn policies(args: &Args) -> anyhow::Result<Option<Vec<Chosen>>> {
    let mut policies = vec![policy::choose(None, true)?];
    policies
        .extend(shipped::POLICIES.iter().map(|(name, text)| policy::parse(name, text.as_bytes())));
    for file in &args.policy {
        policies.push(policy::choose(Some(file), true)?);
    }
    Ok(policies.into_iter().collect())
}

/// Does all jobs, on as many threads as there are cores; results in the jobs' order.
fn all<J: Sync, R: Send>(
    jobs: &[J],
    work: impl Fn(&J) -> anyhow::Result<R> + Sync,
) -> anyhow::Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { return done };
            done.push((index, work(job)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(jobs.len());
    let mut done: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        // One that panicked has left its jobs undone: seen below.
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    ensure!(done.len() == jobs.len(), "a replay failed");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
