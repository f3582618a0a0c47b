//! The owner of an account under attack, who goes on logging in on a known device.
//!
//! Has a label of its own: whatever is done about the attack, this person is never stopped.

use super::AttackParameters;
use super::list::attacked;
use crate::simulate::draw::Dice;
use crate::simulate::people::addresses;
use crate::simulate::people::population::Population;
use crate::simulate::people::session::Visit;

/// The owners' visits during the attack, in order of time.
pub fn visits<'a>(
    population: &'a Population,
    parameters: &'a AttackParameters,
    begins: f64,
) -> impl Iterator<Item = Visit> + 'a {
    let mut dice = Dice::new(population.seed, "owner", 0, 0);
    let owners = parameters.accounts;
    let every = parameters.owner_every.0.max(1.0) / owners.max(1) as f64;
    let ends = begins + parameters.lasts.0;
    let mut now = begins;
    std::iter::from_fn(move || {
        now += dice.wait(every);
        let account = attacked(population, parameters, dice.below(owners));
        let ip = addresses::rotated(population.home(account).ip, 64, &mut dice);
        let visit = Visit {
            at: now,
            account,
            ip,
            agent: population.agent(account),
            client: population.client(account, 0),
            known_device: true,
            forgotten: 0.0,
            label: "benign/owner",
        };
        (now < ends && owners > 0).then_some(visit)
    })
}
