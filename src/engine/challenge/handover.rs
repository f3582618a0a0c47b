//! Handing browsers over to another challenge (Turnstile, hCaptcha, an own page), and
//! taking them back.
//!
//! What both sides need to know, in texts that any language can sign, so that the other side
//! needs neither our keys nor our layouts. `KEY` is shared by the two; every signature is an
//! HMAC-SHA-256 in lower-case hexadecimal.
//!
//! 1. The browser is sent to `URL?unstuff-request=TOKEN&return=RETURN&signature=S`, where S
//!    signs `unstuff-request\nTOKEN\nRETURN`. The other side checks S (or has RETURN in its own
//!    configuration): or it would redirect people anywhere.
//! 2. When its binding has passed, it sends the browser to
//!    `RETURN?unstuff-answer=TOKEN.A`, where A signs `unstuff-answer\nTOKEN`.
//! 3. We check A and TOKEN (expiry, the client it is bound to) and give a pass.
//!
//! TOKEN is base64url and so needs no escaping; whoever has a TOKEN but not KEY has nothing.

use super::policy::Handover;
use super::refusal::Refusal;
use super::response::{ChallengeEvent, ChallengeResponse};
use super::token::{Claims, VerifiedToken};
use crate::hex;
use crate::tokens::signing::{Keys, Purpose};

/// The query field of the answer.
pub const ANSWER_FIELD: &str = "unstuff-answer";

impl Handover {
    /// Sends a browser away with this token.
    pub(super) fn send(&self, claims: &Claims, keys: &Keys) -> ChallengeResponse {
        let Self { url, return_to, key } = self;
        let token = claims.seal(keys, Purpose::Handover);
        let signature = key.sign_text(&format!("unstuff-request\n{token}\n{return_to}"));
        let signature = hex::encode(signature.as_bytes());
        let joint = if url.contains('?') { '&' } else { '?' };
        let back = escape(return_to);
        let query = format!("unstuff-request={token}&return={back}&signature={signature}");
        ChallengeResponse::redirect(format!("{url}{joint}{query}"))
            .event(ChallengeEvent::HandedOver)
    }

    /// Reads what a browser brings back.
    pub(super) fn read<'k>(
        &self,
        answer: &[u8],
        keys: &'k Keys,
    ) -> Result<VerifiedToken<'k>, Refusal> {
        let text = std::str::from_utf8(answer).map_err(|_| Refusal::Forged)?;
        let (token, signature) = text.split_once('.').ok_or(Refusal::Forged)?;
        let signature = hex::decode(signature.as_bytes()).ok_or(Refusal::Forged)?;
        if !self.key.verifies_text(&format!("{ANSWER_FIELD}\n{token}"), &signature) {
            return Err(Refusal::Forged);
        }
        Claims::open(token.as_bytes(), keys, Purpose::Handover)
    }
}

/// Percent-encodes all that is not unreserved (RFC 3986, section 2.3).
fn escape(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
