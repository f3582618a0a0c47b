//! Signatures on what is given to clients to bring back: cookies and tokens.
//!
//! HMAC-SHA-256 (RFC 2104). The first key signs, every key verifies: to rotate, put the new
//! one in front, and take the old one out when what it signed has expired. What is signed
//! begins with a byte that says its [`Purpose`], and each part with its length, so that no
//! token can be taken for one of another kind, or be cut differently.
//!
//! Signatures are compared in constant time. Keys are never printed.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::state::stores::cas::{CasStep, Written, update_with};
use crate::state::{Store, StoreError};

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 32;

/// Bytes of the tag of a username, an endpoint or a binding: enough that nobody finds another
/// one with the same, keyed as it is.
pub const TAG_BYTES: usize = 8;

/// The shortest key, in bytes: as long as the hash (RFC 2104, section 3).
pub const MIN_KEY_BYTES: usize = 32;

/// Where workers without configured keys agree on one. Other plugins with the same `vm_id`
/// can read it, as they can write all of the state: they are trusted.
const AGREED: &str = "unstuff/key";
const MAGIC: [u8; 4] = *b"UsK\x01";

/// What a signature is for; each has its own domain. The numbers are in what clients hold:
/// never give one another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// A proof-of-work puzzle.
    Puzzle = 1,
    /// A pass for a few attempts.
    Pass = 2,
    /// A timed wait.
    Wait = 3,
    /// A binding who was sent to another challenge.
    Handover = 4,
    /// Who a token is bound to.
    Binding = 6,
    /// Which endpoint a token is for.
    Endpoint = 7,
    /// A device that an account has logged in from.
    Device = 8,
}

/// A signature. It cannot be compared by `==`, which ends at the first byte that differs and so
/// tells a forger how far he has come; verifying takes the same time for each:
///
/// ```
/// # use unstuff_engine::tokens::signing::{Purpose, SecretKey};
/// # let key = SecretKey::new(vec![1; 32]).unwrap();
/// let signature = key.sign(Purpose::Pass, &[b"x"]);
/// assert!(key.verifies(Purpose::Pass, &[b"x"], signature.as_bytes()));
/// ```
///
/// ```compile_fail
/// # use unstuff_engine::tokens::signing::{Purpose, SecretKey};
/// # let key = SecretKey::new(vec![1; 32]).unwrap();
/// let signature = key.sign(Purpose::Pass, &[b"x"]);
/// assert!(key.sign(Purpose::Pass, &[b"x"]) == signature);
/// ```
#[derive(Clone, Copy)]
pub struct Signature([u8; SIGNATURE_BYTES]);

impl Signature {
    /// To be given to a client.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.0
    }

    /// Its first bytes, as a keyed tag.
    #[must_use]
    pub fn tag(&self) -> [u8; TAG_BYTES] {
        self.0.first_chunk().copied().unwrap_or_default()
    }
}

/// A key of at least [`MIN_KEY_BYTES`].
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(Vec<u8>);

