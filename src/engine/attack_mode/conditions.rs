//! Which recent logins stand out from the baseline.
//!
//! **Attack mode begins** on outcomes alone. Either breached passwords stand out among the distinct
//! failures of unknown devices. Or nearly all logins of unknown devices fail *and* unknown devices
//! stand out among all. (When a login service breaks, known devices fail as well.) A third way, for
//! attacks of a few per cent with passwords that no filter has, is in [`super::evidence`].
//!
//! **Attack mode lasts** as long as pressure does: the share of breached passwords among the
//! *attempts* of unknown devices, stopped ones included, because a mode that stops an attack
//! sees no more of its failures. That share alone begins nothing. The evidence of visits holds the
//! mode as well.
//!
//! Shares are compared as odds, so 20 % against 60 % and 60 % against 90 % are alike. They must
//! also stand out by [`SIGMAS`] standard deviations, so few logins prove little. How few of those that
//! it takes there are is the *suspicion*, from 0 to 1: 1 begins attack mode, and less where the fleet
//! has the rest ([`super::suspicion`]). Where a share does not stand out by its odds there is none.

use super::baseline::Baseline;
use super::recent::{RecentStats, WindowStats};

/// How many standard deviations a share must be above its baseline.
const SIGMAS: f64 = 5.0;

/// Whether a share is above a normal one by this factor of the odds.
fn has_odds(share: f64, normal: f64, factor: f64) -> bool {
    // odds(share) > factor × odds(normal), without dividing by zero
    share * (1.0 - normal) > factor * normal * (1.0 - share)
}

/// `whole` in relation to how many it takes until `part` of it stands out from a normal share, by this
/// factor of the odds and by [`SIGMAS`]. 0 if the odds are not there.
fn proof(part: f64, whole: f64, normal: f64, factor: f64) -> f64 {
    let whole = whole.max(1.0);
    let share = part / whole;
    if !has_odds(share, normal, factor) {
        return 0.0;
    }
    let variance = normal * (1.0 - normal) / whole;
    (share - normal).powi(2) / (SIGMAS.powi(2) * variance)
}

/// Distinct failures needed to judge by them.
const FEWEST_FAILED: f64 = 20.0;
/// Outcomes needed to judge without breached passwords.
const FEWEST_OUTCOMES: f64 = 100.0;
/// Attempts needed to judge by ten minutes instead of an hour.
const FEWEST_SEEN: f64 = 60.0;

/// Times the normal odds of breached passwords among failures, from which on they stand out.
const BREACHED_FACTOR: f64 = 4.0;
/// Times the normal odds of failures among outcomes, from which on an attack begins …
const FAILED_FACTOR: f64 = 10.0;
/// … and from which on it continues.
const STILL_FAILED_FACTOR: f64 = 5.0;
/// Times the normal odds of unknown devices among attempts.
const UNKNOWN_FACTOR: f64 = 2.0;
/// Times the normal odds of breached passwords among attempts: the attack makes a third of the
/// attempts of unknown devices.
const PRESSURE_FACTOR: f64 = 1.6;

/// How suspicious the outcomes of one window are. From 1 on they show an attack.
pub(super) fn suspicion(seen: &WindowStats, normal: &Baseline) -> f64 {
    let breached =
        proof(seen.failed_breached, seen.failed, normal.breached_failed, BREACHED_FACTOR);
    let breached = breached.min(seen.failed / FEWEST_FAILED);
    breached.max(fails_everywhere(seen, normal, FAILED_FACTOR))
}

fn fails_everywhere(seen: &WindowStats, normal: &Baseline, factor: f64) -> f64 {
    let outcomes = seen.failed + seen.succeeded;
    let failed = proof(seen.failed, outcomes, normal.failed, factor);
    let unknown = proof(seen.unknown, seen.known + seen.unknown, normal.unknown, UNKNOWN_FACTOR);
    failed.min(unknown).min(outcomes / FEWEST_OUTCOMES)
}

/// Whether an attack continues.
pub(super) fn attack_continues(seen: &RecentStats, normal: &Baseline) -> bool {
    let enough = seen.minutes.unknown >= FEWEST_SEEN;
    let seen = if enough { &seen.minutes } else { &seen.hour };
    let share = seen.unknown_breached / seen.unknown.max(1.0);
    let pressed = has_odds(share, normal.breached_seen, PRESSURE_FACTOR);
    seen.unknown >= FEWEST_FAILED && pressed
        || fails_everywhere(seen, normal, STILL_FAILED_FACTOR) >= 1.0
}
