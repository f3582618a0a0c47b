//! The addresses of an attack, and the bots behind them.

use std::net::IpAddr;

use super::AttackParameters;
use crate::simulate::draw::{Dice, Shuffle, tag};
use crate::simulate::people::addresses;
use crate::simulate::people::population::Population;

/// One bot.
pub struct Bot {
    /// Its address.
    pub ip: IpAddr,
    /// Its cookie jar: only one that solves challenges has a use for one.
    pub client: Option<u64>,
    /// Whether it solves challenges.
    pub solves: bool,
}

/// All bots of an attack. Each makes about as many attempts as any other, in no order.
pub struct Pool<'a> {
    population: &'a Population,
    parameters: &'a AttackParameters,
    name: &'static str,
    addresses: u64,
    attempts: u64,
    turns: Shuffle,
    prefix: Option<(IpAddr, u32)>,
}

impl<'a> Pool<'a> {
    /// The bots of the attack `name`, which makes so many `attempts`.
    pub fn new(
        population: &'a Population,
        parameters: &'a AttackParameters,
        name: &'static str,
        attempts: u64,
    ) -> Self {
        let seed = population.seed;
        let bits = u32::try_from(parameters.prefix).unwrap_or(128);
        let prefix = || (addresses::v6(&mut Dice::new(seed, name, 0, 2)), bits);
        Self {
            population,
            parameters,
            name,
            addresses: parameters.spread(attempts),
            attempts,
            turns: Shuffle::new(tag(seed, name, 0, 3), attempts),
            prefix: (bits > 0).then(prefix),
        }
    }

    /// The bot that makes the attempt of this index.
    pub fn bot(&self, attempt: u64) -> Bot {
        let turn = u128::from(self.turns.at(attempt));
        let index = turn * u128::from(self.addresses) / u128::from(self.attempts.max(1));
        let index = u64::try_from(index).unwrap_or(0);
        let (population, parameters) = (self.population, self.parameters);
        let mut dice = Dice::new(population.seed, self.name, index, 4);
        let ip = match self.prefix {
            Some((prefix, bits)) => addresses::rotated(prefix, bits, &mut dice),
            None if dice.chance(parameters.peoples_addresses.0) => {
                population.home(dice.below(population.people)).ip
            }
            None => addresses::any(&mut dice, parameters.ipv6.0),
        };
        let solves = dice.chance(parameters.solving.0);
        Bot { ip, client: solves.then(|| dice.bits()), solves }
    }
}
