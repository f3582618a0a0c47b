//! The challenge: a door that bots pay for and people walk through.
//!
//! ```text
//! login ─▶ challenged ─▶ page or document with a puzzle ─▶ solved ─▶ pass ─▶ login, let in
//!                             └ without JavaScript: a wait ──┘
//! ```
//!
//! Built in, without a third party and without state per binding: what a client is given is
//! signed and says all about itself ([`token`]). Only what was earned by work or by waiting
//! is remembered, in a bounded [`guard`]; waits are let in within [`bounds`].
//!
//! The [`Challenger`] does it all: it challenges ([`Challenger::challenge`]), takes what clients bring
//! ([`redemption`]), and lets logins in ([`presented`]). Time, randomness and storage are
//! arguments. Whether a login is challenged is for the rules; a block wins over any pass.
//!
//! **What it does not do.** Proof of work makes attempts cost something; an attacker who pays
//! gets in as often as he pays. With N replicas a pass is worth up to N times its attempts,
//! for the spent_tokens is per process. A pass says nothing about who its holder is.

pub mod admission;
pub mod binding;
pub mod form;
mod handover;
pub mod page;
pub mod policy;
mod problem;
pub mod puzzle;
pub mod redemption;
pub mod refusal;
pub mod response;
pub mod spent_tokens;
pub mod token;
pub mod wait_limiter;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use admission::{Admission, PASS_COOKIE, PASS_HEADER};
pub use binding::{BindingPolicy, TokenBinding};
pub use form::{ChallengeForm, Clients};
pub use policy::{ChallengePolicy, Handover, NoScript};
pub use problem::SOLUTION_HEADER;
pub use redemption::{REDEEM_HEADER, Redemption};
pub use refusal::Refusal;
pub use response::{ChallengeEvent, ChallengeResponse};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::request::client::Client;
use crate::request::headers::Headers;
use crate::state::Table;
use crate::time::Millis;
use crate::tokens::signing::{Keys, Purpose};
use page::Page;
use puzzle::Puzzle;
use spent_tokens::SpentTokens;
use token::{Claims, TokenId, TokenScope};
use wait_limiter::WaitLimiter;

/// No wait is longer than this, however crowded it is: ten minutes.
const LONGEST_WAIT_SECONDS: u32 = 600;

/// Fresh random bytes for one answer: for an id, and for the nonce of a page.
pub type Randomness = [u8; 32];

/// What challenges and lets in, under one configuration.
#[derive(Clone, Debug)]
pub struct Challenger {
    policy: ChallengePolicy,
    keys: Keys,
    spent_tokens: SpentTokens,
    wait_limiter: WaitLimiter,
}

/// Who is challenged, and where.
#[derive(Clone, Debug)]
pub struct ChallengeSubject {
    /// The endpoint's name.
    pub endpoint: String,
    /// Where a browser goes afterwards: from the configuration, never from the request.
    pub login_page: String,
    /// Who.
    pub binding: TokenBinding,
    /// The form that suits.
    pub form: ChallengeForm,
    /// Why what was brought along was not taken.
    pub refused: Option<Refusal>,
}

impl Challenger {
    /// A challenger scope memory is beside `table`.
    #[must_use]
    pub fn new(policy: ChallengePolicy, keys: Keys, table: &Table) -> Self {
        Self {
            policy,
            keys,
            spent_tokens: SpentTokens::of(table),
            wait_limiter: WaitLimiter::of(table),
        }
    }

    /// Who is asking, as far as tokens are bound to it.
    #[must_use]
    pub fn binding(&self, client: &Client, headers: Headers<'_>) -> TokenBinding {
        TokenBinding::of(&self.policy.binding, client, headers)
    }

