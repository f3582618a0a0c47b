//! The progress of a long command on standard error: a bar on a terminal, a plain line every
//! ten seconds elsewhere.

use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::format;

/// Time between two updates of the bar.
const UPDATE_INTERVAL: Duration = Duration::from_millis(100);

/// Time between two plain lines.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// A display of progress. Dropping it clears the bar.
pub(crate) struct Progress {
    bar: ProgressBar,
    label: &'static str,
    unit: ProgressUnit,
    total: Option<u64>,
    /// Whether plain lines are printed where there is no terminal.
    lines: bool,
    started: Instant,
    updated: Instant,
    printed: Instant,
}

#[derive(Clone, Copy)]
enum ProgressUnit {
    Bytes,
    /// Things with this name, in plural.
    Count(&'static str),
    /// Shown as a percentage only.
    Share,
}

impl Progress {
    /// Progress in bytes; the total of a pipe is not known.
    pub(crate) fn bytes(label: &'static str, total: Option<u64>) -> Self {
        Self::new(label, ProgressUnit::Bytes, total)
    }

    /// Progress in things, `noun` in plural.
    pub(crate) fn count(label: &'static str, noun: &'static str, total: Option<u64>) -> Self {
        Self::new(label, ProgressUnit::Count(noun), total)
    }

    /// Progress in a unit that says nothing to a person.
    pub(crate) fn share(label: &'static str, total: u64) -> Self {
        Self::new(label, ProgressUnit::Share, Some(total))
    }

    /// Shows nothing where standard error is not a terminal.
    pub(crate) fn on_terminal_only(mut self) -> Self {
        self.lines = false;
        self
    }

    /// Shows nothing at all.
    pub(crate) fn hidden() -> Self {
        let mut hidden = Self::share("", 0).on_terminal_only();
        hidden.bar = ProgressBar::hidden();
        hidden
    }

    fn new(label: &'static str, unit: ProgressUnit, total: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
        // If a template is wrong, the default is shown.
        if let Ok(style) = ProgressStyle::with_template(&template(unit, total)) {
            bar.set_style(style);
        }
        bar.set_prefix(label);
        let now = Instant::now();
        Self { bar, label, unit, total, lines: true, started: now, updated: now, printed: now }
    }

    /// Shows how much is done. It may be called often: `detail` is only asked for what is
    /// shown, and may be empty.
    pub(crate) fn show(&mut self, done: u64, detail: impl FnOnce() -> String) {
        if self.updated.elapsed() < UPDATE_INTERVAL {
            return;
        }
        self.updated = Instant::now();
        if !self.bar.is_hidden() {
            self.bar.set_position(done);
            self.bar.set_message(detail());
        } else if self.lines && self.printed.elapsed() >= LINE_INTERVAL {
            self.printed = Instant::now();
            eprintln!("{}", self.line(done, &detail(), self.started.elapsed()));
        }
    }

    /// Prints a line without disturbing the bar.
    pub(crate) fn note(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    fn line(&self, done: u64, detail: &str, elapsed: Duration) -> String {
        let per_second = done as f64 / elapsed.as_secs_f64().max(1e-3);
        let noun = match self.unit {
            ProgressUnit::Count(noun) => format!(" {noun}"),
            ProgressUnit::Bytes | ProgressUnit::Share => String::new(),
        };
        let mut parts = vec![format!("{}{noun}", self.amount(done))];
        if let Some(total) = self.total.filter(|total| *total > 0) {
            let percent = done as f64 * 100.0 / total as f64;
            let left = total.saturating_sub(done) as f64 / per_second;
            let left = Duration::try_from_secs_f64(left)
                .map_or_else(|_| "unknown".to_owned(), |left| HumanDuration(left).to_string());
            parts = vec![
                format!("{} of {}{noun} ({percent:.0} %)", self.amount(done), self.amount(total)),
                format!("{left} left"),
            ];
        }
        parts.push(format!("{} a second", self.amount(format::whole(per_second))));
        parts.extend(Some(detail.to_owned()).filter(|detail| !detail.is_empty()));
        format!("{}: {}", self.label, parts.join(", "))
    }

    fn amount(&self, amount: u64) -> String {
        match self.unit {
            ProgressUnit::Bytes => format::bytes(amount).to_string(),
            ProgressUnit::Count(_) | ProgressUnit::Share => format::count(amount).to_string(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The template of the bar, in the language of `indicatif`.
fn template(unit: ProgressUnit, total: Option<u64>) -> String {
    let amount = match (unit, total) {
        (ProgressUnit::Bytes, Some(_)) => "{bytes} of {total_bytes} {bytes_per_sec}".to_owned(),
        (ProgressUnit::Bytes, None) => "{bytes} {bytes_per_sec}".to_owned(),
        (ProgressUnit::Count(noun), Some(_)) => {
            format!("{{human_pos}} of {{human_len}} {noun} {{per_sec}}")
        }
        (ProgressUnit::Count(noun), None) => format!("{{human_pos}} {noun} {{per_sec}}"),
        (ProgressUnit::Share, _) => "{percent} %".to_owned(),
    };
    match total {
        Some(_) => format!("{{prefix}} {{wide_bar}} {amount} {{msg}} {{eta}} left"),
        None => format!("{{prefix}} {{spinner}} {amount} {{msg}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_line_gives_share_time_left_rate_and_detail() {
        let progress = Progress::bytes("building", Some(100 << 30));
        assert_eq!(
            progress.line(25 << 30, "600,000,000 keys", Duration::from_secs(100)),
            "building: 25.0 GiB of 100.0 GiB (25 %), 5 minutes left, 256.0 MiB a second, \
             600,000,000 keys"
        );
        let progress = Progress::count("fetching", "ranges", Some(1_048_576));
        assert_eq!(
            progress.line(48_576, "", Duration::from_secs(100)),
            "fetching: 48,576 of 1,048,576 ranges (5 %), 34 minutes left, 485 a second"
        );
        assert!(progress.line(0, "", Duration::ZERO).contains("unknown left"));
    }

    #[test]
    fn unknown_total_leaves_out_share_and_time_left() {
        let progress = Progress::bytes("building", None);
        assert_eq!(
            progress.line(1 << 20, "20,000 keys", Duration::from_secs(1)),
            "building: 1.0 MiB, 1.0 MiB a second, 20,000 keys"
        );
    }

    #[test]
    fn every_template_is_accepted() {
        for unit in [ProgressUnit::Bytes, ProgressUnit::Count("ranges"), ProgressUnit::Share] {
            for total in [None, Some(1)] {
                assert!(ProgressStyle::with_template(&template(unit, total)).is_ok());
            }
        }
    }
}
