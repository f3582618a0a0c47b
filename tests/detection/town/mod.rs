//! Detection and the burden on people, among people as they are on most sites.
//!
//! Each row is a trace of 12,000 people over six days. What is counted is what comes while the attack
//! or the mishap lasts. `make bars` prints the table for two seeds; `cargo test` runs the first.

mod row;
mod rows;

use std::fmt;

use serde_json::Value;

use crate::run::{AttemptCounts, unstuff};
use row::{Bar, Counted, FEW, TownRow};
pub(crate) use rows::ROWS;

/// The number of people that the bars are made for.
const PEOPLE: &str = "12000";

/// The result of one row.
pub(crate) struct TownResult {
    row: TownRow,
    seed: String,
    attack: AttemptCounts,
    about: AttemptCounts,
    worst: f64,
    most: f64,
}

impl TownRow {
    /// Simulates and replays the trace.
    pub(crate) fn run(&self, seed: &str) -> TownResult {
        let folder = tempfile::tempdir().expect("a folder");
        let trace = folder.path().join("trace.jsonl");
        let path = trace.to_str().expect("a path in UTF-8");
        let people = self.people.unwrap_or(PEOPLE);
        unstuff(&["simulate", self.scenario, "-o", path, "--seed", seed, "--people", people]);
        let replay = ["replay", "--format", "json", path, "--count-after", self.after];
        let report = unstuff(&[&replay, self.replay].concat());
        let report: Value = serde_json::from_slice(&report).expect("a report");
        let of = |label: &str| AttemptCounts::of(&report, |name| name.starts_with(label));
        let burden = |name: &str| report["people"][name].as_f64().expect("a number");
        TownResult {
            row: *self,
            seed: seed.to_owned(),
            attack: of("attack/"),
            about: of(self.about),
            worst: burden("worst_hundredth"),
            most: burden("most"),
        }
    }
}

impl TownResult {
    /// The columns of the table.
    pub(crate) const HEADER: &'static str = "\
TRACE               SEED  ATTACK STOPPED %  TAKEOVERS STOPPED %   AT LEAST  CHALLENGED %  AT MOST  STOPPED %  AT MOST  BLOCKED %  WORST 1 %  MOST";

    /// The share of the attack that the bar is about.
    fn attack(&self, counted: Counted) -> f64 {
        match counted {
            Counted::Takeovers if self.attack.successes >= FEW => self.attack.takeovers(),
            _ => self.attack.share(self.attack.stopped),
        }
    }

    /// A sentence for each bar that was missed.
    pub(crate) fn missed(&self) -> Vec<String> {
        let Self { row, about, .. } = self;
        let mut missed = Vec::new();
        let name = format!("{} (seed {})", row.name, self.seed);
        if let Some((counted, bar)) = row.attack {
            let found = self.attack(counted);
            if found < bar.held() {
                missed.push(format!("{name}: stopped {found:.2} %, not {} %", bar.held()));
            }
            assert!(self.attack.attempts > 100, "{name}: {} attempts", self.attack.attempts);
        }
        assert!(about.attempts > 20, "{name}: {} attempts of {}", about.attempts, row.about);
        let mut at_most = |what: &str, found: f64, bar: Option<Bar>| {
            if let Some(bar) = bar.filter(|bar| found > bar.held()) {
                missed.push(format!("{name}: {what} {found:.3}, not {}", bar.held()));
            }
        };
        at_most("people challenged %", about.share(about.challenged), row.challenged);
        at_most("people stopped %", about.share(about.stopped), row.stopped);
        at_most("people blocked %", about.share(about.blocked), row.blocked);
        at_most("times for the worst-hit hundredth", self.worst, row.worst);
        at_most("times for one person", self.most, row.most);
        missed
    }
}

impl fmt::Display for TownResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, attack, about, .. } = self;
        let shown = |bar: Option<Bar>| match bar {
            None => "-".to_owned(),
            Some(Bar { aim, today: None }) => aim.to_string(),
            Some(Bar { aim, today: Some(today) }) => format!("{aim} ({today})"),
        };
        let share = |part: u64, whole: u64| match whole {
            0 => "-".to_owned(),
            _ => format!("{:.1}", 100.0 * part as f64 / whole as f64),
        };
        write!(
            f,
            "{:<18}  {:>4}  {:>16}  {:>19}  {:>9}  {:>12.2}  {:>7}  {:>9.3}  {:>7}  {:>9.3}  {:>9.1}  {:>4}",
            row.name,
            self.seed,
            share(attack.stopped, attack.attempts),
            share(attack.successes_stopped, attack.successes),
            shown(row.attack.map(|(_, bar)| bar)),
            about.share(about.challenged),
            shown(row.challenged),
            about.share(about.stopped),
            shown(row.stopped),
            about.share(about.blocked),
            self.worst,
            self.most,
        )
    }
}
