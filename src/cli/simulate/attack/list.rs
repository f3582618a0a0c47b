//! The names and passwords of an attack: a list of pairs, a spray, or guesses at few accounts.
//!
//! Upstream's answer follows from the account's own password, which the population knows;
//! a list's successes are made by putting that password in. So what an attack tries looks
//! like what people have, and nothing but the outcome tells a hit.

use super::AttackParameters;
use crate::format::whole;
use crate::simulate::draw::{Dice, Shuffle, tag};
use crate::simulate::people::passwords::Password;
use crate::simulate::people::population::Population;

/// How many accounts to look through for one whose password is (or is not) leaked.
const LOOKS: u64 = 64;

/// A name and a password to try.
pub struct Try {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Password,
    /// Whether it is the account's.
    pub right: bool,
}

/// What an attack tries, in order.
pub struct List<'a> {
    population: &'a Population,
    parameters: &'a AttackParameters,
    name: &'static str,
    attempts: u64,
    order: Shuffle,
    next: u64,
}

impl<'a> List<'a> {
    /// The list of the attack `name`, which makes so many `attempts`.
    pub fn new(
        population: &'a Population,
        parameters: &'a AttackParameters,
        name: &'static str,
        attempts: u64,
    ) -> Self {
        let order = Shuffle::new(tag(population.seed, name, 0, 5), population.accounts);
        Self { population, parameters, name, attempts, order, next: 0 }
    }

    /// What the attempt of this index tries.
    pub fn at(&mut self, attempt: u64, dice: &mut Dice) -> Try {
        let parameters = self.parameters;
        if parameters.own_every > 0 && attempt % parameters.own_every == parameters.own_every - 1 {
            return self.own(dice.below(parameters.own_accounts));
        }
        if parameters.accounts > 0 {
            let account = attacked(self.population, parameters, attempt % parameters.accounts);
            return self.guess(account, dice.chance(parameters.successes.0), dice);
        }
        if parameters.passwords > 0 {
            return self.spray(attempt);
        }
        if dice.chance(parameters.unknown_accounts.0) {
            return self.nobody(dice);
        }
        if dice.chance(parameters.successes.0) {
            return self.hit(dice);
        }
        let account = self.account();
        self.guess(account, false, dice)
    }

    /// The next account of the list: each once, then all over again.
    fn account(&mut self) -> u64 {
        self.next += 1;
        self.order.at(self.next)
    }

    /// A success of one of the attacker's own accounts.
    fn own(&self, index: u64) -> Try {
        let account =
            self.population.accounts + tag(self.population.seed, self.name, index, 6) % (1 << 40);
        let password = self.population.secret(account, 0).password;
        Try { user: self.population.user(account), password, right: true }
    }

    /// A name that is no account's, with a password of the list.
    fn nobody(&self, dice: &mut Dice) -> Try {
        let user = self.population.nobody(dice.bits());
        Try { user, password: self.listed(dice), right: false }
    }

    /// A pair that still fits.
    fn hit(&mut self, dice: &mut Dice) -> Try {
        let leaked = dice.chance(self.parameters.leaked.0);
        let mut account = self.account();
        for _ in 0..LOOKS {
            if self.population.secret(account, 0).password.leaked() == leaked {
                break;
            }
            account = self.account();
        }
        self.guess(account, true, dice)
    }

    /// A password for a known account, right or (but for luck) wrong.
    fn guess(&self, account: u64, right: bool, dice: &mut Dice) -> Try {
        let secret = self.population.secret(account, 0).password;
        let password = if right { secret } else { self.listed(dice) };
        Try { user: self.population.user(account), password, right: password == secret }
    }

    /// One password after the other over the same names.
    fn spray(&self, attempt: u64) -> Try {
        let passwords = self.parameters.passwords;
        let index = u128::from(attempt) * u128::from(passwords) / u128::from(self.attempts.max(1));
        let index = u64::try_from(index).unwrap_or(0);
        let names = self.attempts.div_ceil(passwords).max(1);
        let leaked = whole((self.parameters.leaked.0 * passwords as f64).round());
        let password = match index < leaked {
            true => Password::sprayed(index, true),
            false => Password::sprayed(index - leaked, false),
        };
        let place = attempt % names;
        // A name is on the list or not, whichever password is tried.
        let unknown = Dice::new(self.population.seed, self.name, place, 7)
            .chance(self.parameters.unknown_accounts.0);
        if unknown {
            return Try { user: self.population.nobody(place), password, right: false };
        }
        let account = self.order.at(place);
        // Hits are what people's passwords make them: `successes` has no say in a spray.
        let right = self.population.secret(account, 0).password == password;
        Try { user: self.population.user(account), password, right }
    }

    /// A password as lists have them.
    fn listed(&self, dice: &mut Dice) -> Password {
        let passwords = &self.population.passwords;
        if dice.chance(self.parameters.leaked.0) {
            passwords.leaked(dice)
        } else {
            passwords.unleaked(dice)
        }
    }
}

/// The account of an attack on few accounts: one that nobody else uses in the trace. Of them
/// as many as of the guesses have a leaked password, a single one for sure: guesses that leaks
/// know and that never succeed would give the attack away.
pub fn attacked(population: &Population, parameters: &AttackParameters, index: u64) -> u64 {
    let leaked = (index as f64) < parameters.leaked.0 * parameters.accounts as f64;
    let first = population.accounts + index * LOOKS;
    let fits = |account: &u64| population.secret(*account, 0).password.leaked() == leaked;
    (first..first + LOOKS).find(fits).unwrap_or(first)
}
