//! Entries: windows, bans, strikes and a moving clock together.

use super::*;
use crate::state::identity::{HashKey, Tagged};
use proptest::prelude::*;

const START: u32 = 1_800_000_000;
const HOUR: u32 = 3_600;
const TERMS: Terms = Terms { rule: 7, seconds: HOUR, rate: 10 };

fn at(second: u32) -> Millis {
    Millis(u64::from(second) * 1_000)
}

fn ip() -> Entry {
    Entry::empty(EntryKind::Ip, at(START))
}

fn tag(value: u32) -> Tag {
    HashKey::new([4; 16]).tag(Tagged::Password, &value.to_le_bytes())
}

#[test]
fn over_ten_matches_at_the_eleventh() {
    let mut entry = ip();
    for value in 0..10 {
        entry.insert(Counter::IpDistinctFailures, tag(value));
    }
    for window in [Window::Hour, Window::Day] {
        assert_eq!(entry.distinct(Counter::IpDistinctFailures, window), 10);
        assert_eq!(entry.distinct_with(Counter::IpDistinctFailures, window, tag(3)), 10);
        assert_eq!(entry.distinct_with(Counter::IpDistinctFailures, window, tag(10)), 11);
    }
}

#[test]
fn each_window_forgets_after_its_own_width() {
    let mut entry = ip();
    (0..100).for_each(|_| entry.add(Counter::IpFailures));
    let counts = |entry: &Entry| {
        [Window::Minute, Window::TenMinutes, Window::Hour]
            .map(|w| entry.count(Counter::IpFailures, w))
    };
    assert_eq!(counts(&entry), [100, 100, 100]);
    entry.advance(at(START + 90));
    assert_eq!(counts(&entry), [50, 100, 100]);
    entry.advance(at(START + 900));
    assert_eq!(counts(&entry), [0, 50, 100]);
    entry.advance(at(START + 2 * HOUR));
    assert!(entry.is_empty());
}

#[test]
fn window_is_anchored_again_after_an_idle_time() {
    let mut entry = ip();
    entry.add(Counter::IpFailures);
    // Not a multiple of any width: a fixed grid would split the burst that follows.
    let burst = START + 5 * HOUR + 3_500;
    for second in burst..burst + 200 {
        entry.advance(at(second));
        entry.add(Counter::IpFailures);
    }
    assert_eq!(entry.count(Counter::IpFailures, Window::Hour), 200);
}

#[test]
fn counters_of_other_kinds_read_as_zero() {
    let mut entry = ip();
    entry.add(Counter::UsernameFailures);
    entry.add(Counter::IpUsernames);
    entry.insert(Counter::IpFailures, tag(1));
    assert!(entry.is_empty());
    entry.add(Counter::IpFailures);
    assert_eq!(entry.count(Counter::IpFailures, Window::Day), 0);
}

#[test]
fn ban_that_ends_clears_outcomes_and_leaves_a_strike() {
    let mut entry = ip();
    entry.add(Counter::IpAttempts);
    entry.add(Counter::IpFailures);
    entry.insert(Counter::IpDistinctFailures, tag(1));
    entry.insert(Counter::IpUsernames, tag(1));
    entry.insert(Counter::IpCredit, tag(1));
    assert!(entry.begin_ban(Terms { seconds: 600, ..TERMS }));
    entry.advance(at(START + 599));
    assert_eq!(entry.ban().map(|ban| ban.rule), Some(7));
    assert_eq!(entry.count(Counter::IpFailures, Window::Hour), 1);
    entry.advance(at(START + 600));
    assert_eq!((entry.ban(), entry.strikes()), (None, 1));
    assert_eq!(entry.count(Counter::IpFailures, Window::Hour), 0);
    assert_eq!(entry.distinct(Counter::IpDistinctFailures, Window::Day), 0);
    assert_eq!(entry.distinct(Counter::IpCredit, Window::Hour), 0);
    assert_eq!(entry.count(Counter::IpAttempts, Window::Hour), 1, "pressure stays");
    assert_eq!(entry.distinct(Counter::IpUsernames, Window::Hour), 1, "pressure stays");

    assert!(entry.begin_ban(Terms { seconds: 600, ..TERMS }));
    assert_eq!(entry.ban().map(|ban| ban.until), Some(START + 600 + 1_200));
}

#[test]
fn late_failures_do_not_renew_a_ban() {
    let mut entry = ip();
    entry.begin_ban(TERMS);
    entry.advance(at(START + 1_000));
    assert!(!entry.begin_ban(TERMS));
    assert!(!entry.begin_ban(Terms { rule: 8, seconds: 60, rate: 1 }), "a shorter one");
    assert_eq!(entry.ban().map(|ban| ban.until), Some(START + HOUR));
    assert!(entry.begin_ban(Terms { rule: 9, seconds: 10 * HOUR, rate: 1 }), "a longer one");
}

#[test]
fn retries_of_a_school_do_not_extend_its_ban() {
    let mut entry = ip();
    entry.begin_ban(TERMS);
    // Eight in ten minutes; ten began the ban.
    let mut second = START;
    while entry.ban().is_some() {
        entry.stopped();
        second += 75;
        entry.advance(at(second));
    }
    assert_eq!(second, START + HOUR);
}

#[test]
fn attack_that_continues_is_banned_twice_as_long_and_no_longer() {
    let mut entry = ip();
    entry.begin_ban(TERMS);
    let mut second = START;
    while entry.ban().is_some() {
        entry.stopped();
        second += 2;
        entry.advance(at(second));
    }
    assert_eq!(second, START + 2 * HOUR);
}

