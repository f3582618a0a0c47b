//! The time that people wait, at the default difficulty.

use serde_json::json;
use unstuff_tests::browser;

use unstuff_tests::bench::BarChecks;

/// The number of people, each with a new browser.
const PEOPLE: usize = 100;

/// The bar for the median, in seconds.
const MEDIAN: f64 = 1.5;

/// The bar for the ratio of the 99th percentile to the median.
const P99_TO_MEDIAN: f64 = 2.5;

/// Runs the benchmark. Returns the median in seconds.
pub(crate) async fn run(checks: &mut BarChecks) -> f64 {
    println!("\n{PEOPLE} people solve a puzzle, in Chromium on one core");
    let sandbox = browser::sandbox(json!({ "surcharge": false })).await;
    let printed = browser::run_story_on_one_core(&sandbox, "times", &PEOPLE.to_string()).await;
    let mut times: Vec<f64> = printed.lines().map(|line| line.parse().expect("a time")).collect();
    times.sort_by(f64::total_cmp);
    assert_eq!(times.len(), PEOPLE);
    let rank = |percentile: usize| times[PEOPLE * percentile / 100 - 1] / 1000.0;
    checks.at_most("seconds, median", rank(50), MEDIAN);
    checks.at_most("99th percentile / median", rank(99) / rank(50), P99_TO_MEDIAN);
    rank(50)
}
