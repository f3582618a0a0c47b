//! Devices of the attacker that fail on purpose, so that known devices fail during the attack.
//!
//! Each has an account of its own and an address of its own, got in before, and gets in now and then,
//! so that it is not locked.

use super::AttackParameters;
use crate::attempt::{SimulatedAttempt, millis};
use crate::people::addresses;
use crate::people::passwords::SimulatedPassword;
use crate::people::population::Population;
use crate::random::RandomStream;

/// Every so many-th attempt of a device gets in.
const GETS_IN: u64 = 6;
/// The first of the devices' accounts among those that are reserved.
const FIRST: u64 = 1 << 42;

/// The attempts of the devices while the attack lasts, in order of time.
pub(crate) fn attempts<'a>(
    population: &'a Population,
    parameters: &'a AttackParameters,
    begins: f64,
) -> impl Iterator<Item = SimulatedAttempt> + 'a {
    let seed = population.seed;
    let devices = parameters.own_devices;
    let mut random = RandomStream::new(seed, "own devices", 0, 0);
    let every = parameters.own_devices_every.0.max(1.0) / devices.max(1) as f64;
    let ends = begins + parameters.lasts.0;
    let turns =
        (0_u64..).map(move |turn| (turn, begins + (turn as f64 + random.unit() * 0.5) * every));
    let mut random = RandomStream::new(seed, "own devices", 0, 1);
    turns.take_while(move |&(_, at)| at < ends && devices > 0).map(move |(turn, at)| {
        let (device, round) = (turn % devices, turn / devices);
        let account = population.accounts + FIRST + device;
        let mut own = RandomStream::new(seed, "own device", device, 0);
        let right = round % GETS_IN == 0;
        let password = match right {
            true => population.secret(account, 0).password,
            false => SimulatedPassword::Own(random.bits()),
        };
        SimulatedAttempt {
            at: millis(at),
            ip: addresses::any(&mut own, parameters.ipv6.0),
            user: population.user(account),
            password,
            pair_leaked: false,
            agent: population.browsers.person(&mut own),
            status: population.status(right, &mut random),
            response_ms: population.response_ms(&mut random),
            client: Some(population.client(account, 0)),
            copies: None,
            known_device: true,
            solves: false,
            endpoint: population.endpoint(account),
            label: "padding/devices",
        }
    })
}