#[test]
fn strikes_last_through_a_ban_and_a_day_longer() {
    let mut entry = ip();
    entry.begin_ban(Terms { seconds: 60, ..TERMS });
    entry.advance(at(START + 60));
    entry.begin_ban(Terms { seconds: 48 * HOUR, ..TERMS });
    // Read now and then, as for a client that keeps coming back.
    let ends = START + 60 + 96 * HOUR;
    for second in (START + 60..ends + 26 * HOUR).step_by(1_800) {
        entry.advance(at(second));
        let expected = match second {
            _ if second < ends => 1,
            _ if second < ends + 24 * HOUR => 2,
            _ if second >= ends + 25 * HOUR => 0,
            _ => continue,
        };
        assert_eq!(entry.strikes(), expected, "{} h", (second - START) / HOUR);
    }
    assert!(entry.is_empty());
}

#[test]
fn shadow_ban_changes_nothing_that_is_enforced() {
    let mut entry = ip();
    entry.add(Counter::IpFailures);
    assert!(entry.begin_shadow_ban(3, 600));
    assert!(!entry.begin_shadow_ban(3, 600), "late failures do not renew it");
    assert_eq!(entry.ban(), None);
    assert!(!entry.stopped());
    assert_eq!(entry.shadow_ban().map(|ban| ban.until), Some(START + 600));
    entry.advance(at(START + 600));
    assert_eq!((entry.shadow_ban(), entry.strikes()), (None, 0));
    assert_eq!(entry.count(Counter::IpFailures, Window::Hour), 1, "outcomes stay");
    entry.begin_shadow_ban(3, 600);
    entry.void_shadow_ban();
    assert_eq!(entry.shadow_ban(), None);
}

#[test]
fn username_cannot_be_banned() {
    let mut entry = Entry::empty(EntryKind::Username, at(START));
    assert!(!entry.begin_ban(TERMS) && !entry.begin_shadow_ban(7, 60));
    assert!(entry.is_empty());
}

#[test]
fn clock_set_back_keeps_what_is_left() {
    let mut entry = ip();
    for value in 0..10 {
        entry.add(Counter::IpFailures);
        entry.insert(Counter::IpDistinctFailures, tag(value));
    }
    entry.charge(tag(1));
    entry.begin_ban(TERMS);
    let known = |entry: &Entry| {
        let left = entry.ban().map(|ban| ban.until - entry.now());
        let failures = entry.count(Counter::IpFailures, Window::Hour);
        (left, failures, entry.distinct(Counter::IpDistinctFailures, Window::Day), entry.pending())
    };
    let before = known(&entry);
    assert_eq!(before, (Some(HOUR), 10, 10, 1));
    entry.advance(at(START - 5));
    assert_eq!(known(&entry), before, "a little late");
    assert_eq!(entry.now(), START);
    entry.advance(at(START - 30 * 24 * HOUR));
    assert_eq!(known(&entry), before, "set back by a month");
    entry.advance(at(0));
    assert_eq!(entry.ban().map(|ban| ban.until), Some(HOUR), "set back to the epoch");
    entry.advance(at(HOUR));
    assert_eq!(entry.ban(), None, "not frozen until the clock catches up");
}

#[test]
fn late_clocks_do_not_age_an_entry_faster() {
    let mut entry = ip();
    for second in START..START + 600 {
        entry.advance(at(second + 30));
        entry.add(Counter::IpFailures);
        entry.advance(at(second));
        entry.add(Counter::IpFailures);
    }
    assert_eq!(entry.now(), START + 629);
    assert_eq!(entry.count(Counter::IpFailures, Window::Hour), 1_200);
}

proptest! {
    /// For any jumps of the clock: no panic, no more counted than happened, and no ban that
    /// was not begun or outlasts twice its length.
    #[test]
    fn clock_jumps_never_ban_wrongly(
        steps in prop::collection::vec((-200_000i64..200_000, 0u8..4), 1..200),
    ) {
        let mut second = i64::from(START);
        let mut entry = ip();
        let (mut failures, mut bans) = (0u32, 0u32);
        for (step, event) in steps {
            // Mostly small steps, some large.
            second = (second + if event == 0 { step } else { step / 5_000 }).max(0);
            entry.advance(at(u32::try_from(second).unwrap()));
            match event {
                1 => {
                    entry.add(Counter::IpFailures);
                    failures += 1;
                }
                2 if bans == 0 => bans += u32::from(entry.begin_ban(TERMS)),
                3 => drop(entry.stopped()),
                _ => {}
            }
            prop_assert!(entry.count(Counter::IpFailures, Window::Hour) <= failures);
            prop_assert!(entry.ban().is_none() || bans > 0);
            if let Some(ban) = entry.ban() {
                prop_assert!(ban.until > entry.now());
                prop_assert!(ban.until - ban.began <= 2 * HOUR);
            }
        }
    }
}

#[test]
fn passwords_that_failed_are_forgotten_with_the_failures_of_their_day() {
    let mut entry = Entry::empty(EntryKind::Username, at(START));
    entry.add(Counter::UsernameFailures);
    entry.note_failed(tag(1), None);
    entry.advance(at(START + 23 * HOUR));
    assert!(entry.has_failed(tag(1)), "within the day");
    entry.advance(at(START + 48 * HOUR));
    assert!(!entry.has_failed(tag(1)));
    assert!(entry.is_empty(), "nothing keeps its place in the table");
}
