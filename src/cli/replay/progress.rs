//! The progress of a replay, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use unstuff_engine::time::Millis;

use super::report::utc;

/// Attempts between two updates: a few updates per second.
const EVERY: u64 = 1 << 15;

/// A line with the number of attempts and the trace's time. Dropping it clears the line.
pub struct ReplayProgress {
    bar: Option<ProgressBar>,
    attempts: u64,
}

impl ReplayProgress {
    /// Starts; draws nothing unless `shown`.
    pub fn new(shown: bool) -> Self {
        let bar = shown.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // The template is constant. If it were wrong, the default would be shown.
            if let Ok(style) = ProgressStyle::with_template(
                "replaying {spinner} {human_pos} attempts, {per_sec}, at {msg}",
            ) {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, attempts: 0 }
    }

    /// Counts an attempt.
    pub fn at(&mut self, time: Millis) {
        self.attempts += 1;
        if let (Some(bar), true) = (&self.bar, self.attempts % EVERY == 0) {
            bar.set_position(self.attempts);
            bar.set_message(utc(time));
        }
    }
}

impl Drop for ReplayProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
