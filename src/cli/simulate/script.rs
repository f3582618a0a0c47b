//! A script that broke when a password was changed, and goes on with the old one.
//!
//! One address, one name, one wrong password, day and night: a threshold on failures sees
//! an attack, but nothing is being guessed. It is neither attack nor people, and has a
//! label of its own kind.

use super::attempt::{Attempt, millis};
use super::draw::Dice;
use super::people::addresses;
use super::people::fingerprints::Agent;
use super::people::passwords::Password;
use super::people::population::Population;
use super::settings::{Span, parameters};

parameters! {
    /// Scripts with an old password.
    pub struct ScriptParameters {
        /// How many there are, each on an address of its own
        scripts: u64 = 1, "make bars: a broken script";
        /// Time between two attempts of one
        every: Span = Span(10.0), "assumption: a monitor's interval";
    }
}

/// The script's tool among the tools.
const TOOL: Agent = Agent::Tool(3);

/// The attempts of all scripts, in order of time, without end.
pub fn attempts<'a>(
    population: &'a Population,
    parameters: &ScriptParameters,
) -> impl Iterator<Item = Attempt> + 'a {
    let mut dice = Dice::new(population.seed, "script", 0, 0);
    let (scripts, every) = (parameters.scripts.max(1), parameters.every.0.max(0.01));
    (0_u64..).map(move |turn| {
        let script = turn % scripts;
        // In turns, each a little late by chance but never past the next.
        let slot = every / scripts as f64;
        let now = (turn as f64 + dice.unit() * 0.5) * slot;
        let mut own = Dice::new(population.seed, "broken script", script, 0);
        Attempt {
            at: millis(now),
            ip: addresses::v4(&mut own),
            user: population.user(own.below(population.accounts)),
            password: Password::Own(own.bits()),
            pair_leaked: false,
            agent: TOOL,
            status: population.status(false, &mut dice),
            response_ms: population.response_ms(&mut dice),
            client: None,
            known_device: false,
            solves: false,
            label: "script/broken",
        }
    })
}
