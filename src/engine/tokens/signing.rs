//! Signatures on the cookies and tokens that clients store.
//!
//! HMAC-SHA-256 (RFC 2104). The first key signs, every key verifies. To rotate, put the new key
//! first, and remove the old one when everything that it signed has expired. The signed bytes
//! begin with a [`Purpose`], and each part with its length, so no token passes for one of another
//! kind and no two lists of parts have the same bytes.
//!
//! Signatures are compared in constant time. Keys are never printed.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::Record;
use crate::state::stores::cas::{CasStep, Written};
use crate::state::{Store, StoreError};

/// The length of a signature, in bytes.
pub const SIGNATURE_BYTES: usize = 32;

/// The length of a keyed tag, in bytes. Without the key nobody can search for a collision.
pub const TAG_BYTES: usize = 8;

/// A keyed tag of a username, an endpoint or a binding: the first bytes of a signature.
pub type TokenTag = [u8; TAG_BYTES];

/// The shortest key, in bytes: as long as the hash (RFC 2104, section 3).
pub const MIN_KEY_BYTES: usize = 32;

/// The entry of shared data under which workers without configured keys agree on one. Other
/// plugins with the same `vm_id` can read it and write all of the state: they are trusted.
const AGREED: &str = "unstuff/key";

/// What a signature is for (domain separation). Clients hold signatures over these numbers: never
/// reuse one for another purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// A proof-of-work puzzle.
    Puzzle = 1,
    /// A pass for a few attempts.
    Pass = 2,
    /// A timed wait.
    Wait = 3,
    /// A handover to an external challenge.
    Handover = 4,
    /// The tag of a token's binding.
    Binding = 6,
    /// The tag of a token's endpoint.
    Endpoint = 7,
    /// A device cookie and the tags in it.
    Device = 8,
    /// The tag of a client or a pass in what gateways count together.
    Fleet = 9,
    /// The key of a decision record.
    Record = 10,
}

/// A signature. It has no `==`, which stops at the first different byte and so is a timing oracle;
/// verifying takes constant time:
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
    /// All bytes, as a client stores them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.0
    }

    /// The first bytes as a keyed tag.
    #[must_use]
    pub fn tag(&self) -> TokenTag {
        self.0.first_chunk().copied().unwrap_or_default()
    }
}

