//! Known devices: a signed cookie, set after a successful login, that keeps real users out of
//! rules against attackers.
//!
//! The cookie names up to five usernames by keyed tags. The device's id is part of each tag, so two
//! cookies do not reveal that they name the same person. An attempt for one of these usernames
//! comes from a known device, and rules can exempt it; the cookie grants nothing else. A device
//! that fails too often is locked for a day (`Counter::DeviceFailures`), so a stolen cookie is
//! worth a few guesses at the accounts that it names.
//!
//! The value is hexadecimal: version (1 byte), expiry in epoch seconds (4), the device's id (8),
//! 8 bytes for each username, then an HMAC-SHA-256 (32) over all of them. A username's tag is made
//! with the signing key at its login and compared under every key, so a rotation forgets nobody
//! while the old key is configured. Tags of a removed key are void, even if a newer key has signed
//! the cookie since.

use std::num::NonZeroU64;

use siphasher::sip::SipHasher13;

use crate::request::cookies;
use crate::request::headers::Headers;
use crate::time::Millis;
use crate::tokens::signing::{Keys, Purpose, SIGNATURE_BYTES, SecretKey, TAG_BYTES};

/// The cookie's name. The prefix makes browsers require `Secure`, `Path=/` and no `Domain`.
pub const COOKIE: &str = "__Host-unstuff-device";

/// How long a device stays known after its last success: a quarter of a year, because people log
/// in to most sites less than once a month.
const LIFETIME_SECONDS: u32 = 90 * 86_400;

/// The age at which a success renews the cookie.
const RENEWED_AFTER_SECONDS: u32 = LIFETIME_SECONDS / 4;

/// The most usernames of one device: enough for a family's tablet.
const USERNAMES: usize = 5;

/// Failures within a day that lock a device.
pub(crate) const LOCKED_AFTER: u32 = 10;

const VERSION: u8 = 1;
const FRONT_BYTES: usize = 1 + 4 + ID_BYTES;
const ID_BYTES: usize = TAG_BYTES;
const NAME_BYTES: usize = TAG_BYTES;

/// A device's id.
pub(crate) type DeviceId = [u8; ID_BYTES];
type NameTag = [u8; NAME_BYTES];

/// A device whose cookie is verified.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    expires: u32,
    /// The most recent one is last.
    names: Vec<NameTag>,
    /// Whether the current signing key has signed the cookie.
    is_current: bool,
    keys: Keys,
}

impl Device {
    /// The device of a request, if its cookie has a valid signature and is not expired.
    pub(crate) fn read(keys: &Keys, headers: Headers<'_>, now: Millis) -> Option<Self> {
        // A browser sends one cookie of this name; more were added by somebody else.
        cookies::values(headers, COOKIE).take(2).find_map(|value| Self::decode(keys, value, now))
    }

    fn decode(keys: &Keys, value: &[u8], now: Millis) -> Option<Self> {
        let longest = FRONT_BYTES + USERNAMES * NAME_BYTES + SIGNATURE_BYTES;
        let bytes = hex::decode(value.get(..value.len().min(2 * longest + 2))?).ok()?;
        let (signed, signature) =
            bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE_BYTES)?)?;
        let key = keys.verify(Purpose::Device, &[b"cookie", signed], signature)?;
        let (front, names) = signed.split_first_chunk::<FRONT_BYTES>()?;
        let (version, front) = front.split_first()?;
        let (expires, id) = front.split_first_chunk::<4>()?;
        let names: Option<Vec<NameTag>> =
            names.chunks(NAME_BYTES).map(|name| name.try_into().ok()).collect();
        let device = Self {
            id: id.try_into().ok()?,
            expires: u32::from_le_bytes(*expires),
            names: names?,
            is_current: key == keys.signing(),
            keys: keys.clone(),
        };
        (*version == VERSION && now.seconds() < device.expires).then_some(device)
    }

    /// Whether this username has logged in from this device.
    pub(crate) fn knows(&self, username: &str) -> bool {
        self.keys.all().any(|key| self.names.contains(&name(key, self.id, username)))
    }

    /// The `Set-Cookie` after a success of `username`; `None` if the present cookie needs no change.
    /// `seed` makes a new device's id unique among those of the same millisecond; it need not be
    /// secret.
    pub(crate) fn after_success(
        earlier: Option<&Self>,
        keys: &Keys,
        username: &str,
        now: Millis,
        seed: &[u8],
    ) -> Option<String> {
        let key = keys.signing();
        let expires = now.seconds().saturating_add(LIFETIME_SECONDS);
        let is_good = |device: &Self| {
            let is_fresh = device.expires > expires - RENEWED_AFTER_SECONDS;
            let is_named = device.names.contains(&name(key, device.id, username));
            device.is_current && is_fresh && is_named
        };
        if earlier.is_some_and(is_good) {
            return None;
        }
        // Short enough for one block of the hash.
        let number = || {
            let moment = [&now.0.to_le_bytes(), seed].concat();
            key.sign(Purpose::Device, &[b"number", &moment]).tag()
        };
        // The id stays, so a lock does too.
        let id = earlier.map_or_else(number, |device| device.id);
        let own = name(key, id, username);
        let is_own = |it: &NameTag| keys.all().any(|key| *it == name(key, id, username));
        let names = earlier.map(|device| device.names.as_slice()).unwrap_or_default();
        let mut bytes = vec![VERSION];
        bytes.extend(expires.to_le_bytes());
        bytes.extend(id);
        with_latest(names, own, is_own).for_each(|name| bytes.extend(name));
        bytes.extend(key.sign(Purpose::Device, &[b"cookie", &bytes]).as_bytes());
        // Digit by digit into a text takes four times as long.
        let mut digits = vec![0; 2 * bytes.len()];
        hex::encode_to_slice(&bytes, &mut digits).ok()?;
        let value = String::from_utf8(digits).ok()?;
        Some(format!(
            "{COOKIE}={value}; Max-Age={LIFETIME_SECONDS}; Path=/; Secure; HttpOnly; SameSite=Lax",
        ))
    }
}

