//! A puzzle for a login that is still being typed: what the script of a login page asks for.
//!
//! The request is a GET of a login location with the header `x-unstuff-puzzle`. It is no login,
//! counts as none and is never passed on. Its puzzle counts for the surcharge as any other, and is worth no
//! more than one of a challenge: a pass is signed for its network and expires.
//!
//! Three answers: a puzzle; that the request brings a pass that is still good; that no login is
//! challenged here at present.

use super::challenger::{Challenger, Randomness};
use super::redemption::Redemption;
use super::response::{ChallengeEvent, ChallengeResponse};
use super::token::TokenScope;
use crate::state::Store;
use crate::time::Millis;

/// A pass that is good for no longer than this is replaced, in seconds. `client.js` has the same
/// number.
const RENEW_SECONDS: u32 = 30;

/// How long no puzzle is needed where no rule challenges, in seconds.
const UNNEEDED_SECONDS: u32 = 60;

/// The answer where no rule challenges.
pub(crate) fn not_needed() -> ChallengeResponse {
    expires_in(UNNEEDED_SECONDS)
}

fn expires_in(seconds: u32) -> ChallengeResponse {
    let body = serde_json::json!({ "expires_in": seconds });
    ChallengeResponse::document(200, "application/json", format!("{body}\n")).named("puzzle")
}

impl Challenger {
    /// A puzzle, unless one of the passes is still good.
    pub(super) fn puzzle_ahead(
        &self,
        store: &impl Store,
        now: Millis,
        redemption: &Redemption,
        random: Randomness,
    ) -> ChallengeResponse {
        let (endpoint, _) = &redemption.came_to;
        let scope = TokenScope { endpoint, binding: &redemption.binding };
        let valid =
            redemption.passes.iter().filter_map(|text| self.read_pass(now, text, scope).ok());
        let left = |until: u32| until.saturating_sub(now.seconds());
        let good = { valid }.find(|pass| {
            left(pass.until) > RENEW_SECONDS
                && self.spent_tokens.is_left(store, now, &pass.id, pass.value)
        });
        if let Some(pass) = good {
            return expires_in(left(pass.until));
        }
        let subject = redemption.subject(&redemption.came_to);
        let puzzles = self.puzzles(store, now, &subject, random);
        let [puzzle, walk] = puzzles.json(self.policy.expires_seconds);
        let body = serde_json::json!({ "puzzle": puzzle, "walk": walk });
        ChallengeResponse::document(200, "application/json", format!("{body}\n"))
            .named("puzzle")
            .event(ChallengeEvent::Fetched)
    }
}
