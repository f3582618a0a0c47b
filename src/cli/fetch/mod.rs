//! `unstuff fetch`: downloads the breached-password corpus, range by range, from Have I Been
//! Pwned or a mirror.
//!
//! The corpus has 1,048,576 ranges, each named by the first five hex digits of a SHA-1. Each range
//! becomes one file that `unstuff build` reads. [`mod@run`] supervises the workers and sums up. A
//! [`worker`] requests a range through the [`client`], checks it with [`validate`] and puts it into
//! the [`store`]. A file is either a whole range that was valid when it came, or absent.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use anyhow::Context;

mod backoff;
mod base_url;
mod checkpoint;
mod client;
mod clock;
mod control;
mod misdelivery;
mod prefix;
mod range_file;
mod run;
mod store;
mod summary;
mod validate;
mod worker;

use self::control::{RunControl, StopReason};
pub(crate) use self::prefix::RangePrefix;
pub(crate) use self::range_file::StoredText;
use self::summary::FetchSummary;
use self::worker::FetchRun;
use crate::{interrupt, stdout};

/// Download the breached-password corpus, or what changed in it
///
/// Downloads the ranges of Have I Been Pwned's passwords (1,048,576 ranges, about 45 GB on disk)
/// to DIR/AB/ABCDE.gz, which `unstuff build DIR` reads.
///
/// Run it again at any time: it then downloads only what changed (by ETag). If it is killed, the
/// next run continues where it stopped. A file is replaced as a whole or not at all, and only by a
/// body that is a valid range.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  unstuff fetch hibp/                          everything, or everything that changed
  unstuff fetch hibp/ --prefixes 00000-000FF   256 ranges, to try it out (about 10 MB)
  unstuff fetch hibp/ --base-url https://mirror.example/range/ --parallel 16

Exit status: 0 all ranges are present and valid, 1 some ranges failed (run it again within a day
to try only those), 2 an error (a full disk, for example), 130 interrupted.")]
pub(crate) struct FetchArgs {
    /// The folder of range files; created if it does not exist
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The address of the ranges; the prefix of each is appended
    #[arg(long, value_name = "URL", default_value = "https://api.pwnedpasswords.com/range/")]
    base_url: base_url::BaseUrl,
    /// Only these ranges, both ends included: 00000-000FF, or one: 5BAA6
    #[arg(long, value_name = "FIRST-LAST")]
    prefixes: Option<prefix::PrefixSpan>,
    /// Number of requests in flight
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u32).range(1..=256))]
    parallel: u32,
    /// Number of tries before a range counts as failed
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    tries: u32,
    /// Time limit of one request in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(1..=3600))]
    timeout: u32,
    /// Download everything again, also what has not changed
    #[arg(long)]
    full: bool,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
    /// Milliseconds before the first retry; doubled for each further one
    #[arg(long, value_name = "MS", default_value_t = 500, hide = true)]
    first_wait_ms: u32,
}

/// Runs the subcommand.
///
/// # Errors
///
/// The folder cannot be read or written, or threads or the signal handler cannot be set up.
pub(crate) fn run(args: FetchArgs) -> anyhow::Result<ExitCode> {
    let span = args.prefixes.unwrap_or_default();
    let workers = args.parallel.min(span.count());
    let base_url = args.base_url.to_string();
    let store = store::RangeStore::open(&args.directory)?;
    let checkpoint = store.checkpoint();
    if args.full {
        checkpoint.clear().context("cannot remove the checkpoint of the unfinished run")?;
    }
    let began = checkpoint.begin(&base_url, clock::now()).context("cannot write the checkpoint")?;
    if began.is_some() {
        eprintln!("unstuff: continuing the unfinished fetch in {}", args.directory.display());
    }
    let timeout = Duration::from_secs(args.timeout.into());
    let run = Arc::new(FetchRun {
        client: client::RangeClient::new(args.base_url, workers as usize, timeout),
        store,
        span,
        next: AtomicU32::new(0),
        backoff: backoff::Backoff {
            tries: args.tries,
            first_wait: Duration::from_millis(args.first_wait_ms.into()),
        },
        full: args.full,
        began,
        misdelivery: misdelivery::MisdeliveryDetector::default(),
        control: RunControl::default(),
    });
    let interrupted = Arc::clone(&run);
    interrupt::on_interrupt(move || interrupted.control.stop(StopReason::Interrupted))?;

    let mut summary = FetchSummary::new(args.directory, base_url, span.count());
    let stopped = run::supervise(&run, workers, &mut summary)?;
    summary.stopped = stopped.as_ref().map(StopReason::to_string);
    if args.json {
        stdout::print(&format!("{}\n", serde_json::to_string(&summary)?))?;
    } else {
        stdout::print(&format!("{summary}\n"))?;
    }
    if summary.is_complete() {
        checkpoint.clear().context("cannot remove the checkpoint of the finished run")?;
    }
    conclude(stopped, &summary)
}

/// The exit status, with a last line on standard error unless it is 0.
fn conclude(stopped: Option<StopReason>, summary: &FetchSummary) -> anyhow::Result<ExitCode> {
    match stopped {
        Some(StopReason::Disk(error)) => anyhow::bail!("{error}"),
        Some(StopReason::Interrupted) => {
            eprintln!("unstuff: interrupted; the same command continues from here");
            Ok(ExitCode::from(interrupt::EXIT_STATUS))
        }
        Some(other) => {
            eprintln!("unstuff: {other}; the same command continues from here");
            Ok(ExitCode::from(1))
        }
        None if summary.failed > 0 => {
            eprintln!("unstuff: some ranges failed; the same command tries them again");
            Ok(ExitCode::from(1))
        }
        None => Ok(ExitCode::SUCCESS),
    }
}