/// The usernames of a device after a success: the latest is last, and the oldest is dropped.
fn with_latest<T: Copy>(
    names: &[T],
    latest: T,
    is_latest: impl Fn(&T) -> bool,
) -> impl Iterator<Item = T> {
    let others: Vec<T> = names.iter().copied().filter(|it| !is_latest(it)).collect();
    let dropped = others.len().saturating_sub(USERNAMES - 1);
    others.into_iter().skip(dropped).chain([latest])
}

/// The usernames of a replayed device, as unkeyed hashes: nobody signs its cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HashedUsernames([Option<NonZeroU64>; USERNAMES]);

impl HashedUsernames {
    /// Whether this username has logged in from the device.
    pub(crate) fn knows(&self, username: &str) -> bool {
        self.0.contains(&Some(hashed(username)))
    }

    /// Adds a username after its success.
    pub(crate) fn remember(&mut self, username: &str) {
        let latest = hashed(username);
        let names: Vec<NonZeroU64> = self.0.iter().flatten().copied().collect();
        let mut names = with_latest(&names, latest, |it| *it == latest);
        self.0 = std::array::from_fn(|_| names.next());
    }
}

fn hashed(username: &str) -> NonZeroU64 {
    NonZeroU64::new(SipHasher13::new().hash(username.as_bytes())).unwrap_or(NonZeroU64::MIN)
}

