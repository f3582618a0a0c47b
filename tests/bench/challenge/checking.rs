//! What checking a solution costs, in the module.

use unstuff_tests::{ModuleBuild, Sandbox, eventually, policy};

use crate::shared;
use crate::shared::verdict::Verdicts;

/// The bar, in microseconds.
const BAR: f64 = 50.0;

/// Measures and prints.
pub async fn run(verdicts: &mut Verdicts) {
    println!("checking a solution in the module, in Envoy");
    let probe = ModuleBuild::At(shared::probe("solutions", None));
    let sandbox = Sandbox::builder(policy()).module(probe).start().await;
    let report = || sandbox.envoy.log().lines().rev().find_map(nanoseconds);
    eventually("the probe reports", || std::future::ready(report().is_some())).await;
    let nanoseconds = report().expect("a report");
    verdicts.at_most("microseconds a solution", nanoseconds / 1000.0, BAR);
}

/// Of "probe: 21000 ns a solution".
fn nanoseconds(line: &str) -> Option<f64> {
    let (_, report) = line.split_once("probe: ")?;
    report.split_once(" ns a solution")?.0.parse().ok()
}
