//! What is an attack and what is not, and what an attacker can do to the baseline.

use super::*;
use crate::attack_mode::recent::WindowStats;
use crate::attack_mode::suspicion::ALONE;

/// An hour of `people` logins, one in ten of an unknown device, beside `attack` ones; the
/// ten minutes before are like the rest.
fn hour(people: f64, attack: f64) -> RecentStats {
    of(WindowStats {
        known: people * 0.9,
        unknown: people * 0.1 + attack,
        unknown_breached: people * 0.1 * 0.38 + attack * 0.95,
        failed: people * 0.1 * 0.3 + attack * 0.99,
        failed_breached: people * 0.1 * 0.3 * 0.2 + attack * 0.99 * 0.95,
        succeeded: people * 0.1 * 0.7 + attack * 0.01,
        ..WindowStats::default()
    })
}

fn of(hour: WindowStats) -> RecentStats {
    let WindowStats {
        known, unknown, unknown_breached, failed, failed_breached, succeeded, ..
    } = hour;
    let minutes = WindowStats {
        known: known / 6.0,
        unknown: unknown / 6.0,
        unknown_breached: unknown_breached / 6.0,
        failed: failed / 6.0,
        failed_breached: failed_breached / 6.0,
        succeeded: succeeded / 6.0,
        ..WindowStats::default()
    };
    RecentStats { minutes, hour, ..RecentStats::default() }
}

fn calm() -> AttackModeRecord {
    AttackModeRecord { written: 1, ..AttackModeRecord::default() }
}

#[test]
fn attack_of_a_third_of_normal_traffic_is_detected_by_the_prior() {
    assert!(AttackModeRecord::default().next(&hour(900.0, 300.0), 1_000, ALONE).under_attack);
}

#[test]
fn people_are_no_attack_at_any_rate() {
    for people in [10.0, 100.0, 1_000.0, 100_000.0] {
        assert!(!calm().next(&hour(people, 0.0), 1_000, ALONE).under_attack, "{people}");
    }
}

#[test]
fn rush_of_people_on_new_devices_is_no_attack() {
    // A mail-out: everybody comes at once, most without a cookie, half have forgotten.
    let rush = of(WindowStats {
        known: 2_000.0,
        unknown: 10_000.0,
        unknown_breached: 3_500.0,
        failed: 5_000.0,
        failed_breached: 1_000.0,
        succeeded: 5_000.0,
        ..WindowStats::default()
    });
    assert!(!calm().next(&rush, 1_000, ALONE).under_attack);
}

#[test]
fn broken_login_service_is_no_attack() {
    let broken = of(WindowStats {
        known: 9_000.0,
        unknown: 1_000.0,
        unknown_breached: 380.0,
        failed: 1_000.0,
        failed_breached: 380.0,
        succeeded: 0.0,
        ..WindowStats::default()
    });
    assert!(!calm().next(&broken, 1_000, ALONE).under_attack);
}

#[test]
fn attack_with_unbreached_passwords_is_detected_by_its_failures() {
    let unheard_of = of(WindowStats {
        known: 900.0,
        unknown: 10_000.0,
        unknown_breached: 100.0,
        failed: 9_900.0,
        failed_breached: 100.0,
        succeeded: 100.0,
        ..WindowStats::default()
    });
    assert!(calm().next(&unheard_of, 1_000, ALONE).under_attack);
}

#[test]
fn mode_lasts_while_the_attack_is_stopped_and_ends_with_it() {
    let stopped = RecentStats {
        // Stopped attempts do not fail, but are counted as attempts.
        hour: WindowStats { failed: 30.0, failed_breached: 6.0, ..hour(900.0, 3_000.0).hour },
        minutes: WindowStats { failed: 5.0, failed_breached: 1.0, ..hour(900.0, 3_000.0).minutes },
        ..RecentStats::default()
    };
    let under_attack = AttackModeRecord { under_attack: true, ..calm() };
    assert!(under_attack.next(&stopped, 1_000, ALONE).under_attack);
    assert!(!calm().next(&stopped, 1_000, ALONE).under_attack, "pressure begins nothing");
    assert!(!under_attack.next(&hour(900.0, 0.0), 1_000, ALONE).under_attack);
}

#[test]
fn baseline_taught_for_a_year_still_detects_an_attack() {
    let mut record = calm();
    // A year of junk just below what would begin the mode.
    for minute in 0..525_600 {
        let junk = hour(900.0, 12.0);
        record = record.next(&junk, 60 * (minute + 1), ALONE);
        assert!(!record.under_attack, "minute {minute}");
        let seen = record.normal;
        assert!(seen.breached_failed <= Baseline::CEILING.breached_failed);
    }
    assert!(record.next(&hour(900.0, 300.0), u32::MAX, ALONE).under_attack);
}

#[test]
fn baseline_drifts_by_at_most_a_tenth_per_day_and_not_during_an_attack() {
    let mut record = calm();
    let before = record.normal.failed;
    let failing = of(WindowStats {
        known: 900.0,
        unknown: 100.0,
        failed: 60.0,
        succeeded: 40.0,
        ..WindowStats::default()
    });
    for minute in 1..=1_440 {
        record = record.next(&failing, 60 * minute, ALONE);
    }
    assert!(record.normal.failed > before && record.normal.failed < before * 1.106);
    let under_attack = AttackModeRecord { under_attack: true, ..calm() };
    let next = under_attack.next(&hour(900.0, 9_000.0), 100_000, ALONE);
    assert_eq!(next.normal, under_attack.normal);
}

