//! Redemption: requests to a login location that exchange something for a pass.
//!
//! They are not logins. They are GET requests, which change nothing should one ever reach the
//! application, to the location of any endpoint, with
//!
//! - the header `x-unstuff-redeem`: a solution, sent by the page's script or by a program;
//! - the query field `unstuff-wait`: a wait that is over, sent by a browser without JavaScript;
//! - the query field `unstuff-answer`: the answer of an external challenge.
//!
//! The token says which endpoint the pass is for. Redemption is idempotent: a second pass has the
//! id of the first, and uses are counted by id. So redeeming stores nothing, except for waits: a
//! reloaded page must not count twice against the wait limits.

use super::binding::TokenBinding;
use super::challenger::{ChallengeSubject, Challenger, Randomness};
use super::form::ChallengeForm;
use super::protocol::{ANSWER_FIELD, REDEEM_HEADER, WAIT_FIELD};
use super::puzzle::Solution;
use super::refusal::Refusal;
use super::response::{ChallengeEvent, ChallengeResponse};
use super::spent_tokens::TokenUse;
use super::token::{Claims, TokenScope, VerifiedToken};
use crate::request::endpoint_match::queries;
use crate::request::headers::Headers;
use crate::request::urlencoded;
use crate::state::Store;
use crate::time::Millis;
use crate::tokens::signing::Purpose;

/// What a request presents for redemption, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// A solution.
    Solution(Vec<u8>),
    /// A wait that is over.
    Wait(Vec<u8>),
    /// The answer of the external challenge.
    Handover(Vec<u8>),
}

/// A request that presents something for redemption.
#[derive(Clone, Debug)]
pub struct Redemption {
    /// What is presented.
    pub presented: Presented,
    /// What the client's tokens are bound to.
    pub binding: TokenBinding,
    /// Name and login page of every endpoint; the first is the one that the request was sent to.
    pub endpoints: Vec<(String, String)>,
}

impl Presented {
    /// What a request presents, if it is a redemption at all.
    #[must_use]
    pub fn in_request(headers: Headers<'_>) -> Option<Self> {
        if headers.first(":method") != Some(b"GET") {
            return None;
        }
        if let Some(solution) = headers.first(REDEEM_HEADER) {
            return Some(Self::Solution(solution.to_vec()));
        }
        queries(headers).flat_map(urlencoded::pairs).find_map(|(name, value)| {
            if *name == *WAIT_FIELD.as_bytes() {
                Some(Self::Wait(value.into_owned()))
            } else if *name == *ANSWER_FIELD.as_bytes() {
                Some(Self::Handover(value.into_owned()))
            } else {
                None
            }
        })
    }
}

impl Challenger {
    /// Exchanges what is presented for a pass, or answers with another challenge.
    #[must_use]
    pub fn redeem(
        &self,
        store: &impl Store,
        now: Millis,
        redemption: &Redemption,
        random: Randomness,
    ) -> ChallengeResponse {
        match &redemption.presented {
            Presented::Solution(text) => self.redeem_solution(store, now, text, redemption, random),
            Presented::Wait(text) => self.redeem_wait(store, now, text, redemption, random),
            Presented::Handover(text) => self.redeem_handover(now, text, redemption),
        }
    }

    fn redeem_solution(
        &self,
        store: &impl Store,
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
            Err(refusal) => {
                self.refuse(store, now, refusal, redemption, ChallengeForm::Document, random)
            }
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
                return self.refuse(store, now, refusal, redemption, ChallengeForm::Page, random);
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
                self.page(
                    store,
                    now,
                    &redemption.subject(endpoint, login_page),
                    random,
                    wait,
                    false,
                )
                .event(ChallengeEvent::Refused(Refusal::Early))
            }
            Err(Refusal::Crowded) => {
                let subject = redemption.subject(endpoint, login_page);
                let round = opened.claims.value.saturating_add(1);
                let wait = self.wait(now, &subject, random, round);
                self.page(store, now, &subject, random, wait, true)
                    .event(ChallengeEvent::Refused(Refusal::Crowded))
            }
            Err(refusal) => {
                self.refuse(store, now, refusal, redemption, ChallengeForm::Page, random)
            }
        }
    }

    /// Admits a wait that is over, within the limits.
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
        // A reloaded page: this wait was admitted before.
        if self.spent_tokens.knows(store, now, &claims.id) {
            return Ok(());
        }
        // The network first: a wait that it refuses must not count against the endpoint.
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
            // Back to the login page: the next attempt is handed over again.
            Err(refusal) => ChallengeResponse::redirect(redemption.first().1.to_owned())
                .event(ChallengeEvent::Refused(refusal)),
        }
    }

    /// Answers a refused redemption with another challenge.
    fn refuse(
        &self,
        store: &impl Store,
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
        self.challenge(store, now, &subject, random).event(ChallengeEvent::Refused(refusal))
    }

    /// A pass with the id of the token that earned it. Its tags are computed again, because an
    /// older key may have signed that token.
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

    /// The token's endpoint and its login page. If that endpoint is no longer configured, the one
    /// that the request was sent to.
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
