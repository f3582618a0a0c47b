//! The cookies of one replayed client: a pass for a solved challenge, and its device.
//!
//! A trace has no tokens, so a jar holds their contents: what the client's pass still covers, and
//! the usernames that its device cookie names. Limits and lifetimes are those of live traffic.

use crate::challenge::PassAllowance;
use crate::decision::facts::{Facts, Pass};
use crate::decision::verdict::Verdict;
use crate::policy::{Action, Policy};
use crate::time::Millis;
use crate::tokens::device::{DeviceId, HashedUsernames};

/// What one replayed client keeps between its attempts.
#[derive(Clone, Copy, Debug, Default)]
pub struct CookieJar {
    pass: PassAllowance,
    usernames: HashedUsernames,
    /// The device's id. A device without one is never locked.
    pub(super) device: Option<DeviceId>,
}

impl CookieJar {
    /// Whether it holds nothing, so that it need not be kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pass == PassAllowance::default() && self.usernames == HashedUsernames::default()
    }

    /// Adds to the facts what the client brings. `is_locked`: the device failed too often.
    pub(super) fn present(&self, facts: &mut Facts, now: Millis, is_locked: bool) {
        if self.pass.covers(now) {
            facts.pass = Pass::Covers;
        }
        facts.known_device |= !is_locked && facts.is_of(|username| self.usernames.knows(username));
    }

    /// Earns a pass with a challenge that is solved, or uses an attempt of the pass. A blocked
    /// attempt uses nothing.
    pub(super) fn settle_pass(
        &mut self,
        policy: &Policy,
        facts: &Facts,
        verdict: &Verdict,
        now: Millis,
    ) {
        match (facts.pass, &policy.challenge) {
            (Pass::Solves, Some(challenge)) if verdict.action == Action::Challenge => {
                self.pass = PassAllowance::earned(challenge, now);
            }
            (Pass::Covers, _) if facts.goes_through(verdict) => self.pass.use_attempt(),
            _ => {}
        }
    }

    /// Forgets a locked device. A device without an id is never locked.
    pub(super) fn replace_device(&mut self) {
        if self.device.take().is_some() {
            self.usernames = HashedUsernames::default();
        }
    }

    /// Names a username in the device cookie, after its success.
    pub(super) fn remember(&mut self, username: &str) {
        self.usernames.remember(username);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::facts::Pair;

    fn policy(challenge: &str) -> Policy {
        let text = format!("{{\"challenge\": {challenge}}}");
        crate::config::parse(text.as_bytes()).expect("a valid policy").policy
    }

    fn facts_of(username: &str) -> Facts {
        let pair = Pair { username: Some(username.to_owned()), password: None, tag: None };
        Facts { pairs: vec![pair], ..Facts::default() }
    }

    fn presented(jar: &CookieJar, username: &str, now: u64) -> Facts {
        let mut facts = facts_of(username);
        jar.present(&mut facts, Millis(now), false);
        facts
    }

    fn covers(jar: &CookieJar, now: u64) -> bool {
        presented(jar, "u", now).pass == Pass::Covers
    }

    fn solve(jar: &mut CookieJar, policy: &Policy) {
        let facts = Facts { pass: Pass::Solves, ..facts_of("u") };
        let verdict = Verdict { action: Action::Challenge, ..Verdict::allow() };
        jar.settle_pass(policy, &facts, &verdict, Millis(0));
    }

    #[test]
    fn pass_covers_the_attempts_that_the_policy_says() {
        for (challenge, attempts) in [("{}", 3), ("{\"attempts\": 5}", 5)] {
            let (policy, mut jar) = (policy(challenge), CookieJar::default());
            assert!(!covers(&jar, 0) && jar.is_empty());
            solve(&mut jar, &policy);
            // The attempt that earned the pass counts.
            for _ in 1..attempts {
                assert!(covers(&jar, 1));
                let facts = presented(&jar, "u", 1);
                let blocked = Verdict { action: Action::Block, ..Verdict::allow() };
                jar.settle_pass(&policy, &facts, &blocked, Millis(1));
                jar.settle_pass(&policy, &facts, &Verdict::allow(), Millis(1));
            }
            assert!(!covers(&jar, 1));
        }
    }

    #[test]
    fn pass_expires_when_the_policy_says() {
        for (challenge, millis) in [("{}", 600_000), ("{\"minutes\": 2}", 120_000)] {
            let mut jar = CookieJar::default();
            solve(&mut jar, &policy(challenge));
            assert!(covers(&jar, millis - 1));
            assert!(!covers(&jar, millis));
        }
    }

    #[test]
    fn device_cookie_names_the_last_five_users() {
        let mut jar = CookieJar::default();
        let user = |number: u32| format!("user {number}");
        (0..5).for_each(|number| jar.remember(&user(number)));
        jar.remember(&user(0));
        jar.remember(&user(5));
        let knows = |number| presented(&jar, &user(number), 0).known_device;
        assert_eq!([0, 1, 2, 3, 4, 5].map(knows), [true, false, true, true, true, true]);
    }

    #[test]
    fn locked_device_is_not_known() {
        let mut jar = CookieJar::default();
        jar.remember("ann");
        let mut facts = facts_of("ann");
        jar.present(&mut facts, Millis(0), true);
        assert!(!facts.known_device);
    }
}
