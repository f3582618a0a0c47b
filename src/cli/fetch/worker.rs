//! A worker of a fetch: takes the next range, and tries until the range is stored or given up.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::time::SystemTime;

use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

use super::backoff::{Backoff, LONGEST_ASKED};
use super::client::{RangeClient, RangeResponse, RequestError, Retry, WorkerBuffers};
use super::clock;
use super::control::{RunControl, RunStopped, StopReason};
use super::misdelivery::MisdeliveryDetector;
use super::prefix::{PrefixSpan, RangePrefix};
use super::range_file::{GzipTrailer, RangeLabel, StoredRange};
use super::store::RangeStore;
use super::validate::{self, Suffix};

/// A run of `fetch`, shared by all its workers.
pub(super) struct FetchRun {
    /// The server that ranges come from.
    pub client: RangeClient,
    /// The folder that ranges go to.
    pub store: RangeStore,
    /// The ranges to fetch.
    pub span: PrefixSpan,
    /// The position of the next range in `span`.
    pub next: AtomicU32,
    /// Number of tries, and the waits between them.
    pub backoff: Backoff,
    /// Fetch everything, also what is there already.
    pub full: bool,
    /// Start of the unfinished run that this one continues.
    pub began: Option<SystemTime>,
    /// Detects bodies of another range.
    pub misdelivery: MisdeliveryDetector,
    /// Stops and holds all workers.
    pub control: RunControl,
}

/// The result for one range.
#[derive(Debug)]
pub(super) enum RangeOutcome {
    /// It is stored for the first time.
    New,
    /// Its content has changed.
    Changed,
    /// Its content has not changed.
    Unchanged,
    /// The unfinished run before this one has stored or checked it already.
    Resumed,
    /// It could not be fetched; what was stored before is kept.
    Failed(String),
}

/// A worker's report about one range.
#[derive(Debug)]
pub(super) struct RangeReport {
    /// The range.
    pub prefix: RangePrefix,
    /// The result.
    pub outcome: RangeOutcome,
    /// Tries after the first.
    pub retries: u32,
    /// Bytes of bodies received, as sent.
    pub received: u64,
}

/// Why a try failed.
enum FetchError {
    Request(RequestError),
    Disk(io::Error),
}

impl From<io::Error> for FetchError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<RequestError> for FetchError {
    fn from(error: RequestError) -> Self {
        Self::Request(error)
    }
}

