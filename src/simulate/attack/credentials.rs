//! The usernames and passwords of an attack: a list of pairs, a spray, or guesses at few accounts.
//!
//! Upstream's response follows from the account's password in the population. A list succeeds
//! where that password was put in the list. So the passwords of an attack look like people's, and
//! only the outcome shows a hit.

use super::{AttackParameters, spelling};
use crate::people::passwords::SimulatedPassword;
use crate::people::population::{PROVIDER, Population};
use crate::random::whole;
use crate::random::{Permutation, RandomStream, tag};

/// The most accounts to search for one whose password is (or is not) leaked.
const MOST_SEARCHED: u64 = 64;

/// A username and a password to try.
pub(crate) struct CredentialGuess {
    /// The username.
    pub user: String,
    /// The password.
    pub password: SimulatedPassword,
    /// Whether the password is the account's.
    pub right: bool,
    /// The account whose owner's cookies are copied.
    pub victim: Option<u64>,
    /// The label of what is tried only to hide the rest.
    pub padding: Option<&'static str>,
}

impl CredentialGuess {
    fn new(user: String, password: SimulatedPassword, right: bool) -> Self {
        Self { user, password, right, victim: None, padding: None }
    }
}

/// The credentials that an attack tries, in order.
pub(crate) struct CredentialList<'a> {
    population: &'a Population,
    parameters: &'a AttackParameters,
    name: &'static str,
    attempts: u64,
    order: Permutation,
    next: u64,
}

impl<'a> CredentialList<'a> {
    /// The credentials of the attack `name`, which makes so many `attempts`.
    pub(crate) fn new(
        population: &'a Population,
        parameters: &'a AttackParameters,
        name: &'static str,
        attempts: u64,
    ) -> Self {
        let order = Permutation::new(tag(population.seed, name, 0, 5), population.accounts);
        Self { population, parameters, name, attempts, order, next: 0 }
    }

    /// The credentials of this attempt.
    pub(crate) fn at(&mut self, attempt: u64, random: &mut RandomStream) -> CredentialGuess {
        let parameters = self.parameters;
        if parameters.own.0 > 0.0 && random.chance(parameters.own.0) {
            let own = self.own_unleaked(random.below(parameters.own_accounts));
            return CredentialGuess { padding: Some("padding/own"), ..own };
        }
        // What is left, so that the share is of all that the attack makes.
        if parameters.junk.0 > 0.0 && random.chance(parameters.junk.0 / (1.0 - parameters.own.0)) {
            let user = self.population.nobody(random.bits());
            let junk = CredentialGuess::new(user, SimulatedPassword::Own(random.bits()), false);
            return CredentialGuess { padding: Some("padding/junk"), ..junk };
        }
        if parameters.stolen.0 > 0.0 && random.chance(parameters.stolen.0) {
            return self.stolen(random);
        }
        if parameters.own_every > 0 && attempt % parameters.own_every == parameters.own_every - 1 {
            return self.own(random.below(parameters.own_accounts));
        }
        if parameters.accounts > 0 {
            let account = attacked(self.population, parameters, attempt % parameters.accounts);
            let guess = self.guess(account, random.chance(parameters.successes.0), random);
            let user = match parameters.spellings {
                0 => guess.user,
                spellings => spelling::spelled(&guess.user, random.below(spellings)),
            };
            return CredentialGuess { user, ..guess };
        }
        if parameters.passwords > 0 {
            return self.spray(attempt);
        }
        if random.chance(parameters.unknown_accounts.0) {
            return self.nobody(random);
        }
        if random.chance(parameters.successes.0) {
            return self.hit(random);
        }
        let account = self.account();
        self.guess(account, false, random)
    }

    /// The next account of the list. The list is repeated when it ends.
    fn account(&mut self) -> u64 {
        self.next += 1;
        self.order.at(self.next)
    }

    /// A successful login to an account of the attacker.
    fn own(&self, index: u64) -> CredentialGuess {
        let account =
            self.population.accounts + tag(self.population.seed, self.name, index, 6) % (1 << 40);
        let password = self.population.secret(account, 0).password;
        CredentialGuess::new(self.population.user(account), password, true)
    }

