//! What simulated traces promise, measured on traces.

use std::collections::BTreeSet;

use super::TracePlan;
use crate::attempt::{SUCCESS, SimulatedAttempt, millis};
use crate::people::population::Population;
use crate::writer;

mod attacks;
mod labels;
mod people;
mod town;
mod written;

/// A trace in memory.
struct SimulatedTrace {
    population: Population,
    attempts: Vec<SimulatedAttempt>,
}

/// Simulates `scenarios` for so many `people` and `hours`. Words with a `=` are settings.
fn simulate(scenarios: &str, seed: u64, people: u64, hours: f64) -> SimulatedTrace {
    let (settings, names): (Vec<String>, Vec<String>) =
        scenarios.split(' ').map(str::to_owned).partition(|word| word.contains('='));
    let plan = TracePlan::new(&names, &settings, hours).unwrap();
    plan.check().unwrap();
    let population = Population::new(seed, people, plan.people.clone());
    let end = millis(plan.length);
    let attempts = plan.attempts(&population).take_while(|attempt| attempt.at < end).collect();
    SimulatedTrace { population, attempts }
}

impl SimulatedTrace {
    /// The attempts whose label begins with `label`.
    fn of(&self, label: &str) -> Vec<&SimulatedAttempt> {
        let found: Vec<_> =
            self.attempts.iter().filter(|attempt| attempt.label.starts_with(label)).collect();
        assert!(!found.is_empty(), "no attempt is labelled {label}");
        found
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        writer::write_lines(&mut bytes, &self.population, self.attempts.iter().cloned(), |_| ())
            .unwrap();
        bytes
    }
}

/// The share of `attempts` that have this property.
fn share(attempts: &[&SimulatedAttempt], holds: impl Fn(&SimulatedAttempt) -> bool) -> f64 {
    attempts.iter().filter(|attempt| holds(attempt)).count() as f64 / attempts.len() as f64
}

/// The number of distinct addresses.
fn addresses(attempts: &[&SimulatedAttempt]) -> usize {
    attempts.iter().map(|attempt| attempt.ip).collect::<BTreeSet<_>>().len()
}

#[track_caller]
fn near(what: &str, measured: f64, promised: f64, tolerance: f64) {
    let off = (measured - promised).abs();
    assert!(
        off <= tolerance,
        "{what}: measured {measured:.4}, promised {promised:.4} ± {tolerance}"
    );
}
