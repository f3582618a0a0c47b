//! The rate of logins over the day.

use crate::random::whole;

/// The time at which a trace begins: Sunday, 2026-01-04 08:00 UTC, in milliseconds since 1970. In
/// the morning, so that people are active in the first minute; on a Sunday, so that two days
/// include Monday at nine.
pub(crate) const BEGIN: u64 = 1_767_513_600_000;
/// The hour of the day at which a trace begins.
pub(crate) const BEGIN_HOUR: u32 = 8;
/// Monday at nine, in seconds after the beginning.
pub(crate) const MONDAY_NINE: f64 = 25.0 * 3600.0;

/// Logins per hour of the day, relative to the mean. An assumption, modelled on retail traffic: a
/// sixth of the mean before dawn, a plateau by day, a peak in the evening.
const HOURS: [f64; 24] = [
    0.55, 0.35, 0.23, 0.18, 0.17, 0.25, 0.50, 0.85, 1.15, 1.30, 1.35, 1.35, //
    1.35, 1.30, 1.25, 1.25, 1.30, 1.40, 1.50, 1.60, 1.65, 1.55, 1.15, 0.47,
];

/// The maximum of [`weight`].
pub(crate) const PEAK: f64 = 1.65;

/// The rate of logins `seconds` after the beginning of a trace, relative to the mean and
/// interpolated between hours. A `strength` of 0 makes all hours alike.
pub(crate) fn weight(seconds: f64, strength: f64) -> f64 {
    let hour = (seconds / 3600.0 + f64::from(BEGIN_HOUR)).rem_euclid(24.0);
    let index = usize::try_from(whole(hour)).unwrap_or(0);
    let at = |index: usize| HOURS.get(index % 24).copied().unwrap_or(1.0);
    let busy = at(index) + (at(index + 1) - at(index)) * hour.fract();
    1.0 + strength * (busy - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_averages_to_the_mean_and_never_exceeds_the_peak() {
        let minutes = 0..24 * 60;
        let weights = minutes.map(|minute| weight(f64::from(minute) * 60.0, 1.0));
        let (sum, most) = weights.fold((0.0, 0.0_f64), |(sum, most), w| (sum + w, most.max(w)));
        assert!((sum / 1440.0 - 1.0).abs() < 0.01, "{sum}");
        assert!(most <= PEAK);
        assert_eq!(weight(1e5, 0.0), 1.0);
    }
}
