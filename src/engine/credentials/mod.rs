//! Reading credentials: every candidate, never just one.

pub(crate) mod urlencoded;

use crate::headers::Headers;

/// Where an endpoint's credentials are.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    /// Names of form fields, looked for in the body and in the query.
    pub form: Option<FieldNames>,
    /// JSON pointers.
    pub json: Option<FieldNames>,
    /// Names of query parameters.
    pub query: Option<FieldNames>,
    /// HTTP Basic authentication.
    pub basic: bool,
}

/// The two fields of a login, each by all the names it may have; every one is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldNames {
    /// The username's; empty where a page asks for a password alone.
    pub username: Vec<String>,
    /// The password's; never empty.
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
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// At most [`MAX_CANDIDATES`] pairs; every distinct value that was read is in one.
    pub candidates: Vec<Candidate>,
    /// None were sent.
    pub missing: bool,
    /// They cannot be read.
    pub unreadable: bool,
    /// More than one distinct value for a field.
    pub ambiguous: bool,
    /// They came by HTTP Basic, which repeats them with every request.
    pub basic: bool,
}

/// How many candidates are looked up and counted; more is not read.
pub const MAX_CANDIDATES: usize = 4;

/// One pair that the application may take for the credentials.
#[derive(Clone, Debug, Default)]
pub struct Candidate {
    /// Normalised.
    pub username: Option<String>,
    /// As sent.
    pub password: Option<Password>,
}

/// A password as sent: never logged, never stored.
#[derive(Clone)]
pub struct Password(pub Vec<u8>);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What was read at an endpoint.
#[derive(Clone, Debug)]
pub enum Reading {
    /// The body says that this is no login (a condition fails, no `_method`, no
    /// `Authorization` where only Basic is read).
    NotALogin,
    /// A login with these credentials.
    Login(Credentials),
}

/// Reads the credentials of a request. `needs_method`: it is a login only if the body or
/// the query names one of `methods` as `_method`.
#[must_use]
pub fn read(
    _fields: &Fields,
    _conditions: &[BodyCondition],
    _needs_method: Option<&[String]>,
    _headers: Headers<'_>,
    _body: Body<'_>,
) -> Reading {
    Reading::NotALogin
}

impl Password {
    /// Stub.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
    /// Stub.
    pub fn spellings(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.0.as_slice())
    }
}
