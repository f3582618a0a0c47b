//! Redemption: requests to a login location that exchange something for a pass.
//!
//! They are not logins. They are GET requests, which change nothing should one ever reach the
//! application, to the location of any endpoint, with
//!
//! - the header `x-unstuff-puzzle`: nothing yet, a login page asks for a puzzle (`puzzle_request`);
//! - the header `x-unstuff-redeem`: a solution, sent by the page's script or by a program;
//! - the query field `unstuff-wait`: a wait that is over, sent by a browser without JavaScript;
//! - the query field `unstuff-answer`: the answer of an external challenge;
//! - the query field `unstuff-kept`, or `kept` in the header: nothing, but the question whether the
//!   browser kept the pass that it was given just before. Without cookies, or over plain HTTP, it
//!   does not, and a person would be challenged again and again.
//!
//! The token says which endpoint the pass is for. Redemption is idempotent: a second pass has the
//! id of the first, and uses are counted by id. So redeeming stores nothing, except for waits: a
//! reloaded page must not count twice against the wait limits.

use super::admission;
use super::binding::TokenBinding;
use super::challenger::{ChallengeSubject, Challenger, Randomness};
use super::form::ChallengeForm;
use super::language::Language;
use super::page::PageContent;
use super::protocol::{
    ANSWER_FIELD, KEPT, KEPT_FIELD, MARK_FIELD, PUZZLE_HEADER, REDEEM_HEADER, WAIT_FIELD,
};
use super::puzzle::Solution;
use super::refusal::Refusal;
use super::response::{ChallengeEvent, ChallengeResponse};
use super::spent_tokens::TokenUse;
use super::token::{Claims, TokenScope, VerifiedToken};
use super::way_back::WayBack;
use crate::request::endpoint_match::queries;
use crate::request::header_names::HeaderNames;
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
    /// Nothing: a login page asks for a puzzle.
    PuzzleRequest,
    /// A wait that is over.
    Wait(Vec<u8>),
    /// The answer of the external challenge.
    Handover(Vec<u8>),
    /// Nothing: whether the browser kept its pass is asked, by a script or by a navigation.
    Kept(ChallengeForm),
}

/// A request that presents something for redemption.
#[derive(Clone, Debug)]
pub struct Redemption {
    /// What is presented.
    pub presented: Presented,
    /// What the client's tokens are bound to.
    pub binding: TokenBinding,
    /// The passes that the browser sent along.
    pub passes: Vec<Vec<u8>>,
    /// The visitor's language.
    pub language: Language,
    /// Name and way back of the endpoint that the request was sent to.
    pub came_to: (String, WayBack),
    /// The same of all other endpoints.
    pub others: Vec<(String, WayBack)>,
}

impl Redemption {
    /// The passes that a request sends along.
    pub(crate) fn passes(headers: Headers<'_>) -> Vec<Vec<u8>> {
        admission::passes(headers).map(<[u8]>::to_vec).collect()
    }
}

/// The headers, each of which makes a GET a redemption.
static NAMES: HeaderNames<()> = HeaderNames::new(&[(REDEEM_HEADER, ()), (PUZZLE_HEADER, ())]);

/// Whether a query may have a field of ours, all of which begin alike. Nearly every query is told by one
/// look.
fn may_have_our_field(query: &[u8]) -> bool {
    query.contains(&b'%') || query.windows(MARK_FIELD.len()).any(|it| it == MARK_FIELD)
}

