//! Distinct counters: exact up to 16, the stated error above, the sliding estimate.

use super::*;
use crate::state::identity::{HashKey, Tagged};
use proptest::prelude::*;

const START: WindowPhase = WindowPhase { elapsed: 0, width: 3_600 };
const HALF: WindowPhase = WindowPhase { elapsed: 1_800, width: 3_600 };

fn tag(seed: u16, value: u32) -> Tag {
    let [low, high] = seed.to_le_bytes();
    HashKey::new([low, high, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        .tag(Tagged::Password, &value.to_le_bytes())
}

fn filled(seed: u16, values: std::ops::Range<u32>) -> DistinctCount {
    let mut distinct = DistinctCount::default();
    for value in values {
        distinct.insert(tag(seed, value));
    }
    distinct
}

#[test]
fn up_to_sixteen_values_are_exact_however_often_they_come() {
    let mut distinct = DistinctCount::default();
    for value in 0..16 {
        assert_eq!(distinct.estimate_with(tag(1, value), START), value + 1);
        for again in 0..=value {
            distinct.insert(tag(1, again));
        }
        assert_eq!(distinct.estimate(START), value + 1);
    }
    assert!(!distinct.is_estimated());
}

#[test]
fn two_of_eleven_values_share_a_tag_in_one_list_of_nine_thousand() {
    let short = (0..20_000).filter(|seed| filled(*seed, 0..11).estimate(START) < 11).count();
    assert!((1..=6).contains(&short), "{short} of 20,000 lists");
}

#[test]
fn seventeenth_value_is_estimated_without_a_jump() {
    for seed in 0..200 {
        let distinct = filled(seed, 0..17);
        // A full list may hold a pair of values that share a tag.
        assert!((16..=17).contains(&distinct.estimate(START)), "seed {seed}: {distinct:?}");
        let mut again = distinct;
        for value in 0..17 {
            again.insert(tag(seed, value));
        }
        assert_eq!(again, distinct, "seed {seed}: repeated values counted again");
    }
}

#[test]
fn ninety_five_percent_of_estimates_are_within_eighteen_percent() {
    const TRIALS: u16 = 2_000;
    for n in [20, 35, 50, 100, 150, 200, 250] {
        let (mut squares, mut sum, mut within) = (0.0, 0.0, 0);
        for seed in 0..TRIALS {
            let error = f64::from(filled(seed, 0..n).estimate(START)) / f64::from(n) - 1.0;
            sum += error;
            squares += error * error;
            within += u32::from(error.abs() <= 0.18);
        }
        let trials = f64::from(TRIALS);
        let (bias, deviation) = (sum / trials, (squares / trials).sqrt());
        assert!(deviation <= 0.085, "standard error at {n}: {deviation:.3}");
        assert!(bias.abs() <= 0.025, "bias at {n}: {bias:.3}");
        assert!(f64::from(within) >= 0.95 * trials, "{within} of {TRIALS} within 18 % at {n}");
    }
}

#[test]
fn estimate_stays_with_all_bits_set() {
    let distinct = filled(1, 0..5_000);
    assert_eq!(distinct.estimate(START), SATURATED);
    assert!((700..900).contains(&SATURATED), "{SATURATED}");
}

#[test]
fn value_in_both_generations_counts_once() {
    for n in [10, 100] {
        let mut distinct = filled(1, 0..n);
        let before = distinct.estimate(START);
        distinct.step();
        for value in 0..n {
            distinct.insert(tag(1, value));
        }
        for phase in [START, HALF] {
            let after = distinct.estimate(phase);
            assert!(after.abs_diff(before) <= 2, "{after} instead of {before}");
        }
    }
}

#[test]
fn previous_generation_fades_over_one_width() {
    for n in [8, 100] {
        let mut distinct = filled(1, 0..n);
        let before = distinct.estimate(START);
        distinct.step();
        let at = |elapsed| distinct.estimate(WindowPhase { elapsed, width: 3_600 });
        assert_eq!((at(0), at(1_800), at(3_600)), (before, before / 2, 0));
        assert_eq!(at(3_599), 0, "rounded down");
        // New values count in full.
        for value in n..2 * n {
            distinct.insert(tag(1, value));
        }
        let (found, true_value) = (distinct.estimate(HALF), n + n / 2);
        assert!(found.abs_diff(true_value) <= true_value / 6, "{found}, not {true_value}");
        distinct.step();
        distinct.step();
        assert!(distinct == DistinctCount::default());
    }
}

proptest! {
    /// A value never lowers an estimate, and the estimate with a value included is the one
    /// after it is added.
    #[test]
    fn new_value_never_lowers_an_estimate(
        values in prop::collection::vec((0u32..400, prop::bool::weighted(0.02)), 1..300),
        elapsed in 0u32..3_600,
    ) {
        let phase = WindowPhase { elapsed, width: 3_600 };
        let mut distinct = DistinctCount::default();
        for (value, steps) in values {
            if steps {
                distinct.step();
            }
            let (before, with) =
                (distinct.estimate(phase), distinct.estimate_with(tag(2, value), phase));
            distinct.insert(tag(2, value));
            prop_assert!(with >= before);
            prop_assert_eq!(distinct.estimate(phase), with);
        }
    }

    #[test]
    fn stored_counters_are_read_the_same(n in 0u32..40, stepped in any::<bool>()) {
        let mut distinct = filled(3, 0..n);
        if stepped {
            distinct.step();
            distinct.insert(tag(3, 5));
        }
        let mut bytes = [0; DistinctCount::BYTES];
        distinct.encode(&mut ByteWriter(&mut bytes));
        let decoded = DistinctCount::decode(distinct.is_estimated(), &mut ByteReader(&bytes));
        prop_assert_eq!(decoded, distinct);
        if !distinct.is_estimated() {
            prop_assert_eq!(DistinctCount::estimate_of_list(&bytes, HALF), distinct.estimate(HALF));
        }
    }

    #[test]
    fn any_bytes_decode_to_a_list_in_order(bytes: [u8; DistinctCount::BYTES]) {
        let decoded = DistinctCount::decode(false, &mut ByteReader(&bytes));
        prop_assert!(decoded.estimate(START) <= 16);
        let mut again = [0; DistinctCount::BYTES];
        decoded.encode(&mut ByteWriter(&mut again));
        prop_assert_eq!(DistinctCount::decode(false, &mut ByteReader(&again)), decoded);
    }
}
