//! Detection and false positives of the default policy on simulated traces.
//!
//! Each row of the table is a trace by `unstuff simulate` that `unstuff replay` decides with the
//! default policy. `make bars` prints the table; `make bars SEED=7 PEOPLE=30000` simulates other
//! people and attackers.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod bars;
mod run;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bars::BARS;
use run::{DetectionResult, SimulationRun};

#[test]
fn the_default_policy_clears_every_bar() {
    let run = SimulationRun::from_environment();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(row) = BARS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = run.row(row);
                    results.lock().expect("no other thread has panicked").push(result);
                }
            });
        }
    });
    let mut results: Vec<DetectionResult> =
        results.into_inner().expect("no other thread has panicked");
    results.sort_by_key(|results| results.row.place());
    println!("\n{}", DetectionResult::HEADER);
    results.iter().for_each(|results| println!("{results}"));
    let missed: Vec<String> = results.iter().flat_map(DetectionResult::missed).collect();
    assert!(missed.is_empty(), "\n{}", missed.join("\n"));
    assert_eq!(results.len(), BARS.len());
}
