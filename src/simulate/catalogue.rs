//! The named scenarios: presets of the parameters of crowds, schools, scripts and attacks, modelled
//! on attacks and false alarms that were observed.

use super::attack::{AttackParameters, ClientDisguise, RateShape};
use super::crowd::{CrowdParameters, CrowdStart};
use super::mailing::MailingParameters;
use super::parameters::{Amount, Fraction, Parameters, StartTime, TimeSpan};
use super::people::PeopleParameters;
use super::school::SchoolParameters;
use super::script::ScriptParameters;
use super::stale::StaleParameters;

mod town;

/// The length of a trace unless the command line says another: hours.
const HOURS: f64 = 48.0;

/// A scenario: something that happens in addition to ordinary people.
pub struct Scenario {
    /// The name on the command line.
    pub name: &'static str,
    /// What happens, in a line.
    pub what: &'static str,
    /// What it adds.
    pub kind: ScenarioKind,
    /// What is different about people.
    pub people: fn(&mut PeopleParameters),
    /// The length of a trace, unless another is given: hours.
    pub hours: f64,
}

/// What a scenario adds.
pub enum ScenarioKind {
    /// Nothing.
    Calm,
    /// A rush of people.
    Crowd(CrowdParameters),
    /// A school.
    School(SchoolParameters),
    /// A broken script.
    Script(ScriptParameters),
    /// An initial password that many people got.
    Mailing(MailingParameters),
    /// Apps with an expired password.
    Stale(StaleParameters),
    /// An attack, with its label.
    Attack(&'static str, AttackParameters),
}

impl ScenarioKind {
    /// Its parameters, if it has any.
    pub fn parameters(&mut self) -> Option<&mut dyn Parameters> {
        match self {
            Self::Calm => None,
            Self::Crowd(parameters) => Some(parameters),
            Self::School(parameters) => Some(parameters),
            Self::Script(parameters) => Some(parameters),
            Self::Mailing(parameters) => Some(parameters),
            Self::Stale(parameters) => Some(parameters),
            Self::Attack(_, parameters) => Some(parameters),
        }
    }
}

/// All scenarios, in the order of `--list`.
pub fn scenarios() -> Vec<Scenario> {
    let mut all = people();
    all.extend(pools());
    all.extend(vast());
    all.extend(town::attacks());
    all.extend(town::calms());
    all
}

fn scenario(name: &'static str, what: &'static str, kind: ScenarioKind) -> Scenario {
    Scenario { name, what, kind, people: |_| (), hours: HOURS }
}

/// The scenarios without an attack.
fn people() -> Vec<Scenario> {
    let crowd = CrowdParameters::default();
    let sale = CrowdParameters {
        people: Fraction(0.3),
        half_within: TimeSpan::minutes(5.0),
        lapsed: Fraction(0.2),
        cookie_kept: Fraction(0.85),
        forgotten: Fraction(0.13),
        ..crowd.clone()
    };
    let monday = CrowdParameters {
        people: Fraction(0.25),
        starts: CrowdStart::MondayNine,
        half_within: TimeSpan::minutes(15.0),
        lapsed: Fraction(0.05),
        ..crowd.clone()
    };
    vec![
        scenario("calm", "ordinary people, nothing else", ScenarioKind::Calm),
        scenario(
            "mail-out",
            "a crowd: a newsletter brings back people who were away for long",
            ScenarioKind::Crowd(crowd),
        ),
        scenario("sale", "a crowd: people come within minutes", ScenarioKind::Crowd(sale)),
        scenario("monday-nine", "a crowd: the working week begins", ScenarioKind::Crowd(monday)),
        scenario(
            "school",
            "a school behind one address",
            ScenarioKind::School(SchoolParameters::default()),
        ),
        scenario(
            "broken-script",
            "a script repeats one wrong password, day and night",
            ScenarioKind::Script(ScriptParameters::default()),
        ),
        Scenario {
            people: |people| people.app = Fraction(0.333),
            ..scenario(
                "mobile-app",
                "a third of all people on one user-agent (people.app)",
                ScenarioKind::Calm,
            )
        },
    ]
}

macro_rules! attack {
    ($name:literal, $what:literal, { $($field:ident: $value:expr),* $(,)? }) => {
        $crate::catalogue::attack!($name, $what, AttackParameters::default(), { $($field: $value),* })
    };
    ($name:literal, $what:literal, $base:expr, { $($field:ident: $value:expr),* $(,)? }) => {
        #[allow(clippy::needless_update, reason = "a preset may name all parameters, or none")]
        $crate::catalogue::scenario($name, $what, ScenarioKind::Attack(concat!("attack/", $name), AttackParameters {
            $($field: $value,)* ..$base
        }))
    };
}

use attack;

/// Attacks from few addresses, so that the behaviour of an address tells it from people.
fn pools() -> Vec<Scenario> {
    vec![
        attack!("one-host", "one tool on one host", {
            attempts: 6_000, lasts: TimeSpan::hours(1.0), addresses: 1, ipv6: Fraction(0.0),
            fingerprint: ClientDisguise::Tool,
        }),
        attack!("few-hosts", "twelve hosts (as in Gossamer), the most popular browser", {
            attempts: 20_000, addresses: 12, ipv6: Fraction(0.0), fingerprint: ClientDisguise::Popular,
        }),
        attack!("ipv6-rotation", "a new address of one /64 for each attempt", {
            attempts: 5_000, lasts: TimeSpan::hours(1.0), per_address: Amount(1.0), prefix: 64,
            fingerprint: ClientDisguise::Tool,
        }),
        attack!("slow-pool", "300 addresses, 15 hours (as in DataDome), a tool that nobody else uses", {
            attempts: 40_000, lasts: TimeSpan::hours(15.0), addresses: 300, ipv6: Fraction(0.0),
            fingerprint: ClientDisguise::Tool,
        }),
        attack!("credit-buyer", "40 addresses earn credit with accounts of their own", {
            attempts: 20_000, lasts: TimeSpan::hours(6.0), addresses: 40, ipv6: Fraction(0.0), own_every: 11,
        }),
        attack!("spray", "few passwords at very many accounts", {
            attempts: 24_000, lasts: TimeSpan::hours(6.0), addresses: 4_000, passwords: 4, leaked: Fraction(0.75),
        }),
        attack!("one-account", "many addresses guess one account's password while its owner logs in", {
            attempts: 6_000, addresses: 1_500, accounts: 1, unknown_accounts: Fraction(0.0),
            successes: Fraction(0.002),
        }),
    ]
}

/// Attacks that use an address for one or two attempts.
fn vast() -> Vec<Scenario> {
    vec![
        attack!("vast-tool", "a vast pool, one tool that nobody else uses", { fingerprint: ClientDisguise::Tool }),
        attack!("vast-popular", "a vast pool, the most popular browser", { fingerprint: ClientDisguise::Popular }),
        attack!("vast-people", "a vast pool that imitates people", {}),
        attack!("vast-quiet", "a vast pool at a third of normal traffic, the most popular browser", {
            of_traffic: Amount(0.333), lasts: TimeSpan::hours(6.0), fingerprint: ClientDisguise::Popular,
        }),
        attack!("vast-first-minute", "a vast pool that imitates people, from the first minute", {
            starts: StartTime::After(TimeSpan(0.0)),
        }),
        attack!("slow-ramp", "a vast pool that imitates people and grows over 20 hours", {
            lasts: TimeSpan::hours(20.0), shape: RateShape::Ramp,
        }),
        attack!("residential", "a vast pool; a fifth of its addresses are people's own", {
            peoples_addresses: Fraction(0.2),
        }),
        attack!("vast-solving", "a vast pool, the most popular browser; a fifth of the bots solve challenges", {
            fingerprint: ClientDisguise::Popular, solving: Fraction(0.2),
        }),
    ]
}
