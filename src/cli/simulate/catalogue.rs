//! The scenarios that have a name: presets of the parameters of crowds, schools, scripts
//! and attacks, after the shapes in which attacks and false alarms have been seen.

use super::attack::{AttackParameters, Disguise, Shape};
use super::crowd::{Call, CrowdParameters};
use super::people::PeopleParameters;
use super::school::SchoolParameters;
use super::script::ScriptParameters;
use super::settings::{Number, Parameters, Share, Span, Start};

/// A scenario: something that happens on top of ordinary people.
pub struct Scenario {
    /// As it is named on the command line.
    pub name: &'static str,
    /// What happens, in a line.
    pub what: &'static str,
    /// What to add to the people.
    pub kind: Kind,
}

/// What a scenario adds.
pub enum Kind {
    /// Nothing.
    Calm,
    /// People who use the mobile app.
    App(Share),
    /// A rush of people.
    Crowd(CrowdParameters),
    /// A school.
    School(SchoolParameters),
    /// A broken script.
    Script(ScriptParameters),
    /// An attack, under its label.
    Attack(&'static str, AttackParameters),
}

impl Kind {
    /// Its parameters, where it has any.
    pub fn parameters(&mut self) -> Option<&mut dyn Parameters> {
        match self {
            Self::Calm | Self::App(_) => None,
            Self::Crowd(parameters) => Some(parameters),
            Self::School(parameters) => Some(parameters),
            Self::Script(parameters) => Some(parameters),
            Self::Attack(_, parameters) => Some(parameters),
        }
    }

    /// What it changes in the people.
    pub fn adjust(&self, people: &mut PeopleParameters) {
        if let Self::App(share) = self {
            people.app = *share;
        }
    }
}

/// Every scenario, in the order in which `--list` shows them.
pub fn all() -> Vec<Scenario> {
    let mut all = people();
    all.extend(pools());
    all.extend(vast());
    all
}

fn scenario(name: &'static str, what: &'static str, kind: Kind) -> Scenario {
    Scenario { name, what, kind }
}

/// What happens without an attack.
fn people() -> Vec<Scenario> {
    let crowd = CrowdParameters::default();
    let sale = CrowdParameters {
        people: Share(0.3),
        half_within: Span::minutes(5.0),
        lapsed: Share(0.2),
        cookie_kept: Share(0.85),
        forgotten: Share(0.13),
        ..crowd.clone()
    };
    let monday = CrowdParameters {
        people: Share(0.25),
        starts: Call::MondayNine,
        half_within: Span::minutes(15.0),
        lapsed: Share(0.05),
        ..crowd.clone()
    };
    vec![
        scenario("calm", "ordinary people, nothing else", Kind::Calm),
        scenario(
            "mail-out",
            "a crowd: a newsletter brings back who was long away",
            Kind::Crowd(crowd),
        ),
        scenario("sale", "a crowd: everybody within minutes", Kind::Crowd(sale)),
        scenario("monday-nine", "a crowd: the week begins", Kind::Crowd(monday)),
        scenario(
            "school",
            "a school behind one address",
            Kind::School(SchoolParameters::default()),
        ),
        scenario(
            "broken-script",
            "a script repeats one wrong password, day and night",
            Kind::Script(ScriptParameters::default()),
        ),
        scenario(
            "mobile-app",
            "a third of all people on one user-agent (people.app)",
            Kind::App(Share(0.333)),
        ),
    ]
}

macro_rules! attack {
    ($name:literal, $what:literal, { $($field:ident: $value:expr),* $(,)? }) => {
        #[allow(clippy::needless_update, reason = "a preset may name all parameters, or none")]
        scenario($name, $what, Kind::Attack(concat!("attack/", $name), AttackParameters {
            $($field: $value,)* ..AttackParameters::default()
        }))
    };
}

/// Attacks from few enough addresses that an address can be told by what it does.
fn pools() -> Vec<Scenario> {
    vec![
        attack!("one-host", "one tool on one host", {
            attempts: 6_000, lasts: Span::hours(1.0), addresses: 1, ipv6: Share(0.0),
            fingerprint: Disguise::Tool,
        }),
        attack!("few-hosts", "twelve hosts (Gossamer's shape), the most popular browser", {
            attempts: 20_000, addresses: 12, ipv6: Share(0.0), fingerprint: Disguise::Popular,
        }),
        attack!("ipv6-rotation", "a new address of one /64 for each attempt", {
            attempts: 5_000, lasts: Span::hours(1.0), per_address: Number(1.0), prefix: 64,
            fingerprint: Disguise::Tool,
        }),
        attack!("slow-pool", "300 addresses, 15 hours (DataDome's shape), a tool of their own", {
            attempts: 40_000, lasts: Span::hours(15.0), addresses: 300, ipv6: Share(0.0),
            fingerprint: Disguise::Tool,
        }),
        attack!("credit-buyer", "40 addresses earn credit with accounts of their own", {
            attempts: 20_000, lasts: Span::hours(6.0), addresses: 40, ipv6: Share(0.0), own_every: 11,
        }),
        attack!("spray", "few passwords over very many names", {
            attempts: 24_000, lasts: Span::hours(6.0), addresses: 4_000, passwords: 4, leaked: Share(0.75),
        }),
        attack!("one-account", "many addresses guess at one account, whose owner logs in meanwhile", {
            attempts: 6_000, addresses: 1_500, accounts: 1, unknown_accounts: Share(0.0),
            successes: Share(0.002),
        }),
    ]
}

/// Attacks that spend an address on one attempt or two.
fn vast() -> Vec<Scenario> {
    vec![
        attack!("vast-tool", "a vast pool, one tool that nobody else uses", { fingerprint: Disguise::Tool }),
        attack!("vast-popular", "a vast pool, the most popular browser", { fingerprint: Disguise::Popular }),
        attack!("vast-people", "a vast pool that imitates people", {}),
        attack!("vast-quiet", "a vast pool at a third of normal traffic, the most popular browser", {
            of_traffic: Number(0.333), lasts: Span::hours(6.0), fingerprint: Disguise::Popular,
        }),
        attack!("vast-first-minute", "a vast pool that imitates people, from the first minute", {
            starts: Start::After(Span(0.0)),
        }),
        attack!("slow-ramp", "a vast pool that imitates people and grows over 20 hours", {
            lasts: Span::hours(20.0), shape: Shape::Ramp,
        }),
        attack!("residential", "a vast pool, a fifth of whose addresses are people's own", {
            peoples_addresses: Share(0.2),
        }),
        attack!("vast-solving", "a vast pool, popular browser, a fifth of the bots solve challenges", {
            fingerprint: Disguise::Popular, solving: Share(0.2),
        }),
    ]
}
