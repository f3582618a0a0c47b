//! `unstuff simulate`: labelled traces of people and attackers, for `replay` to judge
//! policies by.
//!
//! People follow published base rates, attacks the shapes in which attacks were seen; every
//! figure is a parameter with a source (`--list`). What must not happen is that a trace
//! gives away its labels: no field but address, name, cookies and (where a scenario says
//! so) the fingerprint tells attack from people, or a policy would be tuned to the
//! simulator. The same seed gives the same bytes, and adding a scenario leaves everybody
//! else's attempts as they were.
//!
//! A trace does not react: who is challenged or blocked in a replay tries no less and no
//! more for it.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use indicatif::ProgressBar;

mod attack;
mod attempt;
mod catalogue;
mod crowd;
mod draw;
mod listing;
mod people;
mod plan;
mod school;
mod script;
mod settings;
#[cfg(test)]
mod tests;
mod writer;

use crate::format;
use people::population::Population;
use plan::Plan;
use writer::Tallies;

/// Make a labelled trace of people and attackers, for `replay`.
///
/// Scenarios come on top of ordinary people and can be combined: `calm` adds nothing,
/// `school mail-out slow-pool` adds three things. What is written depends on nothing but
/// what is given here.
#[derive(clap::Args)]
pub struct Args {
    /// What happens: `calm`, `slow-pool`, … (see --list).
    #[arg(required_unless_present = "list", value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Show scenarios and parameters with their sources; with a SCENARIO, all of its own.
    #[arg(long)]
    list: bool,
    /// Another seed gives other people and other attackers of the same kinds.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many people come on ordinary days.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    people: u64,
    /// How long the trace is; it begins on Sunday, 2026-01-04 08:00 UTC.
    #[arg(long, default_value_t = 48.0, value_parser = hours)]
    hours: f64,
    /// Set a parameter: `slow-pool.addresses=500`, `people.typo=3%`. Can be repeated.
    #[arg(long, value_name = "GROUP.NAME=VALUE")]
    set: Vec<String>,
    /// The trace to write; gzip if it ends in .gz, `-` for standard output.
    #[arg(short, long, required_unless_present = "list", value_name = "TRACE")]
    output: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(args: Args) -> Result<ExitCode> {
    let mut plan = Plan::new(&args.scenarios, &args.set, args.hours)?;
    let Some(output) = args.output.filter(|_| !args.list) else {
        let overview = args.scenarios.is_empty() && args.set.is_empty();
        let text = if overview { listing::overview() } else { listing::details(&mut plan) };
        io::Write::write_all(&mut io::stdout(), text.as_bytes()).or_else(closed)?;
        return Ok(ExitCode::SUCCESS);
    };
    plan.check()?;
    let begun = Instant::now();
    let population = Population::new(args.seed, args.people, plan.people.clone());
    let end = attempt::millis(plan.length);
    // Hidden by itself where standard error is no terminal.
    let bar = ProgressBar::new(end);
    let written = writer::to_file(&output, |out| {
        let attempts = plan.attempts(&population).take_while(|attempt| attempt.at < end);
        writer::lines(out, &population, attempts, |at| bar.set_position(at))
    });
    bar.finish_and_clear();
    let tallies = match written {
        // `| head` has seen enough.
        Err(error) if is_closed(&error) => return Ok(ExitCode::SUCCESS),
        written => written?,
    };
    eprint!("{}", summary(&output.display().to_string(), &tallies, begun));
    Ok(ExitCode::SUCCESS)
}

/// What was written, by label.
fn summary(output: &str, tallies: &Tallies, begun: Instant) -> String {
    let row = |label: &str, attempts: &dyn Display, successes: &dyn Display| {
        format!("{label:<28} {:>12} {:>12}\n", attempts.to_string(), successes.to_string())
    };
    let mut text = row("label", &"attempts", &"successes");
    for (label, tally) in tallies {
        text += &row(label, &format::count(tally.attempts), &format::count(tally.successes));
    }
    let all = tallies.values().map(|tally| tally.attempts).sum();
    let seconds = begun.elapsed().as_secs_f64();
    text + &format!("wrote {output}: {} attempts in {seconds:.1} s\n", format::count(all))
}

/// A length of a trace in hours.
fn hours(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(hours) if hours > 0.0 && hours <= 24.0 * 366.0 => Ok(hours),
        _ => Err("give hours, above 0 and at most a year".into()),
    }
}

fn closed(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

fn is_closed(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    kind == Some(io::ErrorKind::BrokenPipe)
}
