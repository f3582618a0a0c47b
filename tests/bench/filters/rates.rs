//! False-positive rates, and the absence of false negatives.

use std::path::Path;
use std::process::Command;

use unstuff_engine::breached::{Filter, Sha1Digest};

use crate::{ListSizes, building, lists, tool};
use unstuff_tests::bench::BarChecks;

/// Target rates, each with the number of non-members to look up. At least 10,000 false positives
/// keep the deviation within a few per cent.
const TARGETS: [(&str, u64); 3] =
    [("1e-2", 10_000_000), ("1e-3", 10_000_000), ("1e-4", 100_000_000)];

/// Runs the benchmark.
pub(crate) fn run(sizes: &ListSizes, checks: &mut BarChecks) {
    println!("\nfalse-positive rates, {} keys", sizes.members);
    let list = lists::members(sizes.members);
    for (target, strangers) in TARGETS {
        let flags = ["--passwords", "--fp-rate", target];
        let filter = building::build(&list, &flags, &format!("members-{target}.unstuff"));
        let measured = measured(&filter, strangers);
        let what = format!("{measured:.3e} of {strangers} non-members, over {target}");
        let ratio = measured / target.parse::<f64>().expect("a rate");
        checks.within_a_tenth(&what, ratio);
    }
    let missing = missing(&crate::folder().join("members-1e-3.unstuff"), sizes.members);
    checks.at_most(&format!("members not found, of {}", sizes.members), missing as f64, 0.0);
}

fn measured(filter: &Path, strangers: u64) -> f64 {
    let mut inspect = Command::new(tool());
    inspect.args(["inspect", "--json", "--sample", &strangers.to_string()]).arg(filter);
    let output = inspect.output().expect("it runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    report["filters"][0]["fp_rate"]["measured"].as_f64().expect("a rate")
}

fn missing(filter: &Path, members: u64) -> usize {
    let bytes = std::fs::read(filter).expect("a filter");
    let filter = Filter::open(&bytes, bytes.len() as u64).expect("a filter");
    let known = |number: &u64| {
        filter.contains(&Sha1Digest::of(format!("member{number}").as_bytes())).expect("a shard")
    };
    (0..members).filter(|number| !known(number)).count()
}
