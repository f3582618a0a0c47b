//! The attempts of one visit, until the login succeeds or the person gives up.
//!
//! Most logins succeed at once. Some people mistype. Some have forgotten their password and try
//! passwords of other sites, and some of these reset it. The model is StopGuessing's.

use std::net::IpAddr;

use super::browsers::UserAgent;
use super::passwords::SimulatedPassword;
use super::population::{AccountPassword, Population};
use crate::attempt::{FAILURE, SimulatedAttempt, TROUBLE, millis};
use crate::random::RandomStream;

/// The most wrong attempts of one visit: after them, people look for help.
const MOST_WRONG: usize = 12;

/// A person who comes to log in.
pub(crate) struct Visit {
    /// Seconds since the trace began.
    pub at: f64,
    /// The account.
    pub account: u64,
    /// The address.
    pub ip: IpAddr,
    /// The fingerprint.
    pub agent: UserAgent,
    /// The browser, if it keeps cookies.
    pub client: Option<u64>,
    /// Whether it has a device cookie for the account from before the trace.
    pub known_device: bool,
    /// The probability that the password is forgotten.
    pub forgotten: f64,
    /// The label of the attempts.
    pub label: &'static str,
}

/// The attempts of one visit, in order of time.
pub(crate) struct LoginSession {
    /// The attempts.
    pub attempts: Vec<SimulatedAttempt>,
    /// Whether the password was reset.
    pub reset: bool,
}

/// Simulates a visit. `resets` is how often the account's password was reset before.
pub(crate) fn simulate_visit(
    population: &Population,
    visit: &Visit,
    resets: u64,
    random: &mut RandomStream,
) -> LoginSession {
    let parameters = &population.parameters;
    let secret = population.secret(visit.account, resets);
    let mut session =
        SessionBuilder { population, visit, at: visit.at, attempts: Vec::with_capacity(2) };
    if !random.chance(visit.forgotten) {
        let mut typo = parameters.typo.0;
        while random.chance(typo) && session.attempts.len() < MOST_WRONG {
            session.mistype(secret, random);
            typo = parameters.typo_again.0;
        }
        session.succeed(secret, random);
        return LoginSession { attempts: session.attempts, reset: false };
    }
    let mut last = None;
    let goes_on = 1.0 - 1.0 / parameters.tries.0.max(1.0);
    loop {
        let again = last.filter(|_| random.chance(parameters.repeats.0));
        let wrong = again.unwrap_or_else(|| wrong(population, secret, random));
        last = Some(wrong);
        session.fail(wrong, random);
        if !random.chance(goes_on) || session.attempts.len() >= MOST_WRONG {
            break;
        }
    }
    let end = random.unit();
    if end < parameters.recalls.0 {
        session.succeed(secret, random);
        return LoginSession { attempts: session.attempts, reset: false };
    }
    let reset = end < parameters.recalls.0 + parameters.resets.0;
    if reset {
        session.at += random.around(parameters.reset_takes.0, 0.6);
        session.succeed(population.secret(visit.account, resets + 1), random);
    }
    LoginSession { attempts: session.attempts, reset }
}

/// A password that is not the account's.
fn wrong(
    population: &Population,
    secret: AccountPassword,
    random: &mut RandomStream,
) -> SimulatedPassword {
    let leaked = random.chance(population.parameters.leaked_failures.0);
    let passwords = &population.passwords;
    let other = if leaked { passwords.leaked(random) } else { passwords.unleaked(random) };
    if other == secret.password { SimulatedPassword::Own(random.bits()) } else { other }
}

/// A session in progress.
struct SessionBuilder<'a> {
    population: &'a Population,
    visit: &'a Visit,
    at: f64,
    attempts: Vec<SimulatedAttempt>,
}

impl SessionBuilder<'_> {
    /// Submits the right password until upstream has no error. A right password that fails, because
    /// software is broken, is tried again as often as a forgotten one.
    fn succeed(&mut self, secret: AccountPassword, random: &mut RandomStream) {
        let user = self.population.user(self.visit.account);
        let again = 1.0 - 1.0 / self.population.parameters.tries.0.max(1.0);
        while self.attempts.len() < 2 * MOST_WRONG {
            match self.submit(user.clone(), secret, true, random) {
                TROUBLE => {}
                FAILURE if random.chance(again) => {}
                _ => break,
            }
        }
    }

    /// Submits a wrong password.
    fn fail(&mut self, password: SimulatedPassword, random: &mut RandomStream) {
        let parameters = &self.population.parameters;
        // A leaked pair may be outdated. Wrong pairs are as often leaked as right ones.
        let pairs = parameters.leaked_pairs.0 / parameters.leaked_failures.0.max(0.001);
        let pair_leaked = password.leaked() && random.chance(pairs);
        let user = self.population.user(self.visit.account);
        self.submit(user, AccountPassword { password, pair_leaked }, false, random);
    }

    /// Submits a typo in the password or in the username.
    fn mistype(&mut self, secret: AccountPassword, random: &mut RandomStream) {
        if random.chance(self.population.parameters.typo_in_name.0) {
            let user = self.population.user(self.visit.account);
            let typed = mistyped(&user, random);
            let secret = AccountPassword { pair_leaked: false, ..secret };
            self.submit(typed, secret, false, random);
        } else {
            let typed = wrong(self.population, secret, random);
            self.fail(typed, random);
        }
    }

    fn submit(
        &mut self,
        user: String,
        secret: AccountPassword,
        right: bool,
        random: &mut RandomStream,
    ) -> u16 {
        let (population, visit) = (self.population, self.visit);
        let broken = population.is_broken(visit.agent, self.at);
        let status = population.status(right && !broken, random);
        let response_ms = population.response_ms(random);
        self.attempts.push(SimulatedAttempt {
            at: millis(self.at),
            ip: visit.ip,
            // A device cookie is for one username, so it does not cover a mistyped one.
            known_device: visit.known_device && user == population.user(visit.account),
            user,
            password: secret.password,
            pair_leaked: secret.pair_leaked,
            agent: visit.agent,
            status,
            response_ms,
            client: visit.client,
            copies: None,
            solves: visit.client.is_some() && population.solves(visit.account),
            endpoint: population.endpoint(visit.account),
            label: visit.label,
        });
        let pause = random.around(population.parameters.think.0, 0.7).max(1.0);
        self.at += response_ms as f64 / 1000.0 + pause;
        status
    }
}

/// The username without one of its letters.
fn mistyped(user: &str, random: &mut RandomStream) -> String {
    let local = user.find('@').unwrap_or(user.len()) as u64;
    let skipped = usize::try_from(random.below(local)).unwrap_or(0);
    user.chars().enumerate().filter(|&(at, _)| at != skipped).map(|(_, letter)| letter).collect()
}
