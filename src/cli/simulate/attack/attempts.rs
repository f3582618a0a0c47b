//! An attack's attempts: its pace, pool and list put together.

use super::list::List;
use super::pace::Pace;
use super::pool::Pool;
use super::{AttackParameters, Disguise};
use crate::simulate::attempt::{Attempt, millis};
use crate::simulate::draw::{Dice, tag};
use crate::simulate::people::fingerprints::{Agent, TOOLS};
use crate::simulate::people::population::Population;

/// The attempts of the attack `name`, in order of time.
pub fn attempts<'a>(
    population: &'a Population,
    parameters: &'a AttackParameters,
    name: &'static str,
    begins: f64,
) -> impl Iterator<Item = Attempt> + 'a {
    let seed = population.seed;
    let count = parameters.count(population.people, &population.parameters);
    let pool = Pool::new(population, parameters, name, count);
    let mut list = List::new(population, parameters, name, count);
    let mut dice = Dice::new(seed, name, 0, 0);
    let tool = Agent::Tool(tool(seed, name));
    let pace = Pace::new(parameters, begins, count, Dice::new(seed, name, 0, 1));
    (0_u64..).zip(pace).map(move |(index, at)| {
        let bot = pool.bot(index);
        let tried = list.at(index, &mut dice);
        let leaked = tried.password.leaked();
        let pairs = parameters.leaked_pairs.0 / parameters.leaked.0.max(0.001);
        Attempt {
            at: millis(at),
            ip: bot.ip,
            user: tried.user,
            password: tried.password,
            pair_leaked: leaked && dice.chance(pairs),
            agent: match parameters.fingerprint {
                Disguise::Tool => tool,
                Disguise::Popular => Agent::Browser(0),
                Disguise::People => population.fingerprints.person(&mut dice),
            },
            status: population.status(tried.right, &mut dice),
            response_ms: population.response_ms(&mut dice),
            client: bot.client,
            known_device: false,
            solves: bot.solves,
            label: name,
        }
    })
}

/// Which tool an attack uses. The last is left to scripts, which are no attack.
fn tool(seed: u64, name: &str) -> usize {
    let attackers = TOOLS.len() - 1;
    usize::try_from(tag(seed, name, 0, 8) % attackers as u64).unwrap_or(0)
}
