//! The visits of ordinary days: all people come about equally often, by the hours of the day.

use super::population::Population;
use super::session::Visit;
use super::{addresses, rhythm};
use crate::random::RandomStream;

/// Everyday visits, in order of time. They do not end.
pub(crate) struct EverydayVisits<'a> {
    population: &'a Population,
    random: RandomStream,
    now: f64,
    /// How often each person has lost their cookies.
    losses: Vec<u32>,
}

impl<'a> EverydayVisits<'a> {
    /// The visits of `population`'s people from the beginning of a trace.
    pub(crate) fn new(population: &'a Population) -> Self {
        let losses = vec![0; usize::try_from(population.people).unwrap_or(usize::MAX)];
        Self {
            population,
            random: RandomStream::new(population.seed, "people", 0, 0),
            now: 0.0,
            losses,
        }
    }
}

impl Iterator for EverydayVisits<'_> {
    type Item = Visit;

    fn next(&mut self) -> Option<Visit> {
        let (population, random) = (self.population, &mut self.random);
        let parameters = &population.parameters;
        let per_second = population.people as f64 * parameters.sessions_per_day.0 / 86400.0;
        if per_second <= 0.0 {
            return None;
        }
        // Thinning: candidates come at the rate of the busiest hour, and other hours keep a share.
        loop {
            self.now += random.wait(1.0 / (per_second * rhythm::PEAK));
            if random.chance(rhythm::weight(self.now, parameters.rhythm.0) / rhythm::PEAK) {
                break;
            }
        }
        let account = random.below(population.people);
        let losses = self.losses.get_mut(usize::try_from(account).ok()?)?;
        if !random.chance(parameters.cookie_kept.0) {
            *losses += 1;
        }
        let at_home = random.chance(parameters.same_address.0);
        let location = if at_home { population.home(account) } else { population.away(random) };
        let label = match (location.shared, at_home) {
            (true, _) => "benign/shared",
            (false, true) => "benign/home",
            (false, false) => "benign/away",
        };
        Some(Visit {
            at: self.now,
            account,
            ip: addresses::rotated(location.ip, 64, random),
            agent: population.agent(account),
            client: population.client(account, u64::from(*losses)),
            known_device: *losses == 0,
            forgotten: parameters.forgotten.0,
            label,
        })
    }
}
