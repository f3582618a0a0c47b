//! What is an attack and what is not, and what an attacker can do to the baseline.

use super::*;

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
    })
}

fn of(hour: WindowStats) -> RecentStats {
    let WindowStats { known, unknown, unknown_breached, failed, failed_breached, succeeded } = hour;
    let minutes = WindowStats {
        known: known / 6.0,
        unknown: unknown / 6.0,
        unknown_breached: unknown_breached / 6.0,
        failed: failed / 6.0,
        failed_breached: failed_breached / 6.0,
        succeeded: succeeded / 6.0,
    };
    RecentStats { minutes, hour, succeeded_in_a_day: 0 }
}

fn calm() -> AttackModeRecord {
    AttackModeRecord { written: 1, ..AttackModeRecord::default() }
}

#[test]
fn attack_of_a_third_of_normal_traffic_is_detected_by_the_prior() {
    assert!(AttackModeRecord::default().next(&hour(900.0, 300.0), 1_000).under_attack);
}

#[test]
fn people_are_no_attack_at_any_rate() {
    for people in [10.0, 100.0, 1_000.0, 100_000.0] {
        assert!(!calm().next(&hour(people, 0.0), 1_000).under_attack, "{people}");
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
    });
    assert!(!calm().next(&rush, 1_000).under_attack);
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
    });
    assert!(!calm().next(&broken, 1_000).under_attack);
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
    });
    assert!(calm().next(&unheard_of, 1_000).under_attack);
}

#[test]
fn mode_lasts_while_the_attack_is_stopped_and_ends_with_it() {
    let stopped = RecentStats {
        // Stopped attempts do not fail, but are counted as attempts.
        hour: WindowStats { failed: 30.0, failed_breached: 6.0, ..hour(900.0, 3_000.0).hour },
        minutes: WindowStats { failed: 5.0, failed_breached: 1.0, ..hour(900.0, 3_000.0).minutes },
        succeeded_in_a_day: 0,
    };
    let under_attack = AttackModeRecord { under_attack: true, ..calm() };
    assert!(under_attack.next(&stopped, 1_000).under_attack);
    assert!(!calm().next(&stopped, 1_000).under_attack, "pressure begins nothing");
    assert!(!under_attack.next(&hour(900.0, 0.0), 1_000).under_attack);
}

#[test]
fn baseline_taught_for_a_year_still_detects_an_attack() {
    let mut record = calm();
    // A year of junk just below what would begin the mode.
    for minute in 0..525_600 {
        let junk = hour(900.0, 12.0);
        record = record.next(&junk, 60 * (minute + 1));
        assert!(!record.under_attack, "minute {minute}");
        let seen = record.normal;
        assert!(seen.breached_failed <= Baseline::CEILING.breached_failed);
    }
    assert!(record.next(&hour(900.0, 300.0), u32::MAX).under_attack);
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
        record = record.next(&failing, 60 * minute);
    }
    assert!(record.normal.failed > before && record.normal.failed < before * 1.106);
    let under_attack = AttackModeRecord { under_attack: true, ..calm() };
    let next = under_attack.next(&hour(900.0, 9_000.0), 100_000);
    assert_eq!(next.normal, under_attack.normal);
}

#[test]
fn stored_record_is_read_the_same() {
    let record =
        AttackModeRecord { under_attack: true, written: 77, ..AttackModeRecord::default() };
    let back = AttackModeRecord::from_bytes(&record.to_bytes()).expect("a record");
    assert!(back.under_attack && back.written == 77);
    assert!((back.normal.failed - record.normal.failed).abs() < 1e-6);
}
