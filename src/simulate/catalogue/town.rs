//! Attacks and calm days among people as they are on most sites (`PeopleParameters::town`): attacks
//! that keep below what the default rules watch, and software and mailings that look like attacks.
//!
//! People come for five days, so that what is learnt of them is there; what is watched happens on
//! the sixth. Attackers have people's fingerprints and hours, and one attempt an address.

use super::{Scenario, ScenarioKind, attack, scenario};
use crate::attack::{AttackParameters, ClientDisguise, RateShape};
use crate::mailing::MailingParameters;
use crate::parameters::{Amount, Fraction, StartTime, TimeSpan};
use crate::people::PeopleParameters;
use crate::stale::StaleParameters;

/// Six days.
const HOURS: f64 = 144.0;
/// When what is watched begins.
const SIXTH_DAY: StartTime = StartTime::After(TimeSpan::hours(120.0));
/// Passwords of a fresh breach are in no filter.
const FRESH: Fraction = Fraction(0.0);

/// All attacks of the town.
pub(super) fn attacks() -> Vec<Scenario> {
    let mut all = lists();
    all.extend(hidden());
    all.extend(narrow());
    all
}

fn in_town(scenario: Scenario) -> Scenario {
    Scenario { people: |people| *people = PeopleParameters::town(), hours: HOURS, ..scenario }
}

macro_rules! town {
    ($name:literal, $what:literal, { $($field:ident: $value:expr),* $(,)? }) => {
        in_town(attack!($name, $what, quiet(), { $($field: $value),* }))
    };
}

/// A list of a day, from people's fingerprints, at people's hours, one attempt an address.
fn quiet() -> AttackParameters {
    AttackParameters {
        lasts: TimeSpan::hours(24.0),
        starts: SIXTH_DAY,
        shape: RateShape::People,
        per_address: Amount(1.0),
        fingerprint: ClientDisguise::People,
        successes: Fraction(0.02),
        ..AttackParameters::default()
    }
}

/// Lists of names and passwords, as shares of the traffic.
fn lists() -> Vec<Scenario> {
    const HALF: Fraction = Fraction(0.5);
    vec![
        town!("fresh-3", "a fresh breach, its passwords in no filter, at 3 % of all traffic", {
            leaked: FRESH, share: Fraction(0.03),
        }),
        town!("fresh-10", "the same at 10 %", { leaked: FRESH, share: Fraction(0.10) }),
        town!("fresh-30", "the same at 30 %", { leaked: FRESH, share: Fraction(0.30) }),
        town!("fresh-60", "the same at 60 %", { leaked: FRESH, share: Fraction(0.60) }),
        town!("fresh-hits", "a fresh breach of which one in twenty gets in, at 8 %", {
            leaked: FRESH, share: Fraction(0.08), successes: Fraction(0.05),
        }),
        town!("half-10", "half of the passwords are in a filter, at 10 %", {
            leaked: HALF, share: Fraction(0.10),
        }),
        town!("half-30", "the same at 30 %", { leaked: HALF, share: Fraction(0.30) }),
        town!("half-60", "the same at 60 %", { leaked: HALF, share: Fraction(0.60) }),
        town!("leaked-3", "a leaked list at 3 %", { share: Fraction(0.03) }),
    ]
}

/// Attacks that hide in what else the attacker sends, or in where it comes from.
fn hidden() -> Vec<Scenario> {
    vec![
        town!("own-between-6", "a leaked list at 6 %, and as many logins to an account of the attacker", {
            share: Fraction(0.06), own: Fraction(0.5), own_accounts: 1,
        }),
        town!("own-between-18", "the same at 18 %", {
            share: Fraction(0.18), own: Fraction(0.5), own_accounts: 1,
        }),
        town!("junk-between-6", "a leaked list at 6 %, and as many attempts at random", {
            share: Fraction(0.06), junk: Fraction(0.5),
        }),
        town!("junk-between-18", "the same at 18 %", { share: Fraction(0.18), junk: Fraction(0.5) }),
        town!("under-limits", "400 addresses below every limit, 20 attempts a day each, half of them to one own account", {
            attempts: 4_000, addresses: 400, own: Fraction(0.5), own_accounts: 1,
        }),
        town!("carrier-attack", "a leaked list at 7 %, through the addresses of people's carrier", {
            share: Fraction(0.07), through_carrier: Fraction(1.0),
        }),
        Scenario {
            people: |people| {
                *people = PeopleParameters { endpoints: 8, ..PeopleParameters::town() };
            },
            ..town!("eight-endpoints", "a leaked list at 7 %, over eight login locations", {
                share: Fraction(0.07),
            })
        },
        town!("own-devices", "a fresh breach at 30 %, and fifty devices of the attacker fail on purpose", {
            leaked: FRESH, share: Fraction(0.30), own_devices: 50,
        }),
    ]
}

