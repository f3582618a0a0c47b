//! The counts of an endpoint over its sliding windows, as the stripes of all workers hold them.

use crate::state::number_list::number_list;
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

number_list! {
    /// [`EndpointStats`] over a sliding window.
    #[derive(Clone, Copy, Debug, Default)]
    pub(crate) struct WindowStats of f64 {
        pub known,
        pub unknown,
        pub unknown_breached,
        pub failed,
        pub failed_breached,
        pub succeeded,
        pub known_succeeded,
        pub unresolved,
        pub known_unresolved,
    }
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
        *self = self.with(other, |to, more| to + more);
    }
}
