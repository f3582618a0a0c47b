//! The bots of an attack and their addresses.

use std::net::IpAddr;

use super::AttackParameters;
use crate::people::addresses;
use crate::people::population::Population;
use crate::random::{Permutation, RandomStream, tag};

/// A bot.
pub(crate) struct Bot {
    /// Its address.
    pub ip: IpAddr,
    /// Its browser, if it keeps cookies: only bots that solve challenges do.
    pub client: Option<u64>,
    /// Whether it solves challenges.
    pub solves: bool,
}

/// All bots of an attack. Each makes about the same number of attempts, in random order.
pub(crate) struct BotPool<'a> {
    population: &'a Population,
    parameters: &'a AttackParameters,
    name: &'static str,
    addresses: u64,
    attempts: u64,
    turns: Permutation,
    prefix: Option<(IpAddr, u32)>,
}

impl<'a> BotPool<'a> {
    /// The bots of the attack `name`, which makes so many `attempts`.
    pub(crate) fn new(
        population: &'a Population,
        parameters: &'a AttackParameters,
        name: &'static str,
        attempts: u64,
    ) -> Self {
        let seed = population.seed;
        let bits = u32::try_from(parameters.prefix).unwrap_or(128);
        let prefix = || (addresses::v6(&mut RandomStream::new(seed, name, 0, 2)), bits);
        Self {
            population,
            parameters,
            name,
            addresses: parameters.spread(attempts),
            attempts,
            turns: Permutation::new(tag(seed, name, 0, 3), attempts),
            prefix: (bits > 0).then(prefix),
        }
    }

    /// The bot that makes the attempt of this index.
    pub(crate) fn bot(&self, attempt: u64, visit: &mut RandomStream) -> Bot {
        let turn = u128::from(self.turns.at(attempt));
        let index = turn * u128::from(self.addresses) / u128::from(self.attempts.max(1));
        let index = u64::try_from(index).unwrap_or(0);
        let (population, parameters) = (self.population, self.parameters);
        let mut random = RandomStream::new(population.seed, self.name, index, 4);
        let carrier = parameters.through_carrier.0;
        let ip = match self.prefix {
            // Another address at each attempt, as people there.
            _ if carrier > 0.0 && random.chance(carrier) => population.carrier_address(visit),
            Some((prefix, bits)) => addresses::rotated(prefix, bits, &mut random),
            None if random.chance(parameters.peoples_addresses.0) => {
                population.home(random.below(population.people)).ip
            }
            None => addresses::any(&mut random, parameters.ipv6.0),
        };
        let solves = random.chance(parameters.solving.0);
        Bot { ip, client: solves.then(|| random.bits()), solves }
    }
}
