//! Who has an account: people who come, accounts that sleep, and what each is like.
//!
//! Nothing is stored per account. What it is like (name, password, address, browser)
//! follows from the seed and its number, so a population of millions costs nothing and the
//! attackers' view of it agrees with the people's own.
//!
//! Numbers below `people` are people who come on ordinary days; up to `accounts` they
//! sleep; from there on they are reserved for those who have a part of their own to play
//! (an attacked account's owner, an attacker's own accounts, a script's).

use std::net::IpAddr;

use super::fingerprints::{Agent, Fingerprints};
use super::passwords::{Password, Passwords};
use super::{PeopleParameters, addresses};
use crate::format::whole;
use crate::simulate::draw::{Dice, tag};

/// The password of an account.
#[derive(Clone, Copy)]
pub struct Secret {
    /// What it is.
    pub password: Password,
    /// Whether it leaked together with the username.
    pub pair_leaked: bool,
}

/// Where somebody is.
#[derive(Clone, Copy)]
pub struct Place {
    /// The address.
    pub ip: IpAddr,
    /// Whether many share it.
    pub shared: bool,
}

/// All accounts of a site.
pub struct Population {
    /// The seed of the trace.
    pub seed: u64,
    /// How many come on ordinary days.
    pub people: u64,
    /// How many accounts there are, sleeping ones included.
    pub accounts: u64,
    /// What people are like.
    pub parameters: PeopleParameters,
    /// What clients say they are.
    pub fingerprints: Fingerprints,
    /// Which passwords there are.
    pub passwords: Passwords,
}

/// The site's mail domains: those that are reserved for examples.
const DOMAINS: [&str; 3] = ["example.com", "example.net", "example.org"];
const NAMES: [&str; 32] = [
    "anna", "ben", "carla", "david", "elena", "felix", "greta", "hugo", "ines", "jan", "karin",
    "leo", "maria", "nils", "olga", "paul", "rosa", "sam", "tina", "uwe", "vera", "will", "yara",
    "zoe", "amir", "bela", "chen", "dora", "emil", "fatma", "ivan", "jose",
];
const SURNAMES: [&str; 32] = [
    "adler", "bauer", "costa", "diaz", "evans", "fischer", "garcia", "hansen", "ito", "jones",
    "kaya", "lopez", "moreau", "novak", "okafor", "petrov", "quinn", "rossi", "smith", "tanaka",
    "urban", "vogel", "weber", "xu", "young", "zhang", "berg", "klein", "lang", "meyer", "nowak",
    "silva",
];

impl Population {
    /// A site with `people` who come (at least one).
    pub fn new(seed: u64, people: u64, parameters: PeopleParameters) -> Self {
        let people = people.max(1);
        let dormant = whole(people as f64 * parameters.dormant.0);
        Self {
            seed,
            people,
            // A few at least, so that a list of accounts to attack is never empty.
            accounts: people + dormant.max(100),
            fingerprints: Fingerprints::new(parameters.popular_browser.0, parameters.app.0),
            passwords: Passwords::new(&parameters),
            parameters,
        }
    }

    /// The username of an account. Numbers of no account make names of the same kind.
    pub fn user(&self, account: u64) -> String {
        // Spread first, or consecutive accounts would show in their names.
        let spread = tag(self.seed, "name", account, 0);
        let pick = |list: &[&'static str], at: u64| {
            usize::try_from(at % list.len() as u64).ok().and_then(|at| list.get(at).copied())
        };
        let name = pick(&NAMES, spread).unwrap_or_default();
        let surname = pick(&SURNAMES, spread >> 8).unwrap_or_default();
        let domain = pick(&DOMAINS, spread >> 16).unwrap_or_default();
        format!("{name}.{surname}{}@{domain}", spread >> 24 & 0xfff_ffff)
    }

    /// The name of no account, as lists of attackers and slips of the hand have them.
    pub fn nobody(&self, number: u64) -> String {
        self.user(number | 1 << 63)
    }

    /// The password of an account after `resets` resets.
    pub fn secret(&self, account: u64, resets: u64) -> Secret {
        let mut dice = Dice::new(self.seed, "password", account, resets);
        let password = self.passwords.chosen(&mut dice);
        let (pairs, leaked) = (self.parameters.leaked_pairs.0, self.parameters.leaked.0);
        let pair_leaked = password.leaked() && dice.chance(pairs / leaked);
        Secret { password, pair_leaked }
    }

    /// The browser of an account's owner.
    pub fn agent(&self, account: u64) -> Agent {
        self.fingerprints.person(&mut Dice::new(self.seed, "agent", account, 0))
    }

    /// Whether an account's owner solves challenges.
    pub fn solves(&self, account: u64) -> bool {
        let mut dice = Dice::new(self.seed, "solves", account, 0);
        !dice.chance(self.parameters.unsolving.0)
    }

    /// The browser in which an account's owner has cookies, after losing them `losses` times.
    pub fn client(&self, account: u64, losses: u64) -> u64 {
        tag(self.seed, "client", account, losses)
    }

    /// The usual address of an account's owner.
    pub fn home(&self, account: u64) -> Place {
        let mut dice = Dice::new(self.seed, "home", account, 0);
        if dice.chance(self.parameters.shared.0) {
            let proxies = self.proxies(self.parameters.shared.0);
            return Place { ip: self.proxy("proxy", dice.below(proxies)), shared: true };
        }
        Place { ip: addresses::any(&mut dice, self.parameters.ipv6.0), shared: false }
    }

    /// An address away from home: a carrier's, or any.
    pub fn away(&self, dice: &mut Dice) -> Place {
        let shared = self.parameters.away_shared.0;
        if dice.chance(shared) {
            let carriers = self.proxies((1.0 - self.parameters.same_address.0) * shared);
            return Place { ip: self.proxy("carrier", dice.below(carriers)), shared: true };
        }
        Place { ip: addresses::any(dice, self.parameters.ipv6.0), shared: false }
    }

    /// How many proxies serve this share of all people.
    fn proxies(&self, share: f64) -> u64 {
        let size = self.parameters.proxy_size.max(1);
        let served = whole(self.people as f64 * share);
        served.div_ceil(size).max(1)
    }

    /// The address of a proxy. IPv4: sharing is what it is short of.
    fn proxy(&self, kind: &str, index: u64) -> IpAddr {
        addresses::v4(&mut Dice::new(self.seed, kind, index, 0))
    }

    /// After how many milliseconds upstream answers, whoever asks.
    pub fn response_ms(&self, dice: &mut Dice) -> u64 {
        let seconds = dice.around(self.parameters.response.0, 0.35);
        crate::simulate::attempt::millis(seconds.min(30.0)).max(1)
    }

    /// What upstream answers, whoever asks.
    pub fn status(&self, right: bool, dice: &mut Dice) -> u16 {
        use crate::simulate::attempt::{FAILURE, SUCCESS, TROUBLE};
        match (dice.chance(self.parameters.trouble.0), right) {
            (true, _) => TROUBLE,
            (false, true) => SUCCESS,
            (false, false) => FAILURE,
        }
    }
}
