//! A run: sets the workers to work, adds up what they report, and ends when they are done or
//! must stop. It never waits for a worker longer than a moment, so that Ctrl-C ends a run
//! whose server does not answer.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::control::Stop;
use super::progress::Progress;
use super::summary::Summary;
use super::worker::{Job, Outcome};

/// Time within which a stop is seen, and between two updates of the display.
const MOMENT: Duration = Duration::from_millis(100);

/// When this many ranges fail in a row (or two for each worker, if that is more), the rest of
/// a million is not tried: nobody is helped by hammering a server that is down.
const HOPELESS: u32 = 32;

/// Small: a worker's buffers are on the heap.
const STACK_BYTES: usize = 512 << 10;

/// Runs a job with this many workers, into `summary`; the result is why it stopped early.
///
/// # Errors
///
/// The threads cannot be started.
pub fn run(job: &Arc<Job>, workers: u32, summary: &mut Summary) -> anyhow::Result<Option<Stop>> {
    let (sender, reports) = mpsc::channel();
    for number in 0..workers {
        let (job, sender) = (Arc::clone(job), sender.clone());
        thread::Builder::new()
            .name(format!("fetch-{number}"))
            .stack_size(STACK_BYTES)
            .spawn(move || job.work(&sender))?;
    }
    drop(sender);

    let begun = Instant::now();
    let mut progress = Progress::new(summary.ranges);
    let mut failed_in_a_row = 0;
    let mut shown = begun;
    // Ends when the last worker has: then its end of the channel is gone.
    loop {
        match reports.recv_timeout(MOMENT) {
            Ok(report) => {
                let failed = matches!(report.outcome, Outcome::Failed(_));
                failed_in_a_row = if failed { failed_in_a_row + 1 } else { 0 };
                summary.add(report);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if failed_in_a_row >= HOPELESS.max(2 * workers) && summary.not_tried > 0 {
            job.control.stop(Stop::Hopeless(failed_in_a_row));
        }
        if shown.elapsed() >= MOMENT {
            shown = Instant::now();
            progress.show(summary);
            if job.control.stopped().is_some() {
                break;
            }
        }
    }
    // Workers in the middle of a request are left to the end of the process.
    job.store.close();
    while let Ok(report) = reports.try_recv() {
        summary.add(report);
    }
    progress.finish();
    summary.seconds = begun.elapsed().as_secs_f64();
    // A stop that came when everything was done changes nothing.
    Ok(job.control.stopped().filter(|_| summary.not_tried > 0))
}
