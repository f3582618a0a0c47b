//! The thresholds of attack mode, each just below and at its value.

use super::*;
use crate::attack_mode::baseline::Baseline;
use crate::attack_mode::recent::WindowStats;

/// Whether attack mode begins with nothing learned, if this was seen in the last hour.
fn begins(hour: WindowStats) -> bool {
    let seen = RecentStats { hour, ..RecentStats::default() };
    AttackModeRecord::default().next(&seen, 1_000, ALONE).under_attack
}

/// An hour with so many failures, so many of them with breached passwords.
fn failed(failed: f64, failed_breached: f64) -> WindowStats {
    let (unknown, unknown_breached) = (100.0, 100.0);
    WindowStats { unknown, unknown_breached, failed, failed_breached, ..WindowStats::default() }
}

/// The baseline after a day in which every outcome was a failure.
fn learned(failed: f64) -> Baseline {
    let hour = WindowStats { failed, ..WindowStats::default() };
    let record = AttackModeRecord { written: 1, ..AttackModeRecord::default() };
    record.next(&RecentStats { hour, ..RecentStats::default() }, 86_401, ALONE).normal
}

#[test]
fn attack_mode_needs_twenty_failures() {
    assert!(!begins(failed(19.0, 19.0)));
    assert!(begins(failed(20.0, 20.0)));
}

#[test]
fn breached_passwords_must_stand_out_by_five_standard_deviations() {
    // Of 20 failures: 25 % + 5 × 9.7 % = 73 %. The odds alone would ask for 57 %.
    assert!(!begins(failed(20.0, 14.0)), "70 %");
    assert!(begins(failed(20.0, 15.0)), "75 %");
}

#[test]
fn attack_mode_without_breached_passwords_needs_a_hundred_outcomes() {
    let only_failures = |failed| WindowStats { unknown: failed, failed, ..WindowStats::default() };
    assert!(!begins(only_failures(99.0)));
    assert!(begins(only_failures(100.0)));
}

#[test]
fn attack_mode_ends_with_sixty_attempts_of_ten_calm_minutes() {
    let still_holds = |unknown| {
        let minutes = WindowStats { unknown, ..WindowStats::default() };
        let seen = RecentStats { minutes, hour: failed(20.0, 20.0), ..RecentStats::default() };
        let record = AttackModeRecord { under_attack: true, ..AttackModeRecord::default() };
        record.next(&seen, 1_000, ALONE).under_attack
    };
    assert!(still_holds(59.0), "the hour decides");
    assert!(!still_holds(60.0), "the ten minutes decide");
}

#[test]
fn baseline_learns_from_twenty_outcomes_an_hour() {
    assert_eq!(learned(19.0), Baseline::PRIOR);
    assert_ne!(learned(20.0), Baseline::PRIOR);
}

#[test]
fn baseline_drifts_by_a_tenth_of_itself_in_a_day() {
    let expected = Baseline::PRIOR.failed * 1.1;
    assert!((learned(50.0).failed - expected).abs() < 1e-9);
}

#[test]
fn baseline_is_written_once_a_minute() {
    let (store, worker) = (MemoryStore::new(), worker(0));
    let written_after = |seconds: u64| {
        worker.note(WEB, &EndpointStats { known: 1, ..NOTHING });
        worker.tick(&store, NOW.plus_seconds(seconds));
        let record = AttackModeRecord::stored(&store, &worker.endpoints[0].state.record);
        record.written - NOW.seconds()
    };
    assert_eq!([0, 59, 60, 119, 120].map(written_after), [0, 0, 60, 60, 120]);
}
