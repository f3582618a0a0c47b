//! Apps that go on with an expired password while their owners log in with the new one.
//!
//! Each retries one password at one account from its owner's home, day and night: enough failures of
//! an account for a rule about accounts. The owners come from anywhere. The apps are neither an
//! attack nor people, so their label says `script`.

use super::attempt::{SimulatedAttempt, millis};
use super::parameters::{Amount, TimeSpan, parameters};
use super::people::browsers::UserAgent;
use super::people::passwords::SimulatedPassword;
use super::people::population::Population;
use super::people::rhythm;
use super::people::session::Visit;
use super::random::RandomStream;

parameters! {
    /// Apps with an expired password.
    pub struct StaleParameters {
        /// Apps, each of another owner
        apps: u64 = 100, "assumption: of 12,000 people, after passwords expired";
        /// The time between two attempts of an app
        every: TimeSpan = TimeSpan::minutes(15.0), "mail clients' usual interval";
        /// Logins of an owner in a day
        owner_visits: Amount = Amount(2.0), "assumption: they work there";
    }
}

/// The first of these accounts among those that are reserved.
const FIRST: u64 = 1 << 44;

/// The attempts of all apps, in order of time. They do not end.
pub(crate) fn attempts<'a>(
    population: &'a Population,
    parameters: &StaleParameters,
) -> impl Iterator<Item = SimulatedAttempt> + 'a {
    let mut random = RandomStream::new(population.seed, "stale", 0, 0);
    let (apps, every) = (parameters.apps.max(1), parameters.every.0.max(1.0));
    (0_u64..).map(move |turn| {
        let app = turn % apps;
        let account = population.accounts + FIRST + app;
        let slot = every / apps as f64;
        SimulatedAttempt {
            at: millis((turn as f64 + random.unit() * 0.5) * slot),
            ip: population.home(account).ip,
            user: population.user(account),
            password: SimulatedPassword::Own(
                RandomStream::new(population.seed, "expired", app, 0).bits(),
            ),
            pair_leaked: false,
            agent: UserAgent::App,
            status: population.status(false, &mut random),
            response_ms: population.response_ms(&mut random),
            client: None,
            copies: None,
            known_device: false,
            solves: false,
            endpoint: population.endpoint(account),
            label: "script/stale",
        }
    })
}

/// The owners' visits, in order of time. They do not end.
pub(crate) fn owners<'a>(
    population: &'a Population,
    parameters: &StaleParameters,
) -> impl Iterator<Item = Visit> + 'a {
    let mut random = RandomStream::new(population.seed, "stale owner", 0, 0);
    let apps = parameters.apps.max(1);
    let per_second = apps as f64 * parameters.owner_visits.0 / 86400.0;
    let forgotten = population.parameters.forgotten.0;
    let mut now = 0.0;
    std::iter::from_fn(move || {
        if per_second <= 0.0 {
            return None;
        }
        loop {
            now += random.wait(1.0 / (per_second * rhythm::PEAK));
            if random.chance(rhythm::weight(now, population.parameters.rhythm.0) / rhythm::PEAK) {
                break;
            }
        }
        let account = population.accounts + FIRST + random.below(apps);
        let (ip, _) = population.origin(account, now, &mut random);
        let kept = random.chance(population.parameters.cookie_kept.0);
        let private = population.is_private(account) || !kept;
        let agent = population.agent(account);
        let client = if private { random.bits() } else { population.client(account, 0) };
        Some(Visit {
            at: now,
            account,
            ip,
            agent,
            client: (!population.is_bare(agent)).then_some(client),
            known_device: !private && !population.is_bare(agent),
            forgotten,
            label: "benign/stale-owner",
        })
    })
}
