//! What the browsers of a trace keep between attempts: passes for solved challenges.
//!
//! A line without `client` keeps nothing, so a challenge that it solves covers it alone.
//! A pass covers a number of attempts within some minutes, the one that earned it included;
//! a block is not covered, and uses up nothing.

use std::collections::HashMap;

use unstuff_engine::time::Millis;

/// How many attempts a pass covers, the one that solved the challenge included: a person
/// mistypes twice and gets in, and a bot pays for every third password.
const ATTEMPTS: u32 = 3;

/// How long it does, in minutes.
const MINUTES: u64 = 10;

/// How many users a device cookie names, as live.
const USERS: usize = 5;

/// What every client holds.
#[derive(Debug, Default)]
pub struct Cookies {
    passes: HashMap<Box<str>, Held>,
    /// The users that a client's device cookie names, the latest last.
    devices: HashMap<Box<str>, Vec<Box<str>>>,
}

#[derive(Debug)]
struct Held {
    left: u32,
    until: Millis,
}

impl Cookies {
    /// Whether a pass covers an attempt of this client now.
    pub fn covers(&mut self, client: Option<&str>, now: Millis) -> bool {
        let Some(client) = client else { return false };
        let Some(held) = self.passes.get(client) else { return false };
        let covers = held.left > 0 && now < held.until;
        if !covers {
            self.passes.remove(client);
        }
        covers
    }

    /// Whether the client has a device cookie that names this user.
    pub fn knows(&self, client: Option<&str>, user: &str) -> bool {
        let users = client.and_then(|client| self.devices.get(client));
        users.is_some_and(|users| users.iter().any(|known| **known == *user))
    }

    /// The user got in: the device is known from now on.
    pub fn keep(&mut self, client: Box<str>, user: Box<str>) {
        let users = self.devices.entry(client).or_default();
        users.retain(|known| *known != user);
        if users.len() >= USERS {
            users.remove(0);
        }
        users.push(user);
    }

    /// The client solved a challenge.
    pub fn grant(&mut self, client: Option<&str>, now: Millis) {
        let Some(client) = client else { return };
        let held = Held { left: ATTEMPTS - 1, until: now.plus_seconds(60 * MINUTES) };
        self.passes.insert(client.into(), held);
    }

    /// The client's pass covered an attempt.
    pub fn spend(&mut self, client: Option<&str>) {
        if let Some(held) = client.and_then(|client| self.passes.get_mut(client)) {
            held.left = held.left.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const C: Option<&str> = Some("c");

    #[test]
    fn a_pass_covers_three_attempts_with_the_one_that_earned_it() {
        let mut cookies = Cookies::default();
        assert!(!cookies.covers(C, Millis(0)));
        cookies.grant(C, Millis(0));
        for _ in 0..2 {
            assert!(cookies.covers(C, Millis(1)));
            cookies.spend(C);
        }
        assert!(!cookies.covers(C, Millis(1)));
    }

    #[test]
    fn a_pass_lasts_ten_minutes_and_is_its_clients_own() {
        let mut cookies = Cookies::default();
        cookies.grant(C, Millis(0));
        assert!(!cookies.covers(Some("d"), Millis(1)) && !cookies.covers(None, Millis(1)));
        assert!(cookies.covers(C, Millis(599_999)));
        assert!(!cookies.covers(C, Millis(600_000)));
    }
}
