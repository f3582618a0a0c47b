//! The counts of an endpoint over its sliding windows, as the stripes of all workers hold them.

use crate::time::Millis;

use super::stats::EndpointStats;
use super::stripe::{Generations, Stripe};

/// The counts of all workers in sliding windows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RecentStats {
    /// Over ten minutes.
    pub minutes: WindowStats,
    /// Over an hour, for small sites and slow attacks.
    pub hour: WindowStats,
    /// [`EndpointStats::usernames`] over a day.
    pub succeeded_in_a_day: u32,
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
}

impl RecentStats {
    /// Adds the counts of one stripe.
    pub(crate) fn add(&mut self, stripe: &Stripe, now: Millis) {
        self.minutes.add(&stripe.minutes, now);
        self.hour.add(&stripe.hour, now);
        let day = stripe.day.slide(now, |stats| stats.usernames);
        // Saturates by the cast's own definition.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let day = day as u32;
        self.succeeded_in_a_day = self.succeeded_in_a_day.saturating_add(day);
    }
}

impl WindowStats {
    fn add(&mut self, generations: &Generations, now: Millis) {
        let slide = |count: fn(&EndpointStats) -> u32| generations.slide(now, count);
        self.known += slide(|stats| stats.known);
        self.unknown += slide(|stats| stats.unknown);
        self.unknown_breached += slide(|stats| stats.unknown_breached);
        self.failed += slide(|stats| stats.failed);
        self.failed_breached += slide(|stats| stats.failed_breached);
        self.succeeded += slide(|stats| stats.succeeded);
    }
}
