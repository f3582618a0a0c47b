//! The client fingerprint: the values of the configured headers as one number.
//!
//! Every value of each header is hashed with its length, so no two lists of values have the same
//! bytes; an absent header counts as an empty list. The hash is not keyed: an attacker who wants
//! another client's fingerprint sends the same headers. In the state it is placed by a keyed hash
//! like any other identity.

use siphasher::sip::SipHasher13;

use crate::request::headers::Headers;

/// The fingerprint of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of the headers called `names` (lower case); `None` if there are no names.
    #[must_use]
    pub fn of(names: &[String], headers: Headers<'_>) -> Option<Self> {
        Self::of_values(names, |name| headers.all(name))
    }

    /// The same for headers in another representation: `all` returns every value of a header.
    pub fn of_values<'a, V>(names: &'a [String], all: impl Fn(&'a str) -> V) -> Option<Self>
    where
        V: Iterator<Item = &'a [u8]>,
    {
        let mut bytes = Vec::with_capacity(256);
        for name in names {
            for value in all(name) {
                // A fixed width, so that native and wasm32 agree.
                bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
                bytes.extend_from_slice(value);
            }
            bytes.extend_from_slice(&u64::MAX.to_le_bytes());
        }
        let hash = || SipHasher13::new().hash(&bytes);
        (!names.is_empty()).then(|| Self(hash()))
    }

    /// The key of its counters.
    #[must_use]
    pub const fn key(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::headers::Header;

    fn of(headers: &[(&str, &str)]) -> Option<Fingerprint> {
        let headers: Vec<Header> =
            headers.iter().map(|(n, v)| (n.as_bytes().to_vec(), v.as_bytes().to_vec())).collect();
        let names = ["user-agent".to_owned(), "accept-language".to_owned()];
        Fingerprint::of(&names, Headers::new(&headers))
    }

    #[test]
    fn only_configured_headers_count() {
        let one = of(&[("User-Agent", "a"), ("accept-language", "de"), ("cookie", "x")]);
        assert_eq!(one, of(&[("accept-language", "de"), ("user-agent", "a")]));
        assert_ne!(one, of(&[("user-agent", "a"), ("accept-language", "en")]));
        assert_ne!(one, of(&[("user-agent", "a")]));
        assert_ne!(of(&[("user-agent", "a")]), of(&[("accept-language", "a")]));
        assert_eq!(Fingerprint::of(&[], Headers::new(&[])), None);
    }

    #[test]
    fn different_lists_of_values_differ() {
        let two = of(&[("user-agent", "a"), ("user-agent", "b")]);
        assert_ne!(two, of(&[("user-agent", "ab")]));
        assert_ne!(two, of(&[("user-agent", "a"), ("accept-language", "b")]));
    }
}
