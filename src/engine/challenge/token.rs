//! Tokens: signed claims that a client stores and presents again.
//!
//! Every kind (puzzle, pass, wait, handover) has the same layout, so there is one parser:
//!
//! ```text
//! version 1 · id 16 · from 4 · until 4 · value 1 · endpoint 8 · binding 8 · HMAC-SHA-256 32
//! ```
//!
//! in base64url without padding, 99 characters. Times are seconds since the epoch, big-endian.
//! The kind is the [`Purpose`] of the signature; it is not stored. `value` depends on the kind:
//! leading zero bits, attempts, or the round of a wait. Endpoint and binding are keyed tags, so a
//! leaked token says nothing about its holder.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::binding::TokenBinding;
use super::refusal::Refusal;
use crate::time::Millis;
use crate::tokens::signing::{Keys, Purpose, SecretKey, TAG_BYTES, TokenTag};

const VERSION: u8 = 1;

/// Bytes before the signature.
const BODY_BYTES: usize = 1 + ID_BYTES + 4 + 4 + 1 + TAG_BYTES + TAG_BYTES;

/// The length of a token, in characters.
pub const TOKEN_CHARS: usize = 99;

/// The length of a token's id, in bytes.
pub const ID_BYTES: usize = 16;

/// The random number that identifies a token.
pub type TokenId = [u8; ID_BYTES];

/// The claims of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Identifies the token. A pass keeps the id of the token that earned it, so redeeming twice
    /// earns nothing more.
    pub id: TokenId,
    /// When it becomes valid, in epoch seconds: when it was issued, or when the wait is over.
    pub from: u32,
    /// The last epoch second in which it is valid.
    pub until: u32,
    /// Leading zero bits of a puzzle, attempts of a pass, the round of a wait.
    pub value: u8,
    /// The endpoint that it is valid for.
    pub endpoint: TokenTag,
    /// The binding that it is valid for.
    pub binding: TokenTag,
}

/// A token whose signature is valid.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedToken<'k> {
    /// Its claims.
    pub claims: Claims,
    /// The key that signed it and that its tags are keyed with.
    key: &'k SecretKey,
}

impl Claims {
    /// Claims that are valid from `now` for `seconds`, with a value of 0.
    #[must_use]
    pub fn new(keys: &Keys, id: TokenId, now: Millis, seconds: u32, scope: TokenScope<'_>) -> Self {
        let from = now.seconds();
        let key = keys.signing();
        Self {
            id,
            from,
            until: from.saturating_add(seconds),
            value: 0,
            endpoint: endpoint_tag(key, scope.endpoint),
            binding: scope.binding.tag(key),
        }
    }

    /// The signed token with these claims.
    #[must_use]
    pub fn seal(&self, keys: &Keys, purpose: Purpose) -> String {
        signed(&self.encode(), keys, purpose)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`Refusal::Forged`] if this is not a token of this kind, signed by one of `keys`.
    pub fn open<'k>(
        text: &[u8],
        keys: &'k Keys,
        purpose: Purpose,
    ) -> Result<VerifiedToken<'k>, Refusal> {
        if text.len() != TOKEN_CHARS {
            return Err(Refusal::Forged);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::Forged)?;
        let (body, signature) = bytes.split_at_checked(BODY_BYTES).ok_or(Refusal::Forged)?;
        let key = keys.verify(purpose, &[body], signature).ok_or(Refusal::Forged)?;
        let claims = Self::decode(body).ok_or(Refusal::Forged)?;
        Ok(VerifiedToken { claims, key })
    }

    fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(BODY_BYTES);
        body.push(VERSION);
        body.extend_from_slice(&self.id);
        body.extend_from_slice(&self.from.to_be_bytes());
        body.extend_from_slice(&self.until.to_be_bytes());
        body.push(self.value);
        body.extend_from_slice(&self.endpoint);
        body.extend_from_slice(&self.binding);
        body
    }

    fn decode(body: &[u8]) -> Option<Self> {
        let (version, rest) = body.split_first()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (from, rest) = rest.split_first_chunk()?;
        let (until, rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_first()?;
        let (endpoint, rest) = rest.split_first_chunk()?;
        let (binding, rest) = rest.split_first_chunk()?;
        (*version == VERSION && rest.is_empty()).then_some(Self {
            id: *id,
            from: u32::from_be_bytes(*from),
            until: u32::from_be_bytes(*until),
            value: *value,
            endpoint: *endpoint,
            binding: *binding,
        })
    }
}