fn name(key: &SecretKey, id: DeviceId, username: &str) -> NameTag {
    key.sign(Purpose::Device, &[b"name", &id, username.as_bytes()]).tag()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::headers::Header;

    const NOW: Millis = Millis(1_760_000_000_000);

    fn keys(bytes: &[u8]) -> Keys {
        let key = |byte: &u8| SecretKey::new(vec![*byte; 32]).expect("long enough");
        Keys::configured(&bytes.iter().map(key).collect::<Vec<_>>()).expect("a key")
    }

    fn read(keys: &Keys, set_cookie: &str, now: Millis) -> Option<Device> {
        let pair = set_cookie.split(';').next().expect("a pair");
        let headers: Vec<Header> = vec![(b"cookie".to_vec(), pair.as_bytes().to_vec())];
        Device::read(keys, Headers::new(&headers), now)
    }

    fn mint(earlier: Option<&Device>, keys: &Keys, username: &str) -> Option<String> {
        Device::after_success(earlier, keys, username, NOW, b"192.0.2.1")
    }

    #[test]
    fn device_knows_only_usernames_that_logged_in_from_it() {
        let keys = keys(&[1]);
        let cookie = mint(None, &keys, "ann").expect("a cookie");
        let device = read(&keys, &cookie, NOW).expect("a device");
        assert!(device.knows("ann") && !device.knows("bob"));
        assert_eq!(mint(Some(&device), &keys, "ann"), None, "still good");
        let both = read(&keys, &mint(Some(&device), &keys, "bob").expect("renewed"), NOW);
        let both = both.expect("a device");
        assert!(both.knows("ann") && both.knows("bob") && both.id == device.id);
    }

    #[test]
    fn sixth_username_replaces_the_oldest() {
        let keys = keys(&[1]);
        let mut device = None;
        for user in ["a", "b", "c", "d", "e", "f"] {
            let cookie = mint(device.as_ref(), &keys, user).expect("a cookie");
            device = read(&keys, &cookie, NOW);
        }
        let device = device.expect("a device");
        assert!(!device.knows("a") && ["b", "c", "d", "e", "f"].iter().all(|u| device.knows(u)));
    }

    #[test]
    fn expired_changed_or_foreign_cookie_is_ignored() {
        let keys_here = keys(&[1]);
        let cookie = mint(None, &keys_here, "ann").expect("a cookie");
        let late = NOW.plus_seconds(u64::from(LIFETIME_SECONDS));
        assert!(read(&keys_here, &cookie, late).is_none());
        assert!(read(&keys(&[2]), &cookie, NOW).is_none());
        let changed = cookie.replacen("=01", "=02", 1);
        assert!(read(&keys_here, &changed, NOW).is_none());
    }

    #[test]
    fn device_stays_known_after_key_rotation() {
        let cookie = mint(None, &keys(&[1]), "ann").expect("a cookie");
        let rotated = keys(&[2, 1]);
        let device = read(&rotated, &cookie, NOW).expect("a device");
        assert!(device.knows("ann"));
        let renewed = mint(Some(&device), &rotated, "ann").expect("signed anew");
        assert!(read(&keys(&[2]), &renewed, NOW).is_some_and(|device| device.knows("ann")));
    }

    #[test]
    fn every_username_of_a_device_stays_known_after_key_rotation() {
        let (before, rotated) = (keys(&[1]), keys(&[2, 1]));
        let ann = read(&before, &mint(None, &before, "ann").expect("a cookie"), NOW);
        let both = mint(ann.as_ref(), &before, "bob").expect("renewed");
        let both = read(&rotated, &both, NOW).expect("a device");
        let renewed = mint(Some(&both), &rotated, "bob").expect("signed anew");
        let device = read(&rotated, &renewed, NOW).expect("a device");
        assert!(device.knows("ann") && device.knows("bob") && device.id == both.id);
        // Ann's next success makes her tag with the new key, although the cookie is fresh.
        let again = mint(Some(&device), &rotated, "ann").expect("hashed anew");
        let after = read(&keys(&[2]), &again, NOW).expect("a device");
        assert!(after.knows("ann") && after.knows("bob"));
        assert_eq!(after.names.len(), 2, "each once");
        assert_eq!(mint(Some(&after), &keys(&[2]), "ann"), None, "still good");
    }

    #[test]
    fn tags_of_a_removed_key_are_void() {
        let (before, rotated) = (keys(&[1]), keys(&[2, 1]));
        let ann = read(&rotated, &mint(None, &before, "ann").expect("a cookie"), NOW);
        let both = mint(ann.as_ref(), &rotated, "bob").expect("signed anew");
        let device = read(&keys(&[2]), &both, NOW).expect("a device");
        assert!(device.knows("bob") && !device.knows("ann"));
    }

    #[test]
    fn cookie_is_host_only_and_secure() {
        let cookie = mint(None, &keys(&[1]), "ann").expect("a cookie");
        assert!(cookie.starts_with("__Host-unstuff-device=01"));
        for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("ann") && !cookie.contains("Domain"));
    }

    proptest! {
        #[test]
        fn signed_cookie_is_a_whole_device_or_ignored(
            version in 0_u8..3, expires: u32, id: DeviceId, names in proptest::collection::vec(any::<u8>(), 0..50),
            whole: bool,
        ) {
            let keys = keys(&[1]);
            let whole_names = names.len() / NAME_BYTES * NAME_BYTES;
            let names = if whole { &names[..whole_names.min(USERNAMES * NAME_BYTES)] } else { &names };
            let mut bytes = vec![version];
            bytes.extend(expires.to_le_bytes());
            bytes.extend(id);
            bytes.extend(names);
            bytes.extend(keys.sign(Purpose::Device, &[b"cookie", &bytes]).as_bytes());
            let cookie = format!("{COOKIE}={}", hex::encode(&bytes));
            let is_device = version == VERSION
                && names.len() % NAME_BYTES == 0
                && names.len() <= USERNAMES * NAME_BYTES;
            let device = read(&keys, &cookie, NOW);
            prop_assert_eq!(device.is_some(), is_device && expires > NOW.seconds());
            // Whether it is still valid depends on the draw; its content does not.
            let Some(device) = read(&keys, &cookie, Millis(0)) else {
                prop_assert!(!is_device || expires == 0);
                return Ok(());
            };
            prop_assert_eq!((device.id, device.expires), (id, expires));
            prop_assert_eq!(device.names.concat(), names);
        }

        #[test]
        fn changed_bit_is_refused(bit: proptest::sample::Index) {
            let keys = keys(&[1]);
            let cookie = mint(None, &keys, "ann").expect("a cookie");
            let (_, value) = cookie.split(';').next().and_then(|it| it.split_once('=')).expect("a pair");
            let mut bytes = hex::decode(value.as_bytes()).expect("hexadecimal");
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            let changed = format!("{COOKIE}={}", hex::encode(&bytes));
            prop_assert!(read(&keys, &changed, NOW).is_none());
        }

        #[test]
        fn bytes_never_panic(value: Vec<u8>) {
            let headers = vec![(b"cookie".to_vec(), [b"__Host-unstuff-device=", &value[..]].concat())];
            prop_assert!(Device::read(&keys(&[1]), Headers::new(&headers), NOW).is_none());
        }
    }
}
