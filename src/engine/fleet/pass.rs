//! The uses of a pass, which the fleet counts.
//!
//! A gateway counts them by itself as well, so a service that is down leaves a pass as many attempts at
//! each gateway as it has.

use super::FleetPolicy;
use super::wire;
use crate::challenge::ChallengePolicy;
use crate::challenge::token::Claims;
use crate::time::Window;
use crate::tokens::signing::Purpose;

/// What the service counts for the passes of so many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassLimit {
    /// The attempts of each.
    pub attempts: u8,
    /// The shortest window that is no shorter than a pass is of use.
    pub within: Window,
}

impl PassLimit {
    /// The limits of all passes that are given.
    #[must_use]
    pub fn all(policy: &ChallengePolicy) -> Vec<Self> {
        let seconds = policy.expires_seconds.saturating_add(policy.pass_seconds);
        let within = Window::ALL.into_iter().find(|it| it.seconds() >= seconds);
        let within = within.unwrap_or(Window::Day);
        let mut attempts = vec![policy.attempts];
        // A wait earns one.
        attempts.extend(policy.no_script.map(|_| 1).filter(|one| *one != policy.attempts));
        attempts.into_iter().map(|attempts| Self { attempts, within }).collect()
    }

    /// What stands at the service in place of a rule's name. No rule is called so.
    #[must_use]
    pub fn rule(attempts: u8) -> String {
        format!("challenge.pass.{attempts}")
    }
}

/// The message that asks the service about one use of a pass.
pub(crate) fn question(fleet: &FleetPolicy, pass: &Claims) -> Vec<u8> {
    let tag = fleet.key.sign(Purpose::Fleet, &[b"pass", &pass.id]).tag();
    let descriptor = vec![("rule", PassLimit::rule(pass.value)), ("pass", hex::encode(tag))];
    wire::request(&fleet.domain, &[descriptor], 1)
}
