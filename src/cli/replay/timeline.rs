//! Counts over time, at the resolution of a chart.
//!
//! The length of a trace is unknown until its end. So buckets start one second wide and become
//! wider whenever there are too many: constant memory, one pass, and the same trace always gives
//! the same buckets. Widths are round times, each a multiple of the one before, and buckets begin
//! at multiples of their width (in UTC).

use unstuff_engine::policy::Action;
use unstuff_engine::time::Millis;

/// The most buckets: more would be narrower than a chart's pixels.
const MOST_BUCKETS: u64 = 240;

/// Seconds in a day.
pub(super) const DAY: u64 = 86_400;

/// Widths in seconds; after the last, each is twice the one before.
const WIDTHS: [u64; 13] =
    [1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, DAY];

/// The narrowest width of which at most `most` buckets cover so many seconds.
pub(super) fn width_for(seconds: u64, most: u64) -> u64 {
    (0..64).map(width).find(|width| seconds.div_ceil(*width) <= most).unwrap_or(u64::MAX)
}

/// The width at this step.
fn width(step: usize) -> u64 {
    let doublings = (step + 1).saturating_sub(WIDTHS.len());
    // No time is later.
    WIDTHS.get(step).copied().unwrap_or_else(|| DAY << doublings.min(40))
}

/// What happened to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttemptResult {
    /// It was allowed.
    Allowed,
    /// It reached upstream with an annotation.
    Annotated,
    /// It solved a challenge.
    Solved,
    /// It did not solve a challenge.
    Unsolved,
    /// It was blocked.
    Blocked,
}

impl AttemptResult {
    /// The number of variants.
    pub(super) const COUNT: usize = 5;

    /// The result of a verdict.
    pub(super) fn of(action: Action, stopped: bool) -> Self {
        match action {
            Action::Allow => Self::Allowed,
            Action::Annotate => Self::Annotated,
            Action::Challenge if stopped => Self::Unsolved,
            Action::Challenge => Self::Solved,
            Action::Block => Self::Blocked,
        }
    }
}

/// The part that a matching rule had in a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RuleRole {
    /// It decided the verdict.
    ReplayedDecision,
    /// Another rule decided, or the rule is in shadow mode.
    Matched,
}

impl RuleRole {
    /// The number of variants.
    pub(super) const COUNT: usize = 2;
}

/// Counts of `N` kinds over time, for several series.
#[derive(Debug, Default)]
pub(crate) struct Timeline<const N: usize> {
    /// The number of the first bucket, counted from 1970.
    first: Option<u64>,
    /// The step of the present width.
    step: usize,
    series: Vec<Vec<[u32; N]>>,
}

impl<const N: usize> Timeline<N> {
    /// Ensures that there is a bucket for `time` and returns its index. Timelines that share an
    /// axis must reach the same times.
    pub(crate) fn reach(&mut self, time: Millis) -> usize {
        loop {
            let number = time.0 / 1000 / width(self.step);
            let since = number.saturating_sub(*self.first.get_or_insert(number));
            if since < MOST_BUCKETS {
                return usize::try_from(since).unwrap_or(0);
            }
            self.widen();
        }
    }

    /// Counts one of `kind` in a series. Times before the first bucket count in the first.
    pub(crate) fn add(&mut self, series: usize, time: Millis, kind: usize) {
        let bucket = self.reach(time);
        if self.series.len() <= series {
            self.series.resize_with(series + 1, Vec::new);
        }
        let Some(buckets) = self.series.get_mut(series) else { return };
        if buckets.len() <= bucket {
            buckets.resize(bucket + 1, [0; N]);
        }
        if let Some(count) = buckets.get_mut(bucket).and_then(|counts| counts.get_mut(kind)) {
            *count = count.saturating_add(1);
        }
    }

    /// The begin of the first bucket and the width of each, in seconds; none if nothing was
    /// counted.
    pub(crate) fn scale(&self) -> Option<(u64, u64)> {
        let width = width(self.step);
        self.first.map(|first| (first.saturating_mul(width), width))
    }

    /// The buckets of a series; those after the last are zero.
    pub(crate) fn of(&self, series: usize) -> &[[u32; N]] {
        self.series.get(series).map_or(&[], Vec::as_slice)
    }

    /// The sum of all series.
    pub(crate) fn total(&self) -> Vec<[u32; N]> {
        let longest = self.series.iter().map(Vec::len).max().unwrap_or(0);
        let mut total = vec![[0; N]; longest];
        for buckets in &self.series {
            for (sum, counts) in total.iter_mut().zip(buckets) {
                add(sum, counts);
            }
        }
        total
    }

    /// Puts the series in this order.
    pub(crate) fn reorder(&mut self, order: &[usize]) {
        let series = |index: &usize| self.series.get(*index).cloned().unwrap_or_default();
        self.series = order.iter().map(series).collect();
    }

    fn widen(&mut self) {
        let factor = width(self.step + 1) / width(self.step);
        self.step += 1;
        let Some(first) = &mut self.first else { return };
        // The first of the wider buckets begins at a multiple of their width, so earlier.
        let ahead = usize::try_from(*first % factor).unwrap_or(0);
        *first /= factor;
        let factor = usize::try_from(factor).unwrap_or(usize::MAX);
        for buckets in &mut self.series {
            let mut wider = vec![[0; N]; (ahead + buckets.len()).div_ceil(factor)];
            for (index, counts) in buckets.iter().enumerate() {
                if let Some(sum) = wider.get_mut((ahead + index) / factor) {
                    add(sum, counts);
                }
            }
            *buckets = wider;
        }
    }
}

fn add<const N: usize>(sum: &mut [u32; N], counts: &[u32; N]) {
    for (sum, count) in sum.iter_mut().zip(counts) {
        *sum = sum.saturating_add(*count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_widen_with_the_trace_and_lose_no_count() {
        let mut timeline = Timeline::<2>::default();
        let first = 1_766_000_007;
        for second in 0..100_000 {
            timeline.add(usize::from(second % 3 == 0), Millis((first + second) * 1000), 0);
        }
        let (start, width) = timeline.scale().unwrap();
        assert_eq!(width, 900, "a quarter of an hour");
        assert!(start % 900 == 0 && start <= first && first < start + 900);
        let total = timeline.total();
        assert!(total.len() as u64 <= MOST_BUCKETS, "{}", total.len());
        assert_eq!(total.iter().map(|counts| counts[0]).sum::<u32>(), 100_000);
        assert_eq!(u64::from(total[0][0]), start + 900 - first);
        assert_eq!(total[1], [900, 0]);
        assert_eq!(timeline.of(0)[1][0] + timeline.of(1)[1][0], 900);
    }

    #[test]
    fn each_width_is_a_multiple_of_the_one_before() {
        for step in 0..30 {
            assert_eq!(width(step + 1) % width(step), 0, "{step}");
            assert!(width(step + 1) > width(step), "{step}");
        }
    }

    #[test]
    fn every_time_has_a_bucket() {
        let mut timeline = Timeline::<1>::default();
        assert_eq!(timeline.scale(), None);
        for time in [0, u64::MAX, 1, 1_766_000_000_000] {
            timeline.add(0, Millis(time), 0);
        }
        assert_eq!(timeline.total().iter().map(|counts| counts[0]).sum::<u32>(), 4);
    }
}
