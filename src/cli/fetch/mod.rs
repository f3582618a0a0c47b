//! `unstuff fetch`: the breached-password corpus, range by range, from Have I Been Pwned or
//! a mirror of it.
//!
//! The corpus is 1,048,576 ranges, each named by the first five hex digits of a SHA-1. Each
//! becomes one file that `unstuff build` reads. A [`worker`] asks for a range through the
//! [`client`], judges its [`content`] and puts it into the [`store`]; the [`crew`] sums up.
//! Whatever happens, a file is either a whole range that was valid when it came, or absent.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::{Duration, SystemTime};

use anyhow::Context;

mod base_url;
mod client;
mod content;
mod control;
mod crew;
mod mark;
mod patience;
mod prefix;
mod progress;
mod range_file;
mod store;
mod summary;
mod twins;
mod worker;

use self::control::{Control, Stop};
use self::summary::Summary;
use self::worker::Job;

/// Download the breached-password corpus, or what changed of it
///
/// Fetches the ranges of Have I Been Pwned's passwords (1,048,576 of them, about 45 GB on
/// disk) into DIR/AB/ABCDE.gz, which `unstuff build DIR` reads.
///
/// Run it again whenever you like: it then asks only for what changed (by ETag). Killed at
/// any moment it goes on where it was; a file is replaced as a whole or not at all, and only
/// by a body that is a valid range.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  unstuff fetch hibp/                          everything, or everything that changed
  unstuff fetch hibp/ --prefixes 00000-000FF   256 ranges, to try it out (about 10 MB)
  unstuff fetch hibp/ --base-url https://mirror.example/range/ --parallel 16

Exit status: 0 all ranges are there and valid, 1 some could not be had (run it again within a
day: only those are asked for), 2 an error (the disk is full, say), 130 interrupted.")]
pub struct Args {
    /// The folder of range files; made if it is not there
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Where the ranges are: a prefix is appended to this
    #[arg(long, value_name = "URL", default_value = "https://api.pwnedpasswords.com/range/")]
    base_url: base_url::BaseUrl,
    /// Only these ranges, both included: 00000-000FF, or one: 5BAA6
    #[arg(long, value_name = "FIRST-LAST")]
    prefixes: Option<prefix::Span>,
    /// Requests in flight
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=256))]
    parallel: u32,
    /// How often a range is tried before it counts as failed
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    tries: u32,
    /// Seconds that one request may take
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(1..=3600))]
    timeout: u32,
    /// Fetch everything anew, whatever is there
    #[arg(long)]
    full: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// Milliseconds before the first retry; doubled from then on
    #[arg(long, value_name = "MS", default_value_t = 500, hide = true)]
    first_wait_ms: u32,
}

/// Runs the subcommand.
///
/// # Errors
///
/// The folder cannot be read or written, or threads or the signal handler cannot be had.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let span = args.prefixes.unwrap_or_default();
    let workers = args.parallel.min(span.count());
    let base_url = args.base_url.to_string();
    let store = store::Store::open(&args.directory)?;
    let mark = store.mark();
    if args.full {
        mark.clear().context("cannot forget the unfinished run")?;
    }
    let began = mark.begin(&base_url, wall_clock()).context("cannot mark the run as begun")?;
    if began.is_some() {
        eprintln!("unstuff: going on with the unfinished fetch in {}", args.directory.display());
    }
    let timeout = Duration::from_secs(args.timeout.into());
    let job = Arc::new(Job {
        client: client::Client::new(args.base_url, workers as usize, timeout),
        store,
        span,
        next: AtomicU32::new(0),
        patience: patience::Patience {
            tries: args.tries,
            first_wait: Duration::from_millis(args.first_wait_ms.into()),
        },
        full: args.full,
        began,
        twins: twins::Twins::default(),
        control: Control::default(),
    });
    let interrupted = Arc::clone(&job);
    ctrlc::set_handler(move || interrupted.control.stop(Stop::Interrupted))
        .context("cannot listen for Ctrl-C")?;

    let mut summary = Summary::new(args.directory, base_url, span.count());
    let stopped = crew::run(&job, workers, &mut summary)?;
    summary.stopped = stopped.as_ref().map(Stop::to_string);
    if args.json {
        println!("{}", serde_json::to_string(&summary)?);
    } else {
        println!("{summary}");
    }
    if summary.is_complete() {
        mark.clear().context("cannot note that the fetch is complete")?;
    }
    conclude(stopped, &summary)
}

/// The exit status, and the last line on standard error where it is not 0.
fn conclude(stopped: Option<Stop>, summary: &Summary) -> anyhow::Result<ExitCode> {
    match stopped {
        Some(Stop::Disk(error)) => anyhow::bail!("{error}"),
        Some(Stop::Interrupted) => {
            eprintln!("unstuff: interrupted; the same command goes on from here");
            Ok(ExitCode::from(130))
        }
        Some(other) => {
            eprintln!("unstuff: {other}; the same command goes on from here");
            Ok(ExitCode::from(1))
        }
        None if summary.failed > 0 => {
            eprintln!("unstuff: some ranges failed; the same command asks for them again");
            Ok(ExitCode::from(1))
        }
        None => Ok(ExitCode::SUCCESS),
    }
}

/// The time of day: what `Retry-After` dates and the times of files are measured against.
#[allow(clippy::disallowed_methods, reason = "a native tool that talks to servers and files")]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}
