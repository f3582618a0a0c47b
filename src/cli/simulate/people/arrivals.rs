//! Who comes when on an ordinary day: everybody about as often, at the hours of the day.

use super::population::Population;
use super::session::Visit;
use super::{addresses, rhythm};
use crate::simulate::draw::Dice;

/// Everyday visits, in order of time, without end.
pub struct Arrivals<'a> {
    population: &'a Population,
    dice: Dice,
    now: f64,
    /// How often each person has lost the cookies.
    losses: Vec<u32>,
}

impl<'a> Arrivals<'a> {
    /// The visits of `population`'s people from the beginning of a trace.
    pub fn new(population: &'a Population) -> Self {
        let losses = vec![0; usize::try_from(population.people).unwrap_or(usize::MAX)];
        Self { population, dice: Dice::new(population.seed, "people", 0, 0), now: 0.0, losses }
    }
}

impl Iterator for Arrivals<'_> {
    type Item = Visit;

    fn next(&mut self) -> Option<Visit> {
        let (population, dice) = (self.population, &mut self.dice);
        let parameters = &population.parameters;
        let per_second = population.people as f64 * parameters.sessions_per_day.0 / 86400.0;
        if per_second <= 0.0 {
            return None;
        }
        // Candidates as often as at the busiest hour, of which quieter hours keep a part.
        loop {
            self.now += dice.wait(1.0 / (per_second * rhythm::PEAK));
            if dice.chance(rhythm::weight(self.now, parameters.rhythm.0) / rhythm::PEAK) {
                break;
            }
        }
        let account = dice.below(population.people);
        let losses = self.losses.get_mut(usize::try_from(account).ok()?)?;
        if !dice.chance(parameters.cookie_kept.0) {
            *losses += 1;
        }
        let at_home = dice.chance(parameters.same_address.0);
        let place = if at_home { population.home(account) } else { population.away(dice) };
        let label = match (place.shared, at_home) {
            (true, _) => "benign/shared",
            (false, true) => "benign/home",
            (false, false) => "benign/away",
        };
        Some(Visit {
            at: self.now,
            account,
            ip: addresses::rotated(place.ip, 64, dice),
            agent: population.agent(account),
            client: population.client(account, u64::from(*losses)),
            known_device: *losses == 0,
            forgotten: parameters.forgotten.0,
            label,
        })
    }
}
