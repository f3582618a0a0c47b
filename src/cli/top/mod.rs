//! `unstuff top`: what the module does now, in a table that is drawn anew.
//!
//! It reads the statistics of Envoy every few seconds: from the admin interface, or from an endpoint
//! that speaks Prometheus' format. Nothing is kept but the sample before. The table is drawn over
//! itself, and Ctrl-C ends it, so a terminal needs no cleaning up.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use console::Term;

use crate::envoy_admin::{EnvoyAdmin, EnvoyStats};
use crate::stdout;

mod rows;
mod table;

/// Show what the module does now: attempts, verdicts, rules, attack mode, outcomes
///
/// Reads the admin interface of Envoy, or a URL whose path ends in /prometheus or /metrics. The table
/// has what was counted since Envoy started, and how much of it a second since the last look. Ctrl-C
/// ends it. Where standard output is no terminal it prints one table, as with --once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff top http://127.0.0.1:9901
  unstuff top --once http://127.0.0.1:15090/stats/prometheus

Exit status: 0 done, 1 the module counts nothing there, 2 the URL cannot be read.")]
pub(crate) struct TopArgs {
    /// Envoy's admin interface, or what Prometheus scrapes
    #[arg(value_name = "URL")]
    url: String,
    /// Print one table, and end
    #[arg(long)]
    once: bool,
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
}

/// What was counted at a moment.
struct Sample {
    taken: Instant,
    stats: EnvoyStats,
}

/// Runs the subcommand.
///
/// # Errors
/// The URL cannot be read, or standard output cannot be written.
pub(crate) fn run(args: &TopArgs) -> anyhow::Result<ExitCode> {
    let source = EnvoyAdmin::at(&args.url)?;
    let first = sample(&source)?;
    if first.stats.find("unstuff.attempts").is_none() {
        eprintln!("unstuff: no module counts at {}; `unstuff doctor` says more", source.url());
        return Ok(ExitCode::FAILURE);
    }
    let terminal = Term::stdout();
    if args.once || !terminal.is_term() {
        stdout::print(&table::text(source.url(), &rows::of(&first.stats), None))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut last = first;
    let mut shown = table::text(source.url(), &rows::of(&last.stats), None);
    loop {
        terminal.clear_screen()?;
        terminal.write_str(&shown)?;
        wait(args.every);
        shown = match sample(&source) {
            Ok(next) => {
                let seconds = next.taken.duration_since(last.taken).as_secs_f64();
                let (now, before) = (rows::of(&next.stats), rows::of(&last.stats));
                last = next;
                table::text(source.url(), &now, Some((&before, seconds)))
            }
            // Envoy restarts: look again.
            Err(error) => format!("{}\n{error:#}\n", source.url()),
        };
    }
}

#[allow(clippy::disallowed_methods, reason = "a table that is drawn every few seconds")]
fn wait(seconds: u64) {
    thread::sleep(Duration::from_secs(seconds));
}

#[allow(clippy::disallowed_methods, reason = "wall time of the tool")]
fn sample(source: &EnvoyAdmin) -> anyhow::Result<Sample> {
    let path = source.url().rsplit('/').next().unwrap_or_default();
    let stats = match path {
        "prometheus" | "metrics" => EnvoyStats::of_prometheus(&source.text("")?),
        _ => source.stats()?,
    };
    Ok(Sample { taken: Instant::now(), stats })
}