impl FetchRun {
    /// Works until no range is left or the run is stopped. `number` tells the workers apart.
    pub(super) fn work(&self, number: u32, reports: &Sender<RangeReport>) {
        let mut buffers = WorkerBuffers::default();
        let mut jitter = jitter(number);
        while let Some(prefix) = self.span.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let Ok(report) = self.range(prefix, &mut buffers, &mut jitter) else { return };
            if reports.send(report).is_err() {
                return;
            }
        }
    }

    /// Fetches one range, with retries.
    fn range(
        &self,
        prefix: RangePrefix,
        buffers: &mut WorkerBuffers,
        jitter: &mut Pcg64Mcg,
    ) -> Result<RangeReport, RunStopped> {
        let stored = self.store.stored(prefix).map_err(|error| self.disk(prefix, &error))?;
        let mut report =
            RangeReport { prefix, outcome: RangeOutcome::Resumed, retries: 0, received: 0 };
        if self.is_done(prefix, stored.as_ref()) {
            self.control.await_turn()?;
            return Ok(report);
        }
        loop {
            if self.control.await_turn()? {
                // All workers were held together; they should not come back together.
                self.control.pause(self.backoff.first_wait.mul_f64(jitter.random()))?;
            }
            let tried = self.once(prefix, stored.as_ref(), buffers);
            report.received += std::mem::take(&mut buffers.received);
            let failed = match tried {
                Ok(outcome) => return Ok(RangeReport { outcome, ..report }),
                Err(FetchError::Disk(error)) => return Err(self.disk(prefix, &error)),
                Err(FetchError::Request(error)) => error,
            };
            let tries = report.retries + 1;
            if failed.retry == Retry::Never || tries >= self.backoff.tries {
                let tries = if tries == 1 { String::new() } else { format!(", {tries} times") };
                let outcome = RangeOutcome::Failed(format!("{}{tries}", failed.message));
                return Ok(RangeReport { outcome, ..report });
            }
            report.retries = tries;
            if let Retry::After(wait) = failed.retry {
                if wait > LONGEST_ASKED {
                    self.control.stop(StopReason::Later(wait));
                }
                self.control.hold(wait);
            }
            self.control.pause(self.backoff.wait(tries, jitter.random()))?;
        }
    }

    /// Whether the unfinished run has stored or checked the range already.
    fn is_done(&self, prefix: RangePrefix, stored: Option<&StoredRange>) -> bool {
        let (Some(began), Some(stored)) = (self.began, stored) else { return false };
        stored.validated >= began && stored.label.address == self.client.address(prefix)
    }

    /// Tries once to fetch a range.
    fn once(
        &self,
        prefix: RangePrefix,
        stored: Option<&StoredRange>,
        buffers: &mut WorkerBuffers,
    ) -> Result<RangeOutcome, FetchError> {
        let address = self.client.address(prefix);
        let trusted = stored.filter(|stored| !self.full && stored.label.address == address);
        let known = trusted.and_then(|stored| stored.label.etag.as_deref());
        let etag = match self.client.get(prefix, known, clock::now, buffers)? {
            RangeResponse::Text { etag } => etag,
            RangeResponse::Unchanged => {
                if let Some(stored) = trusted {
                    self.check_delivery(prefix, stored.first, &mut buffers.received)?;
                }
                self.store.touch(prefix, clock::now())?;
                return Ok(RangeOutcome::Unchanged);
            }
        };
        let trailer = self.validate(prefix, trusted, &buffers.text, &mut buffers.received)?;
        let label = RangeLabel { address, etag };
        self.store.put(prefix, &label, &buffers.text, &mut buffers.file)?;
        Ok(match stored {
            None => RangeOutcome::New,
            Some(stored) if stored.trailer == trailer => RangeOutcome::Unchanged,
            Some(_) => RangeOutcome::Changed,
        })
    }

    /// Checks that a body may replace what is stored for its range.
    fn validate(
        &self,
        prefix: RangePrefix,
        old: Option<&StoredRange>,
        text: &[u8],
        received: &mut u64,
    ) -> Result<GzipTrailer, FetchError> {
        let first = validate::check(text).map_err(RequestError::passing)?;
        self.check_delivery(prefix, first, received)?;
        let trailer = GzipTrailer::of(text);
        match old {
            // The corpus only grows.
            Some(old) if trailer.size < old.trailer.size / 2 => {
                let (was, is) = (old.trailer.size, trailer.size);
                let what = format!("the body shrank from {was} to {is} bytes");
                Err(RequestError::passing(what + "; if that is right, fetch with --full").into())
            }
            _ => Ok(trailer),
        }
    }

    /// Checks the first suffix of a range. If another range has the same one, the other range is
    /// fetched again: either this body is wrong, or the other was and is corrected.
    fn check_delivery(
        &self,
        prefix: RangePrefix,
        first: Suffix,
        received: &mut u64,
    ) -> Result<(), FetchError> {
        let Err(other) = self.misdelivery.check(first, prefix) else { return Ok(()) };
        let mut buffers = WorkerBuffers::default();
        let response = self.client.get(other, None, clock::now, &mut buffers);
        *received += buffers.received;
        let response = response?;
        let others = validate::check(&buffers.text).map_err(RequestError::passing)?;
        match response {
            RangeResponse::Text { etag } if others != first => {
                let label = RangeLabel { address: self.client.address(other), etag };
                self.store.put(other, &label, &buffers.text, &mut buffers.file)?;
                self.misdelivery.forget(other);
                Ok(())
            }
            _ => Err(RequestError::passing(format!("the body is that of range {other}")).into()),
        }
    }

    /// Stops the run, because the next range could not be stored either.
    fn disk(&self, prefix: RangePrefix, error: &io::Error) -> RunStopped {
        let path = self.store.path(prefix);
        self.control.stop(StopReason::Disk(format!("{}: {error}", path.display())));
        RunStopped
    }
}

/// A worker's random numbers, for jitter only. Seeds differ between runs and workers.
fn jitter(number: u32) -> Pcg64Mcg {
    let since_epoch = clock::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Pcg64Mcg::seed_from_u64(u64::from(since_epoch.subsec_nanos()) << 32 | u64::from(number))
}
