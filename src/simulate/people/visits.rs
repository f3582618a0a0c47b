//! The attempts of visits, in order of time.
//!
//! Sessions overlap: attempts wait in a heap until no visit can come before them. The number of
//! password resets is all that is stored per account.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::iter::Peekable;

use super::population::Population;
use super::session::{Visit, simulate_visit};
use crate::attempt::{SimulatedAttempt, millis};
use crate::random::RandomStream;

/// Attempts of visits that come in order of time.
pub(crate) struct VisitAttempts<'a, V: Iterator<Item = Visit>> {
    population: &'a Population,
    visits: Peekable<V>,
    random: RandomStream,
    waiting: BinaryHeap<Reverse<WaitingAttempt>>,
    sequence: u64,
    resets: BTreeMap<u64, u64>,
}

impl<'a, V: Iterator<Item = Visit>> VisitAttempts<'a, V> {
    /// The attempts of `visits`. `name` selects their random stream.
    pub(crate) fn new(population: &'a Population, name: &str, visits: V) -> Self {
        Self {
            population,
            visits: visits.peekable(),
            random: RandomStream::new(population.seed, name, 0, 1),
            waiting: BinaryHeap::new(),
            sequence: 0,
            resets: BTreeMap::new(),
        }
    }

    fn admit(&mut self, visit: &Visit) {
        let resets = self.resets.get(&visit.account).copied().unwrap_or(0);
        let session = simulate_visit(self.population, visit, resets, &mut self.random);
        if session.reset {
            self.resets.insert(visit.account, resets + 1);
        }
        for attempt in session.attempts {
            self.sequence += 1;
            self.waiting
                .push(Reverse(WaitingAttempt { order: (attempt.at, self.sequence), attempt }));
        }
    }
}

impl<V: Iterator<Item = Visit>> Iterator for VisitAttempts<'_, V> {
    type Item = SimulatedAttempt;

    fn next(&mut self) -> Option<SimulatedAttempt> {
        loop {
            let earliest = self.waiting.peek().map_or(u64::MAX, |Reverse(next)| next.order.0);
            match self.visits.next_if(|visit| millis(visit.at) <= earliest) {
                Some(visit) => self.admit(&visit),
                None => return self.waiting.pop().map(|Reverse(next)| next.attempt),
            }
        }
    }
}

/// An attempt that is still to come, ordered by time. Ties are broken by the order of visits.
struct WaitingAttempt {
    order: (u64, u64),
    attempt: SimulatedAttempt,
}

impl PartialEq for WaitingAttempt {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for WaitingAttempt {}

impl PartialOrd for WaitingAttempt {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WaitingAttempt {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}
