//! The record of one endpoint: its baseline, the evidence of visits, and whether attack mode is on.
//!
//! All workers read it every second. It is written once a minute, when a worker joins, and when
//! attack mode changes, and only by a worker that has read the counts of all workers that the
//! record names: one that knew a part would find an attack over that is not.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::{Record, SCHEMA};
use crate::state::stores::cas::CasStep;
use crate::state::{Store, Tag, Written};

use super::baseline::Baseline;
use super::conditions::{attack_continues, suspicion};
use super::evidence::{LIMIT, VisitEvidence};
use super::recent::RecentStats;
use super::stats::VisitTotals;

/// After attack mode ended, how long the counts of ten minutes and of an hour still hold failures
/// of that attack: twice their width.
const MINUTES_HOLD: u32 = 1_200;
const HOUR_HOLDS: u32 = 7_200;

/// How long an endpoint must be without a success for attack mode to end by time.
const SPENT_WITHOUT_SUCCESS: f64 = 3_600.0;

/// What is known of one endpoint, or of all together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct AttackModeRecord {
    pub(crate) normal: Baseline,
    pub(crate) under_attack: bool,
    /// The second it was last written.
    pub(crate) written: u32,
    /// The second at which attack mode last ended.
    pub(crate) ended: u32,
    /// The stripes that workers write, one bit each.
    pub(crate) stripes: u16,
    pub(crate) evidence: VisitEvidence,
    /// The visits that the evidence has taken in.
    pub(crate) totals: VisitTotals,
}

impl Default for AttackModeRecord {
    fn default() -> Self {
        Self {
            normal: Baseline::PRIOR,
            under_attack: false,
            written: 0,
            ended: 0,
            stripes: 0,
            evidence: VisitEvidence::default(),
            totals: VisitTotals::default(),
        }
    }
}

/// What a change of a record left behind.
pub(super) struct RecordChange {
    pub under_attack: bool,
    /// Whether this call wrote.
    pub is_stored: bool,
    /// Whether this call began or ended attack mode.
    pub is_news: bool,
}

impl AttackModeRecord {
    /// The stored record; the prior if there is none.
    pub(crate) fn stored(store: &impl Store, key: &str) -> Self {
        Self::read(store, key).unwrap_or_default()
    }

    /// Names a stripe that a worker writes. Returns the record with it.
    pub(super) fn name_stripe(store: &impl Store, key: &str, stripe: usize) -> Self {
        let updated = Self::update_with(store, key, |stored| {
            let before = stored.unwrap_or_default();
            let next = Self { stripes: before.stripes | 1 << stripe, ..before };
            CasStep::store(next, (before, next))
        });
        let (before, next) = updated.result;
        if updated.written == Written::Stored { next } else { before }
    }

    /// Changes the stored record, unless `change` returns none.
    pub(super) fn change(
        store: &impl Store,
        key: &str,
        change: impl Fn(Self) -> Option<Self>,
    ) -> RecordChange {
        let updated = Self::update_with(store, key, |stored| {
            let before = stored.unwrap_or_default();
            let next = change(before);
            let under_attack = next.unwrap_or(before).under_attack;
            let result = (under_attack, under_attack != before.under_attack);
            next.map_or(CasStep::unchanged(result), |next| CasStep::store(next, result))
        });
        let (under_attack, is_new) = updated.result;
        let is_stored = updated.written == Written::Stored;
        RecordChange { under_attack, is_stored, is_news: is_new && is_stored }
    }

    /// How much of what begins attack mode there is at `now`, after these recent logins: 1 begins it,
    /// and less where the fleet has the rest.
    pub(crate) fn suspicion(&self, seen: &RecentStats, now: u32) -> f64 {
        let since_end = if self.ended == 0 { u32::MAX } else { now.abs_diff(self.ended) };
        let of = |window, held| {
            if since_end < held { 0.0 } else { suspicion(window, &self.normal) }
        };
        let visits = self.evidence_after(seen, now).suspicion(&self.today(seen));
        visits.max(of(&seen.minutes, MINUTES_HOLD)).max(of(&seen.hour, HOUR_HOLDS))
    }

