//! A trace does not give away its labels.
//!
//! Checked on the written bytes: address, name, cookies and what says whether challenges
//! are solved may tell attack from people, and the fingerprint where the scenario is about a
//! tool or one browser. Of everything else no value, and no pair of values, of decent support may occur on
//! one side only.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value;

use super::*;
use crate::human::whole;

const EXEMPT: [&str; 6] = ["ip", "user", "client", "known_device", "solves", "label"];
/// Decent support: this share of a side, and this many lines.
const SUPPORT: (f64, u64) = (0.005, 20);

/// So many expected, none comes by chance once in 100,000 times.
const EXPECTED: f64 = 12.0;

type Fact = (String, String);

/// What a line shows, field by field, apart from what is exempt (and the fingerprint,
/// where the scenario is about one).
fn facts(line: &Value, fingerprint: bool) -> Vec<Fact> {
    let object = line.as_object().unwrap();
    let mut facts = Vec::new();
    for (name, value) in object {
        match (name.as_str(), value) {
            (exempt, _) if EXEMPT.contains(&exempt) => {}
            ("time", time) => {
                let text = time.to_string();
                let digits = text.split_once('.').unwrap().1;
                facts.push(("digits of time".into(), digits.len().to_string()));
                facts.push((
                    "last digit of time".into(),
                    digits.chars().last().unwrap().to_string(),
                ));
            }
            ("response_ms", ms) => {
                let ms = ms.as_u64().unwrap();
                facts.push(("response in 20 ms".into(), (ms / 20).to_string()));
                facts.push(("last digit of response".into(), (ms % 10).to_string()));
            }
            ("headers", headers) => {
                let names: Vec<_> = headers.as_object().unwrap().keys().cloned().collect();
                facts.push(("names of headers".into(), names.join(" ")));
                for (header, value) in headers.as_object().unwrap() {
                    if !fingerprint {
                        facts.push((header.clone(), value.to_string()));
                    }
                }
            }
            (name, value) => facts.push((name.into(), value.to_string())),
        }
    }
    let shape: Vec<_> = object.keys().filter(|name| *name != "client").cloned().collect();
    facts.push(("fields".into(), shape.join(" ")));
    facts
}

/// How often something occurs on each side.
type Counts = [usize; 2];

/// What separates two sides: values that only one of them has, and pairs that one lacks
/// though, by how often it has their parts, some dozen were to be expected.
fn separators(sides: [&[Vec<Fact>]; 2]) -> Vec<String> {
    let sizes = sides.map(|side| side.len() as f64);
    let mut numbers: HashMap<&Fact, usize> = HashMap::new();
    let mut singles: Vec<Counts> = Vec::new();
    for (side, lines) in sides.iter().enumerate() {
        for fact in lines.iter().flatten() {
            let number = *numbers.entry(fact).or_insert(singles.len());
            singles.resize(singles.len().max(number + 1), [0, 0]);
            singles[number][side] += 1;
        }
    }
    let decent = |counts: &Counts| {
        (0..2).any(|side| counts[side] as u64 >= whole(sizes[side] * SUPPORT.0).max(SUPPORT.1))
    };
    // A pair is at most as frequent as its parts.
    numbers.retain(|_, &mut number| decent(&singles[number]));
    let mut pairs: HashMap<[usize; 2], Counts> = HashMap::new();
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
        decent(counts) && (unexpected(0) || unexpected(1))
    });
    let name =
        |number: usize| numbers.iter().find(|(_, other)| **other == number).map(|(fact, _)| fact);
    let alone = numbers.iter().filter(|(_, number)| singles[**number].contains(&0));
    let alone = alone.map(|(fact, number)| format!("{fact:?}: {:?}", singles[*number]));
    let pairs = pairs.iter().map(|(pair, counts)| format!("{:?}: {counts:?}", pair.map(name)));
    alone.chain(pairs).collect()
}

