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
    /// Range files without a hash: their number, and the first.
    empty_ranges: u32,
    first_empty: Arc<str>,
}

impl LineReport {
    /// The report before the first line.
    pub(super) fn new(strict: bool, sorted: bool) -> Self {
        Self {
            strict,
            sorted,
            origin: "".into(),
            lines: 0,
            bad: 0,
            last: None,
            empty_ranges: 0,
            first_empty: "".into(),
        }
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
        if let (0, Some(what)) = (self.lines, found.lookalike) {
            bail!("{origin}: {what}");
        }
        if found.empty_range {
            self.empty_ranges += 1;
            if self.empty_ranges == 1 {
                self.first_empty = origin.clone();
            }
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

    /// The warning that ranges are missing, of which `absent` have no file.
    pub(super) fn missing_ranges(&self, absent: u32) -> Option<String> {
        let missing = absent + self.empty_ranges;
        let empty = match self.empty_ranges {
            0 => String::new(),
            1 => format!(", one of them because {} is empty", self.first_empty),
            more => {
                format!(", {more} of them because their files are empty ({}, …)", self.first_empty)
            }
        };
        (missing > 0).then(|| {
            let missing = format::count(missing.into());
            format!("{missing} of the 1,048,576 ranges are missing{empty}")
        })
    }

    /// The warning at the end, if there were bad lines.
    pub(super) fn warning(&self) -> Option<String> {
        let lines = if self.bad == 1 { "line was" } else { "lines were" };
        (self.bad > 0).then(|| format!("{} bad {lines} left out", format::count(self.bad)))
    }
}
