//! The allowance of a pass: how many attempts it still covers, and until when.
//!
//! In live traffic the token holds the limits and `spent_tokens` the uses. Replay has no tokens and
//! keeps an allowance for each client.

use super::policy::ChallengePolicy;
use crate::time::Millis;

/// What a pass still covers. The default covers nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PassAllowance {
    attempts: u32,
    until: Millis,
}

impl PassAllowance {
    /// The allowance after a challenge that is solved by an attempt, which uses the first of its
    /// attempts.
    pub(crate) fn earned(policy: &ChallengePolicy, now: Millis) -> Self {
        Self {
            attempts: u32::from(policy.attempts).saturating_sub(1),
            until: now.plus_seconds(policy.pass_seconds.into()),
        }
    }

    /// Whether it covers an attempt.
    pub(crate) fn covers(&self, now: Millis) -> bool {
        self.attempts > 0 && now < self.until
    }

    /// Uses one attempt.
    pub(crate) fn use_attempt(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
    }
}
