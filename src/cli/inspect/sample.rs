//! The rate of false positives, measured.
//!
//! Strangers are random digests: that one of 2^160 was put in is out of the question, so
//! whatever the filter knows of them is wrong. The same ones every time (a fixed seed for
//! each block), however many cores there are, so that a figure can be repeated.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Result, anyhow};
use unstuff_engine::breached::{FilterError, Sha1Digest};

use crate::filter_file::OpenFilter;

/// Strangers that share a seed.
const BLOCK: u64 = 1 << 16;

/// How many of some strangers a filter claims to know.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// How many were asked for.
    pub strangers: u64,
    /// How many of them the filter knows.
    pub known: u64,
}

impl Measured {
    /// The rate of false positives.
    pub fn rate(&self) -> f64 {
        self.known as f64 / self.strangers.max(1) as f64
    }
}

/// Asks a filter for strangers, on all cores.
pub fn measure(filter: &OpenFilter<'_>, strangers: u64) -> Result<Measured> {
    let next = AtomicU64::new(0);
    let bytes = filter.reader();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let worker = || -> Result<u64, FilterError> {
        let filter = bytes.clone().open()?;
        let mut known = 0;
        loop {
            let block = next.fetch_add(1, Ordering::Relaxed);
            let left = strangers.saturating_sub(block.saturating_mul(BLOCK)).min(BLOCK);
            if left == 0 {
                return Ok(known);
            }
            let mut random = fastrand::Rng::with_seed(block);
            for _ in 0..left {
                let mut digest = [0; 20];
                random.fill(&mut digest);
                known += u64::from(filter.contains(&Sha1Digest::new(digest))?);
            }
        }
    };
    let mut known = 0;
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            known += worker.join().map_err(|_| anyhow!("a worker thread has died"))??;
        }
        Ok(Measured { strangers, known })
    })
}
