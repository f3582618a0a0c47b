//! `unstuff replay`: what a policy would have done with recorded logins.
//!
//! The engine is the one that the filter runs. Time comes from the trace, so an hour takes a
//! fraction of a second, and the same input gives the same report. A replay is one pass, line by
//! line: [`traces`] reads, [`endpoints`] and [`facts`] prepare what the engine decides about,
//! [`engine`] decides and learns, [`counts`] counts, and [`report`] prints.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use unstuff_engine::decision::measured::MeasuredRule;
use unstuff_engine::policy::Policy;
use unstuff_trace::{BadTraceLine, TraceLine};

use crate::progress::Progress;
use crate::stdout;

mod breached;
mod burden;
mod cookies;
mod counts;
mod coverage;
mod decisions;
mod endpoints;
mod engine;
mod entry_map;
mod facts;
mod options;
pub(crate) mod policy;
mod record_notes;
mod record_order;
mod recorded;
pub(crate) mod report;
mod responses;
mod timeline;
mod traces;

pub(crate) use breached::FilterSources;
pub(crate) use counts::ReplayCounts;
pub(crate) use endpoints::LoginFilter;
pub(crate) use options::ReplayOptions;
pub(crate) use record_notes::RecordNotes;
pub(crate) use recorded::RecordSummary;

use breached::ReplayFilters;
use decisions::DecisionLog;
use engine::Replay;
use policy::ChosenPolicy;
use report::ReplayReport;
use traces::MergedTraces;

/// Replay recorded logins against a policy
///
/// A trace is JSON Lines: one attempt per line, in order of time (docs/trace.md). A file whose name
/// ends in .gz is decompressed. Several traces are merged by time. Exits with 0 if done, 1 if the
/// policy or (with --strict) a line is rejected, or no line is an attempt, 2 if something cannot be
/// read.
#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArgs {
    /// Traces; - is standard input
    #[arg(required = true, value_name = "TRACE")]
    traces: Vec<PathBuf>,
    /// A configuration in JSON; without one, the default policy, enforced
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A filter of breached passwords or of pairs, at most one of each; without any, the starter
    /// filter
    #[arg(long, value_name = "FILE")]
    filter: Vec<PathBuf>,
    /// The report's format: text is a table, JSON is for programs, HTML is a page with timelines
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Write each attempt's verdict to this file, as JSON Lines
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,
    /// Enforce rules that are in shadow mode
    #[arg(long)]
    enforce: bool,
    /// Stop at the first bad line
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    options: ReplayOptions,
}

/// The format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum ReportFormat {
    /// For a terminal.
    Text,
    /// For a program.
    Json,
    /// For a browser.
    Html,
}

/// Runs the subcommand.
///
/// # Errors
/// A file cannot be read or written.
pub(crate) fn run(args: ReplayArgs) -> anyhow::Result<ExitCode> {
    let Some(chosen) = policy::choose(args.policy.as_deref(), args.enforce)? else {
        return Ok(ExitCode::FAILURE);
    };
    let sources = FilterSources::find(&args.filter)?;
    let filters = sources.open()?;
    let mut traces = MergedTraces::open(&args.traces, args.strict)?;
    let decisions = args.decisions.as_deref();
    let mut decisions =
        decisions.map(|path| DecisionLog::create(path, &args.traces)).transpose()?;
    let inputs = ReplayInputs { policy: chosen.name.clone(), filter: sources.name() };
    let progress = Progress::count("replaying", "attempts", None).on_terminal_only();

    let (counts, summary, stopped_by) =
        replay(chosen, &filters, args.options, &mut traces, decisions.as_mut(), progress)?;
    if let Some(bad) = stopped_by {
        eprintln!("unstuff: {bad}");
        return Ok(ExitCode::FAILURE);
    }
    decisions.map_or(Ok(()), DecisionLog::finish)?;
    let report = ReplayReport::new(counts, traces.bad_lines(), inputs);
    report.notes().iter().for_each(|note| eprintln!("{note}"));
    traces.record().lines(&summary).iter().for_each(|note| eprintln!("{note}"));
    stdout::print(&match args.format {
        ReportFormat::Text => report::text(&report),
        ReportFormat::Json => report::json(&report)?,
        ReportFormat::Html => report::html(&report),
    })?;
    Ok(if report.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What a report says about its inputs.
#[derive(Clone, Debug)]
pub(crate) struct ReplayInputs {
    /// The policy's name.
    pub policy: String,
    /// The filters' names.
    pub filter: String,
}

/// Replays all of `traces`. Returns the bad line, too, if one ended the replay.
fn replay(
    chosen: ChosenPolicy,
    filters: &ReplayFilters<'_>,
    options: ReplayOptions,
    traces: &mut MergedTraces,
    mut decisions: Option<&mut DecisionLog>,
    mut progress: Progress,
) -> anyhow::Result<(ReplayCounts, RecordSummary, Option<BadTraceLine>)> {
    let mut replay = Replay::new(chosen.policy, filters, options)?;
    let mut attempts = 0;
    let stopped_by = traces.each(|position, line| {
        attempts += 1;
        progress.show(attempts, || format!("at {}", report::utc(line.time)));
        let decided = replay.attempt(line);
        if let (Some(decisions), Some(decided)) = (&mut decisions, &decided) {
            decisions.write(position, line, decided, replay.policy())?;
        }
        Ok(())
    })?;
    let summary = replay.record_summary();
    Ok((replay.finish(), summary, stopped_by))
}

/// Replays what was before a login, and then measures every rule for it. `None` if the login is at no
/// endpoint. A record is replayed up to the login.
///
/// # Errors
/// A trace cannot be read.
pub(crate) fn measured(
    policy: Policy,
    login: &TraceLine,
    before: &[PathBuf],
) -> anyhow::Result<Option<Vec<MeasuredRule>>> {
    let sources = FilterSources::find(&[])?;
    let filters = sources.open()?;
    let mut replay = Replay::new(policy, &filters, ReplayOptions::explaining())?;
    let of = |line: &TraceLine| {
        Some((line.recorded.as_ref()?.worker.clone(), line.recorded.as_ref()?.line))
    };
    let (wanted, mut found) = (of(login), None);
    MergedTraces::open(before, false)?.each(|_, line| {
        if found.is_none() && wanted.is_some() && of(line) == wanted {
            found = Some(replay.attempt(line));
        } else if found.is_none() {
            replay.attempt(line);
        }
        Ok(())
    })?;
    let decided = found.unwrap_or_else(|| replay.attempt(login));
    Ok(decided.map(|it| it.decision.measured.map(|it| it.rules).unwrap_or_default()))
}

/// One trace file, replayed under one policy.
pub(crate) struct ReplayedFile {
    /// What was counted.
    pub counts: ReplayCounts,
    /// The number of bad lines.
    pub bad_lines: u64,
    /// What the lines of a record say about it.
    pub record: RecordNotes,
    /// What the replay says about it.
    pub summary: RecordSummary,
}

/// Replays one trace file, for `compare`.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn replay_file(
    chosen: ChosenPolicy,
    filters: &ReplayFilters<'_>,
    options: ReplayOptions,
    trace: &Path,
) -> anyhow::Result<ReplayedFile> {
    let mut traces = MergedTraces::open(&[trace.to_owned()], false)?;
    traces.report_none();
    let (counts, summary, _) =
        replay(chosen, filters, options, &mut traces, None, Progress::hidden())
            .with_context(|| format!("cannot replay {}", trace.display()))?;
    let bad_lines = traces.bad_lines();
    Ok(ReplayedFile { counts, bad_lines, record: traces.into_record(), summary })
}
