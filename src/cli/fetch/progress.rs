//! How far a run is: a bar on a terminal, a line every ten seconds elsewhere (a log of a
//! million redrawn bars helps nobody). Both on standard error: standard output is the sum's.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressStyle};

use super::summary::Summary;

/// Time between two plain lines.
const INTERVAL: Duration = Duration::from_secs(10);

/// The display of a run.
pub enum Progress {
    /// A terminal.
    Bar(ProgressBar),
    /// A pipe or a file.
    Lines {
        /// When the run began.
        begun: Instant,
        /// When the last line was written.
        last: Instant,
    },
}

impl Progress {
    /// The display that fits standard error.
    pub fn new(ranges: u32) -> Self {
        if !std::io::stderr().is_terminal() {
            let now = Instant::now();
            return Self::Lines { begun: now, last: now };
        }
        let bar = ProgressBar::new(ranges.into());
        let template = "{wide_bar} {human_pos}/{human_len} ranges {per_sec:.0} eta {eta} {msg}";
        // A template that indicatif refuses is a mistake of ours, and no reason not to fetch.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Self::Bar(bar)
    }

    /// Shows how far the run is.
    pub fn show(&mut self, summary: &Summary) {
        match self {
            Self::Bar(bar) => {
                bar.set_position(summary.done().into());
                bar.set_message(troubles(summary));
            }
            Self::Lines { begun, last } if last.elapsed() >= INTERVAL => {
                *last = Instant::now();
                eprintln!("unstuff: {}", line(summary, begun.elapsed()));
            }
            Self::Lines { .. } => {}
        }
    }

    /// Takes the bar away, so that what follows is not drawn into it.
    pub fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// One plain line.
fn line(summary: &Summary, elapsed: Duration) -> String {
    let (done, all) = (summary.done(), summary.ranges);
    let rate = f64::from(done) / elapsed.as_secs_f64().max(0.001);
    let left = Duration::try_from_secs_f64(f64::from(all - done) / rate);
    let left = left.map_or("unknown".into(), |left| HumanDuration(left).to_string());
    let (done, all) = (HumanCount(done.into()), HumanCount(all.into()));
    format!("{done} of {all} ranges, {rate:.0}/s, {left} left{}", troubles(summary))
}

/// Failures and retries, if there are any.
fn troubles(summary: &Summary) -> String {
    match (summary.failed, summary.retries) {
        (0, 0) => String::new(),
        (failed, retries) => format!(", {failed} failed, {retries} retries"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long_still() {
        let mut summary = Summary::new("hibp".into(), String::new(), 1_048_576);
        summary.not_tried -= 48_576;
        let text = line(&summary, Duration::from_secs(100));
        assert_eq!(text, "48,576 of 1,048,576 ranges, 486/s, 34 minutes left");
        summary.not_tried = summary.ranges;
        assert!(line(&summary, Duration::ZERO).ends_with("/s, unknown left"));
    }
}