#[test]
fn stored_record_is_read_the_same() {
    let record = AttackModeRecord {
        under_attack: true,
        written: 77,
        ended: 66,
        stripes: 0x8001,
        evidence: VisitEvidence { attack: 1.5, fault: 2.25 },
        totals: VisitTotals::of([1, -2, 3, -4, 5]),
        ..AttackModeRecord::default()
    };
    let back = AttackModeRecord::from_bytes(&record.to_bytes()).expect("a record");
    assert!((back.normal.failed - record.normal.failed).abs() < 1e-6);
    assert_eq!(AttackModeRecord { normal: record.normal, ..back }, record);
}

/// The least whole number that the condition accepts.
fn least(accepts: impl Fn(f64) -> bool) -> u32 {
    (0..100_000).find(|n| accepts(f64::from(*n))).expect("a number that is accepted")
}

#[test]
fn attack_begins_at_documented_numbers_of_breached_failures() {
    let begins = |failed: f64, failed_breached: f64| {
        let seen = WindowStats { failed, failed_breached, ..WindowStats::default() };
        suspicion(&seen, &Baseline::PRIOR) >= ALONE
    };
    assert_eq!(least(|failed| begins(failed, failed)), 20, "so many distinct failures");
    // 5 standard deviations of 20 trials at 25 % are 48 percentage points.
    assert_eq!(least(|breached| begins(20.0, breached)), 15);
    // 4 times the odds of 1 to 3 are 4 to 3.
    assert_eq!(least(|breached| begins(70_000.0, breached)), 40_001);
}

#[test]
fn attack_begins_and_continues_at_documented_numbers_of_failures() {
    let seen = |outcomes: f64, failed: f64, known: f64| WindowStats {
        failed,
        succeeded: outcomes - failed,
        unknown: 10_000.0,
        known,
        ..WindowStats::default()
    };
    let begins = |seen: WindowStats| suspicion(&seen, &Baseline::PRIOR) >= ALONE;
    assert_eq!(least(|outcomes| begins(seen(outcomes, outcomes, 0.0))), 100);
    // 10 times the odds of 2 to 3 are 20 to 3.
    assert_eq!(least(|failed| begins(seen(23_000.0, failed, 0.0))), 20_001);
    // 2 times the odds of 1 to 4 are 1 to 2: no longer with 20,000 known ones.
    assert!(begins(seen(1_000.0, 1_000.0, 19_999.0)) && !begins(seen(1_000.0, 1_000.0, 20_000.0)));
    // 5 times the odds of 2 to 3 are 10 to 3.
    let continues = |failed: f64| {
        let hour = seen(12_999.0, failed, 0.0);
        attack_continues(
            &RecentStats { minutes: hour, hour, ..RecentStats::default() },
            &Baseline::PRIOR,
        )
    };
    assert_eq!(least(continues), 10_000);
}

#[test]
fn attack_continues_at_documented_numbers_of_breached_attempts() {
    let continues = |minutes: (f64, f64), hour: (f64, f64)| {
        let window = |(unknown, unknown_breached)| WindowStats {
            unknown,
            unknown_breached,
            ..WindowStats::default()
        };
        let (minutes, hour) = (window(minutes), window(hour));
        attack_continues(&RecentStats { minutes, hour, ..RecentStats::default() }, &Baseline::PRIOR)
    };
    // 1.6 times the odds of 2 to 3 are 16 to 15.
    assert_eq!(least(|breached| continues((31_000.0, breached), (0.0, 0.0))), 16_001);
    assert_eq!(least(|unknown| continues((0.0, 0.0), (unknown, unknown))), 20);
    assert_eq!(least(|unknown| continues((unknown, unknown), (0.0, 0.0))), 60, "in ten minutes");
}

#[test]
fn baseline_learns_from_twenty_an_hour_on_up_to_its_ceilings_and_floor() {
    let day = |failed: f64, succeeded: f64| {
        let seen = WindowStats { failed, succeeded, ..WindowStats::default() };
        (0..100).fold(Baseline::PRIOR, |normal, _| normal.learn(&seen, 86_400)).failed
    };
    assert!((day(19.0, 0.0) - 0.4).abs() < 1e-9, "too few");
    assert!((day(20.0, 0.0) - 0.6).abs() < 1e-9, "the ceiling");
    assert!((day(0.0, 20.0) - 0.02).abs() < 1e-9, "the floor");
    let once =
        Baseline::PRIOR.learn(&WindowStats { failed: 20.0, ..WindowStats::default() }, 86_400);
    assert!((once.failed - 0.44).abs() < 1e-9, "a tenth a day");
}

#[test]
fn priors_and_ceilings_are_the_documented_shares() {
    assert_eq!(Baseline::PRIOR.list(), [0.25, 0.4, 0.4, 0.2, 0.08, 0.02]);
    assert_eq!(Baseline::CEILING.list(), [0.4, 0.5, 0.6, 0.5, 0.4, 0.1]);
}
