//! The cookies of a trace: which client keeps which jar between attempts.
//!
//! A line without `client` keeps no cookies, so a challenge that it solves covers only that line.
//! The engine counts what a jar's contents are worth. Clients are kept as 64-bit hashes, so that
//! each attempt reads memory once.

use std::collections::HashMap;

use siphasher::sip::SipHasher13;
use unstuff_engine::attempt::CookieJar;

/// The cookies of all clients.
#[derive(Debug, Default)]
pub(super) struct BrowserCookies(HashMap<HashedName, CookieJar>);

/// The hashed name of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct HashedName(u64);

impl HashedName {
    /// Hashes a name.
    pub(super) fn of(text: &str) -> Self {
        Self(SipHasher13::new().hash(text.as_bytes()))
    }
}

impl BrowserCookies {
    /// The cookies that a client sends.
    pub(super) fn of(&self, client: Option<HashedName>) -> CookieJar {
        client.and_then(|client| self.0.get(&client)).copied().unwrap_or_default()
    }

    /// Keeps a client's cookies. A client without a name keeps nothing.
    pub(super) fn keep(&mut self, client: Option<HashedName>, jar: CookieJar) {
        if let Some(client) = client.filter(|_| !jar.is_empty()) {
            self.0.insert(client, jar);
        }
    }
}
