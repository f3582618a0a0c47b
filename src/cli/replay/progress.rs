//! How far a replay has come, on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use unstuff_engine::time::Millis;

use super::report::utc;

/// Attempts between two looks: a few a second.
const EVERY: u64 = 1 << 15;

/// A line that counts attempts and shows the trace's time. Dropping it clears it.
pub struct Progress {
    bar: Option<ProgressBar>,
    attempts: u64,
}

impl Progress {
    /// Begins, shown or not.
    pub fn new(shown: bool) -> Self {
        let bar = shown.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // The template is constant; a wrong one would show the default.
            if let Ok(style) = ProgressStyle::with_template(
                "replaying {spinner} {human_pos} attempts, {per_sec}, at {msg}",
            ) {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, attempts: 0 }
    }

    /// Another attempt.
    pub fn at(&mut self, time: Millis) {
        self.attempts += 1;
        if let (Some(bar), true) = (&self.bar, self.attempts % EVERY == 0) {
            bar.set_position(self.attempts);
            bar.set_message(utc(time));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
