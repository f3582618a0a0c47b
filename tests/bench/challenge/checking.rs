//! The cost of a solution's verification in the module.

use unstuff_tests::{ModuleBuild, Sandbox, eventually, policy};

use unstuff_tests::bench;
use unstuff_tests::bench::BarChecks;

/// The bar, in microseconds.
const BAR: f64 = 50.0;

/// Runs the benchmark.
pub(crate) async fn run(checks: &mut BarChecks) {
    println!("checking a solution in the module, in Envoy");
    let probe = ModuleBuild::At(bench::probe("solutions", None));
    let sandbox = Sandbox::builder(policy()).module(probe).start().await;
    let report = || sandbox.envoy.log().lines().rev().find_map(nanoseconds);
    eventually("the probe reports", || std::future::ready(report().is_some())).await;
    let (walk, hashes) = report().expect("a report");
    checks.at_most("microseconds per solution of a page", walk / 1000.0, BAR);
    checks.at_most("microseconds per solution of a program", hashes / 1000.0, BAR);
}

/// The numbers in "probe: 21000 ns a walk's solution, 10000 ns of hashes".
fn nanoseconds(line: &str) -> Option<(f64, f64)> {
    let (_, report) = line.split_once("probe: ")?;
    let (walk, report) = report.split_once(" ns a walk's solution, ")?;
    let (hashes, _) = report.split_once(" ns of hashes")?;
    walk.parse().ok().zip(hashes.parse().ok())
}
