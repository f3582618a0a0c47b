//! What simulated traces promise, measured on traces.

use std::collections::BTreeSet;

use super::attempt::{Attempt, SUCCESS, millis};
use super::people::population::Population;
use super::plan::Plan;
use super::writer;

mod attacks;
mod command;
mod labels;
mod people;

/// A trace in memory.
struct Trace {
    population: Population,
    attempts: Vec<Attempt>,
}

/// Plays `scenarios` (and settings, told by their `=`) for `people` over `hours`.
fn play(scenarios: &str, seed: u64, people: u64, hours: f64) -> Trace {
    let (settings, names): (Vec<String>, Vec<String>) =
        scenarios.split(' ').map(str::to_owned).partition(|word| word.contains('='));
    let plan = Plan::new(&names, &settings, hours).unwrap();
    plan.check().unwrap();
    let population = Population::new(seed, people, plan.people.clone());
    let end = millis(plan.length);
    let attempts = plan.attempts(&population).take_while(|attempt| attempt.at < end).collect();
    Trace { population, attempts }
}

impl Trace {
    /// The attempts whose label begins so.
    fn of(&self, label: &str) -> Vec<&Attempt> {
        let found: Vec<_> =
            self.attempts.iter().filter(|attempt| attempt.label.starts_with(label)).collect();
        assert!(!found.is_empty(), "no attempt is labelled {label}");
        found
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        writer::lines(&mut bytes, &self.population, self.attempts.iter().cloned(), |_| {}).unwrap();
        bytes
    }
}

/// The share of `attempts` for which this holds.
fn share(attempts: &[&Attempt], holds: impl Fn(&Attempt) -> bool) -> f64 {
    attempts.iter().filter(|attempt| holds(attempt)).count() as f64 / attempts.len() as f64
}

/// How many different addresses there are.
fn addresses(attempts: &[&Attempt]) -> usize {
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
