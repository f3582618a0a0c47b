//! The accounts of a site: people who come, dormant accounts, and the properties of each.
//!
//! Nothing is stored per account. Its properties (username, password, address, browser) follow
//! from the seed and the account's number. So a population of millions needs no memory, and
//! attackers and people have the same view of it.
//!
//! Numbers below `people` are people who come on ordinary days. From there to `accounts`, accounts
//! are dormant. Numbers from `accounts` on are reserved: the owner of an attacked account, the
//! attacker's own accounts, a script's account.

use std::net::IpAddr;

use super::browsers::{BrowserProfiles, UserAgent};
use super::passwords::{PasswordDistribution, SimulatedPassword};
use super::{PeopleParameters, addresses};
use crate::attempt::{FAILURE, SUCCESS, TROUBLE, millis};
use crate::random::{RandomStream, tag, whole};

/// The password of an account.
#[derive(Clone, Copy)]
pub(crate) struct AccountPassword {
    /// The password.
    pub password: SimulatedPassword,
    /// Whether it leaked together with the username.
    pub pair_leaked: bool,
}

/// The location of a client.
#[derive(Clone, Copy)]
pub(crate) struct ClientLocation {
    /// The address.
    pub ip: IpAddr,
    /// Whether many people share it.
    pub shared: bool,
}

/// All accounts of a site.
pub(crate) struct Population {
    /// The seed of the trace.
    pub seed: u64,
    /// The number of people who come on ordinary days.
    pub people: u64,
    /// The number of accounts, with dormant ones.
    pub accounts: u64,
    /// The parameters of people.
    pub parameters: PeopleParameters,
    /// The fingerprints of clients.
    pub browsers: BrowserProfiles,
    /// The distribution of passwords.
    pub passwords: PasswordDistribution,
}

