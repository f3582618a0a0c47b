//! Answers of upstream that are on their way, in the order in which they come.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use unstuff_engine::attempt::Attempt;
use unstuff_engine::time::Millis;

use super::cookies::Name;

/// What upstream will answer, and to which attempt.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The attempt, open until then.
    pub attempt: Attempt,
    /// The client that keeps a device cookie if it succeeds, and the user.
    pub device: Option<(Name, Name)>,
}

/// Answers to come. Of two at the same time the one to the earlier attempt comes first.
#[derive(Debug, Default)]
pub struct Due {
    heap: BinaryHeap<Reverse<Entry>>,
    pushed: u64,
}

#[derive(Debug)]
struct Entry {
    at: (Millis, u64),
    answer: Answer,
}

impl Due {
    /// An answer that comes at `time`.
    pub fn push(&mut self, time: Millis, answer: Answer) {
        self.pushed += 1;
        self.heap.push(Reverse(Entry { at: (time, self.pushed), answer }));
    }

    /// The next answer, if it came until `now`, and when.
    pub fn pop_until(&mut self, now: Millis) -> Option<(Millis, Answer)> {
        if self.heap.peek()?.0.at.0 > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| (entry.at.0, entry.answer))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_by_time_then_in_the_order_of_attempts() {
        let mut due = Due::default();
        for (time, status) in [(20, 204), (10, 201), (20, 205), (10, 202), (15, 203)] {
            due.push(Millis(time), Answer { status, attempt: Attempt::default(), device: None });
        }
        let mut come = |until| {
            std::iter::from_fn(|| due.pop_until(Millis(until)))
                .map(|(_, answer)| answer.status)
                .collect::<Vec<_>>()
        };
        assert!(come(9).is_empty());
        assert_eq!(come(15), [201, 202, 203]);
        assert_eq!(come(u64::MAX), [204, 205]);
    }
}
