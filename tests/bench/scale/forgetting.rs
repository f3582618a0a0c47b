//! What a state that is too small does to detection: replays of one trace with ever smaller states.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use unstuff_engine::state::{EntryKind, StateSize};
use unstuff_tests::bench::root;

use crate::{grouped, size};

/// A trace of `unstuff simulate`, counted from the attack on.
struct ForgettingTrace {
    scenario: &'static str,
    people: u64,
    count_after: &'static str,
}

const fn trace(scenario: &'static str, people: u64, count_after: &'static str) -> ForgettingTrace {
    ForgettingTrace { scenario, people, count_after }
}

/// Attacks that only what is known of accounts tells from people, and one that addresses tell.
const TRACES: [ForgettingTrace; 4] = [
    trace("fresh-30", 12_000, "120h"),
    trace("slow-spray", 12_000, "48h"),
    trace("under-limits", 12_000, "120h"),
    trace("slow-pool", 12_000, "0h"),
];

/// From the default down to the smallest.
const SIZES: [u64; 7] = [64 << 20, 16 << 20, 4 << 20, 3 << 20, 2 << 20, 1 << 20, 256 << 10];

/// Ten times the people of the first trace, with states that are ten times as large.
const LARGER: ForgettingTrace = trace("fresh-30", 120_000, "120h");
const LARGER_SIZES: [u64; 3] = [160 << 20, 40 << 20, 10 << 20];

/// Both tables.
pub(crate) fn markdown() -> String {
    let mut text = table(&TRACES, &SIZES);
    let _ = writeln!(
        text,
        "\nTen times the people, with ten times the state:\n\n{}",
        table(&[LARGER], &LARGER_SIZES).trim_end()
    );
    text
}

fn table(traces: &[ForgettingTrace], sizes: &[u64]) -> String {
    let heads: String = traces.iter().map(|it| format!(" `{}` |", it.scenario)).collect();
    let lines = "---|".repeat(traces.len());
    let mut text = format!("| state | accounts it holds |{heads}\n|---|---|{lines}\n");
    let files: Vec<PathBuf> = traces.iter().map(simulate).collect();
    for bytes in sizes {
        let accounts = StateSize::new(*bytes).expect("a size").entries(EntryKind::Account);
        let cells: String = traces
            .iter()
            .zip(&files)
            .map(|(trace, file)| format!(" {} |", replay(trace, file, *bytes)))
            .collect();
        let _ = writeln!(text, "| {} | {} |{cells}", size(*bytes), grouped(accounts));
        eprintln!("replayed with {}", size(*bytes));
    }
    text
}

fn simulate(trace: &ForgettingTrace) -> PathBuf {
    let folder = root().join("target/bench");
    std::fs::create_dir_all(&folder).expect("target/bench");
    let file = folder.join(format!("{}-{}.jsonl", trace.scenario, trace.people));
    let people = trace.people.to_string();
    unstuff(&["simulate", trace.scenario, "--people", &people, "-o"], &[&file]);
    file
}

/// What is stopped of the attack, and how many attempts of people are challenged.
fn replay(trace: &ForgettingTrace, file: &Path, bytes: u64) -> String {
    let policy = root().join("target/bench/policy.json");
    let kib = bytes >> 10;
    let state = format!(r#"{{ "mode": "enforce", "state": {{ "max_bytes": "{kib}KiB" }} }}"#);
    std::fs::write(&policy, state).expect("a file");
    let how = ["replay", "--format", "json", "--count-after", trace.count_after, "--policy"];
    let report = unstuff(&how, &[&policy, file]);
    let report: Value = serde_json::from_slice(&report).expect("a report");
    let labels = report["labels"].as_object().expect("labels");
    let sum = |who: &str, what: &str| -> u64 {
        let labels = labels.iter().filter(|(name, _)| name.starts_with(who));
        labels.filter_map(|(_, label)| label[what].as_u64()).sum()
    };
    let share = |who, what| 100.0 * sum(who, what) as f64 / sum(who, "attempts").max(1) as f64;
    let (stopped, challenged) = (share("attack/", "stopped"), share("benign/", "challenge"));
    format!("{stopped:.1} %, {challenged:.2} %")
}

fn unstuff(arguments: &[&str], paths: &[&Path]) -> Vec<u8> {
    let tool = root().join("target/release/unstuff");
    let output = Command::new(&tool).args(arguments).args(paths).output();
    let output = output.expect("the tool; `make build` makes it");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    output.stdout
}
