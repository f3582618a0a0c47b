//! Whether the service is asked: not while it does not answer, and never too often at once.
//!
//! After [`FAILURES`] calls in a row without an answer the circuit opens: nothing is asked but one
//! call every [`PROBE_SECONDS`]. An answer closes it. What is not asked meanwhile is not asked later.

use crate::time::Millis;

/// Calls in a row without an answer that open the circuit.
pub const FAILURES: u32 = 5;

/// Seconds between the calls that probe an open circuit.
pub const PROBE_SECONDS: u64 = 5;

/// The most calls that await an answer. Envoy refuses more than 1,024 to a cluster.
pub const MAX_IN_FLIGHT: usize = 256;

/// The calls of one gateway to the service.
#[derive(Debug, Default)]
pub struct Circuit {
    failures: u32,
    /// When an open circuit was last probed.
    probed: Millis,
}

/// What a call changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitChange {
    /// The service does not answer any more.
    Opened,
    /// It answers again.
    Closed,
}

impl Circuit {
    /// Whether another call may be made now, while so many await an answer.
    pub fn admits(&mut self, now: Millis, in_flight: usize) -> bool {
        if in_flight >= MAX_IN_FLIGHT {
            return false;
        }
        if self.failures >= FAILURES {
            // A clock that has stepped back must not keep the circuit open.
            let waits = self.probed <= now && now < self.probed.plus_seconds(PROBE_SECONDS);
            if waits {
                return false;
            }
            self.probed = now;
        }
        true
    }

    /// Takes in whether a call was answered.
    pub fn note(&mut self, answered: bool, now: Millis) -> Option<CircuitChange> {
        let was_open = self.failures >= FAILURES;
        if answered {
            self.failures = 0;
            return was_open.then_some(CircuitChange::Closed);
        }
        self.failures = self.failures.saturating_add(1);
        let opens = !was_open && self.failures >= FAILURES;
        if opens {
            self.probed = now;
        }
        opens.then_some(CircuitChange::Opened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = Millis(1_760_000_000_000);

    fn open() -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 1..FAILURES {
            assert_eq!(circuit.note(false, START), None);
        }
        assert_eq!(circuit.note(false, START), Some(CircuitChange::Opened));
        circuit
    }

    #[test]
    fn opens_once_and_closes_at_the_first_answer() {
        let mut circuit = open();
        assert_eq!(circuit.note(false, START), None, "said once");
        assert_eq!(circuit.note(true, START), Some(CircuitChange::Closed));
        assert_eq!(circuit.note(true, START), None);
        assert!(circuit.admits(START, 0));
    }

    #[test]
    fn open_circuit_is_probed_by_one_call_at_a_time() {
        let mut circuit = open();
        assert!(!circuit.admits(START, 0));
        let later = START.plus_seconds(PROBE_SECONDS);
        assert!(circuit.admits(later, 0));
        assert!(!circuit.admits(later, 0), "one probe");
    }

    #[test]
    fn clock_that_steps_back_does_not_keep_it_open() {
        assert!(open().admits(Millis(START.0 - 86_400_000), 0));
    }

    #[test]
    fn probe_that_the_bound_refuses_does_not_count_as_one() {
        let mut circuit = open();
        let later = START.plus_seconds(PROBE_SECONDS);
        assert!(!circuit.admits(later, MAX_IN_FLIGHT));
        assert!(circuit.admits(later, 0));
    }

    #[test]
    fn no_more_calls_than_the_bound_await_an_answer() {
        let mut circuit = Circuit::default();
        assert!(circuit.admits(START, MAX_IN_FLIGHT - 1));
        assert!(!circuit.admits(START, MAX_IN_FLIGHT));
    }
}
