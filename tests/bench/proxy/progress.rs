//! What is done in a round, on standard error: a bar on a terminal, a line a step elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// The progress over all steps of all rounds.
pub(crate) struct RoundProgress(ProgressBar);

impl RoundProgress {
    /// Begins. In a round each row is started and its latencies are measured, and all rows are measured in
    /// so many slices.
    pub(crate) fn of(rounds: usize, rows: usize, slices: usize) -> Self {
        let bar = ProgressBar::new((rounds * (2 * rows + slices)) as u64);
        let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} {msg} {eta} left");
        bar.set_style(style.expect("a template"));
        Self(bar)
    }

    /// A step begins.
    pub(crate) fn step(&self, round: usize, what: &str, about: &str) {
        self.0.set_message(format!("round {}, {what}: {about}", round + 1));
        self.0.inc(1);
        if self.0.is_hidden() {
            eprintln!("round {}, {what}: {about}", round + 1);
        }
    }
}

impl Drop for RoundProgress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
