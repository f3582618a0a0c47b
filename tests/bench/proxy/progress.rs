//! Which row is measured, on standard error: a bar on a terminal, a line a row elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// The progress over all rows of all rounds.
pub(crate) struct RowProgress(ProgressBar);

impl RowProgress {
    /// Begins with so many rows to measure.
    pub(crate) fn of(rows: usize) -> Self {
        let bar = ProgressBar::new(rows as u64);
        let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} {msg} {eta} left");
        bar.set_style(style.expect("a template"));
        Self(bar)
    }

    /// A row begins.
    pub(crate) fn begin(&self, round: usize, about: &str) {
        self.0.set_message(format!("round {}: {about}", round + 1));
        if self.0.is_hidden() {
            eprintln!("round {}: {about}", round + 1);
        }
    }

    /// The row is measured.
    pub(crate) fn end(&self) {
        self.0.inc(1);
    }
}

impl Drop for RowProgress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
