//! What a client looks like: the values of a few headers, as one number.
//!
//! Every value of every configured header counts, with its length, so that no two sets of
//! headers can be cut alike; an absent header counts as an empty one. Not keyed: whoever
//! wants another client's fingerprint sends its headers. Placed in the state by keyed hash
//! like every other identity.

use siphasher::sip::SipHasher13;

use crate::request::headers::Headers;

/// What a client looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint that the headers called `names` (lower case) make; `None` if there
    /// are no names.
    #[must_use]
    pub fn of(names: &[String], headers: Headers<'_>) -> Option<Self> {
        Self::of_values(names, |name| headers.all(name))
    }

    /// The same, of headers that are kept in another form: `all` gives every value of one.
    pub fn of_values<'a, V>(names: &'a [String], all: impl Fn(&'a str) -> V) -> Option<Self>
    where
        V: Iterator<Item = &'a [u8]>,
    {
        let mut bytes = Vec::with_capacity(256);
        for name in names {
            for value in all(name) {
                // Fixed widths, so that native and wasm32 agree.
                bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
                bytes.extend_from_slice(value);
            }
            bytes.extend_from_slice(&u64::MAX.to_le_bytes());
        }
        let hash = || SipHasher13::new().hash(&bytes);
        (!names.is_empty()).then(|| Self(hash()))
    }

    /// The identity that counters are kept under.
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
    fn the_configured_headers_alone_count() {
        let one = of(&[("User-Agent", "a"), ("accept-language", "de"), ("cookie", "x")]);
        assert_eq!(one, of(&[("accept-language", "de"), ("user-agent", "a")]));
        assert_ne!(one, of(&[("user-agent", "a"), ("accept-language", "en")]));
        assert_ne!(one, of(&[("user-agent", "a")]));
        assert_ne!(of(&[("user-agent", "a")]), of(&[("accept-language", "a")]));
        assert_eq!(Fingerprint::of(&[], Headers::new(&[])), None);
    }

    #[test]
    fn values_cannot_be_cut_differently() {
        let two = of(&[("user-agent", "a"), ("user-agent", "b")]);
        assert_ne!(two, of(&[("user-agent", "ab")]));
        assert_ne!(two, of(&[("user-agent", "a"), ("accept-language", "b")]));
    }
}