    fn evidence_after(&self, seen: &RecentStats, now: u32) -> VisitEvidence {
        let (visits, today) = (seen.totals.since(&self.totals), self.today(seen));
        if !self.under_attack {
            return self.evidence.after(&visits, &today);
        }
        let mut evidence = self.evidence.after_in_attack(&visits, &today);
        // Where no success is seen, no visit can speak for people.
        if seen.hour.succeeded + seen.hour.known_succeeded <= 0.0 {
            evidence.attack -= LIMIT * f64::from(self.elapsed(now)) / SPENT_WITHOUT_SUCCESS;
        }
        evidence
    }

    fn today(&self, seen: &RecentStats) -> Baseline {
        self.normal.on_a_day_like(&seen.day)
    }

    /// Seconds since the last write. The first time, that is not known.
    fn elapsed(&self, now: u32) -> u32 {
        if self.written == 0 { 0 } else { now.saturating_sub(self.written) }
    }

    /// The record at `now`, after these recent logins. Attack mode begins with the suspicion `needed`.
    pub(crate) fn next(self, seen: &RecentStats, now: u32, needed: f64) -> Self {
        let normal = &self.normal;
        let evidence = self.evidence_after(seen, now);
        let suspicion = self.suspicion(seen, now);
        let (under_attack, evidence) = if self.under_attack {
            (attack_continues(seen, normal) || !evidence.is_spent(), evidence)
        } else if suspicion >= needed {
            // It holds until visits show that it is over, however it began.
            (true, VisitEvidence::of(suspicion))
        } else {
            (false, evidence)
        };
        let learned = normal.learn(&seen.hour, self.elapsed(now));
        Self {
            normal: if self.under_attack || under_attack { self.normal } else { learned },
            under_attack,
            written: now,
            ended: if self.under_attack && !under_attack { now } else { self.ended },
            evidence: if self.under_attack && !under_attack {
                VisitEvidence::default()
            } else {
                evidence
            },
            totals: seen.totals,
            ..self
        }
    }
}

/// Shares are stored as billionths: a minute's drift is a hundred-thousandth. Evidence is stored as
/// millionths.
const SHARE_UNITS: f64 = 1e9;
const EVIDENCE_UNITS: f64 = 1e6;

fn units(value: f64, units: f64) -> u32 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let whole = (value * units) as u32;
    whole
}

impl Record for AttackModeRecord {
    const MAGIC: [u8; 3] = *b"UsB";
    const SCHEMA: u8 = SCHEMA;
    const PAYLOAD_BYTES: usize = 1 + 4 + 4 + 2 + 4 * (Baseline::LENGTH + 2 + VisitTotals::LENGTH);

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.u8(u8::from(self.under_attack));
        out.u32(self.written);
        out.u32(self.ended);
        out.u16(self.stripes);
        self.normal.list().into_iter().for_each(|share| out.u32(units(share, SHARE_UNITS)));
        let VisitEvidence { attack, fault } = self.evidence;
        [attack, fault].into_iter().for_each(|sum| out.u32(units(sum, EVIDENCE_UNITS)));
        self.totals.list().into_iter().for_each(|count| out.i32(count));
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        let (under_attack, written, ended) = (from.u8() != 0, from.u32(), from.u32());
        let stripes = from.u16();
        let mut shares = Baseline::CEILING.list();
        for share in &mut shares {
            *share = (f64::from(from.u32()) / SHARE_UNITS).clamp(Baseline::FLOOR, *share);
        }
        let mut sum = || f64::from(from.u32()) / EVIDENCE_UNITS;
        let evidence = VisitEvidence { attack: sum().min(LIMIT), fault: sum() };
        let totals = VisitTotals::of(std::array::from_fn(|_| from.i32()));
        let normal = Baseline::of(shares);
        Some(Self { normal, under_attack, written, ended, stripes, evidence, totals })
    }
}

/// The key of an endpoint's record.
pub(crate) fn key(endpoint: Tag) -> String {
    format!("unstuff/b/{:08x}", endpoint.wide())
}

#[cfg(test)]
mod tests;
