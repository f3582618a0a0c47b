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
//! TOKEN is base64url and needs no escaping. It is worth nothing without KEY. It begins with signed
//! claims. The way back follows, with a signature of ours, if it is the login's own address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::policy::Handover;
use super::protocol::ANSWER_FIELD;
use super::refusal::Refusal;
use super::response::{ChallengeEvent, ChallengeResponse};
use super::token::{Claims, TOKEN_CHARS, VerifiedToken};
use super::way_back::WayBack;
use crate::tokens::signing::{Keys, Purpose, SIGNATURE_BYTES};

impl Handover {
    /// Redirects a browser to the external challenge with a token of these claims.
    pub(super) fn send(
        &self,
        claims: &Claims,
        way_back: &WayBack,
        keys: &Keys,
    ) -> ChallengeResponse {
        let Self { url, return_to, key } = self;
        let mut token = claims.seal(keys, Purpose::Handover);
        if way_back.is_own {
            let page = way_back.carried();
            let page = page.as_bytes();
            let signature = keys.sign(Purpose::Handover, &[token.as_bytes(), page]);
            token += &URL_SAFE_NO_PAD.encode([signature.as_bytes(), page].concat());
        }
        let signature = key.sign_text(&format!("unstuff-request\n{token}\n{return_to}"));
        let signature = hex::encode(signature.as_bytes());
        let joint = if url.contains('?') { '&' } else { '?' };
        let back = escape(return_to);
        let query = format!("unstuff-request={token}&return={back}&signature={signature}");
        ChallengeResponse::redirect(format!("{url}{joint}{query}"))
            .event(ChallengeEvent::HandedOver)
    }

    /// Verifies the answer that a browser carries back. With it comes the way back, if the token
    /// has one.
    pub(super) fn read<'k>(
        &self,
        answer: &[u8],
        keys: &'k Keys,
    ) -> Result<(VerifiedToken<'k>, Option<WayBack>), Refusal> {
        let text = std::str::from_utf8(answer).map_err(|_| Refusal::Forged)?;
        let (token, signature) = text.split_once('.').ok_or(Refusal::Forged)?;
        let signature = hex::decode(signature.as_bytes()).map_err(|_| Refusal::Forged)?;
        if !self.key.verifies_text(&format!("{ANSWER_FIELD}\n{token}"), &signature) {
            return Err(Refusal::Forged);
        }
        let (claims, page) = token.split_at_checked(TOKEN_CHARS).ok_or(Refusal::Forged)?;
        let opened = Claims::open(claims.as_bytes(), keys, Purpose::Handover)?;
        if page.is_empty() {
            return Ok((opened, None));
        }
        let way_back = read_way_back(claims, page, keys).ok_or(Refusal::Forged)?;
        Ok((opened, Some(way_back)))
    }
}

/// The way back that follows these claims.
fn read_way_back(claims: &str, text: &str, keys: &Keys) -> Option<WayBack> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (signature, page) = bytes.split_at_checked(SIGNATURE_BYTES)?;
    keys.verify(Purpose::Handover, &[claims.as_bytes(), page], signature)?;
    Some(WayBack::own(std::str::from_utf8(page).ok()?))
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
