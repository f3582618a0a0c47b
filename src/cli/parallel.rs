//! Work spread over threads.
//!
//! [`in_order`] is for computing: as many workers as cores, results in the order of the jobs,
//! and memory bounded by the size of a job, not by how far reading runs ahead of writing.
//! [`detached`] is for waiting (requests in flight): many small threads, results in any order,
//! and a worker that hangs delays nothing.

use std::num::NonZero;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use anyhow::{Context, Result};

/// The most workers of one [`in_order`]. Decompressing one stream of text feeds about ten.
const MAX_WORKERS: usize = 32;

/// The stack of a [`detached`] worker in bytes: its buffers are on the heap.
const DETACHED_STACK: usize = 512 << 10;

/// The number of workers for computing: the cores of the machine, within a limit.
pub(crate) fn workers() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(MAX_WORKERS)
}

/// The queue that a reader puts its jobs into.
pub(crate) struct JobQueue<J, R> {
    work: SyncSender<(J, SyncSender<R>)>,
    order: SyncSender<Receiver<R>>,
}

impl<J, R> JobQueue<J, R> {
    /// Hands a job over, and waits for room. False once the collector has given up; the reader
    /// then ends.
    pub(crate) fn push(&self, job: J) -> bool {
        let (done, result) = sync_channel(1);
        self.order.send(result).is_ok() && self.work.send((job, done)).is_ok()
    }
}

/// Runs `read`, which pushes jobs; each job on one of `workers` threads, by the function that
/// `worker` makes for the thread; and `collect` on the calling thread with the results, in the
/// order of the jobs. At most two jobs for each worker are under way.
///
/// # Errors
/// The first error of `collect`, which ends all work, or else the error of `read`.
pub(crate) fn in_order<J: Send, R: Send, W: FnMut(J) -> R>(
    workers: usize,
    read: impl FnOnce(&JobQueue<J, R>) -> Result<()> + Send,
    worker: impl Fn() -> W + Sync,
    mut collect: impl FnMut(R) -> Result<()>,
) -> Result<()> {
    let in_flight = workers * 2;
    let (work, todo) = sync_channel::<(J, SyncSender<R>)>(in_flight);
    let (order, results) = sync_channel::<Receiver<R>>(in_flight);
    let todo = Mutex::new(todo);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read(&JobQueue { work, order }));
        for _ in 0..workers {
            scope.spawn(|| {
                let mut work_on = worker();
                let next = || todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok((job, done)) = next() {
                    // Fails only after the collector has given up.
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

/// The results of `work` on each item, on all cores, in the order of the items.
///
/// # Errors
/// The first error of `work`, by the order of the items.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let mut results = Vec::with_capacity(items.len());
    in_order(
        workers().min(items.len()).max(1),
        |jobs| {
            let _ = items.iter().all(|item| jobs.push(item));
            Ok(())
        },
        || &work,
        |result: Result<R>| {
            results.push(result?);
            Ok(())
        },
    )?;
    Ok(results)
}

/// Starts threads that each run `work` with its number from 0, and returns what they send, in
/// any order. The receiver disconnects when the last worker has returned. Workers that are
/// still running do not keep the process alive.
///
/// # Errors
/// A thread cannot be started.
pub(crate) fn detached<R: Send + 'static>(
    name: &str,
    workers: u32,
    work: impl Fn(u32, &Sender<R>) + Send + Sync + 'static,
) -> io::Result<Receiver<R>> {
    let work = Arc::new(work);
    let (sender, results) = channel();
    for number in 0..workers {
        let (work, sender) = (Arc::clone(&work), sender.clone());
        thread::Builder::new()
            .name(format!("{name}-{number}"))
            .stack_size(DETACHED_STACK)
            .spawn(move || work(number, &sender))?;
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::bail;

    fn numbers(jobs: &JobQueue<u64, u64>) -> Result<()> {
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
    fn error_of_the_collector_ends_the_reader() {
        let stop = |square| if square > 100 { bail!("{square}") } else { Ok(()) };
        let error = in_order(2, numbers, || |number| number * number, stop).unwrap_err();
        assert_eq!(error.to_string(), "121");
    }

    #[test]
    fn error_of_the_reader_comes_after_the_results_of_what_it_read() {
        let mut count = 0;
        let read = |jobs: &JobQueue<u64, u64>| {
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

    #[test]
    fn map_keeps_the_order_and_returns_the_first_error() {
        let numbers: Vec<u64> = (0..100).collect();
        assert_eq!(map(&numbers, |number| Ok(number + 1)).unwrap(), (1..=100).collect::<Vec<_>>());
        assert!(map(&[] as &[u64], |number| Ok(*number)).unwrap().is_empty());
        let odd = |number: &u64| if number % 2 == 0 { Ok(()) } else { bail!("{number}") };
        assert_eq!(map(&numbers, odd).unwrap_err().to_string(), "1");
    }

    #[test]
    fn detached_results_end_with_the_last_worker() {
        let send = |number, results: &Sender<u32>| results.send(number).unwrap();
        let mut numbers: Vec<_> = detached("test", 4, send).unwrap().iter().collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1, 2, 3]);
    }
}
