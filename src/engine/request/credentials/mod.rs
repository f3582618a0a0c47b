//! Reading credentials: every candidate, never just one.
//!
//! Applications disagree on which of two `password` fields counts, on the case and shape of
//! names, on whether the query or the body goes first, on what is JSON and what a form. A
//! filter that reads one value can be shown a decoy. So each configured name is looked for
//! wherever some application looks (`urlencoded`, `json`, `basic`), in every spelling
//! (`names`), and every distinct value is a candidate (`collect`). What cannot be read, or
//! not the same by all, is said to be so (`media`, `read`).
//!
//! Limits: multipart, XML and compressed bodies are not read. Work is linear in the body,
//! whose length the caller bounds.

mod basic;
mod collect;
mod json;
mod media;
mod names;
mod password;
mod read;
#[cfg(test)]
mod tests;
mod username;

use crate::request::endpoint_match;

pub use password::Password;
pub use read::read;
pub use username::{MAX_USERNAME_BYTES, normalise_username};

/// Where an endpoint's credentials are.
#[derive(Clone, Debug, Default)]
pub struct CredentialFields {
    /// Names of form fields, looked for in the body and in the query.
    pub form: Option<FieldNames>,
    /// JSON pointers.
    pub json: Option<FieldNames>,
    /// Names of query parameters.
    pub query: Option<FieldNames>,
    /// HTTP Basic authentication.
    pub basic: bool,
}

impl CredentialFields {
    /// Whether nothing but `Authorization` is read.
    #[must_use]
    pub fn only_basic(&self) -> bool {
        self.form.is_none() && self.json.is_none() && self.query.is_none()
    }
}

/// Whether credentials are read from a header of this name: nothing else of a request needs
/// to be kept while its body is awaited.
#[must_use]
pub fn reads(header: &[u8]) -> bool {
    let own = ["authorization", "content-encoding", "content-type"];
    let mut names = endpoint_match::PATH_HEADERS.into_iter().chain(own);
    names.any(|name| header.eq_ignore_ascii_case(name.as_bytes()))
}

/// The names of a login's two fields: of each, every one is read, for the common login
/// locations do not agree on one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldNames {
    /// The username's; none on a page that asks for the password alone.
    pub username: Vec<String>,
    /// The password's; at least one.
    pub password: Vec<String>,
}

/// A field that the body must have for this to be a login: `grant_type=password`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyCondition {
    /// The field: a form field's name, or the key of a JSON object at the top.
    pub field: String,
    /// The value it must have, in any letter case.
    pub value: String,
}

/// How much of a body there is.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// The request has none.
    None,
    /// All of it.
    Complete(&'a [u8]),
    /// Longer than is read, or upstream answered before its end.
    Cut(&'a [u8]),
}

/// The credentials of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// At most [`MAX_CANDIDATES`] pairs; every distinct value that was read is in one.
    pub candidates: Vec<Candidate>,
    /// None were sent.
    pub missing: bool,
    /// They cannot be read, or not the same by every application.
    pub unreadable: bool,
    /// More than one distinct value for a field.
    pub ambiguous: bool,
    /// They came by HTTP Basic and nothing else, which repeats them with every request.
    pub basic: bool,
}

impl Credentials {
    /// Together with what another endpoint at the same place read of the same request:
    /// either may be what the application takes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        for candidate in other.candidates {
            if self.candidates.iter().any(|known| known.says_all_of(&candidate)) {
                continue;
            }
            self.candidates.retain(|known| !candidate.says_all_of(known));
            if self.candidates.len() < MAX_CANDIDATES {
                self.candidates.push(candidate);
            }
        }
        Self {
            missing: self.missing && other.missing,
            unreadable: self.unreadable && other.unreadable,
            ambiguous: self.ambiguous || other.ambiguous || self.candidates.len() > 1,
            basic: self.basic && other.basic,
            candidates: self.candidates,
        }
    }
}

/// How many candidates are looked up and counted; more is not read.
pub const MAX_CANDIDATES: usize = 4;

/// One pair that the application may take for the credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// Normalised.
    pub username: Option<String>,
    /// As sent.
    pub password: Option<Password>,
}

impl Candidate {
    /// Whether there is nothing in `other` that is not in this one.
    fn says_all_of(&self, other: &Self) -> bool {
        (other.username.is_none() || other.username == self.username)
            && (other.password.is_none() || other.password == self.password)
    }
}

/// What was read at an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The body says that this is no login (a condition fails, no `_method`, no
    /// `Authorization` where only Basic is read). A request that is at several endpoints
    /// may still be a login at the next.
    NotALogin,
    /// A login with these credentials.
    Login(Credentials),
}
