//! The times of an attack's attempts.

use super::{AttackParameters, RateShape};
use crate::people::rhythm;
use crate::random::{RandomStream, cumulative, whole};

/// The resolution of people's hours of the day: seconds.
const STEP: f64 = 300.0;

/// The times of the attempts, in order, in seconds after the trace begins.
pub(crate) struct AttackSchedule {
    random: RandomStream,
    begins: f64,
    lasts: f64,
    shape: RateShape,
    left: u64,
    passed: f64,
    /// The shares of the attempts that are made until each step's end, for people's hours.
    hours: Vec<f64>,
}

impl AttackSchedule {
    /// The times of so many `attempts` in an attack that starts at `begins`.
    pub(crate) fn new(
        parameters: &AttackParameters,
        begins: f64,
        attempts: u64,
        random: RandomStream,
    ) -> Self {
        let (lasts, shape) = (parameters.lasts.0, parameters.shape);
        let steps = if shape == RateShape::People { whole((lasts / STEP).ceil()) } else { 0 };
        let busy = |step: u64| rhythm::weight(begins + (step as f64 + 0.5) * STEP, 1.0);
        let hours = cumulative((0..steps).map(busy));
        Self { random, begins, lasts, shape, left: attempts, passed: 0.0, hours }
    }

    /// The part of the duration after which this share of the attempts is made.
    fn by_hours(&self, share: f64) -> f64 {
        let step = self.hours.partition_point(|&until| until < share);
        let until = |step: usize| self.hours.get(step).copied().unwrap_or(1.0);
        let from = if step == 0 { 0.0 } else { until(step - 1) };
        let within = (share - from) / (until(step) - from).max(f64::MIN_POSITIVE);
        ((step as f64 + within) / self.hours.len().max(1) as f64).min(1.0)
    }
}

impl Iterator for AttackSchedule {
    type Item = f64;

    /// The next of uniform random times in order: if n times remain, the next comes after 1/n of
    /// the remaining duration on average.
    fn next(&mut self) -> Option<f64> {
        if self.left == 0 {
            return None;
        }
        let step = 1.0 - self.random.unit().powf(1.0 / self.left as f64);
        self.passed += (1.0 - self.passed) * step;
        self.left -= 1;
        let part = match self.shape {
            RateShape::Steady => self.passed,
            // The share of attempts made rises with the square of time.
            RateShape::Ramp => self.passed.sqrt(),
            RateShape::People => self.by_hours(self.passed),
        };
        Some(self.begins + part * self.lasts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(shape: RateShape) -> Vec<f64> {
        let parameters = AttackParameters { shape, ..AttackParameters::default() };
        AttackSchedule::new(&parameters, 100.0, 10_000, RandomStream::new(1, "pace", 0, 0))
            .collect()
    }

    #[test]
    fn times_are_in_order_and_within_the_attack() {
        for shape in [RateShape::Steady, RateShape::Ramp, RateShape::People] {
            let times = times(shape);
            assert_eq!(times.len(), 10_000);
            assert!(times.is_sorted());
            assert!(times[0] >= 100.0 && times[9_999] <= 100.0 + 3.0 * 3600.0);
        }
    }

    #[test]
    fn ramp_makes_a_quarter_of_attempts_in_its_first_half() {
        let half = 100.0 + 1.5 * 3600.0;
        let early = |shape| times(shape).iter().filter(|&&time| time < half).count();
        assert!((4_800..5_200).contains(&early(RateShape::Steady)));
        assert!((2_300..2_700).contains(&early(RateShape::Ramp)));
    }
}
