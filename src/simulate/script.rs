//! A script that broke when a password was changed, and continues with the old password.
//!
//! One address, one username, one wrong password, day and night: a threshold on failures sees an
//! attack, but nothing is guessed. It is neither an attack nor people, so its label says `script`.

use super::attempt::{SimulatedAttempt, millis};
use super::parameters::{TimeSpan, parameters};
use super::people::addresses;
use super::people::browsers::UserAgent;
use super::people::passwords::SimulatedPassword;
use super::people::population::Population;
use super::random::RandomStream;

parameters! {
    /// Scripts with an old password.
    pub struct ScriptParameters {
        /// The number of scripts, each at its own address
        scripts: u64 = 1, "make bars: a broken script";
        /// The time between two attempts of a script
        every: TimeSpan = TimeSpan(10.0), "assumption: a monitor's interval";
    }
}

/// The tool that scripts use.
const TOOL: UserAgent = UserAgent::Tool(3);

/// The attempts of all scripts, in order of time. They do not end.
pub(crate) fn attempts<'a>(
    population: &'a Population,
    parameters: &ScriptParameters,
) -> impl Iterator<Item = SimulatedAttempt> + 'a {
    let mut random = RandomStream::new(population.seed, "script", 0, 0);
    let (scripts, every) = (parameters.scripts.max(1), parameters.every.0.max(0.01));
    (0_u64..).map(move |turn| {
        let script = turn % scripts;
        // Scripts take turns. Each attempt is late at random, but never after the next one.
        let slot = every / scripts as f64;
        let now = (turn as f64 + random.unit() * 0.5) * slot;
        let mut own = RandomStream::new(population.seed, "broken script", script, 0);
        SimulatedAttempt {
            at: millis(now),
            ip: addresses::v4(&mut own),
            user: population.user(own.below(population.accounts)),
            password: SimulatedPassword::Own(own.bits()),
            pair_leaked: false,
            agent: TOOL,
            status: population.status(false, &mut random),
            response_ms: population.response_ms(&mut random),
            client: None,
            copies: None,
            endpoint: 0,
            known_device: false,
            solves: false,
            label: "script/broken",
        }
    })
}
