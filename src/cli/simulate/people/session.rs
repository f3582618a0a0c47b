//! What happens between sitting down to log in and being in, or giving up.
//!
//! Most people are in at once; some mistype, some have forgotten the password and try those
//! that they use elsewhere, some of these then reset it. (StopGuessing models people so.)

use std::net::IpAddr;

use super::fingerprints::Agent;
use super::passwords::Password;
use super::population::{Population, Secret};
use crate::simulate::attempt::{Attempt, TROUBLE, millis};
use crate::simulate::draw::Dice;

/// The most wrong tries of one session: by then people look for help.
const PATIENCE: usize = 12;

/// Somebody who sits down to log in.
pub struct Visit {
    /// Seconds since the trace began.
    pub at: f64,
    /// Whose account.
    pub account: u64,
    /// From where.
    pub ip: IpAddr,
    /// On what.
    pub agent: Agent,
    /// In which browser.
    pub client: u64,
    /// Whether it holds a device cookie of that account from before the trace.
    pub known_device: bool,
    /// How likely it is that the password is forgotten.
    pub forgotten: f64,
    /// What to call the attempts.
    pub label: &'static str,
}

/// The attempts of one visit, in order of time.
pub struct Session {
    /// The attempts.
    pub attempts: Vec<Attempt>,
    /// Whether the password was reset on the way.
    pub reset: bool,
}

/// Plays a visit; `resets` is how often the account's password was reset before.
pub fn play(population: &Population, visit: &Visit, resets: u64, dice: &mut Dice) -> Session {
    let parameters = &population.parameters;
    let secret = population.secret(visit.account, resets);
    let mut desk = Desk { population, visit, at: visit.at, attempts: Vec::with_capacity(2) };
    if !dice.chance(visit.forgotten) {
        let mut slip = parameters.typo.0;
        while dice.chance(slip) && desk.attempts.len() < PATIENCE {
            desk.mistype(secret, dice);
            slip = parameters.typo_again.0;
        }
        desk.succeed(secret, dice);
        return Session { attempts: desk.attempts, reset: false };
    }
    let mut last = None;
    let goes_on = 1.0 - 1.0 / parameters.tries.0.max(1.0);
    loop {
        let again = last.filter(|_| dice.chance(parameters.repeats.0));
        let wrong = again.unwrap_or_else(|| wrong(population, secret, dice));
        last = Some(wrong);
        desk.fail(wrong, dice);
        if !dice.chance(goes_on) || desk.attempts.len() >= PATIENCE {
            break;
        }
    }
    let end = dice.unit();
    if end < parameters.recalls.0 {
        desk.succeed(secret, dice);
        return Session { attempts: desk.attempts, reset: false };
    }
    let reset = end < parameters.recalls.0 + parameters.resets.0;
    if reset {
        desk.at += dice.around(parameters.reset_takes.0, 0.6);
        desk.succeed(population.secret(visit.account, resets + 1), dice);
    }
    Session { attempts: desk.attempts, reset }
}

/// A password that is not the account's: one from elsewhere, or a guess at it.
fn wrong(population: &Population, secret: Secret, dice: &mut Dice) -> Password {
    let leaked = dice.chance(population.parameters.leaked_failures.0);
    let passwords = &population.passwords;
    let other = if leaked { passwords.leaked(dice) } else { passwords.unleaked(dice) };
    if other == secret.password { Password::Own(dice.bits()) } else { other }
}

/// Somebody at work: the time, and what was typed so far.
struct Desk<'a> {
    population: &'a Population,
    visit: &'a Visit,
    at: f64,
    attempts: Vec<Attempt>,
}

impl Desk<'_> {
    /// Types the right password until upstream is well.
    fn succeed(&mut self, secret: Secret, dice: &mut Dice) {
        let user = self.population.user(self.visit.account);
        while self.attempts.len() < 2 * PATIENCE {
            if self.submit(user.clone(), secret, true, dice) != TROUBLE {
                break;
            }
        }
    }

    /// Types a password that is wrong.
    fn fail(&mut self, password: Password, dice: &mut Dice) {
        let parameters = &self.population.parameters;
        // A pair can be leaked though the password has changed since: as often as a right one.
        let pairs = parameters.leaked_pairs.0 / parameters.leaked_failures.0.max(0.001);
        let pair_leaked = password.leaked() && dice.chance(pairs);
        let user = self.population.user(self.visit.account);
        self.submit(user, Secret { password, pair_leaked }, false, dice);
    }

    /// Slips, in the password or in the name.
    fn mistype(&mut self, secret: Secret, dice: &mut Dice) {
        if dice.chance(self.population.parameters.typo_in_name.0) {
            let user = self.population.user(self.visit.account);
            let slipped = slip(&user, dice);
            let secret = Secret { pair_leaked: false, ..secret };
            self.submit(slipped, secret, false, dice);
        } else {
            let typed = wrong(self.population, secret, dice);
            self.fail(typed, dice);
        }
    }

    fn submit(&mut self, user: String, secret: Secret, right: bool, dice: &mut Dice) -> u16 {
        let (population, visit) = (self.population, self.visit);
        let status = population.status(right, dice);
        let response_ms = population.response_ms(dice);
        self.attempts.push(Attempt {
            at: millis(self.at),
            ip: visit.ip,
            // A cookie is for a name: a mistyped one is not the device's.
            known_device: visit.known_device && user == population.user(visit.account),
            user,
            password: secret.password,
            pair_leaked: secret.pair_leaked,
            agent: visit.agent,
            status,
            response_ms,
            client: Some(visit.client),
            solves: population.solves(visit.account),
            label: visit.label,
        });
        let pause = dice.around(population.parameters.think.0, 0.7).max(1.0);
        self.at += response_ms as f64 / 1000.0 + pause;
        status
    }
}

/// The name with one letter left out.
fn slip(user: &str, dice: &mut Dice) -> String {
    let local = user.find('@').unwrap_or(user.len()) as u64;
    let skipped = usize::try_from(dice.below(local)).unwrap_or(0);
    user.chars().enumerate().filter(|&(at, _)| at != skipped).map(|(_, letter)| letter).collect()
}
