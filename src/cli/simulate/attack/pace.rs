//! When attempts of an attack are made.

use super::{AttackParameters, Shape};
use crate::simulate::draw::Dice;

/// The times of a given number of attempts, in order, in seconds after the trace begins.
pub struct Pace {
    dice: Dice,
    begins: f64,
    lasts: f64,
    shape: Shape,
    left: u64,
    passed: f64,
}

impl Pace {
    /// `attempts` times within an attack that begins at `begins`.
    pub fn new(parameters: &AttackParameters, begins: f64, attempts: u64, dice: Dice) -> Self {
        let (lasts, shape) = (parameters.lasts.0, parameters.shape);
        Self { dice, begins, lasts, shape, left: attempts, passed: 0.0 }
    }
}

impl Iterator for Pace {
    type Item = f64;

    /// As many numbers, drawn evenly and sorted, would come: of n that are left within what
    /// is left, the first lies after its n-th part on average.
    fn next(&mut self) -> Option<f64> {
        if self.left == 0 {
            return None;
        }
        let step = 1.0 - self.dice.unit().powf(1.0 / self.left as f64);
        self.passed += (1.0 - self.passed) * step;
        self.left -= 1;
        let part = match self.shape {
            Shape::Steady => self.passed,
            // The share of attempts made rises with the square of time.
            Shape::Ramp => self.passed.sqrt(),
        };
        Some(self.begins + part * self.lasts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(shape: Shape) -> Vec<f64> {
        let parameters = AttackParameters { shape, ..AttackParameters::default() };
        Pace::new(&parameters, 100.0, 10_000, Dice::new(1, "pace", 0, 0)).collect()
    }

    #[test]
    fn times_are_in_order_and_within_the_attack() {
        for shape in [Shape::Steady, Shape::Ramp] {
            let times = times(shape);
            assert_eq!(times.len(), 10_000);
            assert!(times.is_sorted());
            assert!(times[0] >= 100.0 && times[9_999] <= 100.0 + 3.0 * 3600.0);
        }
    }

    #[test]
    fn a_ramp_makes_a_quarter_in_its_first_half() {
        let half = 100.0 + 1.5 * 3600.0;
        let early = |shape| times(shape).iter().filter(|&&time| time < half).count();
        assert!((4_800..5_200).contains(&early(Shape::Steady)));
        assert!((2_300..2_700).contains(&early(Shape::Ramp)));
    }
}
