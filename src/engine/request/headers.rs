//! Request and response headers as the proxy passes them on: bytes, with repeated names and with
//! pseudo-headers (`:method`, `:path`, `:authority`, `:status`).
//!
//! [`Headers`] is a view, not a copy. Values are bytes before they are text, because a header need
//! not be UTF-8. Names are compared without letter case.

/// One header: name and value, as received.
pub type Header = (Vec<u8>, Vec<u8>);

/// One header where the proxy put it.
pub type HeaderRef<'a> = (&'a [u8], &'a [u8]);

/// All headers of a request or a response.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a> {
    /// Empty if `borrowed` is not.
    owned: &'a [Header],
    borrowed: &'a [HeaderRef<'a>],
}

/// A copy of headers, for what comes after their own phase: one text, because a request has twenty of
/// them.
#[derive(Clone, Debug, Default)]
pub struct KeptHeaders {
    /// Each name and its value, one after the other.
    text: Vec<u8>,
    sizes: Vec<(usize, usize)>,
}

impl KeptHeaders {
    /// Each of them, in order: [`Headers::borrowed`] takes them.
    #[must_use]
    pub fn read(&self) -> Vec<HeaderRef<'_>> {
        let mut headers = Vec::with_capacity(self.sizes.len());
        let mut rest = self.text.as_slice();
        for &(name, value) in &self.sizes {
            let (name, after) = rest.split_at_checked(name).unwrap_or_default();
            let (value, after) = after.split_at_checked(value).unwrap_or_default();
            headers.push((name, value));
            rest = after;
        }
        headers
    }
}

/// Whether a header has this name. The length tells nearly all of those that have another.
fn is_name(given: &[u8], name: &[u8]) -> bool {
    given.len() == name.len() && given.eq_ignore_ascii_case(name)
}

impl<'a> Headers<'a> {
    /// A view of `headers`, in the order in which they were received.
    #[must_use]
    pub fn new(headers: &'a [Header]) -> Self {
        Self { owned: headers, borrowed: &[] }
    }

    /// The same of headers where the proxy put them.
    #[must_use]
    pub fn borrowed(headers: &'a [HeaderRef<'a>]) -> Self {
        Self { owned: &[], borrowed: headers }
    }

    /// Every name and value, in order.
    pub fn iter(self) -> impl Iterator<Item = HeaderRef<'a>> {
        let owned = self.owned.iter().map(|(name, value)| (&name[..], &value[..]));
        owned.chain(self.borrowed.iter().copied())
    }

    /// Every value of `name`, in order. Security decisions consider all of them.
    pub fn all<'n>(mut self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        std::iter::from_fn(move || self.next_named(name.as_bytes()))
    }

    /// Goes on behind the next header of this name and returns its value. Names are looked up in so
    /// many places that a copy of the loop in each would make the module 20 KiB larger.
    #[inline(never)]
    fn next_named(&mut self, name: &[u8]) -> Option<&'a [u8]> {
        let mut owned = self.owned.iter();
        let found = owned.find(|(given, _)| is_name(given, name));
        self.owned = owned.as_slice();
        if let Some((_, value)) = found {
            return Some(value);
        }
        let mut borrowed = self.borrowed.iter();
        let found = borrowed.find(|(given, _)| is_name(given, name));
        self.borrowed = borrowed.as_slice();
        found.map(|(_, value)| *value)
    }

    /// The first value of `name`, for pseudo-headers, which are unique.
    #[must_use]
    pub fn first(self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// A copy of those whose name `is_kept`.
    #[must_use]
    pub fn copied(self, is_kept: &dyn Fn(&[u8]) -> bool) -> KeptHeaders {
        let kept = || self.iter().filter(|(name, _)| is_kept(name));
        let (count, bytes) = kept().fold((0, 0), |(count, bytes), (name, value)| {
            (count + 1, bytes + name.len() + value.len())
        });
        let (mut text, mut sizes) = (Vec::with_capacity(bytes), Vec::with_capacity(count));
        for (name, value) in kept() {
            text.extend_from_slice(name);
            text.extend_from_slice(value);
            sizes.push((name.len(), value.len()));
        }
        KeptHeaders { text, sizes }
    }

    /// The length that the headers give to the body, in bytes.
    #[must_use]
    pub fn content_length(self) -> Option<u64> {
        std::str::from_utf8(self.first("content-length")?).ok()?.trim().parse().ok()
    }

    /// The response's status.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        std::str::from_utf8(self.first(":status")?).ok()?.parse().ok()
    }
}
