//! Written lines do not reveal their labels.
//!
//! Checked on the bytes of every scenario. Address, username, cookies and whether challenges are
//! solved may differ between attacks and people, and so may the fingerprint if the scenario is
//! about a tool or one browser. Of everything else (values, the order and presence of fields, the
//! format of numbers), no frequent feature and no frequent pair of features may occur on one side
//! only. Random features (parts of seconds, response times) are equally frequent on both sides.

mod line;
mod sides;

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;
use crate::attack::{AttackParameters, ClientDisguise};
use crate::catalogue::{self, ScenarioKind};
use crate::parameters::Fraction;
use crate::people::PeopleParameters;
use line::{LineFeature, facts};
use sides::separators;

/// The fields that a scenario is about.
type About = Vec<&'static str>;

/// The features of the lines with this label, in a trace of 8,000 people over a day; of 4,000 in the
/// town, which has more scenarios.
fn shown(scenario: &str, label: &str, about: &About) -> Vec<Vec<LineFeature>> {
    let people = if in_town(scenario) { 4_000 } else { 8_000 };
    let mut trace = simulate(scenario, 1, people, 24.0);
    trace.attempts.retain(|attempt| attempt.label.starts_with(label));
    let text = String::from_utf8(trace.bytes()).unwrap();
    text.lines().map(|line| facts(line, about)).collect()
}

/// Whether a scenario's people are those of the town.
fn in_town(scenario: &str) -> bool {
    let name = scenario.split(' ').next();
    let found = catalogue::scenarios().into_iter().find(|known| Some(known.name) == name).unwrap();
    let mut people = PeopleParameters::default();
    (found.people)(&mut people);
    people.habits.0 > 0.0
}

/// The features of people. An attack does not change them (a test in `written` checks it).
fn people(calm: &str, about: &About) -> Vec<Vec<LineFeature>> {
    type Known = BTreeMap<(String, About), Vec<Vec<LineFeature>>>;
    static PEOPLE: Mutex<Known> = Mutex::new(BTreeMap::new());
    let mut known = PEOPLE.lock().unwrap();
    let shown = || shown(calm, "benign/", about);
    known.entry((calm.to_owned(), about.clone())).or_insert_with(shown).clone()
}

/// An attack, small enough to be checked in seconds.
struct SmallAttack {
    /// Its scenario and settings.
    scenario: String,
    /// A trace of the same people without it.
    calm: &'static str,
    /// What it is about, and so must differ.
    about: About,
}

/// Every attack of the catalogue; one of those that differ in their share of the traffic alone.
fn attacks() -> Vec<SmallAttack> {
    let mut known: Vec<AttackParameters> = Vec::new();
    let mut all = Vec::new();
    for scenario in catalogue::scenarios() {
        let ScenarioKind::Attack(_, parameters) = &scenario.kind else { continue };
        let alike = AttackParameters { share: Fraction(0.0), ..parameters.clone() };
        if scenario.hours > 48.0 && known.contains(&alike) {
            continue;
        }
        known.push(alike);
        let name = scenario.name;
        let mut people = PeopleParameters::default();
        (scenario.people)(&mut people);
        let calm = match (people.habits.0 > 0.0, people.endpoints) {
            (false, _) => "calm",
            (true, 1) => "town",
            (true, _) => "town people.endpoints=8",
        };
        let text = match people.habits.0 > 0.0 {
            false => format!("{name} {name}.attempts=5000"),
            true => format!(
                "{name} {name}.attempts=3000 {name}.share=0 {name}.starts=2h {name}.lasts=20h"
            ),
        };
        all.push(SmallAttack { scenario: text, calm, about: about(parameters) });
    }
    all
}

