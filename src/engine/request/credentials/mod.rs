//! Credentials: every candidate that some application might read, never just one.
//!
//! Applications disagree on which of two `password` fields counts, on the case and the shape of
//! names, on whether query or body wins, and on what is JSON and what is a form. A filter that
//! reads one value can be shown a decoy. So each configured name is looked up wherever some
//! application looks (`urlencoded`, `json`, `basic`), in every spelling (`names`), and every
//! distinct value is a candidate (`collect`). A body that cannot be read, or that applications
//! read differently, is flagged (`media`, `read`).
//!
//! Limits: multipart, XML and compressed bodies are not read. The work is linear in the length of
//! the body, which the caller bounds.

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

/// The fields that hold an endpoint's credentials.
#[derive(Clone, Debug, Default)]
pub struct CredentialFields {
    /// Names of form fields, in the body and in the query.
    pub form: Option<FieldNames>,
    /// JSON pointers.
    pub json: Option<FieldNames>,
    /// Names of query parameters.
    pub query: Option<FieldNames>,
    /// HTTP Basic authentication.
    pub basic: bool,
}

impl CredentialFields {
    /// Whether only `Authorization` is read.
    #[must_use]
    pub fn only_basic(&self) -> bool {
        self.form.is_none() && self.json.is_none() && self.query.is_none()
    }
}

/// Whether the header of this name matters for credentials: only these are kept while a body is
/// held.
#[must_use]
pub fn reads(header: &[u8]) -> bool {
    let own = ["authorization", "content-encoding", "content-type"];
    let mut names = endpoint_match::PATH_HEADERS.into_iter().chain(own);
    names.any(|name| header.eq_ignore_ascii_case(name.as_bytes()))
}

/// The names of a login's two fields. Each has a list, because the common login locations do not
/// agree on one name; all of them are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldNames {
    /// The username's; empty for a page that asks for the password only.
    pub username: Vec<String>,
    /// The password's; at least one.
    pub password: Vec<String>,
}

/// A condition on the body of a login, such as `grant_type=password`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyCondition {
    /// The name of a form field or of a top-level JSON key.
    pub field: String,
    /// The value it must have, in any letter case.
    pub value: String,
}

/// The body of a request, or the part of it that is read.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// The request has none.
    None,
    /// The whole body.
    Complete(&'a [u8]),
    /// A part: the body is over the limit, or upstream answered before its end.
    Cut(&'a [u8]),
}

/// The credentials of an attempt, and how clearly they could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// At most [`MAX_CANDIDATES`] pairs that contain every distinct value.
    pub candidates: Vec<Candidate>,
    /// No credentials were sent.
    pub missing: bool,
    /// They cannot be read, or applications read them differently.
    pub unreadable: bool,
    /// A field has more than one distinct value.
    pub ambiguous: bool,
    /// They came by HTTP Basic only, which repeats them with every request.
    pub basic: bool,
}

impl Credentials {
    /// Merges the credentials that another matched endpoint has read from the same request: the
    /// application may use either.
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

/// The most candidates that are looked up and counted.
pub const MAX_CANDIDATES: usize = 4;

/// A pair of username and password that the application may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The username, normalised.
    pub username: Option<String>,
    /// The password, as sent.
    pub password: Option<Password>,
}

impl Candidate {
    /// Whether this candidate contains all values of `other`.
    fn says_all_of(&self, other: &Self) -> bool {
        (other.username.is_none() || other.username == self.username)
            && (other.password.is_none() || other.password == self.password)
    }
}

/// The reading of a request at one matched endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Not a login here: a body condition fails, `_method` is absent, or `Authorization` is absent
    /// where only Basic is read. It may still be a login at another matched endpoint.
    NotALogin,
    /// A login with these credentials.
    Login(Credentials),
}
