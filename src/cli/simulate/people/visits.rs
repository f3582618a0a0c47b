//! Visits played out, as attempts in order of time.
//!
//! Sessions overlap: attempts that lie ahead wait in a heap until no visit can come before
//! them. How often each password was reset is all that is remembered of an account.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::iter::Peekable;

use super::population::Population;
use super::session::{Visit, play};
use crate::simulate::attempt::{Attempt, millis};
use crate::simulate::draw::Dice;

/// Attempts of visits that come in order of time.
pub struct Visits<'a, V: Iterator<Item = Visit>> {
    population: &'a Population,
    visits: Peekable<V>,
    dice: Dice,
    waiting: BinaryHeap<Reverse<Waiting>>,
    sequence: u64,
    resets: BTreeMap<u64, u64>,
}

impl<'a, V: Iterator<Item = Visit>> Visits<'a, V> {
    /// Plays `visits`; `name` tells their chance from that of others.
    pub fn new(population: &'a Population, name: &str, visits: V) -> Self {
        Self {
            population,
            visits: visits.peekable(),
            dice: Dice::new(population.seed, name, 0, 1),
            waiting: BinaryHeap::new(),
            sequence: 0,
            resets: BTreeMap::new(),
        }
    }

    fn admit(&mut self, visit: &Visit) {
        let resets = self.resets.get(&visit.account).copied().unwrap_or(0);
        let session = play(self.population, visit, resets, &mut self.dice);
        if session.reset {
            self.resets.insert(visit.account, resets + 1);
        }
        for attempt in session.attempts {
            self.sequence += 1;
            self.waiting.push(Reverse(Waiting { order: (attempt.at, self.sequence), attempt }));
        }
    }
}

impl<V: Iterator<Item = Visit>> Iterator for Visits<'_, V> {
    type Item = Attempt;

    fn next(&mut self) -> Option<Attempt> {
        loop {
            let earliest = self.waiting.peek().map_or(u64::MAX, |Reverse(next)| next.order.0);
            match self.visits.next_if(|visit| millis(visit.at) <= earliest) {
                Some(visit) => self.admit(&visit),
                None => return self.waiting.pop().map(|Reverse(next)| next.attempt),
            }
        }
    }
}

/// An attempt that lies ahead; ordered by time, then by when it was thought of.
struct Waiting {
    order: (u64, u64),
    attempt: Attempt,
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}
