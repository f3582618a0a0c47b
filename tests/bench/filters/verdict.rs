//! Bars, and whether they are kept.

use std::process::ExitCode;

/// What has been judged so far.
#[derive(Default)]
pub struct Verdicts {
    missed: u32,
}

impl Verdicts {
    /// A figure that must not be below a bar.
    pub fn at_least(&mut self, what: &str, given: f64, bar: f64) {
        self.judge(what, given, bar, given >= bar, "at least");
    }

    /// A figure that must not be above a bar.
    pub fn at_most(&mut self, what: &str, given: f64, bar: f64) {
        self.judge(what, given, bar, given <= bar, "at most");
    }

    fn judge(&mut self, what: &str, given: f64, bar: f64, kept: bool, how: &str) {
        let mark = if kept { "ok" } else { "MISSED" };
        println!("  {what:<52} {given:>10.2}   {how} {bar:<6} {mark}");
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
