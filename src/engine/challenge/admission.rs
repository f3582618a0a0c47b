//! What a login brings along to be let in with: a pass, in a cookie or a header, or a
//! solution.
//!
//! Two names on purpose. Browsers keep the cookie by themselves; its `__Host-` prefix says
//! that this very host has set it, over a secure connection. API clients send a header.

use super::Challenger;
use super::problem::SOLUTION_HEADER;
use super::puzzle::Solution;
use super::refusal::Refusal;
use super::response::ChallengeEvent;
use super::spent_tokens::TokenUse;
use super::token::{Claims, TokenScope};
use crate::request::cookies;
use crate::request::headers::Headers;
use crate::state::Store;
use crate::time::Millis;
use crate::tokens::signing::Purpose;

/// The cookie that holds a browser's pass.
pub const PASS_COOKIE: &str = "__Host-unstuff-pass";

/// The header that carries an API client's pass.
pub const PASS_HEADER: &str = "x-unstuff-pass";

/// More passes than this in one request are not looked at: each costs a signature.
const MAX_PASSES: usize = 4;

/// What became of what a login brought along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// It is let in, and one attempt of its pass is used.
    pub admitted: bool,
    /// What was not taken, and why, before something was.
    pub refused: Vec<Refusal>,
}

impl Admission {
    /// What happened, for the metrics.
    pub fn events(&self) -> impl Iterator<Item = ChallengeEvent> + use<'_> {
        let used = self.admitted.then_some(ChallengeEvent::Used);
        self.refused.iter().copied().map(ChallengeEvent::Refused).chain(used)
    }
}

impl Challenger {
    /// Lets a login in that brings a pass or a solution, and uses up one of its attempts.
    #[must_use]
    pub fn admit(
        &self,
        store: &impl Store,
        now: Millis,
        headers: Headers<'_>,
        scope: TokenScope<'_>,
    ) -> Admission {
        let mut admission = Admission::default();
        let passes = cookies::values(headers, PASS_COOKIE).chain(headers.all(PASS_HEADER));
        let passes = passes.take(MAX_PASSES).map(|text| self.read_pass(now, text, scope));
        // One solution: it costs up to sixteen hashes.
        let solutions = headers.all(SOLUTION_HEADER).take(1);
        let solutions = solutions.map(|text| self.solution(now, text, scope));
        for claims in passes.chain(solutions) {
            match claims.and_then(|claims| self.use_up(store, now, &claims)) {
                Ok(()) => {
                    admission.admitted = true;
                    break;
                }
                Err(refusal) => admission.refused.push(refusal),
            }
        }
        admission
    }

    fn read_pass(
        &self,
        now: Millis,
        text: &[u8],
        scope: TokenScope<'_>,
    ) -> Result<Claims, Refusal> {
        Claims::open(text, &self.keys, Purpose::Pass)?.check(now, scope)
    }

    /// A solution is a pass by itself, as long as its puzzle counts.
    fn solution(&self, now: Millis, text: &[u8], scope: TokenScope<'_>) -> Result<Claims, Refusal> {
        let solution = Solution::read(text, &self.keys)?;
        let claims = solution.token.check(now, scope)?;
        solution.verify()?;
        Ok(Claims { value: self.policy.attempts, ..claims })
    }

    fn use_up(&self, store: &impl Store, now: Millis, pass: &Claims) -> Result<(), Refusal> {
        let until = self.remembered_until(now);
        match self.spent_tokens.use_once(store, now, &pass.id, until, pass.value) {
            TokenUse::Accepted => Ok(()),
            TokenUse::Spent => Err(Refusal::Replayed),
            TokenUse::Full => Err(Refusal::Full),
        }
    }
}
