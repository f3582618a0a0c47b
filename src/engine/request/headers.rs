//! Request and response headers as the proxy passes them on: bytes, with repeated names and with
//! pseudo-headers (`:method`, `:path`, `:authority`, `:status`).
//!
//! [`Headers`] is a view, not a copy. Values are bytes before they are text, because a header need
//! not be UTF-8. Names are compared without letter case.

/// One header: name and value, as received.
pub type Header = (Vec<u8>, Vec<u8>);

/// All headers of a request or a response.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a>(&'a [Header]);

impl<'a> Headers<'a> {
    /// A view of `headers`, in the order in which they were received.
    #[must_use]
    pub fn new(headers: &'a [Header]) -> Self {
        Self(headers)
    }

    /// Every value of `name`, in order. Security decisions consider all of them.
    pub fn all<'n>(self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.0
            .iter()
            .filter(move |(given, _)| given.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_slice())
    }

    /// The first value of `name`, for pseudo-headers, which are unique.
    #[must_use]
    pub fn first(self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// A copy of all of them.
    #[must_use]
    pub fn to_vec(self) -> Vec<Header> {
        self.0.to_vec()
    }

    /// The response's status.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        std::str::from_utf8(self.first(":status")?).ok()?.parse().ok()
    }
}