/// What a trace of 8,000 people over a day shows of those whose label begins so.
fn shown(scenario: &str, label: &str, fingerprint: bool) -> Vec<Vec<Fact>> {
    let mut trace = play(scenario, 1, 8_000, 24.0);
    trace.attempts.retain(|attempt| attempt.label.starts_with(label));
    let bytes = trace.bytes();
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| facts(&serde_json::from_slice(line).unwrap(), fingerprint)).collect()
}

/// People are the same whatever is done to them (a test of `command` says so).
fn people(fingerprint: bool) -> &'static [Vec<Fact>] {
    static PEOPLE: [OnceLock<Vec<Vec<Fact>>>; 2] = [OnceLock::new(), OnceLock::new()];
    PEOPLE[usize::from(fingerprint)].get_or_init(|| shown("calm", "benign/", fingerprint))
}

/// Checks a scenario, apart from the fingerprint where it is about one.
fn check(scenario: &str, fingerprint: bool) {
    let attack = shown(scenario, "attack/", fingerprint);
    let found = separators([people(fingerprint), &attack]);
    assert!(found.is_empty(), "{scenario} is given away by\n{}", found.join("\n"));
}

#[test]
fn a_tool_is_told_by_its_fingerprint_alone() {
    check("vast-tool vast-tool.attempts=5000", true);
    check("one-host", true);
}

#[test]
fn a_popular_browser_is_told_by_being_popular_alone() {
    check("vast-popular vast-popular.attempts=5000", true);
    check("vast-solving vast-solving.attempts=5000", true);
    let trace = play("vast-popular", 1, 1_000, 24.0);
    let popular = trace.of("attack/")[0].agent;
    near("people who have it", share(&trace.of("benign/"), |a| a.agent == popular), 0.08, 0.03);
}

#[test]
fn an_imitator_is_not_told() {
    check("vast-people vast-people.attempts=5000", false);
    check("slow-ramp slow-ramp.attempts=5000", false);
    check("credit-buyer credit-buyer.attempts=5000", false);
}

#[test]
fn a_spray_and_guesses_at_one_account_are_not_told() {
    check("spray spray.attempts=8000", false);
    check("one-account", false);
}

#[test]
fn the_check_finds_a_value_and_a_pair_that_leak() {
    let attack = shown("vast-people vast-people.attempts=5000", "attack/", false);
    let changed = |name: &str, from: &str, to: &str, only: &str| {
        let mut attack = attack.clone();
        for line in &mut attack {
            let applies = line.iter().any(|(_, value)| value == only);
            for (_, value) in line.iter_mut().filter(|(n, v)| applies && n == name && v == from) {
                *value = to.into();
            }
        }
        separators([people(false), &attack])
    };
    assert!(changed("status", "401", "403", "401").iter().any(|found| found.contains("403")));
    // Both the language and the digit stay common; but no longer together.
    let found = changed("last digit of time", "1", "2", "\"en\"");
    assert!(found.iter().any(|found| found.contains("last digit of time")), "{found:?}");
    assert!(changed("last digit of time", "1", "1", "\"en\"").is_empty());
}

#[test]
fn outcomes_and_leaks_come_together_in_every_way_on_both_sides() {
    let trace = play("vast-people", 1, 8_000, 24.0);
    for label in ["benign/", "attack/"] {
        let all = trace.of(label);
        for status in [200, 401] {
            for (leaked, pair) in [(false, false), (true, false), (true, true)] {
                let same = |a: &Attempt| {
                    (a.status, a.password.leaked(), a.pair_leaked) == (status, leaked, pair)
                };
                assert!(share(&all, same) > 0.0, "{label} {status} {leaked} {pair}");
            }
        }
    }
}

#[test]
fn response_times_are_distributed_alike() {
    let trace = play("vast-people vast-people.attempts=5000", 1, 8_000, 24.0);
    let (people, attack) = (trace.of("benign/"), trace.of("attack/"));
    for bound in [150, 200, 250, 300, 400] {
        let below = |a: &Attempt| a.response_ms < bound;
        near(&format!("below {bound} ms"), share(&attack, below), share(&people, below), 0.02);
    }
}
