//! A body to read, and the credentials that were read from a request.

use super::password::Password;

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
    /// The body is plainly readable and holds nothing that could be the password.
    pub absent: bool,
    /// They cannot be read, or applications read them differently.
    pub unreadable: bool,
    /// An application could take either of two values for the same credential, or a value whose name
    /// is not exactly the configured one.
    pub ambiguous: bool,
    /// How many logins the request has beside the first: in GraphQL, XML-RPC or a JSON array.
    pub further_attempts: u32,
    /// They came by HTTP Basic only, which repeats them with every request.
    pub basic: bool,
}

impl Credentials {
    /// Merges the credentials that another matched endpoint has read from the same request: the
    /// application may use either. If one of them finds no password, the other decides.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        if self.absent != other.absent {
            return if self.absent { other } else { self };
        }
        // Two usernames are not ambiguous: they are fields of two endpoints.
        let differ = !self.has_passwords_of(&other) && !other.has_passwords_of(&self);
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
            absent: self.absent,
            unreadable: self.unreadable || other.unreadable,
            ambiguous: self.ambiguous || other.ambiguous || differ,
            further_attempts: self.further_attempts.max(other.further_attempts),
            basic: self.basic && other.basic,
            candidates: self.candidates,
        }
    }

    fn has_passwords_of(&self, other: &Self) -> bool {
        let has = |wanted: &Candidate| {
            wanted.password.is_none()
                || self.candidates.iter().any(|known| known.password == wanted.password)
        };
        other.candidates.iter().all(has)
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
    /// Not a login here: a body condition fails, `_method` is absent, `Authorization` is absent
    /// where only Basic is read, or there is neither a body nor anything that could be the
    /// password. It may still be a login at another matched endpoint.
    NotALogin,
    /// A login with these credentials.
    Login(Credentials),
}
