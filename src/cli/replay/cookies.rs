//! What the browsers of a trace keep between attempts: a pass for a challenge that was
//! solved, and a device cookie.
//!
//! A line without `client` keeps nothing, so a challenge that it solves covers it alone.
//! A pass covers as many attempts and as much time as the policy says, the attempt that earned
//! it included; a block is not covered, and uses up nothing. Names are kept as 64 bits of their
//! hash: there is one look into memory an attempt.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use siphasher::sip::SipHasher13;
use unstuff_engine::policy::Policy;
use unstuff_engine::time::Millis;

/// How many users a device cookie names, as live.
const USERS: usize = 5;

/// What every client holds.
#[derive(Debug)]
pub struct Cookies {
    /// What a pass is worth: attempts and milliseconds. None where the built-in challenge is
    /// replaced: what proves its solution there is not ours to know.
    pass: (u32, u64),
    clients: HashMap<Name, Held, FixedState>,
}

/// The name of a client or a user, hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Name(u64);

impl Name {
    /// The name in this text.
    pub fn of(text: &str) -> Self {
        // Zero is nobody's.
        Self(SipHasher13::new().hash(text.as_bytes()).max(1))
    }
}

#[derive(Debug, Default)]
struct Held {
    /// Attempts that the pass still covers, and until when.
    left: u32,
    until: Millis,
    /// The users that the device cookie names, the latest last; 0 is none.
    users: [u64; USERS],
}

impl Cookies {
    /// Nobody holds anything yet.
    pub fn new(policy: &Policy) -> Self {
        let pass = policy.challenge.as_ref().map_or((0, 0), |challenge| {
            (challenge.attempts.into(), u64::from(challenge.pass_seconds) * 1000)
        });
        Self { pass, clients: HashMap::default() }
    }

    /// Whether a pass covers an attempt of this client now, and whether its device cookie
    /// names this user.
    pub fn of(&self, client: Option<Name>, user: Name, now: Millis) -> (bool, bool) {
        let Some(held) = client.and_then(|client| self.clients.get(&client)) else {
            return (false, false);
        };
        (held.left > 0 && now < held.until, held.users.contains(&user.0))
    }

    /// The user got in: the device is known from now on.
    pub fn keep(&mut self, client: Name, user: Name) {
        let users = &mut self.clients.entry(client).or_default().users;
        let from = users.iter().position(|known| *known == user.0).unwrap_or(0);
        if let Some(later) = users.get_mut(from..) {
            later.rotate_left(1);
        }
        if let Some(latest) = users.last_mut() {
            *latest = user.0;
        }
    }

    /// The client solved a challenge.
    pub fn grant(&mut self, client: Option<Name>, now: Millis) {
        let (attempts, millis) = self.pass;
        if let Some(client) = client {
            let held = self.clients.entry(client).or_default();
            held.left = attempts.saturating_sub(1);
            held.until = Millis(now.0.saturating_add(millis));
        }
    }

    /// The client's pass covered an attempt.
    pub fn spend(&mut self, client: Option<Name>) {
        if let Some(held) = client.and_then(|client| self.clients.get_mut(&client)) {
            held.left = held.left.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(challenge: &str) -> Cookies {
        let policy = format!("{{\"challenge\": {challenge}}}");
        Cookies::new(&unstuff_engine::config::parse(policy.as_bytes()).unwrap().policy)
    }

    fn covers(cookies: &Cookies, client: &str, now: u64) -> bool {
        cookies.of(Some(Name::of(client)), Name::of("u"), Millis(now)).0
    }

    #[test]
    fn a_pass_covers_as_many_attempts_as_the_policy_says_with_the_one_that_earned_it() {
        for (challenge, attempts) in [("{}", 3), ("{\"attempts\": 5}", 5)] {
            let mut cookies = cookies(challenge);
            assert!(!covers(&cookies, "c", 0));
            cookies.grant(Some(Name::of("c")), Millis(0));
            for _ in 1..attempts {
                assert!(covers(&cookies, "c", 1));
                cookies.spend(Some(Name::of("c")));
            }
            assert!(!covers(&cookies, "c", 1));
        }
    }

    #[test]
    fn a_pass_lasts_as_long_as_the_policy_says_and_is_its_clients_own() {
        for (challenge, millis) in [("{}", 600_000), ("{\"minutes\": 2}", 120_000)] {
            let mut cookies = cookies(challenge);
            cookies.grant(Some(Name::of("c")), Millis(0));
            cookies.grant(None, Millis(0));
            assert!(!covers(&cookies, "d", 1));
            assert!(!cookies.of(None, Name::of("u"), Millis(1)).0);
            assert!(covers(&cookies, "c", millis - 1));
            assert!(!covers(&cookies, "c", millis));
        }
    }

    #[test]
    fn a_device_knows_its_last_five_users() {
        let mut cookies = cookies("{}");
        let client = Name::of("c");
        let user = |number: u32| Name::of(&format!("user {number}"));
        (0..5).for_each(|number| cookies.keep(client, user(number)));
        cookies.keep(client, user(0));
        cookies.keep(client, user(5));
        let knows = |number| cookies.of(Some(client), user(number), Millis(0)).1;
        assert_eq!([0, 1, 2, 3, 4, 5].map(knows), [true, false, true, true, true, true]);
        assert!(!cookies.of(None, user(0), Millis(0)).1);
    }
}
