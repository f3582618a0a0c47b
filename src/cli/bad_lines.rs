//! Lines of a trace or a log that are not understood.
//!
//! A bad line is reported, counted and left out, or ends the run (`--strict`).

use unstuff_trace::BadTraceLine;

/// Bad lines that are reported one by one; the rest are only counted. Ten show the pattern.
const REPORTED: u64 = 10;

/// The bad lines of a run.
#[derive(Debug)]
pub(crate) struct BadLines {
    strict: bool,
    reports: bool,
    count: u64,
}

impl BadLines {
    /// None yet. With `strict`, the first ends the run.
    pub(crate) fn new(strict: bool) -> Self {
        Self { strict, reports: true, count: 0 }
    }

    /// Counts without reporting from now on.
    pub(crate) fn report_none(&mut self) {
        self.reports = false;
    }

    /// Whether they are reported.
    pub(crate) fn reports(&self) -> bool {
        self.reports
    }

    /// How many there were.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Takes one in. Returns it if it ends the run.
    pub(crate) fn note(&mut self, line: BadTraceLine) -> Option<BadTraceLine> {
        self.count += 1;
        if self.strict {
            return Some(line);
        }
        if self.reports && self.count <= REPORTED {
            eprintln!("{line}");
        } else if self.reports && self.count == REPORTED + 1 {
            eprintln!("more bad lines follow; they are counted");
        }
        None
    }
}
