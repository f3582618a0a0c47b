//! What begins attack mode by its visits, what does not, and what an attacker can do against it.

use super::*;
use crate::attack_mode::recent::WindowStats;

/// Visits of people in a minute of a site with so many in an hour: one in seven on an unknown
/// device, of which one in twenty stays unresolved, and one in seventy on a known one.
fn people(minute: u32, an_hour: u32) -> VisitTotals {
    let of = |share: f64| {
        #[allow(clippy::cast_possible_truncation, reason = "thousands of visits")]
        let upto = |minute: u32| (f64::from(minute) * f64::from(an_hour) / 60.0 * share) as i32;
        upto(minute + 1) - upto(minute)
    };
    VisitTotals {
        unresolved: of(0.05 / 7.0),
        succeeded: of(0.95 / 7.0),
        known_unresolved: of(6.0 / 7.0 / 70.0),
        known_succeeded: of(6.0 / 7.0 * 69.0 / 70.0),
        stopped: 0,
    }
}

fn shows_attack(evidence: VisitEvidence) -> bool {
    evidence.suspicion(&Baseline::PRIOR) >= 1.0
}

fn unresolved(unresolved: i32) -> VisitTotals {
    VisitTotals { unresolved, ..VisitTotals::default() }
}

/// The minute at which attack mode begins within so many days, if it does. An attack of so many
/// visits an hour is under way, and so many known devices fail on purpose.
fn begins(days: u32, an_hour: u32, attack: u32, devices: impl Fn(u32) -> i32) -> Option<u32> {
    let mut evidence = VisitEvidence::default();
    (0..days * 1_440).find(|&minute| {
        let made = |minute: u32| (minute * attack / 60).cast_signed();
        let mut visits = people(minute, an_hour).plus(&unresolved(made(minute + 1) - made(minute)));
        visits.known_unresolved += devices(minute);
        evidence = evidence.after(&visits, &Baseline::PRIOR);
        shows_attack(evidence)
    })
}

fn none(_: u32) -> i32 {
    0
}

#[test]
fn people_never_begin_it() {
    for an_hour in [1, 10, 100, 1_000, 100_000] {
        assert_eq!(begins(60, an_hour, 0, none), None, "{an_hour} an hour");
    }
}

#[test]
fn twice_as_many_unresolved_visits_of_people_do_not_begin_it() {
    let (mut evidence, twice) = (VisitEvidence::default(), VisitTotals::default());
    for _ in 0..100_000 {
        let visits = VisitTotals { unresolved: 14, succeeded: 86, ..twice };
        evidence = evidence.after(&visits, &Baseline::PRIOR);
        assert!(!shows_attack(evidence));
    }
}

#[test]
fn attack_begins_it_the_sooner_the_larger_it_is() {
    // Visits an hour at a site of 600, and the longest time in minutes.
    for (attack, most) in [(600, 5), (150, 15), (67, 45), (30, 12 * 60)] {
        let minute = begins(2, 600, attack, none).expect("an attack");
        assert!(minute <= most, "{attack} an hour: {minute} min");
    }
}

#[test]
fn twenty_unresolved_visits_in_a_row_are_an_attack() {
    let after = |n| VisitEvidence::default().after(&unresolved(n), &Baseline::PRIOR);
    assert!(!shows_attack(after(19)));
    assert!(shows_attack(after(20)));
}

#[test]
fn software_that_breaks_for_everybody_is_no_attack() {
    // So many visits in ten fail, of unknown devices and of known ones.
    for failing in [3, 5, 10] {
        let mut evidence = VisitEvidence::default();
        for minute in 0..600 {
            let visits = VisitTotals {
                unresolved: failing,
                succeeded: 10 - failing,
                known_unresolved: 6 * failing,
                known_succeeded: 6 * (10 - failing),
                ..VisitTotals::default()
            };
            evidence = evidence.after(&visits, &Baseline::PRIOR);
            assert!(!shows_attack(evidence), "{failing} in ten, minute {minute}");
        }
        // What is over leaves nothing behind that begins it later.
        for minute in 0..1_440 {
            evidence = evidence.after(&people(minute, 600), &Baseline::PRIOR);
            assert!(!shows_attack(evidence));
        }
    }
}

#[test]
fn fifty_own_devices_delay_it_by_less_than_a_hundred_visits() {
    for attack in [67, 150, 600] {
        let alone = begins(2, 600, attack, none).expect("an attack");
        // All fifty fail while the evidence grows, as well timed as can be.
        let timed = |minute| if minute < 50 { 1 } else { 0 };
        let at_once = |minute| if minute + 1 == alone { 50 } else { 0 };
        for delayed in [begins(2, 600, attack, timed), begins(2, 600, attack, at_once)] {
            let minutes = delayed.expect("an attack").saturating_sub(alone);
            assert!(minutes * attack / 60 < 100, "{attack} an hour: {minutes} min");
        }
    }
}

#[test]
fn site_whose_people_often_fail_expects_unknown_devices_to_fail_as_well() {
    let day = |known_unresolved: f64| WindowStats {
        known_unresolved,
        known_succeeded: 1_000.0 - known_unresolved,
        ..WindowStats::default()
    };
    let expected = |day| Baseline::PRIOR.on_a_day_like(&day).unresolved;
    assert!((expected(day(20.0)) - 0.08).abs() < 1e-9, "as is normal");
    assert!((expected(day(5.0)) - 0.08).abs() < 1e-9, "a better day changes nothing");
    assert!((0.16..0.18).contains(&expected(day(45.0))), "{}", expected(day(45.0)));
    assert!((expected(day(900.0)) - 0.5).abs() < 1e-9, "the most");
    let few = WindowStats { known_unresolved: 40.0, ..WindowStats::default() };
    assert!((expected(few) - 0.08).abs() < 1e-9, "too few to say anything");
}

#[test]
fn what_is_stopped_holds_the_mode_and_begins_nothing() {
    let stopped = VisitTotals { stopped: 1_000, ..VisitTotals::default() };
    let calm = VisitEvidence::default().after(&stopped, &Baseline::PRIOR);
    assert!(calm.is_spent());
    let full = VisitEvidence { attack: LIMIT, fault: 0.0 };
    let mut evidence = full;
    for minute in 0..600 {
        // A tenth of the traffic is stopped.
        let visits = VisitTotals { stopped: 1, unresolved: 0, ..people(minute, 600) };
        evidence = evidence.after_in_attack(&visits, &Baseline::PRIOR);
        assert!(!evidence.is_spent(), "minute {minute}");
    }
    let over = (0..).find(|&minute| {
        evidence = evidence.after_in_attack(&people(minute, 600), &Baseline::PRIOR);
        evidence.is_spent()
    });
    assert!(over.is_some_and(|minute| (20..120).contains(&minute)), "{over:?}");
}
