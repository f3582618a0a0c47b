//! The baseline: what is normal at an endpoint, and whether recent logins stand out from it.
//!
//! **An attacker cannot teach the baseline.** It consists of shares. It starts from built-in
//! priors ([`Baseline::PRIOR`]), drifts by at most a tenth of itself per day, stops learning
//! in attack mode, and has fixed ceilings ([`Baseline::CEILING`]). An attacker who feeds it
//! for weeks gets it to the ceilings at most, and a real attack still stands out from them.
//!
//! **Attack mode begins** on outcomes alone, in one of two ways. Either breached passwords
//! stand out among the distinct failures of unknown devices. Or, for attacks with passwords
//! that no filter has, nearly all logins of unknown devices fail *and* unknown devices stand
//! out among all. (When a login service breaks, known devices fail as well.)
//!
//! **Attack mode lasts** as long as pressure does: the share of breached passwords among the
//! *attempts* of unknown devices, stopped ones included, because a mode that stops an attack
//! sees no more of its failures. That share alone begins nothing.
//!
//! Shares are compared as odds, so 20 % against 60 % and 60 % against 90 % are alike. They must
//! also stand out by [`SIGMAS`] standard deviations, so few logins prove little.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::{Record, SCHEMA};
use crate::state::stores::cas::{CasStep, Written};
use crate::state::{Store, Tag};

use super::recent::{RecentStats, WindowStats};

/// The normal shares at an endpoint, all of unknown devices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Baseline {
    /// Of breached passwords among distinct failures.
    pub breached_failed: f64,
    /// Of breached passwords among attempts.
    pub breached_seen: f64,
    /// Of failures among outcomes.
    pub failed: f64,
    /// Of unknown devices among attempts.
    pub unknown: f64,
}

impl Baseline {
    /// Before anything is learned. A fifth of people's failures and 41 % of their successes are
    /// with breached passwords (Cloudflare 2025), 60 to 85 % of their logins succeed (Shape
    /// 2019), one in ten comes without a cookie (StopGuessing). Each is rounded in favour of
    /// people.
    pub(crate) const PRIOR: Self =
        Self { breached_failed: 0.25, breached_seen: 0.4, failed: 0.4, unknown: 0.2 };

    /// The most that is ever learned: a higher share is not people.
    pub(crate) const CEILING: Self =
        Self { breached_failed: 0.4, breached_seen: 0.5, failed: 0.6, unknown: 0.5 };

    /// The least a share becomes: it drifts by a part of itself, and would stay at zero.
    const FLOOR: f64 = 0.02;

    /// The most a share drifts in a day, as a part of itself.
    const DRIFT_A_DAY: f64 = 0.1;

    /// Fewer than this per hour teach nothing.
    const FEWEST_TO_LEARN: f64 = 20.0;

    fn learn(self, seen: &WindowStats, seconds: u32) -> Self {
        let days = f64::from(seconds.min(86_400)) / 86_400.0;
        let towards = |known: f64, part: f64, whole: f64, ceiling: f64| {
            if whole < Self::FEWEST_TO_LEARN {
                return known;
            }
            let most = known * Self::DRIFT_A_DAY * days;
            (known + (part / whole - known).clamp(-most, most)).clamp(Self::FLOOR, ceiling)
        };
        let WindowStats { known, unknown, unknown_breached, failed, failed_breached, succeeded } =
            *seen;
        let ceiling = Self::CEILING;
        Self {
            breached_failed: towards(
                self.breached_failed,
                failed_breached,
                failed,
                ceiling.breached_failed,
            ),
            breached_seen: towards(
                self.breached_seen,
                unknown_breached,
                unknown,
                ceiling.breached_seen,
            ),
            failed: towards(self.failed, failed, failed + succeeded, ceiling.failed),
            unknown: towards(self.unknown, unknown, known + unknown, ceiling.unknown),
        }
    }
}

/// How many standard deviations a share must be above its baseline.
const SIGMAS: f64 = 5.0;

