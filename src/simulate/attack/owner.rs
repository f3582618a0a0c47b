//! The owner of an account under attack, who continues to log in from a known device.
//!
//! Owners have a label of their own, because a policy must never stop them.

use super::AttackParameters;
use super::credentials::attacked;
use crate::people::addresses;
use crate::people::population::Population;
use crate::people::session::Visit;
use crate::random::RandomStream;

/// The owners' visits during the attack, in order of time.
pub(crate) fn visits<'a>(
    population: &'a Population,
    parameters: &'a AttackParameters,
    begins: f64,
) -> impl Iterator<Item = Visit> + 'a {
    let mut random = RandomStream::new(population.seed, "owner", 0, 0);
    let owners = parameters.accounts;
    let every = parameters.owner_every.0.max(1.0) / owners.max(1) as f64;
    let ends = begins + parameters.lasts.0;
    let mut now = begins;
    std::iter::from_fn(move || {
        now += random.wait(every);
        let account = attacked(population, parameters, random.below(owners));
        let ip = addresses::rotated(population.home(account).ip, 64, &mut random);
        let visit = Visit {
            at: now,
            account,
            ip,
            agent: population.agent(account),
            client: Some(population.client(account, 0)),
            known_device: true,
            forgotten: 0.0,
            label: "benign/owner",
        };
        (now < ends && owners > 0).then_some(visit)
    })
}
