//! Reports of bad lines and wrong order, with file and line number, never with the line itself.

use std::sync::Arc;

use anyhow::{Result, bail};
use unstuff_engine::breached::Sha1Digest;

use super::input::ParsedLines;
use crate::{format, progress::Progress};

/// The number of bad lines that are printed; all are counted.
const PRINTED: u64 = 10;

/// The problems of the lines read so far, in the order of the input.
pub(super) struct LineReport {
    strict: bool,
    /// Whether hashes must be sorted.
    sorted: bool,
    origin: Arc<str>,
    /// Lines of `origin` that have been read.
    lines: u64,
    bad: u64,
    last: Option<Sha1Digest>,
}

impl LineReport {
    /// The report before the first line.
    pub(super) fn new(strict: bool, sorted: bool) -> Self {
        Self { strict, sorted, origin: "".into(), lines: 0, bad: 0, last: None }
    }

    /// Adds the next lines.
    ///
    /// # Errors
    /// The build cannot continue with these lines.
    pub(super) fn add(
        &mut self,
        origin: &Arc<str>,
        found: &ParsedLines,
        progress: &Progress,
    ) -> Result<()> {
        if !Arc::ptr_eq(origin, &self.origin) {
            self.origin = origin.clone();
            self.lines = 0;
        }
        for (line, why) in &found.described {
            let place = format!("{origin}:{}: {why}", self.lines + line);
            if self.strict {
                bail!("{place}; without --strict such lines are left out");
            }
            self.bad += 1;
            if self.bad <= PRINTED {
                progress.note(&format!("warning: {place}"));
            }
        }
        self.bad += found.bad - found.described.len() as u64;
        if self.sorted {
            self.check_order(found)?;
        }
        self.lines += found.lines;
        Ok(())
    }

    fn check_order(&mut self, found: &ParsedLines) -> Result<()> {
        let Some((first, last)) = found.ends else { return Ok(()) };
        let at_start = self.last.is_some_and(|last| first < last).then_some(1);
        if let Some(line) = at_start.or(found.out_of_order) {
            bail!(
                "{}:{}: the hash is lower than the one before, so the list is not sorted by hash; \
                 try again with --unsorted",
                self.origin,
                self.lines + line
            );
        }
        self.last = Some(last);
        Ok(())
    }

    /// The warning at the end, if there were bad lines.
    pub(super) fn warning(&self) -> Option<String> {
        let lines = if self.bad == 1 { "line was" } else { "lines were" };
        (self.bad > 0).then(|| format!("{} bad {lines} left out", format::count(self.bad)))
    }
}
