//! The keyed tags of a record, all under the record's key.
//!
//! HMAC-SHA-256 (RFC 2104), cut. Each sort of value has a number of its own, and each part its
//! length, so that no tag passes for one of another sort. Without the key a tag says nothing, so a
//! key that is retired and forgotten makes what was written under it meaningless.
//!
//! **An account's tag** is SipHash-2-4 with 128 bits (Aumasson and Bernstein 2012), cut, under a key that
//! HMAC makes of the record's. Every line has one, and an HMAC costs a worker several times as much.
//!
//! **A password's tag** is of the key, the account and the password. It tells whether a password
//! repeats at one account, and nothing about two accounts. The tag that compares accounts is another
//! one, which a configuration asks for, and is not under the record's key ([`super::hour`]).

use std::fmt;

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use siphasher::sip128::SipHasher24;

use crate::breached::Sha1Digest;
use crate::config;
use crate::request::client::Fingerprint;
use crate::state::{HashKey, Tag};
use crate::tokens::device::DeviceId;
use crate::tokens::signing::{Purpose, SecretKey};

/// The bytes of a key and of an uncut tag.
pub(crate) const KEY_BYTES: usize = 32;

/// What a tag is of. Logs hold tags under these numbers: never reuse one.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
enum TagUse {
    Key = 1,
    Username = 2,
    Password = 3,
    Sent = 4,
    Address = 5,
    Headers = 6,
    Device = 7,
    Chain = 8,
    Process = 9,
    Configuration = 10,
}

/// The record's key, ready to use. All tags and chains are made with keys that are derived from it.
#[derive(Clone)]
pub struct RecordKey {
    secret: SecretKey,
    mac: Hmac<Sha256>,
    usernames: SipHasher24,
}

impl RecordKey {
    /// The key that is derived from a configured one.
    #[must_use]
    pub fn of(secret: &SecretKey) -> Self {
        let derived = secret.sign(Purpose::Record, &[]);
        let usernames = SipHasher24::new();
        let made = Self { secret: secret.clone(), mac: hmac(derived.as_bytes()), usernames };
        let of_usernames = made.cut(TagUse::Username, &[]);
        Self { usernames: SipHasher24::new_with_key(&of_usernames), ..made }
    }

    /// The key in a text, as a configuration has it: in hexadecimal or base64. `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        config::key_of_text(text).as_ref().map(Self::of)
    }

    /// Whether it is derived from this key.
    pub(crate) fn is_of(&self, secret: &SecretKey) -> bool {
        self.secret == *secret
    }

    /// What a log calls the key: it tells keys apart and nothing else.
    #[must_use]
    pub fn id(&self) -> String {
        hex::encode(self.cut::<4>(TagUse::Key, &[]))
    }

    /// A digest of a configuration.
    pub(crate) fn configuration(&self, bytes: &[u8]) -> [u8; 16] {
        self.cut(TagUse::Configuration, &[bytes])
    }

    /// What a log calls a process, which all of its workers share.
    pub(crate) fn process(&self, state: &HashKey) -> String {
        hex::encode(self.cut::<4>(TagUse::Process, &[&state.bytes()]))
    }

    /// The tag of an account, by its [normalised](crate::request::credentials::normalise_username)
    /// name.
    #[must_use]
    pub fn username(&self, username: &str) -> [u8; 8] {
        let whole = self.usernames.hash(username.as_bytes()).as_bytes();
        whole.first_chunk().copied().unwrap_or_default()
    }

    /// The tag of a password at one account.
    pub(crate) fn password(&self, username: Option<&str>, password: &Sha1Digest) -> Tag {
        let username = username.unwrap_or_default().as_bytes();
        Tag::of_bytes(self.cut(TagUse::Password, &[username, password.as_bytes()]))
    }

    /// The tag of everything that was sent, where credentials cannot be told apart.
    pub(crate) fn sent(&self, sent: &Sha1Digest) -> Tag {
        Tag::of_bytes(self.cut(TagUse::Sent, &[sent.as_bytes()]))
    }

    /// The tag of a client's address.
    pub(crate) fn address(&self, address: &[u8]) -> [u8; 8] {
        self.cut(TagUse::Address, &[address])
    }

    /// The tag of the headers of a fingerprint.
    pub(crate) fn headers(&self, fingerprint: Fingerprint) -> [u8; 8] {
        self.cut(TagUse::Headers, &[&fingerprint.key()])
    }

    /// The tag of a device.
    pub(crate) fn device(&self, id: &DeviceId) -> DeviceId {
        self.cut(TagUse::Device, &[id])
    }

    /// The first key of a worker's chain.
    pub(crate) fn chain(&self, worker: &[u8]) -> [u8; KEY_BYTES] {
        self.whole(TagUse::Chain, &[worker])
    }

    fn cut<const N: usize>(&self, what: TagUse, parts: &[&[u8]]) -> [u8; N] {
        self.whole(what, parts).first_chunk().copied().unwrap_or([0; N])
    }

    #[inline(never)]
    fn whole(&self, what: TagUse, parts: &[&[u8]]) -> [u8; KEY_BYTES] {
        let mut mac = self.mac.clone();
        add(&mut mac, &[what as u8]);
        for part in parts {
            // A fixed width, so that native and wasm32 agree.
            add(&mut mac, &(part.len() as u64).to_le_bytes());
            add(&mut mac, part);
        }
        finished(mac)
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKey(..)")
    }
}

/// What an HMAC comes to. Out of line, because a copy is a KB of the module.
#[inline(never)]
pub(crate) fn finished(mac: Hmac<Sha256>) -> [u8; KEY_BYTES] {
    mac.finalize().into_bytes().into()
}

/// Adds to an HMAC.
#[inline(never)]
pub(crate) fn add(mac: &mut Hmac<Sha256>, bytes: &[u8]) {
    mac.update(bytes);
}

/// HMAC-SHA-256 with this key.
#[inline(never)]
pub(crate) fn hmac(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    // HMAC fills a key up to a block with zeros (RFC 2104), and takes a whole block without an error.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    KeyInit::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> RecordKey {
        RecordKey::of(&SecretKey::new(vec![byte; 32]).expect("long enough"))
    }

    #[test]
    fn tag_of_a_password_compares_within_one_account_and_under_one_key() {
        let (one, other) = (Sha1Digest::of(b"one"), Sha1Digest::of(b"other"));
        let ann = key(1).password(Some("ann"), &one);
        assert!(ann == key(1).password(Some("ann"), &one), "it repeats");
        assert!(ann != key(1).password(Some("ann"), &other));
        assert!(ann != key(1).password(Some("bob"), &one), "another account");
        assert!(ann != key(2).password(Some("ann"), &one), "a retired key");
        assert_ne!(key(1).id(), key(2).id());
        assert_eq!(format!("{:?}", key(1)), "RecordKey(..)");
    }
}