/// Signs a body as it is. [`Claims::seal`] gives it valid claims. The fuzzer gives it any bytes,
/// because parsing must not fail on what a valid signature covers.
#[must_use]
pub fn signed(body: &[u8], keys: &Keys, purpose: Purpose) -> String {
    URL_SAFE_NO_PAD.encode([body, keys.sign(purpose, &[body]).as_bytes()].concat())
}

impl VerifiedToken<'_> {
    /// The claims, if the token is not expired and is bound to this client.
    ///
    /// # Errors
    /// [`Refusal::Expired`] or [`Refusal::Stolen`].
    pub fn check_holder(&self, now: Millis, binding: &TokenBinding) -> Result<Claims, Refusal> {
        if now.seconds() > self.claims.until {
            Err(Refusal::Expired)
        } else if self.claims.binding != binding.tag(self.key) {
            Err(Refusal::Stolen)
        } else {
            Ok(self.claims)
        }
    }

    /// The claims, if the token is also valid at this endpoint.
    ///
    /// # Errors
    /// As [`VerifiedToken::check_holder`], and [`Refusal::CrossEndpoint`].
    pub fn check(&self, now: Millis, scope: TokenScope<'_>) -> Result<Claims, Refusal> {
        let claims = self.check_holder(now, scope.binding)?;
        if self.is_for(scope.endpoint) { Ok(claims) } else { Err(Refusal::CrossEndpoint) }
    }

    /// Whether the token is valid at this endpoint.
    #[must_use]
    pub fn is_for(&self, endpoint: &str) -> bool {
        self.claims.endpoint == endpoint_tag(self.key, endpoint)
    }
}

/// Where and for which client a token is valid.
#[derive(Clone, Copy, Debug)]
pub struct TokenScope<'a> {
    /// The endpoint's name.
    pub endpoint: &'a str,
    /// What the client's tokens are bound to.
    pub binding: &'a TokenBinding,
}