/// The users' mail domains, which are reserved for examples.
const DOMAINS: [&str; 3] = ["example.com", "example.net", "example.org"];
/// Marks accounts whose mailbox is at a provider that ignores dots.
pub(crate) const PROVIDER: u64 = 1 << 62;
/// Marks usernames without an account.
const NOBODY: u64 = 1 << 63;
/// A provider that ignores dots: only at such a domain are spellings with dots one mailbox.
const DOTLESS: &str = "gmail.com";
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
    /// A site with so many `people` (at least one).
    pub(crate) fn new(seed: u64, people: u64, parameters: PeopleParameters) -> Self {
        let people = people.max(1);
        let dormant = whole(people as f64 * parameters.dormant.0);
        Self {
            seed,
            people,
            // At least a hundred, so that there are always accounts to attack.
            accounts: people + dormant.max(100),
            browsers: BrowserProfiles::new(parameters.popular_browser.0, parameters.app.0),
            passwords: PasswordDistribution::new(&parameters),
            parameters,
        }
    }

    /// The username of an account. Numbers without an account give usernames of the same form.
    pub(crate) fn user(&self, account: u64) -> String {
        // Hashed first, so that consecutive accounts do not have similar names.
        let spread = tag(self.seed, "name", account, 0);
        let pick = |list: &[&'static str], at: u64| {
            usize::try_from(at % list.len() as u64).ok().and_then(|at| list.get(at).copied())
        };
        let name = pick(&NAMES, spread).unwrap_or_default();
        let surname = pick(&SURNAMES, spread >> 8).unwrap_or_default();
        let domain = pick(&DOMAINS, spread >> 16).unwrap_or_default();
        let domain = if account & (PROVIDER | NOBODY) == PROVIDER { DOTLESS } else { domain };
        format!("{name}.{surname}{}@{domain}", spread >> 24 & 0xfff_ffff)
    }

    /// A username without an account, as in attackers' lists.
    pub(crate) fn nobody(&self, number: u64) -> String {
        self.user(number | NOBODY)
    }

    /// The password of an account after so many `resets`.
    pub(crate) fn secret(&self, account: u64, resets: u64) -> AccountPassword {
        let mut random = RandomStream::new(self.seed, "password", account, resets);
        let password = self.passwords.chosen(&mut random);
        let (pairs, leaked) = (self.parameters.leaked_pairs.0, self.parameters.leaked.0);
        let pair_leaked = password.leaked() && random.chance(pairs / leaked);
        AccountPassword { password, pair_leaked }
    }

    /// The browser of an account's owner.
    pub(crate) fn agent(&self, account: u64) -> UserAgent {
        self.browsers.person(&mut RandomStream::new(self.seed, "agent", account, 0))
    }

    /// Whether an account's owner solves challenges.
    pub(crate) fn solves(&self, account: u64) -> bool {
        let mut random = RandomStream::new(self.seed, "solves", account, 0);
        !random.chance(self.parameters.unsolving.0)
    }

    /// The browser in which an account's owner keeps cookies, after losing them so many times.
    pub(crate) fn client(&self, account: u64, losses: u64) -> u64 {
        tag(self.seed, "client", account, losses)
    }

    /// Whether an account's owner is in private mode, always.
    pub(crate) fn is_private(&self, account: u64) -> bool {
        let share = self.parameters.private.0;
        share > 0.0 && RandomStream::new(self.seed, "private", account, 0).chance(share)
    }

    /// Whether clients of this kind keep no cookies and solve no challenges.
    pub(crate) fn is_bare(&self, agent: UserAgent) -> bool {
        matches!(agent, UserAgent::App | UserAgent::Release) && self.parameters.app_bare.0 > 0.5
    }

    /// The login location that an account's owner uses.
    pub(crate) fn endpoint(&self, account: u64) -> u64 {
        match self.parameters.endpoints {
            0 | 1 => 0,
            endpoints => tag(self.seed, "endpoint", account, 0) % endpoints,
        }
    }

    /// Whether all logins of these clients fail at this time, in seconds.
    pub(crate) fn is_broken(&self, agent: UserAgent, at: f64) -> bool {
        let parameters = &self.parameters;
        let since = at - parameters.release_breaks.0;
        agent == UserAgent::Release && (0.0..parameters.release_broken.0).contains(&since)
    }

    /// The usual address of an account's owner.
    pub(crate) fn home(&self, account: u64) -> ClientLocation {
        let mut random = RandomStream::new(self.seed, "home", account, 0);
        if random.chance(self.parameters.shared.0) {
            let proxies = self.proxies(self.parameters.shared.0);
            return ClientLocation { ip: self.proxy("proxy", random.below(proxies)), shared: true };
        }
        ClientLocation { ip: addresses::any(&mut random, self.parameters.ipv6.0), shared: false }
    }

    /// An address away from home: a carrier's proxy, or any address.
    pub(crate) fn away(&self, random: &mut RandomStream) -> ClientLocation {
        let shared = self.parameters.away_shared.0;
        if random.chance(shared) {
            if self.parameters.carrier_addresses > 0 {
                return ClientLocation { ip: self.carrier_address(random), shared: true };
            }
            let carriers = self.proxies((1.0 - self.parameters.same_address.0) * shared);
            return ClientLocation {
                ip: self.proxy("carrier", random.below(carriers)),
                shared: true,
            };
        }
        ClientLocation { ip: addresses::any(random, self.parameters.ipv6.0), shared: false }
    }

    /// The number of proxies that serve this share of all people.
    fn proxies(&self, share: f64) -> u64 {
        let size = self.parameters.proxy_size.max(1);
        let served = whole(self.people as f64 * share);
        served.div_ceil(size).max(1)
    }

    /// The address of a proxy. Always IPv4, because addresses are shared where they are scarce.
    fn proxy(&self, kind: &str, index: u64) -> IpAddr {
        addresses::v4(&mut RandomStream::new(self.seed, kind, index, 0))
    }

    /// Upstream's response time in milliseconds, for people and attackers alike.
    pub(crate) fn response_ms(&self, random: &mut RandomStream) -> u64 {
        let seconds = random.around(self.parameters.response.0, 0.35);
        millis(seconds.min(30.0)).max(1)
    }

    /// The status of upstream's response, for people and attackers alike.
    pub(crate) fn status(&self, right: bool, random: &mut RandomStream) -> u16 {
        match (random.chance(self.parameters.trouble.0), right) {
            (true, _) => TROUBLE,
            (false, true) => SUCCESS,
            (false, false) => FAILURE,
        }
    }
}
