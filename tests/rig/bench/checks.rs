//! Bars, the limits of the measured figures, and the checks of them.

use std::process::ExitCode;

/// The checks so far.
#[derive(Default)]
pub struct BarChecks {
    missed: u32,
}

impl BarChecks {
    /// Checks that a figure is not below its bar.
    pub fn at_least(&mut self, what: &str, given: f64, bar: f64) {
        self.check(what, given, given >= bar, &format!("at least {bar}"));
    }

    /// Checks that a figure is not above its bar.
    pub fn at_most(&mut self, what: &str, given: f64, bar: f64) {
        self.check(what, given, given <= bar, &format!("at most {bar}"));
    }

    /// Checks that a ratio is between 0.9 and 1.1.
    pub fn within_a_tenth(&mut self, what: &str, given: f64) {
        self.check(what, given, (given - 1.0).abs() <= 0.1, "0.9 to 1.1");
    }

    /// Prints a figure that has no bar.
    pub fn figure(&self, what: &str, given: f64) {
        println!("  {what:<52} {given:>10.2}");
    }

    fn check(&mut self, what: &str, given: f64, kept: bool, bar: &str) {
        let mark = if kept { "ok" } else { "MISSED" };
        println!("  {what:<52} {given:>10.2}   {bar:<13} {mark}");
        self.missed += u32::from(!kept);
    }

    /// The exit code: a failure if a bar was missed.
    pub fn end(self) -> ExitCode {
        match self.missed {
            0 => ExitCode::SUCCESS,
            missed => {
                println!("\n{missed} missed");
                ExitCode::FAILURE
            }
        }
    }
}
