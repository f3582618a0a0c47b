//! Work spread over threads, its results in the order of the work.
//!
//! One thread reads jobs, some work on them, the calling one collects. At most two jobs for
//! each worker are under way, so memory is bounded by the size of a job and not by how far
//! reading runs ahead of writing.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};

/// More would only wait: decoding one stream of text feeds about ten.
const MAX_WORKERS: usize = 32;

/// As many workers as there are cores.
pub fn workers() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MAX_WORKERS)
}

/// Where a reader puts its jobs.
pub struct Jobs<J, R> {
    work: SyncSender<(J, SyncSender<R>)>,
    order: SyncSender<Receiver<R>>,
}

impl<J, R> Jobs<J, R> {
    /// Hands a job over, waiting for room. False once the collector has given up; the reader
    /// then ends.
    pub fn push(&self, job: J) -> bool {
        let (done, result) = sync_channel(1);
        self.order.send(result).is_ok() && self.work.send((job, done)).is_ok()
    }
}

/// Runs `read`, then for each job one of the workers that `worker` makes, then `collect` on
/// the results in the order of the jobs. The first error of `collect` ends it all.
pub fn in_order<J: Send, R: Send, W: FnMut(J) -> R>(
    workers: usize,
    read: impl FnOnce(&Jobs<J, R>) -> Result<()> + Send,
    worker: impl Fn() -> W + Sync,
    mut collect: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let in_flight = workers * 2;
    let (work, todo) = sync_channel::<(J, SyncSender<R>)>(in_flight);
    let (order, results) = sync_channel::<Receiver<R>>(in_flight);
    let todo = Mutex::new(todo);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read(&Jobs { work, order }));
        for _ in 0..workers {
            scope.spawn(|| {
                let mut work_on = worker();
                let next = || todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok((job, done)) = next() {
                    // Nobody waits for it any more once the collector has given up.
                    let _ = done.send(work_on(job));
                }
            });
        }
        for result in results {
            collect(result.recv().context("a worker thread has died")?)?;
        }
        reader.join().unwrap_or_else(|_| Err(anyhow::anyhow!("the reading thread has died")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn numbers(jobs: &Jobs<u64, u64>) -> Result<()> {
        for number in 0..10_000 {
            if !jobs.push(number) {
                break;
            }
        }
        Ok(())
    }

    #[test]
    fn results_come_in_the_order_of_the_work() {
        let mut squares = Vec::new();
        let collect = |square| {
            squares.push(square);
            Ok(())
        };
        in_order(8, numbers, || |number| number * number, collect).unwrap();
        assert!(squares.into_iter().eq((0..10_000).map(|number| number * number)));
    }

    #[test]
    fn an_error_of_the_collector_ends_the_reader() {
        let stop = |square| if square > 100 { bail!("{square}") } else { Ok(()) };
        let error = in_order(2, numbers, || |number| number * number, stop).unwrap_err();
        assert_eq!(error.to_string(), "121");
    }

    #[test]
    fn an_error_of_the_reader_comes_after_what_it_has_read() {
        let mut count = 0;
        let read = |jobs: &Jobs<u64, u64>| {
            jobs.push(1);
            bail!("unreadable")
        };
        let collect = |_| {
            count += 1;
            Ok(())
        };
        let error = in_order(2, read, || |number| number, collect).unwrap_err();
        assert_eq!((error.to_string().as_str(), count), ("unreadable", 1));
    }
}
