//! The counts of an endpoint over its sliding windows, as the stripes of all workers hold them.

use crate::time::Millis;

use super::stats::{EndpointStats, VisitTotals};
use super::stripe::{Generations, Stripe};

/// The counts of all workers in sliding windows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecentStats {
    /// Over ten minutes.
    pub minutes: WindowStats,
    /// Over an hour, for small sites and slow attacks.
    pub hour: WindowStats,
    /// Over a day.
    pub day: WindowStats,
    /// [`EndpointStats::usernames`] over a day.
    pub succeeded_in_a_day: u32,
    /// Of all stripes together.
    pub totals: VisitTotals,
}

/// [`EndpointStats`] over a sliding window.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WindowStats {
    pub known: f64,
    pub unknown: f64,
    pub unknown_breached: f64,
    pub failed: f64,
    pub failed_breached: f64,
    pub succeeded: f64,
    pub known_succeeded: f64,
    pub unresolved: f64,
    pub known_unresolved: f64,
}

impl RecentStats {
    /// Adds the counts of one stripe.
    pub(crate) fn add(&mut self, stripe: &Stripe, now: Millis) {
        self.minutes.add(&stripe.minutes, now);
        self.hour.add(&stripe.hour, now);
        self.day.add(&stripe.day, now);
        let day = stripe.day.slide(now, |stats| stats.usernames);
        // Saturates by the cast's own definition.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let day = day as u32;
        self.succeeded_in_a_day = self.succeeded_in_a_day.saturating_add(day);
        self.totals = self.totals.plus(&stripe.totals);
    }

    /// Adds the counts of another endpoint.
    pub(crate) fn plus(&mut self, other: &Self) {
        self.minutes.plus(&other.minutes);
        self.hour.plus(&other.hour);
        self.day.plus(&other.day);
        self.succeeded_in_a_day = self.succeeded_in_a_day.saturating_add(other.succeeded_in_a_day);
        self.totals = self.totals.plus(&other.totals);
    }
}

impl WindowStats {
    fn add(&mut self, generations: &Generations, now: Millis) {
        let slide = |count: fn(&EndpointStats) -> i32| generations.slide(now, count);
        self.plus(&Self {
            known: slide(|stats| stats.known),
            unknown: slide(|stats| stats.unknown),
            unknown_breached: slide(|stats| stats.unknown_breached),
            failed: slide(|stats| stats.failed),
            failed_breached: slide(|stats| stats.failed_breached),
            succeeded: slide(|stats| stats.succeeded),
            known_succeeded: slide(|stats| stats.known_succeeded),
            unresolved: slide(|stats| stats.unresolved),
            known_unresolved: slide(|stats| stats.known_unresolved),
        });
    }

    fn plus(&mut self, other: &Self) {
        let Self {
            known,
            unknown,
            unknown_breached,
            failed,
            failed_breached,
            succeeded,
            known_succeeded,
            unresolved,
            known_unresolved,
        } = *other;
        self.known += known;
        self.unknown += unknown;
        self.unknown_breached += unknown_breached;
        self.failed += failed;
        self.failed_breached += failed_breached;
        self.succeeded += succeeded;
        self.known_succeeded += known_succeeded;
        self.unresolved += unresolved;
        self.known_unresolved += known_unresolved;
    }
}
