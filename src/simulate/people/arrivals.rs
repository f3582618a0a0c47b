//! The visits of ordinary days, by the hours of the day. People come equally often, or as different
//! as their habits are.

use super::browsers::UserAgent;
use super::population::Population;
use super::rhythm;
use super::session::Visit;
use crate::random::{RandomStream, cumulative, tag};

/// The most that a person comes, relative to the mean: a few times a day.
const MOST_VISITS: f64 = 8.0;
/// After this time of a repair, logins must be as if nothing had been: seconds.
const REPAIRED: f64 = 600.0;
/// Marks the second device among a person's browsers.
const SECOND: u64 = 1 << 40;

/// Everyday visits, in order of time. They do not end.
pub(crate) struct EverydayVisits<'a> {
    population: &'a Population,
    random: RandomStream,
    now: f64,
    /// How often each person has lost their cookies.
    losses: Vec<u32>,
    /// How often people come, as running sums; empty if all come equally often.
    habits: Vec<f64>,
}

impl<'a> EverydayVisits<'a> {
    /// The visits of `population`'s people from the beginning of a trace.
    pub(crate) fn new(population: &'a Population) -> Self {
        let losses = vec![0; usize::try_from(population.people).unwrap_or(usize::MAX)];
        let spread = population.parameters.habits.0;
        let most = MOST_VISITS * (spread * spread / 2.0).exp();
        let habit = |person| {
            RandomStream::new(population.seed, "habit", person, 0).around(1.0, spread).min(most)
        };
        let habits = match spread > 0.0 {
            true => cumulative((0..population.people).map(habit)),
            false => Vec::new(),
        };
        Self {
            population,
            random: RandomStream::new(population.seed, "people", 0, 0),
            now: 0.0,
            losses,
            habits,
        }
    }

    /// The person who comes.
    fn person(&mut self) -> u64 {
        match self.habits.as_slice() {
            [] => self.random.below(self.population.people),
            habits => self.random.weighted(habits) as u64,
        }
    }

    /// How often a person forgets, relative to the others.
    fn forgets(&self, person: u64) -> f64 {
        let practice = self.population.parameters.practice.0;
        let until = |person: u64| {
            let index = usize::try_from(person).unwrap_or(usize::MAX);
            self.habits.get(index).copied().unwrap_or(0.0)
        };
        let share = until(person) - person.checked_sub(1).map_or(0.0, until);
        let visits = self.population.parameters.sessions_per_day.0;
        let a_day = share * self.population.people as f64 * visits;
        // Twice as often as somebody who comes once a day, if almost never.
        1.0 + practice * (2.0 / (1.0 + a_day) - 1.0)
    }
}

impl Iterator for EverydayVisits<'_> {
    type Item = Visit;

    fn next(&mut self) -> Option<Visit> {
        let population = self.population;
        let parameters = &population.parameters;
        let per_second = population.people as f64 * parameters.sessions_per_day.0 / 86400.0;
        if per_second <= 0.0 {
            return None;
        }
        // Thinning: candidates come at the rate of the busiest hour, and other hours keep a share.
        loop {
            self.now += self.random.wait(1.0 / (per_second * rhythm::PEAK));
            let weight = rhythm::weight(self.now, parameters.rhythm.0);
            if self.random.chance(weight / rhythm::PEAK) {
                break;
            }
        }
        let account = self.person();
        let forgotten = parameters.forgotten.0 * self.forgets(account);
        let random = &mut self.random;
        let losses = self.losses.get_mut(usize::try_from(account).ok()?)?;
        if !random.chance(parameters.cookie_kept.0) {
            *losses += 1;
        }
        let (ip, place) = population.origin(account, self.now, random);
        let device = device(population, account, random);
        let agent = agent(population, account, device, self.now);
        let private = population.is_private(account);
        let number = device | u64::from(*losses);
        let client = match (population.is_bare(agent), private) {
            (true, _) => None,
            (false, true) => Some(random.bits()),
            (false, false) => Some(population.client(account, number)),
        };
        let known = *losses == 0 && is_known(population, account, device);
        Some(Visit {
            at: self.now,
            account,
            ip,
            agent,
            client,
            known_device: known && client.is_some() && !private,
            forgotten,
            label: label(population, agent, self.now, private).unwrap_or(place),
        })
    }
}

/// The device of a visit: 0 for the first.
fn device(population: &Population, account: u64, random: &mut RandomStream) -> u64 {
    let parameters = &population.parameters;
    let share = parameters.second_device.0;
    let has = share > 0.0 && RandomStream::new(population.seed, "second", account, 0).chance(share);
    if has && random.chance(parameters.second_device_used.0) { SECOND } else { 0 }
}

/// Whether a device has a cookie from before the trace.
fn is_known(population: &Population, account: u64, device: u64) -> bool {
    let share = population.parameters.known_before.0;
    share >= 1.0 || RandomStream::new(population.seed, "known", account, device).chance(share)
}

/// The browser of a device at this time.
fn agent(population: &Population, account: u64, device: u64, at: f64) -> UserAgent {
    let parameters = &population.parameters;
    let agent = match device {
        0 => population.agent(account),
        _ => population.agent(tag(population.seed, "second", account, 1)),
    };
    let out = parameters.release_breaks.0 > 0.0 && at >= parameters.release_breaks.0;
    let updates = || {
        RandomStream::new(population.seed, "release", account, 0).chance(parameters.release_share.0)
    };
    if agent == UserAgent::App && out && updates() { UserAgent::Release } else { agent }
}

/// The label of people who are told apart by more than their place.
fn label(
    population: &Population,
    agent: UserAgent,
    at: f64,
    private: bool,
) -> Option<&'static str> {
    let parameters = &population.parameters;
    let repaired = parameters.release_breaks.0 + parameters.release_broken.0 + REPAIRED;
    match agent {
        UserAgent::Release if at >= repaired => Some("benign/repaired"),
        UserAgent::Release => Some("benign/release"),
        UserAgent::App if population.is_bare(agent) => Some("benign/app"),
        _ => private.then_some("benign/private"),
    }
}
