//! `unstuff simulate`: the command line of the simulator, and the file that a trace is written to.
//!
//! What happens in a trace is the crate `unstuff-simulate`'s responsibility.

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use unstuff_simulate::{TotalsByLabel, TracePlan};

mod listing;

use crate::progress::Progress;
use crate::{format, stdout, trace_file};

/// The longest trace in hours: a leap year.
const LONGEST_HOURS: f64 = 24.0 * 366.0;

/// Make a labelled trace of people and attackers, for `replay`
///
/// Scenarios add to ordinary people and can be combined: `calm` adds nothing, `school mail-out
/// slow-pool` adds three things. The same arguments give the same trace.
#[derive(clap::Args)]
pub(crate) struct SimulateArgs {
    /// What happens: `calm`, `slow-pool`, ... (see --list)
    #[arg(required_unless_present = "list", value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Show scenarios and parameters with their sources; with a SCENARIO, all of its parameters
    #[arg(long)]
    list: bool,
    /// Another seed gives other people and other attackers of the same kinds
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of people who come on ordinary days
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    people: u64,
    /// The trace's length in hours: 48, or what the scenarios need; it begins on Sunday, 2026-01-04
    /// 08:00 UTC
    #[arg(long, value_parser = hours)]
    hours: Option<f64>,
    /// Set a parameter: `slow-pool.addresses=500`, `people.typo=3%`; can be repeated
    #[arg(long, value_name = "GROUP.NAME=VALUE")]
    set: Vec<String>,
    /// The trace to write; gzip if it ends in .gz, `-` for standard output
    #[arg(short, long, required_unless_present = "list", value_name = "TRACE")]
    output: Option<PathBuf>,
}

/// Runs the subcommand.
///
/// # Errors
/// An argument is not allowed, or the trace cannot be written.
pub(crate) fn run(args: SimulateArgs) -> Result<ExitCode> {
    let hours = args.hours.map_or_else(|| TracePlan::usual_hours(&args.scenarios), Ok)?;
    let mut plan = TracePlan::new(&args.scenarios, &args.set, hours)?;
    let Some(output) = args.output.filter(|_| !args.list) else {
        let overview = args.scenarios.is_empty() && args.set.is_empty();
        stdout::print(&if overview { listing::overview() } else { listing::details(&mut plan) })?;
        return Ok(ExitCode::SUCCESS);
    };
    plan.check()?;
    let begun = Instant::now();
    // Hidden if standard error is not a terminal.
    let mut progress = Progress::share("simulating", plan.milliseconds()).on_terminal_only();
    let written = trace_file::write(&output, |out| {
        plan.write(args.seed, args.people, out, |at| progress.show(at, String::new))
    });
    drop(progress);
    let totals = match written {
        // `| head` has closed the pipe.
        Err(error) if trace_file::is_closed(&error) => return Ok(ExitCode::SUCCESS),
        written => written?,
    };
    eprint!("{}", summary(&output.display().to_string(), &totals, begun));
    Ok(ExitCode::SUCCESS)
}

/// What was written, by label.
fn summary(output: &str, totals: &TotalsByLabel, begun: Instant) -> String {
    let row = |label: &str, attempts: &dyn Display, successes: &dyn Display| {
        format!("{label:<28} {:>12} {:>12}\n", attempts.to_string(), successes.to_string())
    };
    let mut text = row("label", &"attempts", &"successes");
    for (label, totals) in totals {
        text += &row(label, &format::count(totals.attempts), &format::count(totals.successes));
    }
    let all = totals.values().map(|totals| totals.attempts).sum();
    let seconds = begun.elapsed().as_secs_f64();
    text + &format!("wrote {output}: {} attempts in {seconds:.1} s\n", format::count(all))
}

/// A length of a trace in hours.
fn hours(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(hours) if hours > 0.0 && hours <= LONGEST_HOURS => Ok(hours),
        _ => Err(format!("give hours, above 0 and at most a year ({LONGEST_HOURS})")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use unstuff_trace::TraceReader;

    use super::*;

    #[test]
    fn name_that_ends_in_gz_gives_gzip() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("trace.jsonl.gz");
        let plan = TracePlan::new(&["calm".to_owned()], &[], 6.0).unwrap();
        trace_file::write(&target, |out| plan.write(1, 200, out, |_| ())).unwrap();
        let file = std::fs::File::open(&target).unwrap();
        let (mut unpacked, mut plain) = (Vec::new(), Vec::new());
        flate2::read::GzDecoder::new(file).read_to_end(&mut unpacked).unwrap();
        plan.write(1, 200, &mut plain, |_| ()).unwrap();
        assert!(unpacked == plain);
        let mut reader = TraceReader::open(&target).unwrap();
        assert!(reader.advance().unwrap() && reader.line().is_ok());
    }
}
