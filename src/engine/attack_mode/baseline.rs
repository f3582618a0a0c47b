//! The baseline: what is normal at an endpoint.
//!
//! **An attacker cannot teach the baseline.** It consists of shares. It starts from built-in
//! priors ([`Baseline::PRIOR`]), drifts by at most a tenth of itself per day, stops learning
//! in attack mode, and has fixed ceilings ([`Baseline::CEILING`]). An attacker who feeds it
//! for weeks gets it to the ceilings at most, and a real attack still stands out from them.

use super::recent::WindowStats;
use crate::state::number_list::number_list;

number_list! {
    /// The normal shares at an endpoint.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub(crate) struct Baseline of f64 {
        /// Of breached passwords among distinct failures of unknown devices.
        pub breached_failed,
        /// Of breached passwords among attempts of unknown devices.
        pub breached_seen,
        /// Of failures among outcomes of unknown devices.
        pub failed,
        /// Of unknown devices among attempts.
        pub unknown,
        /// Of unresolved visits among the visits of unknown devices.
        pub unresolved,
        /// Of unresolved visits among the visits of known devices.
        pub known_unresolved,
    }
}

impl Baseline {
    /// Before anything is learned. A fifth of people's failures and 41 % of their successes are
    /// with breached passwords (Cloudflare 2025), 60 to 85 % of their logins succeed (Shape
    /// 2019), one in ten comes without a cookie (StopGuessing). With StopGuessing's rates of
    /// typos, one visit in twenty of an unknown device stays unresolved, and one in seventy of a
    /// known device: names that are mistyped twice, and people who give up. Each is rounded in
    /// favour of people.
    pub(crate) const PRIOR: Self = Self {
        breached_failed: 0.25,
        breached_seen: 0.4,
        failed: 0.4,
        unknown: 0.2,
        unresolved: 0.08,
        known_unresolved: 0.02,
    };

    /// The most that is ever learned: a higher share is not people.
    pub(crate) const CEILING: Self = Self {
        breached_failed: 0.4,
        breached_seen: 0.5,
        failed: 0.6,
        unknown: 0.5,
        unresolved: 0.4,
        known_unresolved: 0.1,
    };

    /// The least a share becomes: it drifts by a part of itself, and would stay at zero.
    pub(crate) const FLOOR: f64 = 0.02;

    /// The most a share drifts in a day, as a part of itself.
    const DRIFT_A_DAY: f64 = 0.1;

    /// Fewer than this per hour teach nothing.
    const FEWEST_TO_LEARN: f64 = 20.0;

    /// Fewer visits of known devices in a day say nothing about the day.
    const FEWEST_KNOWN: f64 = 50.0;

    /// The largest share of unresolved visits that is expected on any day.
    const MOST_UNRESOLVED: f64 = 0.5;

    /// The baseline after an hour like this, `seconds` after it last learned.
    pub(crate) fn learn(self, seen: &WindowStats, seconds: u32) -> Self {
        let days = f64::from(seconds.min(86_400)) / 86_400.0;
        let towards = |known: f64, part: f64, whole: f64, ceiling: f64| {
            if whole < Self::FEWEST_TO_LEARN {
                return known;
            }
            let most = known * Self::DRIFT_A_DAY * days;
            (known + (part / whole - known).clamp(-most, most)).clamp(Self::FLOOR, ceiling)
        };
        let WindowStats {
            known,
            unknown,
            unknown_breached,
            failed,
            failed_breached,
            succeeded,
            known_succeeded,
            unresolved,
            known_unresolved,
        } = *seen;
        let now = self.list();
        let learned = [
            (failed_breached, failed),
            (unknown_breached, unknown),
            (failed, failed + succeeded),
            (unknown, known + unknown),
            (unresolved, unresolved + succeeded),
            (known_unresolved, known_unresolved + known_succeeded),
        ];
        let mut next = Self::CEILING.list();
        for ((share, known), (part, whole)) in next.iter_mut().zip(now).zip(learned) {
            *share = towards(known, part, whole, *share);
        }
        Self::of(next)
    }

    /// The baseline on a day on which known devices are less successful than is normal: then
    /// unknown ones are, too, by the same factor of the odds.
    pub(crate) fn on_a_day_like(self, day: &WindowStats) -> Self {
        let visits = day.known_unresolved + day.known_succeeded;
        if visits < Self::FEWEST_KNOWN {
            return self;
        }
        let odds = |share: f64| share / (1.0 - share).max(f64::EPSILON);
        let factor = odds(day.known_unresolved / visits) / odds(self.known_unresolved);
        let unresolved = times_the_odds(self.unresolved, factor.max(1.0));
        Self { unresolved: unresolved.min(Self::MOST_UNRESOLVED), ..self }
    }
}

/// The share whose odds are so many times those of another.
pub(crate) fn times_the_odds(share: f64, factor: f64) -> f64 {
    factor * share / (1.0 - share + factor * share)
}
