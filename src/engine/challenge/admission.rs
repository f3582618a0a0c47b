//! Admission of a challenged login that carries a pass (in a cookie or a header) or a solution.

use super::challenger::Challenger;
use super::protocol::{PASS_COOKIE, PASS_HEADER, SOLUTION_HEADER};
use super::puzzle::Solution;
use super::refusal::Refusal;
use super::response::ChallengeEvent;
use super::spent_tokens::TokenUse;
use super::token::{Claims, TokenId, TokenScope};
use crate::request::cookies;
use crate::request::headers::Headers;
use crate::state::Store;
use crate::time::Millis;
use crate::tokens::signing::Purpose;

/// The most passes that are read per request: each costs a signature.
const MAX_PASSES: usize = 4;

/// Everything in a request that may be a pass, up to [`MAX_PASSES`].
pub(super) fn passes(headers: Headers<'_>) -> impl Iterator<Item = &[u8]> {
    cookies::values(headers, PASS_COOKIE).chain(headers.all(PASS_HEADER)).take(MAX_PASSES)
}

/// Whether a challenged login was admitted, and the tokens that were refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// The login is admitted and has used one attempt of its pass.
    pub admitted: bool,
    /// Why each token was refused, in the order in which they were read.
    pub refused: Vec<Refusal>,
}

impl Admission {
    /// The events to count.
    pub fn events(&self) -> impl Iterator<Item = ChallengeEvent> + use<'_> {
        let used = self.admitted.then_some(ChallengeEvent::Used);
        self.refused.iter().copied().map(ChallengeEvent::Refused).chain(used)
    }
}

/// What the fleet says of a pass. No other pass of the login is used then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetPass {
    /// The pass.
    pub id: TokenId,
    /// All gateways together have used it up.
    pub is_spent: bool,
}

impl Challenger {
    /// Admits a login that carries a valid pass or solution, and uses one of its attempts. `said` is what
    /// the fleet says, if it was asked.
    #[must_use]
    pub fn admit(
        &self,
        store: &impl Store,
        now: Millis,
        headers: Headers<'_>,
        scope: TokenScope<'_>,
        said: Option<FleetPass>,
    ) -> Admission {
        let mut admission = Admission::default();
        let is_meant = |claims: &Result<Claims, Refusal>| match (claims, said) {
            (Ok(claims), Some(said)) => claims.id == said.id,
            _ => true,
        };
        let is_spent = said.is_some_and(|said| said.is_spent);
        for claims in self.presented(now, headers, scope).filter(is_meant) {
            match claims.and_then(|claims| self.use_up(store, now, &claims, is_spent)) {
                Ok(()) => {
                    admission.admitted = true;
                    break;
                }
                Err(refusal) => admission.refused.push(refusal),
            }
        }
        admission
    }

    /// The pass that would admit a login, by what this gateway knows.
    pub(crate) fn usable_pass(
        &self,
        store: &impl Store,
        now: Millis,
        headers: Headers<'_>,
        scope: TokenScope<'_>,
    ) -> Option<Claims> {
        let valid = self.presented(now, headers, scope).flatten();
        let is_left = |pass: &Claims| self.spent_tokens.is_left(store, now, &pass.id, pass.value);
        { valid }.find(is_left)
    }

    /// The passes and the solution that a login brings.
    fn presented<'a>(
        &'a self,
        now: Millis,
        headers: Headers<'a>,
        scope: TokenScope<'a>,
    ) -> impl Iterator<Item = Result<Claims, Refusal>> + 'a {
        let passes = passes(headers).map(move |text| self.read_pass(now, text, scope));
        // One solution only: each costs up to `SUB_PUZZLES` hashes.
        let solutions = headers.all(SOLUTION_HEADER).take(1);
        passes.chain(solutions.map(move |text| self.solution(now, text, scope)))
    }

    /// Whether a login brings anything that [`Challenger::admit`] reads.
    #[must_use]
    pub(crate) fn is_asked_to_admit(headers: Headers<'_>) -> bool {
        passes(headers).next().is_some() || headers.all(SOLUTION_HEADER).next().is_some()
    }

    pub(super) fn read_pass(
        &self,
        now: Millis,
        text: &[u8],
        scope: TokenScope<'_>,
    ) -> Result<Claims, Refusal> {
        Claims::open(text, &self.keys, Purpose::Pass)?.check(now, scope)
    }

    /// A solution serves as a pass until its puzzle expires.
    fn solution(&self, now: Millis, text: &[u8], scope: TokenScope<'_>) -> Result<Claims, Refusal> {
        let solution = Solution::read(text, &self.keys)?;
        let claims = solution.token.check(now, scope)?;
        solution.verify()?;
        Ok(Claims { value: self.policy.attempts, ..claims })
    }

    fn use_up(
        &self,
        store: &impl Store,
        now: Millis,
        pass: &Claims,
        is_spent: bool,
    ) -> Result<(), Refusal> {
        let until = self.remembered_until(now);
        if is_spent {
            // It is not asked about again.
            self.spent_tokens.spend(store, now, &pass.id, until);
            return Err(Refusal::Replayed);
        }
        match self.spent_tokens.use_once(store, now, &pass.id, until, pass.value) {
            TokenUse::Accepted => Ok(()),
            TokenUse::Spent => Err(Refusal::Replayed),
            TokenUse::Full => Err(Refusal::Full),
        }
    }
}
