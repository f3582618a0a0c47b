//! The evidence of visits: a sequential test that finds an attack of a few per cent of the traffic,
//! whatever its passwords are.
//!
//! People end nearly all of their visits with a success. An attack does not. So each visit of an
//! unknown device adds the logarithm of how much likelier it is in an attack than without one, and
//! the sum never falls below zero: the CUSUM of E. S. Page, "Continuous inspection schemes",
//! Biometrika 41 (1954), for a share as M. R. Reynolds and Z. G. Stoumbos describe it, "A CUSUM
//! chart for monitoring a proportion when inspecting continuously", Journal of Quality Technology 31
//! (1999). A large attack takes the sum to its limit within minutes and a small one within hours:
//! no window has to be chosen. With G. Lorden, "Procedures for reacting to a change in
//! distribution", Annals of Mathematical Statistics 42 (1971), a limit of ln *n* is reached by
//! chance less than once in *n* visits, even where people are as unsuccessful as the test allows.
//!
//! **Software breaks for everybody, and an attack does not.** Visits of known devices that fail
//! beyond what is normal add up in the same way, as a *fault*. When the evidence reaches its
//! limit, the fault is subtracted first, and is used up with it. An attacker's own devices buy a
//! bounded number of attempts with that, since a device, an account and an address count once a
//! day. On a day on which known devices fail more often than is normal, unknown ones are expected
//! to do so, too ([`Baseline::on_a_day_like`]).
//!
//! **In attack mode** visits that were stopped count as well, since what is stopped cannot fail.
//! The mode holds until the sum is back at zero.

use super::baseline::{Baseline, times_the_odds};
use super::stats::VisitTotals;

/// Times the normal odds of an unresolved visit that people may have …
const PEOPLE_FACTOR: f64 = 2.0;
/// … and that an attack has.
const ATTACK_FACTOR: f64 = 5.0;
/// Times the normal odds that visits of known devices may have without a fault.
const FAULT_FACTOR: f64 = 2.0;

/// The evidence at which attack mode begins: ln 10⁶.
pub(crate) const LIMIT: f64 = 13.8;

/// The part of an unresolved visit's evidence that a known device's cancels.
const CANCELLED: f64 = 0.5;

/// The evidence of visits, and of a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct VisitEvidence {
    /// For an attack, from 0 to [`LIMIT`].
    pub attack: f64,
    /// For a fault: visits of known devices that failed beyond what is normal.
    pub fault: f64,
}

impl VisitEvidence {
    /// The evidence after these visits, outside of attack mode.
    pub(crate) fn after(self, visits: &VisitTotals, normal: &Baseline) -> Self {
        let (failed, succeeded) = weights(normal);
        let attack = self.attack + f64::from(visits.unresolved) * failed
            - f64::from(visits.succeeded) * succeeded;
        let VisitTotals { known_unresolved, known_succeeded, .. } = *visits;
        let normally = times_the_odds(normal.known_unresolved, FAULT_FACTOR);
        let visits = f64::from(known_unresolved) + f64::from(known_succeeded);
        let fault = (self.fault + f64::from(known_unresolved) - normally * visits).max(0.0);
        let cancelled = CANCELLED * failed;
        if attack < LIMIT {
            let most = LIMIT / cancelled;
            return Self { attack: attack.max(0.0), fault: fault.min(most) };
        }
        let left = attack - cancelled * fault;
        Self { attack: left.clamp(0.0, LIMIT), fault: 0.0 }
    }

    /// The evidence after these visits, in attack mode.
    pub(crate) fn after_in_attack(self, visits: &VisitTotals, normal: &Baseline) -> Self {
        let (failed, succeeded) = weights(normal);
        let unresolved = f64::from(visits.unresolved) + f64::from(visits.stopped);
        let attack = self.attack + unresolved * failed - f64::from(visits.succeeded) * succeeded;
        Self { attack: attack.clamp(0.0, LIMIT), fault: 0.0 }
    }

    /// What there is when attack mode begins with this suspicion.
    pub(crate) fn of(suspicion: f64) -> Self {
        Self { attack: LIMIT * suspicion.min(1.0), fault: 0.0 }
    }

    /// How much of what begins attack mode there is, from 0 to 1. A fault speaks against it.
    pub(crate) fn suspicion(self, normal: &Baseline) -> f64 {
        let (failed, _) = weights(normal);
        ((self.attack - CANCELLED * failed * self.fault) / LIMIT).max(0.0)
    }

    /// Whether nothing is left that holds attack mode.
    pub(crate) fn is_spent(self) -> bool {
        self.attack <= 0.0
    }
}

/// What an unresolved visit adds, and what a successful one subtracts.
fn weights(normal: &Baseline) -> (f64, f64) {
    let people = times_the_odds(normal.unresolved, PEOPLE_FACTOR);
    let attack = times_the_odds(normal.unresolved, ATTACK_FACTOR);
    ((attack / people).ln(), ((1.0 - people) / (1.0 - attack)).ln())
}

#[cfg(test)]
mod tests;