    /// Challenges a login.
    #[must_use]
    pub fn challenge(
        &self,
        now: Millis,
        subject: &ChallengeSubject,
        random: Randomness,
    ) -> ChallengeResponse {
        match (subject.form, &self.policy.handover) {
            (ChallengeForm::Document, _) => {
                let puzzle = self.puzzle(now, subject, random);
                let expires = self.policy.expires_seconds;
                let body = problem::document(&puzzle, expires, subject.refused);
                ChallengeResponse::document(403, "application/problem+json", body)
                    .event(ChallengeEvent::Issued)
            }
            (ChallengeForm::Page, Some(handover)) => {
                let expires = self.policy.expires_seconds;
                handover.send(&self.claims(now, subject, random, expires), &self.keys)
            }
            (ChallengeForm::Page, None) => {
                let wait = self.wait(now, subject, random, 0);
                self.page(now, subject, random, wait, false)
            }
        }
    }

    /// The page with a new puzzle, and with this wait.
    fn page(
        &self,
        now: Millis,
        subject: &ChallengeSubject,
        random: Randomness,
        wait: Option<(String, u32)>,
        crowded: bool,
    ) -> ChallengeResponse {
        let puzzle = self.puzzle(now, subject, random);
        let (_, nonce) = split(random);
        let nonce = STANDARD.encode(nonce);
        let page = Page {
            template: self.policy.page.as_deref(),
            puzzle: &puzzle,
            login_page: &subject.login_page,
            nonce: &nonce,
            wait: wait.as_ref().map(|(token, seconds)| (token.as_str(), *seconds)),
            crowded,
        };
        ChallengeResponse::document(403, "text/html; charset=utf-8", page.render())
            .header("content-security-policy", page.security_policy())
            .header("referrer-policy", "no-referrer".to_owned())
            .header("x-content-type-options", "nosniff".to_owned())
            .event(ChallengeEvent::Issued)
    }

    fn puzzle(&self, now: Millis, subject: &ChallengeSubject, random: Randomness) -> Puzzle {
        let claims = self.claims(now, subject, random, self.policy.expires_seconds);
        Puzzle::new(&Claims { value: self.policy.bits, ..claims }, &self.keys)
    }

    /// A wait in its `round`, and its seconds: each round is twice as long as the one before.
    fn wait(
        &self,
        now: Millis,
        subject: &ChallengeSubject,
        random: Randomness,
        round: u8,
    ) -> Option<(String, u32)> {
        let first = self.policy.no_script?.wait_seconds;
        let factor = 1_u32.checked_shl(u32::from(round)).unwrap_or(u32::MAX);
        let longest = LONGEST_WAIT_SECONDS.max(first);
        let seconds = first.saturating_mul(factor).min(longest);
        let begin = now.plus_seconds(u64::from(seconds));
        let mut claims = self.claims(begin, subject, random, self.policy.expires_seconds);
        // The puzzle beside it must not be the same to the spent_tokens: whoever solves and waits
        // has earned twice.
        claims.id.reverse();
        claims.value = round;
        Some((claims.seal(&self.keys, Purpose::Wait), seconds))
    }

    fn claims(
        &self,
        from: Millis,
        subject: &ChallengeSubject,
        random: Randomness,
        seconds: u32,
    ) -> Claims {
        let scope = TokenScope { endpoint: &subject.endpoint, binding: &subject.binding };
        Claims::new(&self.keys, split(random).0, from, seconds, scope)
    }

    /// Until when the spent_tokens must know an id that is first seen now: what earns a pass under
    /// it was issued before, counts for `expires`, and the pass counts from then.
    fn remembered_until(&self, now: Millis) -> u32 {
        let ChallengePolicy { expires_seconds, pass_seconds, .. } = self.policy;
        now.seconds().saturating_add(expires_seconds).saturating_add(pass_seconds)
    }
}

/// An id, and the bytes of a nonce.
fn split(random: Randomness) -> (TokenId, [u8; 16]) {
    let id = random.first_chunk().copied().unwrap_or_default();
    (id, random.last_chunk().copied().unwrap_or_default())
}

/// A slot's value if it is sound in length and header, else an empty one: junk of others
/// reads as nothing.
fn slot_or_empty(stored: Option<Vec<u8>>, header: &[u8], length: usize) -> Vec<u8> {
    let is_slot = |bytes: &Vec<u8>| bytes.len() == length && bytes.starts_with(header);
    stored.filter(is_slot).unwrap_or_else(|| {
        let mut bytes = header.to_vec();
        bytes.resize(length, 0);
        bytes
    })
}