/// A secret key of at least [`MIN_KEY_BYTES`].
#[derive(Clone)]
pub struct SecretKey {
    bytes: Vec<u8>,
    /// After the key and before any text: half of what a short signature costs.
    keyed: Hmac<Sha256>,
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for SecretKey {}

impl SecretKey {
    /// A key of these bytes; `None` if it is too short.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        if bytes.len() < MIN_KEY_BYTES {
            return None;
        }
        // HMAC accepts keys of any length.
        let keyed = Hmac::new_from_slice(&bytes).ok()?;
        Some(Self { bytes, keyed })
    }

    /// Stands for a key that is not at hand, where a tool reads a configuration. It signs nothing that
    /// a client gets.
    pub(crate) fn unknown(name: &str) -> Option<Self> {
        Self::new(name.bytes().cycle().take(MIN_KEY_BYTES).collect())
    }

    /// Signs `parts`.
    #[must_use]
    pub fn sign(&self, purpose: Purpose, parts: &[&[u8]]) -> Signature {
        Signature(self.mac(purpose, parts).finalize().into_bytes().into())
    }

    /// Whether `signature` is this key's signature on `parts`.
    #[must_use]
    pub fn verifies(&self, purpose: Purpose, parts: &[&[u8]], signature: &[u8]) -> bool {
        // `verify_slice` compares in constant time and refuses shortened signatures.
        self.mac(purpose, parts).verify_slice(signature).is_ok()
    }

    /// Signs a text with plain HMAC-SHA-256, as any other holder of the key can. Only for keys that
    /// are shared with another service and used for nothing else.
    #[must_use]
    pub fn sign_text(&self, text: &str) -> Signature {
        Signature(self.keyed.clone().chain_update(text).finalize().into_bytes().into())
    }

    /// Whether `signature` is this key's signature on a plain text.
    #[must_use]
    pub fn verifies_text(&self, text: &str, signature: &[u8]) -> bool {
        self.keyed.clone().chain_update(text).verify_slice(signature).is_ok()
    }

    fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        mac.update(&[purpose as u8]);
        for part in parts {
            // A fixed width, so that native and wasm32 agree.
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac
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
    /// The configured keys; the first one signs. `None` if there are none.
    #[must_use]
    pub fn configured(keys: &[SecretKey]) -> Option<Self> {
        let (first, older) = keys.split_first()?;
        Some(Self { first: first.clone(), older: older.to_vec() })
    }

    /// A random key that the workers of this process agree on: `random`, unless another worker
    /// has stored its own. It is lost when the process ends, and other replicas do not know it.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn agreed<S>(store: &S, random: [u8; MIN_KEY_BYTES]) -> Result<Self, StoreError>
    where
        S: Store + ?Sized,
    {
        let proposed = SecretKey::new(random.to_vec()).ok_or(StoreError)?;
        let agreed = SecretKey::update_with(store, AGREED, |stored| match stored {
            Some(key) => CasStep::unchanged(key),
            None => CasStep::store(proposed.clone(), proposed.clone()),
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

    /// The key that `signature` on `parts` was made with, if it is one of these.
    #[must_use]
    pub fn verify(
        &self,
        purpose: Purpose,
        parts: &[&[u8]],
        signature: &[u8],
    ) -> Option<&SecretKey> {
        self.all().find(|key| key.verifies(purpose, parts, signature))
    }

    /// Every key; the first one signs.
    pub fn all(&self) -> impl Iterator<Item = &SecretKey> {
        std::iter::once(&self.first).chain(&self.older)
    }
}

/// The agreed key as it is stored.
impl Record for SecretKey {
    const MAGIC: [u8; 3] = *b"UsK";
    const SCHEMA: u8 = 1;
    const PAYLOAD_BYTES: usize = MIN_KEY_BYTES;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.put(self.bytes.first_chunk::<MIN_KEY_BYTES>().copied().unwrap_or_default());
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        Self::new(from.take::<MIN_KEY_BYTES>().to_vec())
    }
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
    fn signature_is_valid_only_for_what_was_signed() {
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

    /// Timing cannot be measured reliably in a test, so this inspects the source.
    #[test]
    fn signatures_are_compared_in_constant_time() {
        let (code, _) = include_str!("signing.rs").split_once("#[cfg(test)]").unwrap();
        let verifying: Vec<_> =
            code.split("pub fn ").filter(|it| it.starts_with("verifies")).collect();
        assert_eq!(verifying.len(), 2);
        for body in verifying {
            assert!(body.contains(".verify_slice(signature)") && !body.contains("=="), "{body}");
        }
    }

    #[test]
    fn signatures_stay_valid_during_key_rotation() {
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
    fn workers_without_configured_keys_agree_on_one() {
        let store = MemoryStore::new();
        let one = Keys::agreed(&store, [1; 32]).unwrap();
        let other = Keys::agreed(&store, [2; 32]).unwrap();
        let signature = one.sign(Purpose::Device, &[b"x"]);
        assert!(other.verify(Purpose::Device, &[b"x"], signature.as_bytes()).is_some());
    }

    #[test]
    fn junk_under_the_agreed_key_is_replaced() {
        let store = MemoryStore::new();
        store.write(AGREED, b"junk", Expected::Absent).unwrap();
        let one = Keys::agreed(&store, [1; 32]).unwrap();
        let other = Keys::agreed(&store, [2; 32]).unwrap();
        assert_eq!(one.signing(), other.signing());
    }

    #[test]
    fn short_keys_are_refused_and_keys_are_not_printed() {
        assert_eq!(SecretKey::new(vec![1; 31]), None);
        assert_eq!(format!("{:?}", key(7)), "SecretKey(..)");
    }
}