/// What an attack is about: a fingerprint, passwords in no filter, attempts that never succeed, or a
/// few passwords that nobody has.
fn about(parameters: &AttackParameters) -> About {
    let fresh = parameters.leaked.0 == 0.0;
    let never = parameters.successes.0 == 0.0 || fresh && parameters.passwords > 0;
    let fields: [(bool, &[&str]); 3] = [
        (parameters.fingerprint != ClientDisguise::People, &["headers"]),
        (fresh, &["breached", "pair_breached", "password_sha1"]),
        (never, &["status"]),
    ];
    fields.iter().filter(|(is_about, _)| *is_about).flat_map(|(_, names)| *names).copied().collect()
}

#[test]
fn written_lines_do_not_reveal_attacks() {
    let attacks = attacks();
    assert!(attacks.len() >= 30);
    for SmallAttack { scenario, calm, about } in attacks {
        let attack = shown(&scenario, "attack/", &about);
        let found = separators([&people(calm, &about), &attack]);
        assert!(found.is_empty(), "{scenario} is revealed by\n{}", found.join("\n"));
    }
}

#[test]
fn popular_browser_is_used_by_people() {
    let trace = simulate("vast-popular", 1, 1_000, 24.0);
    let popular = trace.of("attack/")[0].agent;
    near("people who have it", share(&trace.of("benign/"), |a| a.agent == popular), 0.08, 0.03);
}

#[test]
fn check_finds_a_revealing_value_and_a_revealing_pair() {
    let attack = shown("vast-people vast-people.attempts=5000", "attack/", &Vec::new());
    let changed = |name: &str, from: &str, to: &str, only: &str| {
        let mut attack = attack.clone();
        for line in &mut attack {
            let applies = line.iter().any(|(_, value)| value == only);
            for (_, value) in line.iter_mut().filter(|(n, v)| applies && n == name && v == from) {
                *value = to.into();
            }
        }
        separators([&people("calm", &Vec::new()), &attack])
    };
    assert!(changed("status", "401", "403", "401").iter().any(|found| found.contains("403")));
    // Language and digit stay common, but no longer as a pair.
    let found = changed("last digit of time", "1", "2", "\"en\"");
    assert!(found.iter().any(|found| found.contains("last digit of time")), "{found:?}");
    assert!(changed("last digit of time", "1", "1", "\"en\"").is_empty());
}

#[test]
fn check_finds_moved_fields_and_rounded_times() {
    let text = String::from_utf8(simulate("calm", 1, 2_000, 24.0).bytes()).unwrap();
    let side = |change: fn(&str) -> String| -> Vec<Vec<LineFeature>> {
        text.lines().map(|line| facts(&change(line), &[])).collect()
    };
    let found = |change| separators([&side(str::to_owned), &side(change)]).join("\n");
    assert_eq!(found(str::to_owned), "");
    let moved = |line: &str| {
        line.replace(
            r#""host":"example.com","method":"POST""#,
            r#""method":"POST","host":"example.com""#,
        )
    };
    assert!(found(moved).contains("form"));
    assert!(found(|line| line.replace(r#""pair_breached":false,"#, "")).contains("form"));
    assert!(found(|line| line.replace(",\"ip\"", "000,\"ip\"")).contains("form"));
    // People's times have this digit, too, but less often.
    let round = found(|line| line.replace("1,\"ip\"", "2,\"ip\""));
    assert!(round.contains("more often: (\"last digit of time\", \"2\")"), "{round}");
}

#[test]
fn attacks_and_people_have_every_combination_of_outcome_and_leak() {
    let trace = simulate("vast-people", 1, 8_000, 24.0);
    for label in ["benign/", "attack/"] {
        let all = trace.of(label);
        for status in [200, 401] {
            for (leaked, pair) in [(false, false), (true, false), (true, true)] {
                let same = |a: &SimulatedAttempt| {
                    (a.status, a.password.leaked(), a.pair_leaked) == (status, leaked, pair)
                };
                assert!(share(&all, same) > 0.0, "{label} {status} {leaked} {pair}");
            }
        }
    }
}
