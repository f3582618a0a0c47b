//! The cookies that the browsers of a trace keep between attempts: a pass for a solved
//! challenge, and a device cookie.
//!
//! A line without `client` keeps no cookies, so a challenge that it solves covers only that line.
//! A pass covers the number of attempts and the time that the policy says, including the attempt
//! that earned it. A block is not covered and uses nothing up. Names are kept as 64-bit hashes,
//! so that each attempt reads memory once.

use std::collections::HashMap;

use siphasher::sip::SipHasher13;
use unstuff_engine::policy::Policy;
use unstuff_engine::time::Millis;

/// The users that a device cookie can name, as in live traffic.
const USERS: usize = 5;

/// The cookies of all clients.
#[derive(Debug)]
pub struct BrowserCookies {
    /// The attempts and milliseconds that a pass covers. Zero if the policy replaces the built-in
    /// challenge, because its own proof of a solution is unknown here.
    pass: (u32, u64),
    clients: HashMap<HashedName, ClientCookies>,
}

/// The hashed name of a client or a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HashedName(u64);

impl HashedName {
    /// Hashes a name.
    pub fn of(text: &str) -> Self {
        // Zero stands for no user.
        Self(SipHasher13::new().hash(text.as_bytes()).max(1))
    }
}

#[derive(Debug, Default)]
struct ClientCookies {
    /// The attempts that the pass still covers, and when it expires.
    left: u32,
    until: Millis,
    /// The users that the device cookie names, the latest last; 0 is none.
    users: [u64; USERS],
}

impl BrowserCookies {
    /// No client has a cookie yet.
    pub fn new(policy: &Policy) -> Self {
        let pass = policy.challenge.as_ref().map_or((0, 0), |challenge| {
            (challenge.attempts.into(), u64::from(challenge.pass_seconds) * 1000)
        });
        Self { pass, clients: HashMap::default() }
    }

    /// Whether a pass covers an attempt of this client now, and whether its device cookie
    /// names this user.
    pub fn of(&self, client: Option<HashedName>, user: HashedName, now: Millis) -> (bool, bool) {
        let Some(cookies) = client.and_then(|client| self.clients.get(&client)) else {
            return (false, false);
        };
        (cookies.left > 0 && now < cookies.until, cookies.users.contains(&user.0))
    }

    /// Adds the user to the client's device cookie, after a success.
    pub fn remember_user(&mut self, client: HashedName, user: HashedName) {
        let users = &mut self.clients.entry(client).or_default().users;
        let from = users.iter().position(|known| *known == user.0).unwrap_or(0);
        if let Some(later) = users.get_mut(from..) {
            later.rotate_left(1);
        }
        if let Some(latest) = users.last_mut() {
            *latest = user.0;
        }
    }

    /// Gives the client a pass for a solved challenge.
    pub fn grant(&mut self, client: Option<HashedName>, now: Millis) {
        let (attempts, millis) = self.pass;
        if let Some(client) = client {
            let cookies = self.clients.entry(client).or_default();
            cookies.left = attempts.saturating_sub(1);
            cookies.until = Millis(now.0.saturating_add(millis));
        }
    }

    /// Uses up one attempt of the client's pass.
    pub fn spend(&mut self, client: Option<HashedName>) {
        if let Some(cookies) = client.and_then(|client| self.clients.get_mut(&client)) {
            cookies.left = cookies.left.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(challenge: &str) -> BrowserCookies {
        let policy = format!("{{\"challenge\": {challenge}}}");
        BrowserCookies::new(&unstuff_engine::config::parse(policy.as_bytes()).unwrap().policy)
    }

    fn covers(cookies: &BrowserCookies, client: &str, now: u64) -> bool {
        cookies.of(Some(HashedName::of(client)), HashedName::of("u"), Millis(now)).0
    }

    #[test]
    fn pass_covers_the_attempts_that_the_policy_says() {
        for (challenge, attempts) in [("{}", 3), ("{\"attempts\": 5}", 5)] {
            let mut cookies = cookies(challenge);
            assert!(!covers(&cookies, "c", 0));
            cookies.grant(Some(HashedName::of("c")), Millis(0));
            // The attempt that earned the pass counts.
            for _ in 1..attempts {
                assert!(covers(&cookies, "c", 1));
                cookies.spend(Some(HashedName::of("c")));
            }
            assert!(!covers(&cookies, "c", 1));
        }
    }

    #[test]
    fn pass_expires_when_the_policy_says_and_belongs_to_one_client() {
        for (challenge, millis) in [("{}", 600_000), ("{\"minutes\": 2}", 120_000)] {
            let mut cookies = cookies(challenge);
            cookies.grant(Some(HashedName::of("c")), Millis(0));
            cookies.grant(None, Millis(0));
            assert!(!covers(&cookies, "d", 1));
            assert!(!cookies.of(None, HashedName::of("u"), Millis(1)).0);
            assert!(covers(&cookies, "c", millis - 1));
            assert!(!covers(&cookies, "c", millis));
        }
    }

    #[test]
    fn device_cookie_names_the_last_five_users() {
        let mut cookies = cookies("{}");
        let client = HashedName::of("c");
        let user = |number: u32| HashedName::of(&format!("user {number}"));
        (0..5).for_each(|number| cookies.remember_user(client, user(number)));
        cookies.remember_user(client, user(0));
        cookies.remember_user(client, user(5));
        let knows = |number| cookies.of(Some(client), user(number), Millis(0)).1;
        assert_eq!([0, 1, 2, 3, 4, 5].map(knows), [true, false, true, true, true, true]);
        assert!(!cookies.of(None, user(0), Millis(0)).1);
    }
}
