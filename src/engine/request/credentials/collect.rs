//! Collection of candidates: the distinct values of the configured fields.

use super::fields::{BodyCondition, CredentialFields};
use super::names;
use super::password::Password;
use super::reading::{Candidate, MAX_CANDIDATES};
use super::username::normalise_username;
use crate::request::endpoint_match::method;

/// The fields to look for and the values found so far.
pub(super) struct Collector<'a> {
    username_names: Vec<String>,
    password_names: Vec<String>,
    conditions: Vec<Sought<'a>>,
    /// The body or the query must name one of these methods.
    methods: &'a [String],
    method_named: bool,
    usernames: DistinctValues<String>,
    passwords: DistinctValues<Vec<u8>>,
    passwords_offered: usize,
}

/// A body condition and whether it is met.
struct Sought<'a> {
    field: String,
    value: &'a str,
    is_met: bool,
    /// The field also has another value, which the application may use.
    is_contradicted: bool,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        fields: &CredentialFields,
        conditions: &'a [BodyCondition],
        methods: &'a [String],
    ) -> Self {
        // Frameworks merge query, form and JSON into one set of parameters, so each name is looked
        // for in all of them.
        let groups = || [&fields.form, &fields.json, &fields.query].into_iter().flatten();
        let configured = |own: &Vec<String>| -> Vec<String> {
            own.iter().map(|name| names::configured(name)).collect()
        };
        let sought = |condition: &'a BodyCondition| Sought {
            field: names::configured(&condition.field),
            value: &condition.value,
            is_met: false,
            is_contradicted: false,
        };
        Self {
            username_names: groups().flat_map(|g| configured(&g.username)).collect(),
            password_names: groups().flat_map(|g| configured(&g.password)).collect(),
            conditions: conditions.iter().map(sought).collect(),
            methods,
            method_named: false,
            usernames: DistinctValues::default(),
            passwords: DistinctValues::default(),
            passwords_offered: 0,
        }
    }

    /// Takes a value if the canonical `name` is looked for; returns whether it is a credential.
    pub(super) fn offer(&mut self, name: &str, value: &[u8]) -> bool {
        for sought in &mut self.conditions {
            if names::same(&sought.field, name) {
                let is_wanted = is_value(sought.value.as_bytes(), value);
                sought.is_met |= is_wanted;
                sought.is_contradicted |= !is_wanted;
            }
        }
        if names::same(method::FIELD, name) {
            let named = method::named_in(value);
            self.method_named |= named.iter().any(|method| self.methods.contains(method));
        }
        let is_one_of = |wanted: &[String]| wanted.iter().any(|wanted| names::same(wanted, name));
        let is_password = is_one_of(&self.password_names);
        let is_username = is_one_of(&self.username_names);
        if is_password {
            self.offer_password(value);
        }
        if is_username {
            self.offer_username(value);
        }
        is_password || is_username
    }

    pub(super) fn offer_username(&mut self, value: &[u8]) {
        if !self.usernames.is_full() {
            self.usernames.add(normalise_username(value));
        }
    }

    pub(super) fn offer_password(&mut self, value: &[u8]) {
        self.passwords_offered = self.passwords_offered.saturating_add(1);
        if !self.passwords.values.iter().any(|known| known == value) {
            self.passwords.add(value.to_vec());
        }
    }

    /// How many passwords were offered so far.
    pub(super) fn passwords_offered(&self) -> usize {
        self.passwords_offered
    }

    pub(super) fn conditions_met(&self) -> bool {
        self.conditions.iter().all(|sought| sought.is_met)
    }

    pub(super) fn method_named(&self) -> bool {
        self.method_named
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        // `grant_type` twice: a token refresh may succeed under anyone's credentials.
        let contradicted = self.conditions.iter().any(|c| c.is_met && c.is_contradicted);
        contradicted || self.usernames.values.len() > 1 || self.passwords.values.len() > 1
    }

    /// The fewest pairs that contain every value. Only the application knows which belong together;
    /// each value is looked up and counted on its own.
    pub(super) fn candidates(self) -> Vec<Candidate> {
        let (usernames, passwords) = (self.usernames.values, self.passwords.values);
        let count = usernames.len().max(passwords.len());
        let mut usernames = usernames.into_iter().cycle();
        let mut passwords = passwords.into_iter().map(Password).cycle();
        std::iter::repeat_with(|| Candidate {
            username: usernames.next(),
            password: passwords.next(),
        })
        .take(count)
        .collect()
    }
}

/// Whether the values are equal without surrounding blanks and letter case.
fn is_value(wanted: &[u8], given: &[u8]) -> bool {
    given.trim_ascii().eq_ignore_ascii_case(wanted)
}

/// The first [`MAX_CANDIDATES`] distinct values.
struct DistinctValues<T> {
    values: Vec<T>,
}

impl<T> Default for DistinctValues<T> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

impl<T: PartialEq> DistinctValues<T> {
    fn is_full(&self) -> bool {
        self.values.len() >= MAX_CANDIDATES
    }

    fn add(&mut self, value: T) {
        if !self.is_full() && !self.values.contains(&value) {
            self.values.push(value);
        }
    }
}
