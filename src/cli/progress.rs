//! How far a long command has come: a bar on a terminal, a plain line now and then elsewhere.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::format;

/// How often a plain line is printed.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// The progress of reading bytes. Dropping it clears the bar.
pub struct Progress {
    bar: ProgressBar,
    what: &'static str,
    total: Option<u64>,
    started: Instant,
    printed: Instant,
}

impl Progress {
    /// Starts; `total` is in bytes, unknown for a pipe.
    pub fn bytes(what: &'static str, total: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        let template = match total {
            Some(_) => {
                "{prefix} {wide_bar} {bytes} of {total_bytes} {bytes_per_sec} {msg} {eta} left"
            }
            None => "{prefix} {spinner} {bytes} {bytes_per_sec} {msg}",
        };
        // The templates are constant; a wrong one would show the default.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        let now = Instant::now();
        Self { bar, what, total, started: now, printed: now }
    }

    /// Shows where it stands: `done` bytes, with `keys` keys.
    pub fn at(&mut self, done: u64, keys: u64) {
        if !self.bar.is_hidden() {
            self.bar.set_position(done);
            self.bar.set_message(format!("{} keys", format::count(keys)));
        } else if self.printed.elapsed() >= PLAIN_EVERY {
            self.printed = Instant::now();
            eprintln!("{}", self.line(done, keys, self.started.elapsed()));
        }
    }

    /// Prints a line without disturbing the bar.
    pub fn note(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    fn line(&self, done: u64, keys: u64, elapsed: Duration) -> String {
        let seconds = elapsed.as_secs_f64().max(1e-9);
        let per_second = done as f64 / seconds;
        let mut line = format!("{}: {}", self.what, format::bytes(done));
        if let Some(total) = self.total.filter(|total| *total > 0) {
            let percent = done as f64 * 100.0 / total as f64;
            let left = total.saturating_sub(done) as f64 / per_second.max(1e-9);
            line += &format!(" of {} ({percent:.0} %), {left:.0} s left", format::bytes(total));
        }
        let per_second = (format::whole(per_second), format::whole(keys as f64 / seconds));
        line + &format!(
            ", {} a second, {} keys, {} a second",
            format::bytes(per_second.0),
            format::count(keys),
            format::count(per_second.1)
        )
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_says_rate_bytes_and_time_left() {
        let progress = Progress::bytes("building", Some(100 << 30));
        let line = progress.line(25 << 30, 600_000_000, Duration::from_secs(100));
        assert_eq!(
            line,
            "building: 25.0 GiB of 100.0 GiB (25 %), 300 s left, 256.0 MiB a second, \
             600,000,000 keys, 6,000,000 a second"
        );
    }

    #[test]
    fn a_pipe_has_no_end_to_show() {
        let progress = Progress::bytes("building", None);
        let line = progress.line(1 << 20, 20_000, Duration::from_secs(1));
        assert_eq!(line, "building: 1.0 MiB, 1.0 MiB a second, 20,000 keys, 20,000 a second");
    }
}
