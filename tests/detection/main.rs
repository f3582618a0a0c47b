//! Detection and false positives of the default policy on simulated traces.
//!
//! Each row of a table is a trace by `unstuff simulate` that `unstuff replay` decides with the
//! default policy. `make bars` prints both tables; `make bars SEED=7 PEOPLE=30000` simulates other
//! people and attackers. `bars` has people who are all alike, `town` people as they are on most
//! sites, always 12,000.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod bars;
mod run;
mod town;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bars::BARS;
use run::{DetectionResult, SimulationRun};
use town::TownResult;

/// Runs all jobs, as many at once as there are cores. Returns the results in their order.
fn at_once<J: Sync, R: Send>(jobs: &[J], run: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(number) else { break };
                    let result = (number, run(job));
                    results.lock().expect("no other thread has panicked").push(result);
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no other thread has panicked");
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

#[test]
fn the_default_policy_clears_every_bar() {
    let run = SimulationRun::from_environment();
    let results = at_once(&BARS.each_ref(), |row| run.row(row));
    println!("\n{}", DetectionResult::HEADER);
    results.iter().for_each(|results| println!("{results}"));
    let missed: Vec<String> = results.iter().flat_map(DetectionResult::missed).collect();
    assert!(missed.is_empty(), "\n{}", missed.join("\n"));
    assert_eq!(results.len(), BARS.len());
}

#[test]
fn the_default_policy_clears_every_bar_of_the_town() {
    let rows = town::ROWS.iter();
    let jobs: Vec<_> =
        rows.flat_map(|row| run::seeds().into_iter().map(move |seed| (row, seed))).collect();
    let results = at_once(&jobs, |(row, seed)| row.run(seed));
    println!("\n{}", TownResult::HEADER);
    results.iter().for_each(|results| println!("{results}"));
    let missed: Vec<String> = results.iter().flat_map(TownResult::missed).collect();
    assert!(missed.is_empty(), "\n{}", missed.join("\n"));
}
