//! What happened when, at the resolution that a chart can show.
//!
//! How long a trace is shows at its end only, so buckets begin a second wide, and whenever
//! there are too many, each two become one: constant memory, one pass, and the same trace
//! always ends in the same buckets.

use unstuff_engine::policy::Action;
use unstuff_engine::time::Millis;

/// As many as there are pixels to tell them apart.
const MOST_BUCKETS: usize = 240;

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Let through.
    Allowed,
    /// Let through, and upstream was told.
    Annotated,
    /// Challenged, and got through.
    Solved,
    /// Challenged, and did not.
    Unsolved,
    /// Refused.
    Blocked,
}

impl Fate {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// The fate of an attempt by its verdict.
    pub fn of(action: Action, stopped: bool) -> Self {
        match action {
            Action::Allow => Self::Allowed,
            Action::Annotate => Self::Annotated,
            Action::Challenge if stopped => Self::Unsolved,
            Action::Challenge => Self::Solved,
            Action::Block => Self::Blocked,
        }
    }
}

/// What a rule had to do with an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// It was behind the verdict.
    Decided,
    /// It held, and another rule was behind the verdict, or it is in shadow.
    Matched,
}

impl Touch {
    /// How many there are.
    pub const COUNT: usize = 2;
}

/// Counts of `N` kinds over time, for several series.
#[derive(Debug)]
pub struct Timeline<const N: usize> {
    start: Option<Millis>,
    width: u64,
    series: Vec<Vec<[u32; N]>>,
}

impl<const N: usize> Default for Timeline<N> {
    fn default() -> Self {
        Self { start: None, width: 1000, series: Vec::new() }
    }
}

impl<const N: usize> Timeline<N> {
    /// Sees to it that there is a bucket for `time`, and tells which. Timelines that are to
    /// share an axis reach for the same times.
    pub fn reach(&mut self, time: Millis) -> usize {
        let since = time.0.saturating_sub(self.start.get_or_insert(time).0);
        while since / self.width >= MOST_BUCKETS as u64 {
            self.halve();
        }
        usize::try_from(since / self.width).unwrap_or(MOST_BUCKETS - 1)
    }

    /// Counts one of `kind` in a series. Times before the first are taken for the first.
    pub fn add(&mut self, series: usize, time: Millis, kind: usize) {
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

    /// When the first bucket begins, and how long each is, in milliseconds.
    pub fn scale(&self) -> (Millis, u64) {
        (self.start.unwrap_or_default(), self.width)
    }

    /// The buckets of a series; what is beyond the last is zero.
    pub fn of(&self, series: usize) -> &[[u32; N]] {
        self.series.get(series).map_or(&[], Vec::as_slice)
    }

    /// All series together.
    pub fn total(&self) -> Vec<[u32; N]> {
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
    pub fn reorder(&mut self, order: &[usize]) {
        let series = |place: &usize| self.series.get(*place).cloned().unwrap_or_default();
        self.series = order.iter().map(series).collect();
    }

    fn halve(&mut self) {
        self.width = self.width.saturating_mul(2);
        for buckets in &mut self.series {
            let pairs = buckets.chunks(2).map(|pair| {
                let mut sum = [0; N];
                pair.iter().for_each(|counts| add(&mut sum, counts));
                sum
            });
            *buckets = pairs.collect();
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
    fn buckets_grow_with_the_trace_and_lose_nothing() {
        let mut timeline = Timeline::<2>::default();
        for second in 0..100_000 {
            timeline.add(usize::from(second % 3 == 0), Millis(7_000 + second * 1000), 0);
        }
        let (start, width) = timeline.scale();
        assert_eq!((start, width), (Millis(7_000), 512_000));
        let total = timeline.total();
        assert!(total.len() <= MOST_BUCKETS, "{}", total.len());
        assert_eq!(total.iter().map(|counts| counts[0]).sum::<u32>(), 100_000);
        assert_eq!(total[0], [512, 0]);
        assert_eq!(timeline.of(0)[0][0] + timeline.of(1)[0][0], 512);
    }
}
