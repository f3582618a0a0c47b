//! Bars, and whether they are kept.

use std::process::ExitCode;

/// What has been judged so far.
#[derive(Default)]
pub struct BarChecks {
    missed: u32,
}

impl BarChecks {
    /// A figure that must not be below a bar.
    pub fn at_least(&mut self, what: &str, given: f64, bar: f64) {
        self.judge(what, given, given >= bar, &format!("at least {bar}"));
    }

    /// A figure that must not be above a bar.
    pub fn at_most(&mut self, what: &str, given: f64, bar: f64) {
        self.judge(what, given, given <= bar, &format!("at most {bar}"));
    }

    /// A ratio that must be 1, give or take a tenth.
    pub fn within_a_tenth(&mut self, what: &str, given: f64) {
        self.judge(what, given, (given - 1.0).abs() <= 0.1, "0.9 to 1.1");
    }

    /// A figure without a bar.
    pub fn figure(&self, what: &str, given: f64) {
        println!("  {what:<52} {given:>10.2}");
    }

    fn judge(&mut self, what: &str, given: f64, kept: bool, bar: &str) {
        let mark = if kept { "ok" } else { "MISSED" };
        println!("  {what:<52} {given:>10.2}   {bar:<13} {mark}");
        self.missed += u32::from(!kept);
    }

    /// The exit code.
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
