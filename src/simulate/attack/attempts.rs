//! The attempts of an attack: its schedule, its bots and its credentials combined.

use super::credentials::CredentialList;
use super::pool::BotPool;
use super::schedule::AttackSchedule;
use super::{AttackParameters, ClientDisguise};
use crate::attempt::{SimulatedAttempt, millis};
use crate::people::browsers::{TOOLS, UserAgent};
use crate::people::population::Population;
use crate::random::{RandomStream, tag};

/// The attempts of the attack `name`, in order of time.
pub(crate) fn attempts<'a>(
    population: &'a Population,
    parameters: &'a AttackParameters,
    name: &'static str,
    begins: f64,
) -> impl Iterator<Item = SimulatedAttempt> + 'a {
    let seed = population.seed;
    let count = parameters.padded(parameters.count(population.people, &population.parameters));
    let pool = BotPool::new(population, parameters, name, count);
    let mut credentials = CredentialList::new(population, parameters, name, count);
    let mut random = RandomStream::new(seed, name, 0, 0);
    let tool = UserAgent::Tool(tool(seed, name));
    let schedule =
        AttackSchedule::new(parameters, begins, count, RandomStream::new(seed, name, 0, 1));
    (0_u64..).zip(schedule).map(move |(index, at)| {
        let bot = pool.bot(index, &mut random);
        let tried = credentials.at(index, &mut random);
        let leaked = tried.password.leaked();
        let pairs = parameters.leaked_pairs.0 / parameters.leaked.0.max(0.001);
        SimulatedAttempt {
            at: millis(at),
            ip: bot.ip,
            user: tried.user,
            password: tried.password,
            pair_leaked: leaked && random.chance(pairs),
            agent: match parameters.fingerprint {
                ClientDisguise::Tool => tool,
                ClientDisguise::Popular => UserAgent::Browser(0),
                ClientDisguise::People => population.browsers.person(&mut random),
            },
            status: population.status(tried.right, &mut random),
            response_ms: population.response_ms(&mut random),
            client: bot.client.or_else(|| tried.victim.map(|_| random.bits())),
            copies: tried.victim.map(|victim| population.client(victim, 0)),
            known_device: false,
            solves: bot.solves,
            endpoint: match population.parameters.endpoints {
                0 | 1 => 0,
                endpoints => random.below(endpoints),
            },
            label: tried.padding.unwrap_or(name),
        }
    })
}

/// The tool that an attack uses. The last tool is reserved for scripts.
fn tool(seed: u64, name: &str) -> usize {
    let attackers = TOOLS.len() - 1;
    usize::try_from(tag(seed, name, 0, 8) % attackers as u64).unwrap_or(0)
}