impl Presented {
    /// What a request presents, if it is a redemption at all.
    #[must_use]
    pub fn in_request(headers: Headers<'_>) -> Option<Self> {
        if headers.first(":method") != Some(b"GET") {
            return None;
        }
        if headers.iter().any(|(name, _)| NAMES.meaning(name).is_some()) {
            return Some(match headers.first(REDEEM_HEADER) {
                Some(KEPT) => Self::Kept(ChallengeForm::Document),
                Some(solution) => Self::Solution(solution.to_vec()),
                None => Self::PuzzleRequest,
            });
        }
        let queries = queries(headers).filter(|query| may_have_our_field(query));
        queries.flat_map(urlencoded::pairs).find_map(|(name, value)| {
            if *name == *WAIT_FIELD.as_bytes() {
                Some(Self::Wait(value.into_owned()))
            } else if *name == *ANSWER_FIELD.as_bytes() {
                Some(Self::Handover(value.into_owned()))
            } else if *name == *KEPT_FIELD.as_bytes() {
                Some(Self::Kept(ChallengeForm::Page))
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
            Presented::PuzzleRequest => self.puzzle_ahead(store, now, redemption, random),
            Presented::Wait(text) => self.redeem_wait(store, now, text, redemption, random),
            Presented::Handover(text) => self.redeem_handover(now, text, redemption),
            Presented::Kept(form) => self.answer_kept(*form, redemption, random),
        }
    }

    /// Says whether the browser has sent a pass of ours. Whether that still admits a login is
    /// another question.
    fn answer_kept(
        &self,
        form: ChallengeForm,
        redemption: &Redemption,
        random: Randomness,
    ) -> ChallengeResponse {
        let open = |pass: &Vec<u8>| Claims::open(pass, &self.keys, Purpose::Pass).ok();
        let pass = redemption.passes.iter().find_map(open);
        match (form, &pass) {
            (ChallengeForm::Document, _) => {
                let body = format!("{}\n", serde_json::json!({ "kept": pass.is_some() }));
                ChallengeResponse::document(200, "application/json", body)
                    .named(if pass.is_some() { "pass" } else { "challenge" })
            }
            (ChallengeForm::Page, Some(pass)) => {
                ChallengeResponse::redirect(redemption.endpoint_of(pass).1.marked()).named("pass")
            }
            (ChallengeForm::Page, None) => {
                let subject = redemption.subject(&redemption.came_to);
                self.show(&subject, random, PageContent::PassNotKept)
            }
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
            Ok((&redemption.endpoint_of(&solution.token).0, claims))
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
        let at = redemption.endpoint_of(&opened);
        let (endpoint, way_back) = at;
        let ended = opened.check_holder(now, &redemption.binding).and_then(|claims| {
            self.admit_waited(store, now, &claims, endpoint, redemption.binding.network())?;
            Ok(claims)
        });
        match ended {
            Ok(claims) => {
                let pass = self.pass(now, &claims, endpoint, redemption, 1);
                ChallengeResponse::redirect(way_back.here_with(KEPT_FIELD, "1"))
                    .with_pass(&pass, self.policy.pass_seconds)
                    .event(ChallengeEvent::Waited)
            }
            Err(Refusal::Early) => {
                let left = opened.claims.from.saturating_sub(now.seconds());
                let wait = Some((std::str::from_utf8(text).unwrap_or_default().to_owned(), left));
                self.page(store, now, &redemption.subject(at), random, wait, false)
                    .event(ChallengeEvent::Refused(Refusal::Early))
            }
            Err(Refusal::Crowded) => {
                let subject = redemption.subject(at);
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
        let held = opened.and_then(|(opened, way_back)| {
            let claims = opened.check_holder(now, &redemption.binding)?;
            Ok((&redemption.endpoint_of(&opened).0, claims, way_back))
        });
        match held {
            Ok((endpoint, claims, way_back)) => {
                let pass = self.pass(now, &claims, endpoint, redemption, self.policy.attempts);
                let kept = match &way_back {
                    Some(way_back) => way_back.asking_if_kept(),
                    None => redemption.came_to.1.here_with(KEPT_FIELD, "1"),
                };
                ChallengeResponse::redirect(kept)
                    .with_pass(&pass, self.policy.pass_seconds)
                    .event(ChallengeEvent::Returned)
            }
            // Back to the login page: the next attempt is handed over again.
            Err(refusal) => ChallengeResponse::redirect(redemption.came_to.1.login_page.clone())
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
        let subject = ChallengeSubject {
            form,
            refused: Some(refusal),
            ..redemption.subject(&redemption.came_to)
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
    /// The token's endpoint and the way back to it. If that endpoint is no longer configured, the
    /// one that the request was sent to.
    fn endpoint_of(&self, opened: &VerifiedToken<'_>) -> &(String, WayBack) {
        let all = std::iter::once(&self.came_to).chain(&self.others);
        { all }.find(|(name, _)| opened.is_for(name)).unwrap_or(&self.came_to)
    }

    pub(super) fn subject(&self, (endpoint, way_back): &(String, WayBack)) -> ChallengeSubject {
        ChallengeSubject {
            endpoint: endpoint.clone(),
            way_back: way_back.clone(),
            language: self.language,
            binding: self.binding.clone(),
            form: ChallengeForm::Page,
            refused: None,
        }
    }
}
