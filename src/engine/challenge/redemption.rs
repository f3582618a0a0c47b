//! Errands: requests to a login location that are no logins, but bring something to us.
//!
//! A GET, so that nothing happens should it ever reach the application, at the place of any
//! endpoint, with
//!
//! - the header `x-unstuff-redeem`: a solution, for which the page's script (or a program)
//!   gets a pass;
//! - the query field `unstuff-wait`: a wait that is over, presented by a browser without
//!   JavaScript;
//! - the query field `unstuff-answer`: another challenge that was passed.
//!
//! What is presented says itself which endpoint it is for. Earning twice earns nothing: the
//! second pass has the id of the first, and the spent_tokens counts by id. So earning needs no entry
//! in the spent_tokens, but for waits: one that came again must not count as two against the bounds.

use super::binding::TokenBinding;
use super::form::ChallengeForm;
use super::handover::ANSWER_FIELD;
use super::page::WAIT_FIELD;
use super::puzzle::Solution;
use super::refusal::Refusal;
use super::response::{ChallengeEvent, ChallengeResponse};
use super::spent_tokens::TokenUse;
use super::token::{Claims, TokenScope, VerifiedToken};
use super::{ChallengeSubject, Challenger, Randomness};
use crate::request::credentials::urlencoded;
use crate::request::endpoint_match::queries;
use crate::request::headers::Headers;
use crate::state::Store;
use crate::time::Millis;
use crate::tokens::signing::Purpose;

/// The header in which a solution is exchanged for a pass.
pub const REDEEM_HEADER: &str = "x-unstuff-redeem";

/// What is brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// A solution.
    Solution(Vec<u8>),
    /// A wait that is over.
    Wait(Vec<u8>),
    /// The other challenge's answer.
    Handover(Vec<u8>),
}

/// A request that brings something.
#[derive(Clone, Debug)]
pub struct Redemption {
    /// What.
    pub presented: Presented,
    /// Who.
    pub binding: TokenBinding,
    /// Every endpoint's name, and its login page; the first is the one it came to.
    pub endpoints: Vec<(String, String)>,
}

impl Presented {
    /// What a request brings, if it is an redemption at all.
    #[must_use]
    pub fn in_request(headers: Headers<'_>) -> Option<Self> {
        if headers.first(":method") != Some(b"GET") {
            return None;
        }
        if let Some(solution) = headers.first(REDEEM_HEADER) {
            return Some(Self::Solution(solution.to_vec()));
        }
        queries(headers).flat_map(urlencoded::pairs).find_map(|(name, value)| {
            if name == WAIT_FIELD.as_bytes() {
                Some(Self::Wait(value))
            } else if name == ANSWER_FIELD.as_bytes() {
                Some(Self::Handover(value))
            } else {
                None
            }
        })
    }
}

impl Challenger {
    /// Takes what is presented, and gives a pass or another challenge.
    #[must_use]
    pub fn redeem(
        &self,
        store: &impl Store,
        now: Millis,
        redemption: &Redemption,
        random: Randomness,
    ) -> ChallengeResponse {
        match &redemption.presented {
            Presented::Solution(text) => self.redeem_solution(now, text, redemption, random),
            Presented::Wait(text) => self.redeem_wait(store, now, text, redemption, random),
            Presented::Handover(text) => self.redeem_handover(now, text, redemption),
        }
    }

    fn redeem_solution(
        &self,
        now: Millis,
        text: &[u8],
        redemption: &Redemption,
        random: Randomness,
    ) -> ChallengeResponse {
        let solved = Solution::read(text, &self.keys).and_then(|solution| {
            let claims = solution.token.check_holder(now, &redemption.binding)?;
            solution.verify()?;
            Ok((redemption.endpoint_of(&solution.token).0, claims))
        });
        match solved {
            Ok((endpoint, claims)) => {
                let pass = self.pass(now, &claims, endpoint, redemption, self.policy.attempts);
                let seconds = self.policy.pass_seconds;
                let body = serde_json::json!({
                    "pass": pass, "attempts": self.policy.attempts, "expires_in": seconds,
                });
                ChallengeResponse::document(200, "application/json", format!("{body}\n"))
                    .with_pass(&pass, seconds)
                    .event(ChallengeEvent::Solved)
            }
            Err(refusal) => self.refuse(now, refusal, redemption, ChallengeForm::Document, random),
        }
    }