    /// The same, to an account whose password the attacker has chosen well: in no filter.
    fn own_unleaked(&self, index: u64) -> CredentialGuess {
        let owns = (0..MOST_SEARCHED).map(|turn| self.own(index | turn << 32));
        let mut unleaked = owns.filter(|own| !own.password.leaked());
        unleaked.next().unwrap_or_else(|| self.own(index))
    }

    /// What malware took from a person's browser: the password, often changed since, and cookies.
    fn stolen(&self, random: &mut RandomStream) -> CredentialGuess {
        let account = random.below(self.population.people);
        let right = random.chance(self.parameters.successes.0);
        CredentialGuess { victim: Some(account), ..self.guess(account, right, random) }
    }

    /// A username without an account, with a password of the list.
    fn nobody(&self, random: &mut RandomStream) -> CredentialGuess {
        let user = self.population.nobody(random.bits());
        CredentialGuess::new(user, self.listed(random), false)
    }

    /// A pair that is still valid.
    fn hit(&mut self, random: &mut RandomStream) -> CredentialGuess {
        let leaked = random.chance(self.parameters.leaked.0);
        let mut account = self.account();
        for _ in 0..MOST_SEARCHED {
            if self.population.secret(account, 0).password.leaked() == leaked {
                break;
            }
            account = self.account();
        }
        self.guess(account, true, random)
    }

    /// A password for an existing account: the right one, or one of the list, which may be right by
    /// chance.
    fn guess(&self, account: u64, right: bool, random: &mut RandomStream) -> CredentialGuess {
        let secret = self.population.secret(account, 0).password;
        let password = if right { secret } else { self.listed(random) };
        CredentialGuess::new(self.population.user(account), password, password == secret)
    }

    /// One password after the other at the same usernames.
    fn spray(&self, attempt: u64) -> CredentialGuess {
        let passwords = self.parameters.passwords;
        let index = u128::from(attempt) * u128::from(passwords) / u128::from(self.attempts.max(1));
        let (index, usernames) = match self.parameters.in_turn {
            0 => (u64::try_from(index).unwrap_or(0), self.attempts.div_ceil(passwords).max(1)),
            _ => (attempt % passwords, self.attempts),
        };
        let leaked = whole((self.parameters.leaked.0 * passwords as f64).round());
        let password = match index < leaked {
            true => SimulatedPassword::sprayed(index, true),
            false => SimulatedPassword::sprayed(index - leaked, false),
        };
        let position = attempt % usernames;
        // Whether a username has an account does not depend on the password.
        let unknown = RandomStream::new(self.population.seed, self.name, position, 7)
            .chance(self.parameters.unknown_accounts.0);
        if unknown {
            return CredentialGuess::new(self.population.nobody(position), password, false);
        }
        let account = self.order.at(position);
        // People's passwords determine the hits of a spray; `successes` does not apply.
        let right = self.population.secret(account, 0).password == password;
        CredentialGuess::new(self.population.user(account), password, right)
    }

    /// A password of the list.
    fn listed(&self, random: &mut RandomStream) -> SimulatedPassword {
        let passwords = &self.population.passwords;
        if random.chance(self.parameters.leaked.0) {
            passwords.leaked(random)
        } else {
            passwords.unleaked(random)
        }
    }
}

/// An account for an attack on few accounts. Nobody else uses it in the trace. The share of these
/// accounts with a leaked password is that of the guesses: leaked passwords that never succeed
/// would give the attack away.
pub(crate) fn attacked(population: &Population, parameters: &AttackParameters, index: u64) -> u64 {
    let leaked = (index as f64) < parameters.leaked.0 * parameters.accounts as f64;
    let provider = if parameters.spellings > 0 { PROVIDER } else { 0 };
    let first = (population.accounts + index * MOST_SEARCHED) | provider;
    let fits = |account: &u64| population.secret(*account, 0).password.leaked() == leaked;
    (first..first + MOST_SEARCHED).find(fits).unwrap_or(first)
}
