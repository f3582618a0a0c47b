//! The simulation and replay of one trace, and the comparison with its bars.

use std::fmt;
use std::process::Command;

use serde_json::Value;
use unstuff_tests::envoy::target;

use crate::bars::{
    CHALLENGED_IN_ATTACK, CHALLENGED_IN_PEACE, DetectionBar, PEOPLE_BLOCKED, TAKEOVERS_LESS,
};

/// The seed and the number of people of the simulations.
pub(crate) struct SimulationRun {
    seed: String,
    people: String,
}

/// The result of one trace.
pub(crate) struct DetectionResult {
    pub row: &'static DetectionBar,
    attack: AttemptCounts,
    people: AttemptCounts,
    /// The owner of an attacked account, who has a known device.
    owner: AttemptCounts,
    state_bytes: u64,
}

/// The default limit of the state: 64 MiB.
const STATE_BYTES: u64 = 64 << 20;

/// Counts of all attempts with labels of a kind.
#[derive(Default)]
pub(crate) struct AttemptCounts {
    pub attempts: u64,
    pub stopped: u64,
    pub challenged: u64,
    pub blocked: u64,
    pub successes: u64,
    pub successes_stopped: u64,
}

impl SimulationRun {
    /// Reads `SEED`, of which the first counts, and `PEOPLE`. The defaults are seed 1 and the 20,000
    /// people that the bars are made for.
    pub(crate) fn from_environment() -> Self {
        let seed = seeds().into_iter().next().unwrap_or_default();
        Self { seed, people: given("PEOPLE", "20000") }
    }

    /// Simulates and replays a trace.
    pub(crate) fn row(&self, row: &'static DetectionBar) -> DetectionResult {
        let folder = tempfile::tempdir().expect("a folder");
        let trace = folder.path().join("trace.jsonl");
        let path = trace.to_str().expect("a path in UTF-8");
        let who = ["--seed", &self.seed, "--people", &self.people];
        unstuff(&[&["simulate", row.scenario, "-o", path], &who[..]].concat());
        let report = unstuff(&["replay", "--format", "json", path]);
        let report: Value = serde_json::from_slice(&report).expect("a report");
        DetectionResult::of(row, &report)
    }
}

/// The seeds in `SEED`, with blanks between them.
pub(crate) fn seeds() -> Vec<String> {
    given("SEED", "1").split_whitespace().map(str::to_owned).collect()
}

fn given(name: &str, default: &str) -> String {
    let given = std::env::var(name).ok().filter(|given| !given.is_empty());
    given.unwrap_or_else(|| default.to_owned())
}

/// Runs the tool and returns its output.
pub(crate) fn unstuff(arguments: &[&str]) -> Vec<u8> {
    let tool = target().join("release/unstuff");
    let output = Command::new(&tool).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{}: {error}", tool.display()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    output.stdout
}

impl DetectionResult {
    /// The columns of the table.
    pub(crate) const HEADER: &'static str = "\
TRACE              ATTACK STOPPED %  AT LEAST  TAKEOVERS STOPPED %  PEOPLE STOPPED %  AT MOST  CHALLENGED %  BLOCKED %";

    fn of(row: &'static DetectionBar, report: &Value) -> Self {
        let of = |is_meant: fn(&str) -> bool| AttemptCounts::of(report, is_meant);
        Self {
            row,
            attack: of(|name| name.starts_with("attack/")),
            people: of(|name| name.starts_with("benign/")),
            owner: of(|name| name == "benign/owner"),
            state_bytes: report["state"]["bytes"].as_u64().expect("bytes"),
        }
    }

    /// A sentence for each bar that was missed.
    pub(crate) fn missed(&self) -> Vec<String> {
        let Self { row, attack, people, owner, .. } = self;
        let mut missed = Vec::new();
        let mut hold = |holds: bool, what: String| {
            if !holds {
                missed.push(format!("{}: {what}", row.scenario));
            }
        };
        let at_most =
            |found: f64, most: f64| (found <= most, format!("{found:.3} %, not {most} %"));
        let (holds, found) = at_most(people.share(people.stopped), row.people_stopped);
        hold(holds, format!("people stopped: {found}"));
        let (holds, found) = at_most(people.share(people.blocked), PEOPLE_BLOCKED);
        hold(holds, format!("people blocked: {found}"));
        let challenged = row.stopped.map_or(CHALLENGED_IN_PEACE, |_| CHALLENGED_IN_ATTACK);
        let (holds, found) = at_most(people.share(people.challenged), challenged);
        hold(holds, format!("people challenged: {found}"));
        hold(people.attempts > 10_000, format!("only {} attempts of people", people.attempts));
        hold(owner.stopped == 0, format!("the owner was stopped {} times", owner.stopped));
        hold(
            owner.attempts > 0 || row.scenario != "one-account",
            "the owner made no attempt".to_owned(),
        );
        hold(self.state_bytes <= STATE_BYTES, format!("state of {} bytes", self.state_bytes));
        let Some(bar) = row.stopped else { return missed };
        let stopped = attack.share(attack.stopped);
        hold(stopped >= bar, format!("attack stopped: {stopped:.2} %, not {bar} %"));
        let takeovers = attack.takeovers();
        hold(
            attack.successes == 0 || takeovers >= bar - TAKEOVERS_LESS,
            format!("takeovers stopped: {takeovers:.2} %, not {:.1} %", bar - TAKEOVERS_LESS),
        );
        hold(attack.attempts > 1_000, format!("only {} attempts of attack", attack.attempts));
        missed
    }
}

impl fmt::Display for DetectionResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, attack, people, .. } = self;
        let percent = |share: Option<f64>| share.map_or("-".to_owned(), |it| format!("{it:.2}"));
        write!(
            f,
            "{:<17}  {:>16}  {:>8}  {:>19}  {:>16.3}  {:>7}  {:>12.2}  {:>9.3}",
            row.scenario,
            percent(row.stopped.map(|_| attack.share(attack.stopped))),
            row.stopped.map_or("-".to_owned(), |bar| bar.to_string()),
            percent(row.stopped.map(|_| attack.takeovers())),
            people.share(people.stopped),
            row.people_stopped,
            people.share(people.challenged),
            people.share(people.blocked),
        )
    }
}

impl AttemptCounts {
    /// The sum of the labels that are meant.
    pub(crate) fn of(report: &Value, is_meant: impl Fn(&str) -> bool) -> Self {
        let labels = report["labels"].as_object().expect("labels");
        let mut counts = Self::default();
        labels.iter().filter(|(name, _)| is_meant(name)).for_each(|(_, it)| counts.add(it));
        counts
    }

    fn add(&mut self, label: &Value) {
        let count = |name: &str| label[name].as_u64().expect("a count");
        self.attempts += count("attempts");
        self.stopped += count("stopped");
        self.challenged += count("challenge");
        self.blocked += count("block");
        self.successes += count("successes");
        self.successes_stopped += count("successes_stopped");
    }

    /// A share of all attempts in per cent.
    pub(crate) fn share(&self, part: u64) -> f64 {
        percent(part, self.attempts)
    }

    pub(crate) fn takeovers(&self) -> f64 {
        percent(self.successes_stopped, self.successes)
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