fn endpoint_tag(key: &SecretKey, name: &str) -> TokenTag {
    key.sign(Purpose::Endpoint, &[name.as_bytes()]).tag()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::challenge::testing::{binding, keys};
    use crate::tokens::signing::SIGNATURE_BYTES;

    const NOW: Millis = Millis(1_760_000_000_000);

    fn sealed(keys: &Keys) -> String {
        let binding = binding("192.0.2.1");
        let scope = TokenScope { endpoint: "web", binding: &binding };
        Claims::new(keys, [7; ID_BYTES], NOW, 60, scope).seal(keys, Purpose::Pass)
    }

    fn check(text: &str, keys: &Keys, now: Millis, endpoint: &str, ip: &str) -> Option<Refusal> {
        let opened = Claims::open(text.as_bytes(), keys, Purpose::Pass);
        opened.and_then(|it| it.check(now, TokenScope { endpoint, binding: &binding(ip) })).err()
    }

    #[test]
    fn each_misuse_has_its_own_refusal() {
        let keys = keys(&[1]);
        let token = sealed(&keys);
        assert_eq!(token.len(), TOKEN_CHARS);
        let later = NOW.plus_seconds(60);
        assert_eq!(check(&token, &keys, later, "web", "192.0.2.9"), None, "same network");
        let too_late = NOW.plus_seconds(61);
        assert_eq!(check(&token, &keys, too_late, "web", "192.0.2.1"), Some(Refusal::Expired));
        assert_eq!(check(&token, &keys, NOW, "web", "198.51.100.1"), Some(Refusal::Stolen));
        assert_eq!(check(&token, &keys, NOW, "blog", "192.0.2.1"), Some(Refusal::CrossEndpoint));
        let puzzle = Claims::open(token.as_bytes(), &keys, Purpose::Puzzle);
        assert_eq!(puzzle.err(), Some(Refusal::Forged), "a pass is no puzzle");
    }

    #[test]
    fn token_of_an_older_key_stays_valid() {
        let token = sealed(&keys(&[1]));
        assert_eq!(check(&token, &keys(&[2, 1]), NOW, "web", "192.0.2.1"), None);
        assert_eq!(check(&token, &keys(&[2]), NOW, "web", "192.0.2.1"), Some(Refusal::Forged));
    }

    prop_compose! {
        fn claims()(id: TokenId, from: u32, until: u32, value: u8, endpoint: TokenTag,
                    binding: TokenTag) -> Claims {
            Claims { id, from, until, value, endpoint, binding }
        }
    }

    proptest! {
        #[test]
        fn claims_round_trip(claims in claims()) {
            let keys = keys(&[1]);
            let token = claims.seal(&keys, Purpose::Wait);
            let opened = Claims::open(token.as_bytes(), &keys, Purpose::Wait).unwrap();
            prop_assert_eq!(opened.claims, claims);
        }

        #[test]
        fn changed_byte_is_refused_as_forged(at in 0..TOKEN_CHARS, byte: u8) {
            let keys = keys(&[1]);
            let mut token = sealed(&keys).into_bytes();
            prop_assume!(token[at] != byte);
            token[at] = byte;
            prop_assert!(Claims::open(&token, &keys, Purpose::Pass).is_err());
        }

        #[test]
        fn changed_bit_is_refused_as_forged(bit in 0..(BODY_BYTES + SIGNATURE_BYTES) * 8) {
            let keys = keys(&[1]);
            let mut bytes = URL_SAFE_NO_PAD.decode(sealed(&keys)).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let changed = URL_SAFE_NO_PAD.encode(bytes);
            let opened = Claims::open(changed.as_bytes(), &keys, Purpose::Pass);
            prop_assert_eq!(opened.err(), Some(Refusal::Forged));
        }

        #[test]
        fn other_key_or_purpose_is_refused_as_forged(claims in claims(), key in 2_u8.., other in 0..3_usize) {
            let token = claims.seal(&keys(&[1]), Purpose::Wait);
            let open = |keys: &Keys, purpose| Claims::open(token.as_bytes(), keys, purpose).err();
            prop_assert_eq!(open(&keys(&[key]), Purpose::Wait), Some(Refusal::Forged));
            let purpose = [Purpose::Puzzle, Purpose::Pass, Purpose::Handover][other];
            prop_assert_eq!(open(&keys(&[1]), purpose), Some(Refusal::Forged));
        }

        #[test]
        fn signed_body_is_a_whole_token_or_refused(body in proptest::collection::vec(
                                                            any::<u8>(), 40..45), whole: bool) {
            let keys = keys(&[1]);
            let mut body = body;
            if whole {
                body.resize(BODY_BYTES, 0);
                body[0] = VERSION;
            }
            let token = signed(&body, &keys, Purpose::Pass);
            match Claims::open(token.as_bytes(), &keys, Purpose::Pass) {
                Ok(opened) => prop_assert_eq!(opened.claims.seal(&keys, Purpose::Pass), token),
                Err(refusal) => {
                    prop_assert!(!whole);
                    prop_assert_eq!(refusal, Refusal::Forged);
                }
            }
        }

        #[test]
        fn bytes_never_panic(text: Vec<u8>) {
            prop_assert!(Claims::open(&text, &keys(&[1]), Purpose::Pass).is_err());
        }
    }
}