/// Whether `part` of `whole` stands out from a normal share, by this factor of the odds.
fn stands_out(part: f64, whole: f64, normal: f64, factor: f64) -> bool {
    let share = part / whole.max(1.0);
    let deviation = (normal * (1.0 - normal) / whole.max(1.0)).sqrt();
    // odds(share) > factor × odds(normal), without dividing by zero
    share * (1.0 - normal) > factor * normal * (1.0 - share) && share > normal + SIGMAS * deviation
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

/// Whether the outcomes of one window show an attack.
fn attack_begins(seen: &WindowStats, normal: &Baseline) -> bool {
    let breached = seen.failed >= FEWEST_FAILED
        && stands_out(seen.failed_breached, seen.failed, normal.breached_failed, BREACHED_FACTOR);
    breached || fails_everywhere(seen, normal, FAILED_FACTOR)
}

fn fails_everywhere(seen: &WindowStats, normal: &Baseline, factor: f64) -> bool {
    let outcomes = seen.failed + seen.succeeded;
    outcomes >= FEWEST_OUTCOMES
        && stands_out(seen.failed, outcomes, normal.failed, factor)
        && stands_out(seen.unknown, seen.known + seen.unknown, normal.unknown, UNKNOWN_FACTOR)
}

/// Whether an attack continues.
fn attack_continues(seen: &RecentStats, normal: &Baseline) -> bool {
    let enough = seen.minutes.unknown >= FEWEST_SEEN;
    let seen = if enough { &seen.minutes } else { &seen.hour };
    let share = seen.unknown_breached / seen.unknown.max(1.0);
    let normally = normal.breached_seen;
    let pressed = share * (1.0 - normally) > PRESSURE_FACTOR * normally * (1.0 - share);
    seen.unknown >= FEWEST_FAILED && pressed || fails_everywhere(seen, normal, STILL_FAILED_FACTOR)
}

/// The baseline of one endpoint, and whether it is in attack mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AttackModeRecord {
    pub(crate) normal: Baseline,
    pub(crate) under_attack: bool,
    /// The second it was last written.
    pub(crate) written: u32,
}

impl Default for AttackModeRecord {
    fn default() -> Self {
        Self { normal: Baseline::PRIOR, under_attack: false, written: 0 }
    }
}

impl AttackModeRecord {
    /// The stored record; the prior if there is none.
    pub(crate) fn stored(store: &impl Store, key: &str) -> Self {
        Self::read(store, key).unwrap_or_default()
    }

    /// Changes the stored record. Returns whether attack mode holds then, and whether this
    /// call changed that.
    pub(crate) fn change(
        store: &impl Store,
        key: &str,
        change: impl Fn(Self) -> Self,
    ) -> (bool, bool) {
        let updated = Self::update_with(store, key, |stored| {
            let before = stored.unwrap_or_default();
            let next = change(before);
            let is_new = next.under_attack != before.under_attack;
            CasStep::store(next, (next.under_attack, is_new))
        });
        let (under_attack, is_new) = updated.result;
        (under_attack, is_new && updated.written == Written::Stored)
    }

    /// The record at `now`, after these recent logins.
    pub(crate) fn next(self, seen: &RecentStats, now: u32) -> Self {
        let normal = &self.normal;
        let begins = || attack_begins(&seen.minutes, normal) || attack_begins(&seen.hour, normal);
        let under_attack = attack_continues(seen, normal) && (self.under_attack || begins());
        // The first time, the time since the last write is not known.
        let elapsed = if self.written == 0 { 0 } else { now.saturating_sub(self.written) };
        let learned = normal.learn(&seen.hour, elapsed);
        let normal = if self.under_attack || under_attack { self.normal } else { learned };
        Self { normal, under_attack, written: now }
    }
}

/// Shares are stored as billionths: a minute's drift is a hundred-thousandth.
const SHARE_UNITS: f64 = 1e9;

impl Record for AttackModeRecord {
    const MAGIC: [u8; 3] = *b"UsB";
    const SCHEMA: u8 = SCHEMA;
    const PAYLOAD_BYTES: usize = 1 + 4 + 4 * 4;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.u8(u8::from(self.under_attack));
        out.u32(self.written);
        let Baseline { breached_failed, breached_seen, failed, unknown } = self.normal;
        for share in [breached_failed, breached_seen, failed, unknown] {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share")]
            out.u32((share * SHARE_UNITS) as u32);
        }
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        let (under_attack, written) = (from.u8() != 0, from.u32());
        let mut share =
            |ceiling: f64| (f64::from(from.u32()) / SHARE_UNITS).clamp(Baseline::FLOOR, ceiling);
        let ceiling = Baseline::CEILING;
        let normal = Baseline {
            breached_failed: share(ceiling.breached_failed),
            breached_seen: share(ceiling.breached_seen),
            failed: share(ceiling.failed),
            unknown: share(ceiling.unknown),
        };
        Some(Self { normal, under_attack, written })
    }
}

/// The key of an endpoint's record.
pub(crate) fn key(endpoint: Tag) -> String {
    format!("unstuff/b/{:08x}", endpoint.wide())
}

#[cfg(test)]
mod tests;
