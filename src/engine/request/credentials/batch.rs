//! The logins of a request that holds several: each keeps its own username and password.
//!
//! A GraphQL document calls the login under a hundred aliases, `system.multicall` brings three
//! hundred passwords, a JSON array as many objects. Unlike the values of a form, of which the
//! application takes one, all of them are tried. So their values stay paired, and each counts.

use super::password::Password;
use super::reading::{Candidate, MAX_CANDIDATES};
use super::username::normalise_username;

/// Logins that were found one by one.
#[derive(Debug, Default)]
pub(super) struct LoginBatch {
    candidates: Vec<Candidate>,
    attempts: u32,
    is_ambiguous: bool,
}

/// The values of one login. More than one of a kind means that servers may differ.
#[derive(Default)]
pub(super) struct LoginValues {
    pub(super) usernames: Vec<Vec<u8>>,
    pub(super) passwords: Vec<Vec<u8>>,
    /// A value is not read the same by all servers.
    pub(super) is_inexact: bool,
}

impl LoginBatch {
    /// Counts logins whose values are not kept, or are added apart.
    pub(super) fn count(&mut self, attempts: u32) {
        self.attempts = self.attempts.saturating_add(attempts);
    }

    /// Keeps the values of a login that is counted apart, if there is a place.
    pub(super) fn keep(&mut self, values: &LoginValues) {
        let LoginValues { usernames, passwords, is_inexact } = values;
        let differ = |values: &[Vec<u8>]| values.windows(2).any(|pair| pair.first() != pair.last());
        self.is_ambiguous |= *is_inexact || differ(usernames) || differ(passwords);
        let places = MAX_CANDIDATES.saturating_sub(self.candidates.len());
        let count = usernames.len().max(passwords.len());
        let mut usernames = usernames.iter().cycle();
        let mut passwords = passwords.iter().cycle();
        for _ in 0..count.min(places) {
            let candidate = Candidate {
                username: usernames.next().map(|name| normalise_username(name)),
                password: passwords.next().map(|password| Password::new(password.clone())),
            };
            if !self.candidates.contains(&candidate) {
                self.candidates.push(candidate);
            }
        }
    }

    /// How many logins there are.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether one login has several values for a credential.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.is_ambiguous
    }

    /// Whether a login has a password.
    pub(super) fn has_password(&self) -> bool {
        self.candidates.iter().any(|candidate| candidate.password.is_some())
    }

    /// The first few distinct pairs.
    pub(super) fn into_candidates(self) -> Vec<Candidate> {
        self.candidates
    }
}
