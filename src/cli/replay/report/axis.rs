//! The time axis that all charts of the page share, with marks at round times.

use std::fmt::Write as _;

use unstuff_engine::time::Millis;

use super::super::timeline::{DAY, Timeline, width_for};
use super::formatted;

/// The most marks on the axis: a phone has room for so many.
const MOST_MARKS: u64 = 7;

/// The axis under charts of the same buckets.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeAxis {
    /// When the first bucket begins, in seconds since 1970.
    pub start: u64,
    /// The width of a bucket in seconds.
    pub width: u64,
    /// The number of buckets.
    pub buckets: usize,
}

impl TimeAxis {
    /// The axis of a timeline; none if nothing was counted.
    pub(super) fn of<const N: usize>(timeline: &Timeline<N>) -> Option<Self> {
        let (start, width) = timeline.scale()?;
        let buckets = timeline.total().len();
        (buckets > 0).then_some(Self { start, width, buckets })
    }

    /// The positions of the marks, in buckets from the left.
    pub(super) fn marks(&self) -> Vec<f64> {
        self.times().map(|time| self.position(time)).collect()
    }

    /// The times of the marks, as a line under the charts.
    pub(super) fn html(&self) -> String {
        let mut html = String::from("<div class=\"axis\"><div>");
        for time in self.times() {
            let left = self.position(time) * 100.0 / self.buckets.max(1) as f64;
            // Writing to a string cannot fail.
            let _ = write!(html, "<span style=\"left:{left:.2}%\">{}</span>", shown(time));
        }
        html + "</div></div>\n"
    }

    /// The width of a bucket in words: `15 minutes`.
    pub(super) fn bucket(&self) -> String {
        let (count, unit) = match self.width {
            width if width % DAY == 0 => (width / DAY, "day"),
            width if width % 3_600 == 0 => (width / 3_600, "hour"),
            width if width % 60 == 0 => (width / 60, "minute"),
            width => (width, "second"),
        };
        if count == 1 { unit.to_owned() } else { format!("{count} {unit}s") }
    }

    fn times(&self) -> impl Iterator<Item = u64> {
        let seconds = self.width.saturating_mul(self.buckets as u64);
        let end = self.start.saturating_add(seconds);
        let step = width_for(seconds, MOST_MARKS);
        let first = self.start.div_ceil(step);
        // A mark at the very end would not fit on the page.
        (first..end.div_ceil(step)).map(move |number| number.saturating_mul(step))
    }

    fn position(&self, time: u64) -> f64 {
        (time - self.start) as f64 / self.width as f64
    }
}

/// A round time: at midnight the day, otherwise the time of day.
fn shown(seconds: u64) -> String {
    let format = match seconds {
        seconds if seconds % DAY == 0 => "%-d %b",
        seconds if seconds % 60 == 0 => "%H:%M",
        _ => "%H:%M:%S",
    };
    formatted(Millis(seconds.saturating_mul(1000)), format)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An axis that begins at this second of 2026-01-04.
    fn axis(time: u64, buckets: usize, width: u64) -> TimeAxis {
        TimeAxis { start: 1_767_484_800 + time, width, buckets }
    }

    #[test]
    fn marks_are_round_times_within_the_axis() {
        for (axis, times) in [
            (axis(8 * 3_600, 192, 900), ["12:00", "5 Jan", "12:00", "6 Jan"].as_slice()),
            (axis(7 * 3_600 + 50, 1, 1), &["07:00:50"]),
            (axis(0, 72, 3_600), &["4 Jan", "12:00", "5 Jan", "12:00", "6 Jan", "12:00"]),
            (
                axis(0, 168, 3_600),
                &["4 Jan", "5 Jan", "6 Jan", "7 Jan", "8 Jan", "9 Jan", "10 Jan"],
            ),
            (axis(8 * 3_600, 240, 15), &["08:00", "08:15", "08:30", "08:45"]),
        ] {
            assert_eq!(axis.times().map(shown).collect::<Vec<_>>(), times);
            let within = |mark: &f64| (0.0..axis.buckets as f64).contains(mark);
            assert!(axis.marks().iter().all(within), "{:?}", axis.marks());
        }
    }

    #[test]
    fn bucket_widths_have_names() {
        for (width, name) in
            [(1, "second"), (15, "15 seconds"), (900, "15 minutes"), (3_600, "hour"), (DAY, "day")]
        {
            assert_eq!(axis(0, 1, width).bucket(), name);
        }
    }
}