impl SecretKey {
    /// A key, unless it is too short to be one.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() >= MIN_KEY_BYTES).then_some(Self(bytes))
    }

    /// Signs `parts`.
    #[must_use]
    pub fn sign(&self, purpose: Purpose, parts: &[&[u8]]) -> Signature {
        let bytes = self.mac(purpose, parts).map(|mac| mac.finalize().into_bytes().into());
        Signature(bytes.unwrap_or_default())
    }

    /// Whether `signature` is this key's on `parts`.
    #[must_use]
    pub fn verifies(&self, purpose: Purpose, parts: &[&[u8]], signature: &[u8]) -> bool {
        // `verify_slice` compares in constant time and refuses shortened signatures.
        self.mac(purpose, parts).is_some_and(|mac| mac.verify_slice(signature).is_ok())
    }

    /// Signs a text as anyone can who has the key: plain HMAC-SHA-256. For keys that are
    /// shared with others, and used for nothing else.
    #[must_use]
    pub fn sign_text(&self, text: &str) -> Signature {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        let bytes = mac.map(|mac| mac.chain_update(text).finalize().into_bytes().into());
        Signature(bytes.unwrap_or_default())
    }

    /// Whether `signature` is this key's on a plain text.
    #[must_use]
    pub fn verifies_text(&self, text: &str, signature: &[u8]) -> bool {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        mac.is_ok_and(|mac| mac.chain_update(text).verify_slice(signature).is_ok())
    }

    /// HMAC takes keys of any length, so there always is one.
    fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(&[purpose as u8]);
        for part in parts {
            // A fixed width, so that native and wasm32 agree.
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        Some(mac)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// The keys in use: at least one.
#[derive(Clone, Debug)]
pub struct Keys {
    first: SecretKey,
    older: Vec<SecretKey>,
}

impl Keys {
    /// The configured keys, the one that signs in front; `None` if there are none.
    #[must_use]
    pub fn configured(keys: &[SecretKey]) -> Option<Self> {
        let (first, older) = keys.split_first()?;
        Some(Self { first: first.clone(), older: older.to_vec() })
    }

    /// A random key that the workers of this process agree on: `random` if nobody was
    /// earlier. It is lost when the process ends, and other replicas do not know it.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn agreed<S>(store: &S, random: [u8; MIN_KEY_BYTES]) -> Result<Self, StoreError>
    where
        S: Store + ?Sized,
    {
        let agreed =
            update_with(store, AGREED, |stored| match stored.as_deref().and_then(decode) {
                Some(key) => CasStep { value: None, result: key },
                None => CasStep {
                    value: Some([&MAGIC[..], &random].concat()),
                    result: SecretKey(random.to_vec()),
                },
            });
        match agreed.written {
            Written::Failed | Written::Exhausted => Err(StoreError),
            Written::Stored | Written::Unchanged => {
                Ok(Self { first: agreed.result, older: Vec::new() })
            }
        }
    }

    /// The key that signs.
    #[must_use]
    pub fn signing(&self) -> &SecretKey {
        &self.first
    }

    /// Signs `parts` with the first key.
    #[must_use]
    pub fn sign(&self, purpose: Purpose, parts: &[&[u8]]) -> Signature {
        self.first.sign(purpose, parts)
    }

    /// The key whose signature on `parts` this is, if any's.
    #[must_use]
    pub fn verify(
        &self,
        purpose: Purpose,
        parts: &[&[u8]],
        signature: &[u8],
    ) -> Option<&SecretKey> {
        self.all().find(|key| key.verifies(purpose, parts, signature))
    }

    /// Every key, the one that signs in front.
    pub fn all(&self) -> impl Iterator<Item = &SecretKey> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

fn decode(stored: &[u8]) -> Option<SecretKey> {
    let key = stored.strip_prefix(&MAGIC)?;
    (key.len() == MIN_KEY_BYTES).then(|| SecretKey(key.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Expected;
    use crate::state::stores::memory::MemoryStore;

    fn key(byte: u8) -> SecretKey {
        SecretKey::new(vec![byte; MIN_KEY_BYTES]).unwrap()
    }

    fn keys(bytes: &[u8]) -> Keys {
        Keys::configured(&bytes.iter().map(|byte| key(*byte)).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_signature_holds_for_what_was_signed_alone() {
        let keys = keys(&[1]);
        let signature = *keys.sign(Purpose::Pass, &[b"ab", b"c"]).as_bytes();
        let holds = |purpose, parts: &[&[u8]], signature: &[u8]| {
            keys.verify(purpose, parts, signature).is_some()
        };
        assert!(holds(Purpose::Pass, &[b"ab", b"c"], &signature));
        assert!(!holds(Purpose::Puzzle, &[b"ab", b"c"], &signature), "another kind");
        assert!(!holds(Purpose::Pass, &[b"a", b"bc"], &signature), "cut differently");
        assert!(!holds(Purpose::Pass, &[b"ab"], &signature));
        assert!(!holds(Purpose::Pass, &[b"ab", b"c"], &signature[..31]), "shortened");
        assert!(!holds(Purpose::Pass, &[b"ab", b"c"], b""));
    }

    /// Its time cannot be measured reliably here, so the code is looked at.
    #[test]
    fn only_hmacs_own_comparison_which_takes_the_same_time_for_each_verifies() {
        let (code, _) = include_str!("signing.rs").split_once("#[cfg(test)]").unwrap();
        let verifying: Vec<_> =
            code.split("pub fn ").filter(|it| it.starts_with("verifies")).collect();
        assert_eq!(verifying.len(), 2);
        for body in verifying {
            assert!(body.contains(".verify_slice(signature)") && !body.contains("=="), "{body}");
        }
    }

    #[test]
    fn rotation_interrupts_nobody() {
        let before = keys(&[1]).sign(Purpose::Pass, &[b"x"]);
        let during = keys(&[2, 1]);
        assert_eq!(during.verify(Purpose::Pass, &[b"x"], before.as_bytes()), Some(&key(1)));
        let after = during.sign(Purpose::Pass, &[b"x"]);
        assert_eq!(keys(&[2]).verify(Purpose::Pass, &[b"x"], after.as_bytes()), Some(&key(2)));
        assert_eq!(
            keys(&[2]).verify(Purpose::Pass, &[b"x"], before.as_bytes()),
            None,
            "the old one is gone"
        );
    }

    #[test]
    fn workers_without_keys_agree_on_one() {
        let store = MemoryStore::new();
        let one = Keys::agreed(&store, [1; 32]).unwrap();
        let other = Keys::agreed(&store, [2; 32]).unwrap();
        let signature = one.sign(Purpose::Device, &[b"x"]);
        assert!(other.verify(Purpose::Device, &[b"x"], signature.as_bytes()).is_some());
    }

    #[test]
    fn junk_in_place_of_the_agreed_key_is_replaced() {
        let store = MemoryStore::new();
        store.write(AGREED, b"junk", Expected::Absent).unwrap();
        let one = Keys::agreed(&store, [1; 32]).unwrap();
        let other = Keys::agreed(&store, [2; 32]).unwrap();
        assert_eq!(one.signing(), other.signing());
    }

    #[test]
    fn short_keys_are_none_and_no_key_prints() {
        assert_eq!(SecretKey::new(vec![1; 31]), None);
        assert_eq!(format!("{:?}", key(7)), "SecretKey(..)");
    }
}
