//! What is an attack and what is not, and what an attacker may try with the baseline.

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
fn an_attack_of_a_third_of_normal_traffic_is_seen_with_nothing_learned() {
    assert!(AttackModeRecord::default().next(&hour(900.0, 300.0), 1_000).under_attack);
}

#[test]
fn people_alone_are_no_attack_at_any_rate() {
    for people in [10.0, 100.0, 1_000.0, 100_000.0] {
        assert!(!calm().next(&hour(people, 0.0), 1_000).under_attack, "{people}");
    }
}

#[test]
fn a_rush_of_real_people_on_new_devices_is_no_attack() {
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
fn a_login_service_that_breaks_is_no_attack() {
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
fn an_attack_with_passwords_of_no_filter_is_seen_by_failing_everywhere() {
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
fn the_mode_holds_while_the_attack_is_stopped_and_ends_with_it() {
    let stopped = RecentStats {
        // What is stopped fails no more, but it is seen.
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
fn a_baseline_taught_slowly_stops_at_ceilings_from_which_an_attack_stands_out() {
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
fn the_baseline_drifts_by_a_tenth_a_day_at_most_and_not_during_an_attack() {
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
fn a_record_comes_back_as_stored_and_junk_is_the_prior() {
    let record =
        AttackModeRecord { under_attack: true, written: 77, ..AttackModeRecord::default() };
    let back = AttackModeRecord::from_bytes(&record.to_bytes()).expect("a record");
    assert!(back.under_attack && back.written == 77);
    assert!((back.normal.failed - record.normal.failed).abs() < 1e-6);
}
