//! The challenger: issues challenges, and holds what admission and redemption need.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::binding::TokenBinding;
use super::form::ChallengeForm;
use super::language::Language;
use super::page::{Page, PageContent};
use super::policy::ChallengePolicy;
use super::problem::{self, DocumentPuzzles};
use super::puzzle::{Puzzle, PuzzleAlgorithm};
use super::refusal::Refusal;
use super::response::{ChallengeEvent, ChallengeResponse};
use super::spent_tokens::SpentTokens;
use super::surcharge::SurchargeCounters;
use super::token::{Claims, TokenId, TokenScope};
use super::wait_limiter::WaitLimiter;
use super::way_back::WayBack;
use crate::request::client::Client;
use crate::request::headers::Headers;
use crate::state::{Store, Table};
use crate::time::Millis;
use crate::tokens::signing::{Keys, Purpose};

/// The longest wait, in seconds: doubling stops here.
const LONGEST_WAIT_SECONDS: u32 = 600;

/// Fresh random bytes for one response: a token's id and a page's nonce.
pub type Randomness = [u8; 32];

/// Issues challenges and admits logins that have passed one, under one policy.
#[derive(Clone, Debug)]
pub struct Challenger {
    pub(super) policy: ChallengePolicy,
    pub(super) keys: Keys,
    pub(super) spent_tokens: SpentTokens,
    pub(super) wait_limiter: WaitLimiter,
    surcharge: SurchargeCounters,
}

/// The client to challenge, and the endpoint where it is challenged.
#[derive(Clone, Debug)]
pub struct ChallengeSubject {
    /// The endpoint's name.
    pub endpoint: String,
    /// Where a browser goes afterwards.
    pub way_back: WayBack,
    /// The visitor's language.
    pub language: Language,
    /// What the tokens are bound to.
    pub binding: TokenBinding,
    /// A page or a document.
    pub form: ChallengeForm,
    /// Why the token that the login carried was refused.
    pub refused: Option<Refusal>,
}

impl Challenger {
    /// A challenger whose spent tokens and wait limits are stored beside `table`.
    #[must_use]
    pub fn new(policy: ChallengePolicy, keys: Keys, table: &Table) -> Self {
        Self {
            policy,
            keys,
            spent_tokens: SpentTokens::of(table),
            wait_limiter: WaitLimiter::of(table),
            surcharge: SurchargeCounters::of(table),
        }
    }

    /// What tokens for this client are bound to.
    #[must_use]
    pub fn binding(&self, client: &Client, headers: Headers<'_>) -> TokenBinding {
        TokenBinding::of(&self.policy.binding, client, headers)
    }

    /// Issues a challenge in the form that the subject can use.
    #[must_use]
    pub fn challenge(
        &self,
        store: &impl Store,
        now: Millis,
        subject: &ChallengeSubject,
        random: Randomness,
    ) -> ChallengeResponse {
        match (subject.form, &self.policy.handover) {
            (ChallengeForm::Document, _) => {
                let puzzles = self.puzzles(store, now, subject, random);
                let expires = self.policy.expires_seconds;
                let body = problem::document(&puzzles, expires, subject.refused);
                let login_page = subject.way_back.login_page.replace('"', "%22");
                let login_page = format!("puzzle; login-page=\"{login_page}\"");
                ChallengeResponse::document(403, "application/problem+json", body)
                    .header("x-unstuff-challenge", login_page)
                    .event(ChallengeEvent::Issued)
            }
            (ChallengeForm::Page, Some(handover)) => {
                let expires = self.policy.expires_seconds;
                let claims = self.claims(now, subject, random, expires);
                handover.send(&claims, &subject.way_back, &self.keys)
            }
            (ChallengeForm::Page, None) => {
                let wait = self.wait(now, subject, random, 0);
                self.page(store, now, subject, random, wait, false)
            }
        }
    }

    /// A puzzle of each kind, counted as one: a client solves one of them.
    pub(super) fn puzzles(
        &self,
        store: &impl Store,
        now: Millis,
        subject: &ChallengeSubject,
        random: Randomness,
    ) -> DocumentPuzzles {
        let difficulty = self.difficulty(store, now, subject);
        let puzzle = |algorithm| self.puzzle(now, subject, random, algorithm, difficulty);
        DocumentPuzzles {
            sha256: puzzle(PuzzleAlgorithm::Sha256),
            walk: puzzle(PuzzleAlgorithm::MemoryWalk),
        }
    }

    /// A page with a new puzzle and this wait (its token and seconds).
    pub(super) fn page(
        &self,
        store: &impl Store,
        now: Millis,
        subject: &ChallengeSubject,
        random: Randomness,
        wait: Option<(String, u32)>,
        crowded: bool,
    ) -> ChallengeResponse {
        let difficulty = self.difficulty(store, now, subject);
        let walk = PuzzleAlgorithm::MemoryWalk;
        let puzzle = &self.puzzle(now, subject, random, walk, difficulty);
        let wait = wait.as_ref().map(|(token, seconds)| (token.as_str(), *seconds));
        self.show(subject, random, PageContent::Challenge { puzzle, wait, crowded })
            .event(ChallengeEvent::Issued)
    }

    /// A page with this content.
    pub(super) fn show(
        &self,
        subject: &ChallengeSubject,
        random: Randomness,
        content: PageContent<'_>,
    ) -> ChallengeResponse {
        let nonce = STANDARD.encode(split(random).1);
        let page = Page {
            template: self.policy.page.as_deref(),
            way_back: &subject.way_back,
            language: subject.language,
            nonce: &nonce,
            content,
        };
        ChallengeResponse::document(403, "text/html; charset=utf-8", page.render())
            .header("content-security-policy", page.security_policy())
            // The application may see as the referrer what it saw at the login itself.
            .header("referrer-policy", "same-origin".to_owned())
            .header("vary", "accept-language".to_owned())
            .header("x-content-type-options", "nosniff".to_owned())
    }

    fn puzzle(
        &self,
        now: Millis,
        subject: &ChallengeSubject,
        random: Randomness,
        algorithm: PuzzleAlgorithm,
        difficulty: u8,
    ) -> Puzzle {
        let claims = self.claims(now, subject, random, self.policy.expires_seconds);
        Puzzle::new(&claims, algorithm, difficulty, &self.keys)
    }

    /// Counts one more puzzle of the subject's network. Returns how hard it is.
    fn difficulty(&self, store: &impl Store, now: Millis, subject: &ChallengeSubject) -> u8 {
        let network = subject.binding.network();
        let harder = |policy| self.surcharge.count(store, now, network, policy);
        self.policy.difficulty.saturating_add(self.policy.surcharge.map_or(0, harder))
    }

    /// A wait token and its seconds; each `round` is twice as long as the one before.
    pub(super) fn wait(
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
        // The puzzle on the same page needs another id: solving and waiting earn separately.
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

    /// How long a token id that is first used now must be remembered, in epoch seconds: its token
    /// can still earn a pass for `expires`, and that pass is valid for its own time after that.
    pub(super) fn remembered_until(&self, now: Millis) -> u32 {
        let ChallengePolicy { expires_seconds, pass_seconds, .. } = self.policy;
        now.seconds().saturating_add(expires_seconds).saturating_add(pass_seconds)
    }
}

/// A token id and the bytes of a nonce.
fn split(random: Randomness) -> (TokenId, [u8; 16]) {
    let id = random.first_chunk().copied().unwrap_or_default();
    (id, random.last_chunk().copied().unwrap_or_default())
}