/// Attacks on few accounts, with few passwords, on a small site, or with stolen cookies.
fn narrow() -> Vec<Scenario> {
    let small = |scenario| Scenario { hours: 312.0, ..scenario };
    let after_twelve_days = StartTime::After(TimeSpan::hours(288.0));
    vec![
        town!("slow-spray", "40 passwords in no filter, in turn, from 18,000 addresses in four days", {
            attempts: 18_000, leaked: FRESH, passwords: 40, in_turn: 1,
            starts: StartTime::After(TimeSpan::hours(48.0)), lasts: TimeSpan::hours(96.0),
        }),
        town!("password-a-day", "one password in no filter a day, at 200 accounts", {
            attempts: 1_000, leaked: FRESH, passwords: 5,
            starts: StartTime::After(TimeSpan::hours(24.0)), lasts: TimeSpan::hours(120.0),
        }),
        town!("one-mailbox", "one account under 1,500 spellings of its mail address", {
            attempts: 6_000, addresses: 1_500, accounts: 1, spellings: 1_500, leaked: Fraction(0.2),
            unknown_accounts: Fraction(0.0), successes: Fraction(0.002),
        }),
        small(town!("small-site", "500 attempts in a day with a leaked list (for --people 40)", {
            attempts: 500, starts: after_twelve_days,
        })),
        small(town!("small-site-fresh", "the same with a fresh breach", {
            attempts: 500, leaked: FRESH, starts: after_twelve_days,
        })),
        town!("stolen-cookies", "logs of infostealers: passwords with their owners' cookies, from elsewhere", {
            attempts: 500, stolen: Fraction(1.0), leaked: FRESH, successes: Fraction(0.5),
        }),
    ]
}

/// Days without an attack that look like one, and people beside an attack.
pub(super) fn calms() -> Vec<Scenario> {
    let mailed = MailingParameters::default();
    let exam = MailingParameters {
        people: 800,
        half_within: TimeSpan::minutes(10.0),
        wrong: Fraction(0.9),
        knows_own: Fraction(0.9),
        resets: Fraction(0.05),
        ..mailed.clone()
    };
    vec![
        in_town(scenario(
            "town",
            "people as they are on most sites, nothing else",
            ScenarioKind::Calm,
        )),
        Scenario {
            people: |people| {
                let breaks = TimeSpan::hours(121.0);
                *people = PeopleParameters {
                    app: Fraction(0.2),
                    release_breaks: breaks,
                    ..PeopleParameters::town()
                };
            },
            ..in_town(scenario(
                "broken-release",
                "a release of an app, whose logins all fail for three hours",
                ScenarioKind::Calm,
            ))
        },
        in_town(scenario(
            "mailed-password",
            "one wrong initial password is mailed to 5,000 people",
            ScenarioKind::Mailing(mailed),
        )),
        in_town(scenario(
            "exam",
            "one initial password in an exam, which most have changed before",
            ScenarioKind::Mailing(exam),
        )),
        in_town(scenario(
            "stale-apps",
            "100 apps go on with an expired password, their owners log in",
            ScenarioKind::Stale(StaleParameters::default()),
        )),
        Scenario {
            people: |people| {
                *people = PeopleParameters {
                    typo: Fraction(0.2),
                    forgotten: Fraction(0.25),
                    ..PeopleParameters::town()
                };
            },
            ..in_town(scenario("half-fail", "half of all logins fail, always", ScenarioKind::Calm))
        },
        town!("junk-siege", "a siege by junk: leaked passwords for names at random, half of all traffic", {
            share: Fraction(0.5), unknown_accounts: Fraction(1.0), successes: Fraction(0.0),
        }),
        Scenario {
            people: |people| {
                *people =
                    PeopleParameters { known_before: Fraction(0.0), ..PeopleParameters::town() };
            },
            hours: 24.0,
            ..town!("first-day", "a leaked list at 30 %, on the first day, with nothing learnt", {
                share: Fraction(0.30), starts: StartTime::After(TimeSpan(0.0)),
            })
        },
    ]
}
