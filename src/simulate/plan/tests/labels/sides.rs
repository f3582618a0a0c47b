//! The features that separate two sides of a trace.

use std::collections::HashMap;

use super::line::LineFeature;
use crate::random::whole;

/// A frequent feature occurs in this share of a side, and in at least so many lines.
const FREQUENT: (f64, u64) = (0.005, 20);

/// If so many are expected, zero occurs by chance once in 100,000 cases.
const EXPECTED: f64 = 12.0;

/// The most standard deviations between the two sides of a random feature.
const SIGMAS: f64 = 5.0;

/// How often a feature occurs on each side.
type SideCounts = [usize; 2];

/// The features that separate two sides: frequent features that only one side has, and pairs that
/// one side lacks although, given the frequency of their parts, a dozen are expected.
pub(super) fn separators(sides: [&[Vec<LineFeature>]; 2]) -> Vec<String> {
    let sizes = sides.map(|side| side.len() as f64);
    let mut numbers: HashMap<&LineFeature, usize> = HashMap::new();
    let mut singles: Vec<SideCounts> = Vec::new();
    for (side, lines) in sides.iter().enumerate() {
        for fact in lines.iter().flatten() {
            let number = *numbers.entry(fact).or_insert(singles.len());
            singles.resize(singles.len().max(number + 1), [0, 0]);
            singles[number][side] += 1;
        }
    }
    let frequent = |counts: &SideCounts| {
        (0..2).any(|side| counts[side] as u64 >= whole(sizes[side] * FREQUENT.0).max(FREQUENT.1))
    };
    // A pair is at most as frequent as its parts.
    numbers.retain(|_, &mut number| frequent(&singles[number]));
    let mut pairs: HashMap<[usize; 2], SideCounts> = HashMap::new();
    for (side, lines) in sides.iter().enumerate() {
        for line in *lines {
            let line: Vec<usize> =
                line.iter().filter_map(|fact| numbers.get(fact)).copied().collect();
            for (at, &first) in line.iter().enumerate() {
                for &second in &line[at + 1..] {
                    pairs.entry([first, second]).or_default()[side] += 1;
                }
            }
        }
    }
    pairs.retain(|pair, counts| {
        let unexpected = |side: usize| {
            let shares = pair.map(|number| singles[number][side] as f64 / sizes[side]);
            counts[side] == 0 && sizes[side] * shares[0] * shares[1] >= EXPECTED
        };
        frequent(counts) && (unexpected(0) || unexpected(1))
    });
    let name =
        |number: usize| numbers.iter().find(|(_, other)| **other == number).map(|(fact, _)| fact);
    let alone = numbers.iter().filter(|(_, number)| singles[**number].contains(&0));
    let alone = alone.map(|(fact, number)| format!("{fact:?}: {:?}", singles[*number]));
    let pairs = pairs.iter().map(|(pair, counts)| format!("{:?}: {counts:?}", pair.map(name)));
    let skewed = numbers.iter().filter(|(fact, number)| {
        let [people, attack] = [0, 1].map(|side| singles[**number][side] as f64 / sizes[side]);
        let both = singles[**number].iter().sum::<usize>() as f64 / (sizes[0] + sizes[1]);
        let deviation = (both * (1.0 - both) * (1.0 / sizes[0] + 1.0 / sizes[1])).sqrt();
        is_random(fact) && (people - attack).abs() > SIGMAS * deviation
    });
    let skewed =
        skewed.map(|(fact, number)| format!("more often: {fact:?}: {:?}", singles[*number]));
    alone.chain(pairs).chain(skewed).collect()
}

/// Whether a feature is random, and so equally frequent on both sides.
fn is_random((what, _): &LineFeature) -> bool {
    ["last digit of time", "tenth of a second", "five seconds", "last digit of response"]
        .contains(&what.as_str())
        || what == "response in 20 ms"
}
