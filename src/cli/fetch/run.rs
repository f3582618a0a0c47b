//! A run of `fetch`: starts the workers, adds up their reports, and ends when the ranges are used
//! up or the run must stop.
//!
//! It waits for a report no longer than [`UPDATE_INTERVAL`], so Ctrl-C ends a run whose server
//! does not respond.

use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::control::StopReason;
use super::summary::FetchSummary;
use super::worker::{FetchRun, RangeOutcome};
use crate::parallel;
use crate::progress::Progress;

/// Time within which a stop is noticed, and between two updates of the display.
const UPDATE_INTERVAL: Duration = Duration::from_millis(100);

/// When this many ranges fail in a row (or two per worker, if that is more), the rest is not
/// tried: a server that is down stays down for a million more requests.
const HOPELESS: u32 = 32;

/// Runs a fetch with this many workers and adds up the result in `summary`. Returns why the run
/// stopped early.
///
/// # Errors
///
/// The threads cannot be started.
pub(super) fn supervise(
    run: &Arc<FetchRun>,
    workers: u32,
    summary: &mut FetchSummary,
) -> anyhow::Result<Option<StopReason>> {
    let worker = Arc::clone(run);
    let reports =
        parallel::detached("fetch", workers, move |number, reports| worker.work(number, reports))?;
    let begun = Instant::now();
    let mut progress = Progress::count("fetching", "ranges", Some(summary.ranges.into()));
    let mut failed_in_a_row = 0;
    let mut checked = begun;
    // Ends when the last worker has ended, because its end of the channel is gone then.
    loop {
        match reports.recv_timeout(UPDATE_INTERVAL) {
            Ok(report) => {
                let failed = matches!(report.outcome, RangeOutcome::Failed(_));
                failed_in_a_row = if failed { failed_in_a_row + 1 } else { 0 };
                summary.add(report);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if failed_in_a_row >= HOPELESS.max(2 * workers) && summary.not_tried > 0 {
            run.control.stop(StopReason::Hopeless(failed_in_a_row));
        }
        if checked.elapsed() >= UPDATE_INTERVAL {
            checked = Instant::now();
            progress.show(summary.done().into(), || summary.difficulties());
            if run.control.stopped().is_some() {
                break;
            }
        }
    }
    // Workers in the middle of a request end with the process.
    run.store.close();
    while let Ok(report) = reports.try_recv() {
        summary.add(report);
    }
    drop(progress);
    summary.seconds = begun.elapsed().as_secs_f64();
    // A stop after the last range changes nothing.
    Ok(run.control.stopped().filter(|_| summary.not_tried > 0))
}