    fn redeem_wait(
        &self,
        store: &impl Store,
        now: Millis,
        text: &[u8],
        redemption: &Redemption,
        random: Randomness,
    ) -> ChallengeResponse {
        let opened = match Claims::open(text, &self.keys, Purpose::Wait) {
            Ok(opened) => opened,
            Err(refusal) => {
                return self.refuse(now, refusal, redemption, ChallengeForm::Page, random);
            }
        };
        let (endpoint, login_page) = redemption.endpoint_of(&opened);
        let ended = opened.check_holder(now, &redemption.binding).and_then(|claims| {
            self.admit_waited(store, now, &claims, endpoint, redemption.binding.network())?;
            Ok(claims)
        });
        match ended {
            Ok(claims) => {
                let pass = self.pass(now, &claims, endpoint, redemption, 1);
                ChallengeResponse::redirect(login_page.to_owned())
                    .with_pass(&pass, self.policy.pass_seconds)
                    .event(ChallengeEvent::Waited)
            }
            Err(Refusal::Early) => {
                let left = opened.claims.from.saturating_sub(now.seconds());
                let wait = Some((std::str::from_utf8(text).unwrap_or_default().to_owned(), left));
                self.page(now, &redemption.subject(endpoint, login_page), random, wait, false)
                    .event(ChallengeEvent::Refused(Refusal::Early))
            }
            Err(Refusal::Crowded) => {
                let subject = redemption.subject(endpoint, login_page);
                let round = opened.claims.value.saturating_add(1);
                let wait = self.wait(now, &subject, random, round);
                self.page(now, &subject, random, wait, true)
                    .event(ChallengeEvent::Refused(Refusal::Crowded))
            }
            Err(refusal) => self.refuse(now, refusal, redemption, ChallengeForm::Page, random),
        }
    }

    /// Lets a wait in that is over, if there is room for it.
    fn admit_waited(
        &self,
        store: &impl Store,
        now: Millis,
        claims: &Claims,
        endpoint: &str,
        network: &[u8],
    ) -> Result<(), Refusal> {
        let limits = self.policy.no_script.ok_or(Refusal::Forged)?;
        if now.seconds() < claims.from {
            return Err(Refusal::Early);
        }
        // The same one again, perhaps a page that was reloaded: let in already.
        if self.spent_tokens.knows(store, now, &claims.id) {
            return Ok(());
        }
        // The network first: what it is refused must not count against everybody else.
        let take = |kind: u8, what: &[u8], bound| {
            self.wait_limiter.take(store, now, &[&[kind], what].concat(), bound)
        };
        if !take(b'n', network, limits.per_network)
            || !take(b'e', endpoint.as_bytes(), limits.per_endpoint)
        {
            return Err(Refusal::Crowded);
        }
        match self.spent_tokens.enter(store, now, &claims.id, self.remembered_until(now)) {
            TokenUse::Accepted | TokenUse::Spent => Ok(()),
            TokenUse::Full => Err(Refusal::Crowded),
        }
    }

    fn redeem_handover(
        &self,
        now: Millis,
        text: &[u8],
        redemption: &Redemption,
    ) -> ChallengeResponse {
        let handover = self.policy.handover.as_ref().ok_or(Refusal::Forged);
        let opened = handover.and_then(|handover| handover.read(text, &self.keys));
        let held = opened.and_then(|opened| {
            let claims = opened.check_holder(now, &redemption.binding)?;
            Ok((redemption.endpoint_of(&opened), claims))
        });
        match held {
            Ok(((endpoint, login_page), claims)) => {
                let pass = self.pass(now, &claims, endpoint, redemption, self.policy.attempts);
                ChallengeResponse::redirect(login_page.to_owned())
                    .with_pass(&pass, self.policy.pass_seconds)
                    .event(ChallengeEvent::Returned)
            }
            // Back to the login page: the next attempt is sent over again.
            Err(refusal) => ChallengeResponse::redirect(redemption.first().1.to_owned())
                .event(ChallengeEvent::Refused(refusal)),
        }
    }

    /// Another challenge, for what was presented is not taken.
    fn refuse(
        &self,
        now: Millis,
        refusal: Refusal,
        redemption: &Redemption,
        form: ChallengeForm,
        random: Randomness,
    ) -> ChallengeResponse {
        let (endpoint, login_page) = redemption.first();
        let subject = ChallengeSubject {
            form,
            refused: Some(refusal),
            ..redemption.subject(endpoint, login_page)
        };
        self.challenge(now, &subject, random).event(ChallengeEvent::Refused(refusal))
    }

    /// A pass with the id of what earned it. Its tags are made anew: an older key may have
    /// made those.
    fn pass(
        &self,
        now: Millis,
        earned: &Claims,
        endpoint: &str,
        redemption: &Redemption,
        attempts: u8,
    ) -> String {
        let scope = TokenScope { endpoint, binding: &redemption.binding };
        let claims = Claims::new(&self.keys, earned.id, now, self.policy.pass_seconds, scope);
        Claims { value: attempts, ..claims }.seal(&self.keys, Purpose::Pass)
    }
}

impl Redemption {
    fn first(&self) -> (&str, &str) {
        self.endpoints.first().map_or(("", "/"), |(name, page)| (name, page))
    }

    /// The endpoint that a token is for, and its login page; the one that the redemption came to,
    /// should the token's be gone from the configuration.
    fn endpoint_of(&self, opened: &VerifiedToken<'_>) -> (&str, &str) {
        let found = self.endpoints.iter().find(|(name, _)| opened.is_for(name));
        found.map_or_else(|| self.first(), |(name, page)| (name, page))
    }

    fn subject(&self, endpoint: &str, login_page: &str) -> ChallengeSubject {
        ChallengeSubject {
            endpoint: endpoint.to_owned(),
            login_page: login_page.to_owned(),
            binding: self.binding.clone(),
            form: ChallengeForm::Page,
            refused: None,
        }
    }
}
