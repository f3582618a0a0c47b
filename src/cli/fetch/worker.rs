//! One worker: takes the next range, and deals with it until it is done or given up.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::time::SystemTime;

use super::client::{Again, Answer, Buffers, Client, Trouble};
use super::content::{self, Suffix};
use super::control::{Control, Stop, Stopped};
use super::patience::{LONGEST_ASKED, Patience};
use super::prefix::{Prefix, Span};
use super::range_file::{Label, Stored, Tail};
use super::store::Store;
use super::twins::Twins;
use super::wall_clock;

/// What all workers of a run share.
pub struct Job {
    /// Where ranges come from.
    pub client: Client,
    /// Where they go to.
    pub store: Store,
    /// Which ranges.
    pub span: Span,
    /// The position of the next one.
    pub next: AtomicU32,
    /// How persistently.
    pub patience: Patience,
    /// Fetch everything, whatever is there.
    pub full: bool,
    /// When the unfinished run began that this one goes on with.
    pub began: Option<SystemTime>,
    /// Bodies of other ranges.
    pub twins: Twins,
    /// Stop and hold.
    pub control: Control,
}

/// How a range went.
#[derive(Debug)]
pub enum Outcome {
    /// It was not there before.
    New,
    /// Its content is another than before.
    Changed,
    /// Its content is what it was.
    Unchanged,
    /// The unfinished run before this one had dealt with it.
    Resumed,
    /// It could not be had; what was there before still is.
    Failed(String),
}

/// What a worker tells about one range.
#[derive(Debug)]
pub struct Report {
    /// The range.
    pub prefix: Prefix,
    /// How it went.
    pub outcome: Outcome,
    /// Tries after the first.
    pub retries: u32,
    /// Bytes of bodies received, as sent.
    pub received: u64,
}

/// Why a try did not succeed.
enum Failure {
    Trouble(Trouble),
    Disk(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Job {
    /// Works until the ranges are used up or the run is stopped.
    pub fn work(&self, reports: &Sender<Report>) {
        let mut buffers = Buffers::default();
        while let Some(prefix) = self.span.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            let Ok(report) = self.range(prefix, &mut buffers) else { return };
            if reports.send(report).is_err() {
                return;
            }
        }
    }

    /// Deals with one range.
    fn range(&self, prefix: Prefix, buffers: &mut Buffers) -> Result<Report, Stopped> {
        let stored = self.store.stored(prefix).map_err(|error| self.disk(prefix, &error))?;
        let mut report = Report { prefix, outcome: Outcome::Resumed, retries: 0, received: 0 };
        if self.is_done(prefix, stored.as_ref()) {
            self.control.await_turn()?;
            return Ok(report);
        }
        loop {
            if self.control.await_turn()? {
                // All were held together; they need not come back together.
                self.control.pause(self.patience.first_wait.mul_f64(fastrand::f64()))?;
            }
            let tried = self.once(prefix, stored.as_ref(), buffers);
            report.received += buffers.wire.len() as u64;
            let trouble = match tried {
                Ok(outcome) => return Ok(Report { outcome, ..report }),
                Err(Failure::Disk(error)) => return Err(self.disk(prefix, &error)),
                Err(Failure::Trouble(trouble)) => trouble,
            };
            let tries = report.retries + 1;
            if trouble.again == Again::Never || tries >= self.patience.tries {
                let tries = if tries == 1 { String::new() } else { format!(", {tries} times") };
                let outcome = Outcome::Failed(format!("{}{tries}", trouble.what));
                return Ok(Report { outcome, ..report });
            }
            report.retries = tries;
            if let Again::After(wait) = trouble.again {
                if wait > LONGEST_ASKED {
                    self.control.stop(Stop::Later(wait));
                }
                self.control.hold(wait);
            }
            self.control.pause(self.patience.wait(tries, fastrand::f64()))?;
        }
    }

    /// Whether the unfinished run had dealt with the range already.
    fn is_done(&self, prefix: Prefix, stored: Option<&Stored>) -> bool {
        let (Some(began), Some(stored)) = (self.began, stored) else { return false };
        stored.validated >= began && stored.label.address == self.client.address(prefix)
    }

    /// Tries once.
    fn once(
        &self,
        prefix: Prefix,
        stored: Option<&Stored>,
        buffers: &mut Buffers,
    ) -> Result<Outcome, Failure> {
        let address = self.client.address(prefix);
        let trusted = stored.filter(|stored| !self.full && stored.label.address == address);
        let known = trusted.and_then(|stored| stored.label.etag.as_deref());
        let etag = match self.client.get(prefix, known, wall_clock, buffers)? {
            Answer::Text { etag } => etag,
            Answer::Unchanged => {
                if let Some(stored) = trusted {
                    self.admit(prefix, stored.first)?;
                }
                self.store.touch(prefix, wall_clock())?;
                return Ok(Outcome::Unchanged);
            }
        };
        let tail = self.judge(prefix, trusted, &buffers.text)?;
        let label = Label { address, etag };
        self.store.put(prefix, &label, &buffers.text, &mut buffers.file)?;
        Ok(match stored {
            None => Outcome::New,
            Some(stored) if stored.tail == tail => Outcome::Unchanged,
            Some(_) => Outcome::Changed,
        })
    }

    /// Whether a body may replace what is stored of its range.
    fn judge(&self, prefix: Prefix, old: Option<&Stored>, text: &[u8]) -> Result<Tail, Failure> {
        let first = content::check(text).map_err(Trouble::passing)?;
        self.admit(prefix, first)?;
        let tail = Tail::of(text);
        match old {
            // The corpus only ever grows.
            Some(old) if tail.size < old.tail.size / 2 => {
                let (was, is) = (old.tail.size, tail.size);
                let what = format!("the body shrank from {was} to {is} bytes");
                Err(Trouble::passing(what + "; if that is right, fetch with --full").into())
            }
            _ => Ok(tail),
        }
    }

    /// Admits a range by its first suffix. If another has the same, that one is asked for
    /// anew: either this body is wrong, or the other was and is put right.
    fn admit(&self, prefix: Prefix, first: Suffix) -> Result<(), Failure> {
        let Err(other) = self.twins.admit(first, prefix) else { return Ok(()) };
        let mut buffers = Buffers::default();
        let answer = self.client.get(other, None, wall_clock, &mut buffers)?;
        let others = content::check(&buffers.text).map_err(Trouble::passing)?;
        match answer {
            Answer::Text { etag } if others != first => {
                let label = Label { address: self.client.address(other), etag };
                self.store.put(other, &label, &buffers.text, &mut buffers.file)?;
                self.twins.forget(other);
                Ok(())
            }
            _ => Err(Trouble::passing(format!("the body is that of range {other}")).into()),
        }
    }

    /// Stops the run: what cannot be stored now cannot be stored a range later.
    fn disk(&self, prefix: Prefix, error: &io::Error) -> Stopped {
        let path = self.store.path(prefix);
        self.control.stop(Stop::Disk(format!("{}: {error}", path.display())));
        Stopped
    }
}
