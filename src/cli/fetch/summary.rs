//! The summary of a run, as text and as JSON.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, HumanDuration};
use serde::Serialize;

use super::worker::{RangeOutcome, RangeReport};

/// The number of failures that are listed; all are counted.
const LISTED: usize = 20;

/// The result of a run. Each range is counted once.
#[derive(Debug, Default, Serialize)]
pub(super) struct FetchSummary {
    /// The folder.
    pub directory: PathBuf,
    /// The server.
    pub base_url: String,
    /// Ranges requested on the command line.
    pub ranges: u32,
    /// Ranges stored for the first time.
    pub new: u32,
    /// Ranges whose content has changed.
    pub changed: u32,
    /// Ranges whose content has not changed.
    pub unchanged: u32,
    /// Ranges that the unfinished run before this one had finished.
    pub resumed: u32,
    /// Ranges that could not be fetched.
    pub failed: u32,
    /// Ranges that the run did not try.
    pub not_tried: u32,
    /// Tries after the first, summed over all ranges.
    pub retries: u64,
    /// Bytes of bodies received, as sent.
    pub received_bytes: u64,
    /// Duration of the run.
    pub seconds: f64,
    /// Why the run ended early, if it did.
    pub stopped: Option<String>,
    /// The first failures.
    pub failures: Vec<FailedRange>,
}

/// One range that could not be fetched.
#[derive(Debug, Serialize)]
pub(super) struct FailedRange {
    /// The range.
    pub prefix: String,
    /// Why.
    pub error: String,
}

impl FetchSummary {
    /// The summary before the first range.
    pub(super) fn new(directory: PathBuf, base_url: String, ranges: u32) -> Self {
        Self { directory, base_url, ranges, not_tried: ranges, ..Self::default() }
    }

    /// Adds the report of one range.
    pub(super) fn add(&mut self, report: RangeReport) {
        let RangeReport { prefix, outcome, retries, received } = report;
        self.not_tried = self.not_tried.saturating_sub(1);
        self.retries += u64::from(retries);
        self.received_bytes += received;
        match outcome {
            RangeOutcome::New => self.new += 1,
            RangeOutcome::Changed => self.changed += 1,
            RangeOutcome::Unchanged => self.unchanged += 1,
            RangeOutcome::Resumed => self.resumed += 1,
            RangeOutcome::Failed(error) => {
                self.failed += 1;
                if self.failures.len() < LISTED {
                    self.failures.push(FailedRange { prefix: prefix.to_string(), error });
                }
            }
        }
    }

    /// Ranges finished or failed so far.
    pub(super) fn done(&self) -> u32 {
        self.ranges - self.not_tried
    }

    /// Failures and retries so far, for the display; empty if there are none.
    pub(super) fn difficulties(&self) -> String {
        match (self.failed, self.retries) {
            (0, 0) => String::new(),
            (failed, retries) => format!("{failed} failed, {retries} retries"),
        }
    }

    /// Whether every range is present and valid.
    pub(super) fn is_complete(&self) -> bool {
        self.failed == 0 && self.not_tried == 0
    }
}

impl fmt::Display for FetchSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |number: u32| HumanCount(number.into());
        write!(f, "{} ranges in {}: ", count(self.ranges), self.directory.display())?;
        write!(f, "{} new, {} changed, ", count(self.new), count(self.changed))?;
        write!(f, "{} unchanged, {} failed", count(self.unchanged), count(self.failed))?;
        if self.resumed > 0 {
            write!(f, ", {} done by the run before", count(self.resumed))?;
        }
        if self.not_tried > 0 {
            write!(f, ", {} not tried", count(self.not_tried))?;
        }
        let received = HumanBytes(self.received_bytes);
        let took = HumanDuration(Duration::from_secs_f64(self.seconds));
        write!(f, "\nreceived {received} in {took}, {} retries", HumanCount(self.retries))?;
        for FailedRange { prefix, error } in &self.failures {
            write!(f, "\n  {prefix}: {error}")?;
        }
        let unlisted = self.failed as usize - self.failures.len();
        if unlisted > 0 {
            write!(f, "\n  and {unlisted} more")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcome: RangeOutcome) -> RangeReport {
        RangeReport { prefix: "000FF".parse().unwrap(), outcome, retries: 1, received: 512 }
    }

    #[test]
    fn every_range_is_counted_once_and_few_failures_are_listed() {
        let mut summary = FetchSummary::new("hibp".into(), "https://mirror.example/".into(), 1003);
        summary.add(report(RangeOutcome::New));
        summary.add(report(RangeOutcome::Resumed));
        for _ in 0..1000 {
            summary.add(report(RangeOutcome::Failed("http status 500, 8 times".into())));
        }
        let text = summary.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "1,003 ranges in hibp: 1 new, 0 changed, 0 unchanged, 1,000 failed, \
             1 done by the run before, 1 not tried"
        );
        assert_eq!(lines[1], "received 501.00 KiB in 0 seconds, 1,002 retries");
        assert_eq!(lines[2], "  000FF: http status 500, 8 times");
        assert_eq!((lines.len(), lines[22]), (23, "  and 980 more"));
        assert!(!summary.is_complete());
    }
}
