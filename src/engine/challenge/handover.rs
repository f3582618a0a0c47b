//! Handover of browsers to an external challenge (Turnstile, hCaptcha, a page of the operator's).
//!
//! The protocol signs plain text, so the other side needs neither our keys nor our token layout.
//! `KEY` is shared by the two; every signature is an HMAC-SHA-256 in lower-case hexadecimal.
//!
//! 1. The browser is redirected to `URL?unstuff-request=TOKEN&return=RETURN&signature=S`, where S
//!    signs `unstuff-request\nTOKEN\nRETURN`. The other side checks S, or has RETURN in its own
//!    configuration; otherwise it is an open redirect.
//! 2. When its visitor has passed, it redirects the browser to `RETURN?unstuff-answer=TOKEN.A`,
//!    where A signs `unstuff-answer\nTOKEN`.
//! 3. Unstuff checks A and TOKEN (expiry, binding) and issues a pass.
//!
//! TOKEN is base64url and needs no escaping. It is worth nothing without KEY.

use super::policy::Handover;
use super::protocol::ANSWER_FIELD;
use super::refusal::Refusal;
use super::response::{ChallengeEvent, ChallengeResponse};
use super::token::{Claims, VerifiedToken};
use crate::tokens::signing::{Keys, Purpose};

impl Handover {
    /// Redirects a browser to the external challenge with a token of these claims.
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

    /// Verifies the answer that a browser carries back.
    pub(super) fn read<'k>(
        &self,
        answer: &[u8],
        keys: &'k Keys,
    ) -> Result<VerifiedToken<'k>, Refusal> {
        let text = std::str::from_utf8(answer).map_err(|_| Refusal::Forged)?;
        let (token, signature) = text.split_once('.').ok_or(Refusal::Forged)?;
        let signature = hex::decode(signature.as_bytes()).map_err(|_| Refusal::Forged)?;
        if !self.key.verifies_text(&format!("{ANSWER_FIELD}\n{token}"), &signature) {
            return Err(Refusal::Forged);
        }
        Claims::open(token.as_bytes(), keys, Purpose::Handover)
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
fn escape(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
