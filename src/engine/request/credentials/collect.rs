//! Collection of candidates: the distinct values of whatever could be a configured field.
//!
//! A login is ambiguous if an application could take either of two values for the same credential,
//! or a value whose name is not exactly the configured one. Two values are not ambiguous
//!
//! - if one is empty: an unused field beside the used one, or a trap for robots;
//! - if both are usernames under two configured names, such as a mail address and a name;
//! - if both are usernames, one in the address: a link that fills the form in.
//!
//! All of them are candidates nevertheless.

use super::fields::{BodyCondition, CredentialFields};
use super::found_values::FoundValues;
use super::names::{ConfiguredName, Spelling};
use super::password::{self, Password};
use super::reading::Candidate;
use super::sent_name::SentName;
use super::username::normalise_username;
use crate::request::endpoint_match::method;

/// The fields to look for and the values found so far.
pub(super) struct Collector<'a> {
    username_names: Vec<&'a ConfiguredName>,
    password_names: Vec<&'a ConfiguredName>,
    conditions: Vec<Sought<'a>>,
    /// The body or the query must name one of these methods.
    methods: &'a [String],
    method_named: bool,
    usernames: FoundValues<String>,
    passwords: FoundValues<Password>,
    passwords_offered: usize,
    /// How many of them were in cookies.
    passwords_in_cookies: usize,
    /// A cookie is called as the username.
    has_username_cookie: bool,
    /// An operator is below the password's name.
    has_operator: bool,
}

/// The field that names another method.
static METHOD_NAME: ConfiguredName = ConfiguredName::of_framework(method::FIELD);

/// Where a value is in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldPlace {
    /// In the query, or in the parameters of the path.
    Address,
    Body,
    /// In the text of a JSON document that is read as a form.
    WithinJson,
    /// In a part of a multipart form that some parsers take for a file.
    File,
    /// In a cookie. Only PHP's `$_REQUEST` takes one for a field.
    Cookie,
}

/// A body condition and whether it is met.
struct Sought<'a> {
    field: ConfiguredName,
    value: &'a str,
    is_met: bool,
    /// The field also has another value, which the application may use.
    has_other: bool,
    /// The body says otherwise by the configured name, so the field is not left out.
    is_refuted: bool,
}

impl Sought<'_> {
    fn see(&mut self, place: FieldPlace, spelling: Spelling, value: &[u8]) {
        let is_wanted = is_value(self.value.as_bytes(), value);
        let is_other = !is_wanted && !value.trim_ascii().is_empty() && place != FieldPlace::Cookie;
        self.is_met |= is_wanted;
        self.has_other |= is_other;
        self.is_refuted |= is_other && place == FieldPlace::Body && spelling == Spelling::Exact;
    }

    /// Whether the condition could hold: it does, or the field is left out of a login, as FastAPI's
    /// password grant permits.
    fn could_hold(&self, has_password: bool) -> bool {
        self.is_met || (has_password && !self.is_refuted)
    }
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        fields: &'a CredentialFields,
        conditions: &'a [BodyCondition],
        methods: &'a [String],
    ) -> Self {
        // Frameworks merge query, form and JSON into one set of parameters, so each name is looked
        // for in all of them.
        let groups = || [&fields.form, &fields.json, &fields.query].into_iter().flatten();
        let sought = |condition: &'a BodyCondition| Sought {
            field: ConfiguredName::of(&condition.field),
            value: &condition.value,
            is_met: false,
            has_other: false,
            is_refuted: false,
        };
        Self {
            username_names: distinct(groups().flat_map(|group| &group.username)),
            password_names: distinct(groups().flat_map(|group| &group.password)),
            conditions: conditions.iter().map(sought).collect(),
            methods,
            method_named: false,
            usernames: FoundValues::default(),
            passwords: FoundValues::default(),
            passwords_offered: 0,
            passwords_in_cookies: 0,
            has_username_cookie: false,
            has_operator: false,
        }
    }

    /// Whether a value of this name is looked for.
    pub(super) fn seeks(&self, name: &SentName<'_>) -> bool {
        let is_name = |field: &ConfiguredName| field.spelling(name).is_some();
        self.password_names.iter().any(|field| is_name(field))
            || self.username_names.iter().any(|field| is_name(field))
            || self.conditions.iter().any(|sought| is_name(&sought.field))
            || is_name(&METHOD_NAME)
    }

    /// Whether the name could be the password's.
    pub(super) fn seeks_password(&self, name: &SentName<'_>) -> bool {
        self.password_names.iter().any(|field| field.spelling(name).is_some())
    }

    /// Takes note of an operator below the password's name (`password[$ne]`), which some applications
    /// pass on to their database; returns whether it is one.
    pub(super) fn see_operator(&mut self, name: &SentName<'_>) -> bool {
        let below = name.text.split_once("[$").filter(|_| !name.is_one_word);
        let is_operator =
            below.is_some_and(|(name, _)| self.seeks_password(&SentName::of(name.as_bytes())));
        self.has_operator |= is_operator;
        is_operator
    }

    /// Takes a value if its name is looked for; returns whether it is a credential.
    pub(super) fn offer(&mut self, place: FieldPlace, name: &SentName<'_>, value: &[u8]) -> bool {
        for sought in &mut self.conditions {
            if let Some(spelling) = sought.field.spelling(name) {
                sought.see(place, spelling, value);
            }
        }
        let password = self.password_names.iter().filter_map(|field| field.spelling(name)).min();
        if let Some(spelling) = password {
            let is_field = !matches!(place, FieldPlace::Cookie | FieldPlace::File);
            self.add_password(value, spelling == Spelling::Exact && is_field);
        }
        if place == FieldPlace::Cookie {
            self.passwords_in_cookies += usize::from(password.is_some());
            self.has_username_cookie |=
                self.username_names.iter().any(|field| field.spelling(name).is_some());
            return password.is_some();
        }
        if METHOD_NAME.spelling(name).is_some() {
            let named = method::named_in(value);
            self.method_named |= named.iter().any(|method| self.methods.contains(method));
        }
        let fields = self.username_names.iter().enumerate();
        let username = fields.filter_map(|(at, field)| Some((field.spelling(name)?, at))).min();
        if let Some((spelling, at)) = username {
            let is_field = spelling == Spelling::Exact && place != FieldPlace::File;
            let origin = if is_field { origin(place, at) } else { 0 };
            self.add_username(value, origin);
        }
        password.is_some() || username.is_some()
    }

    /// Takes a username that has no name of its own, as in `Authorization`.
    pub(super) fn offer_username(&mut self, value: &[u8]) {
        self.add_username(value, u64::MAX);
    }

    fn add_username(&mut self, value: &[u8], origin: u64) {
        let normal = normalise_username(value);
        self.usernames.add(normal.clone().as_bytes(), origin, || normal);
    }

    /// Takes a password that has no name of its own, as in `Authorization`; returns it unless there
    /// are too many.
    pub(super) fn offer_password(&mut self, value: &[u8]) -> Option<&mut Password> {
        self.add_password(value, true)
    }

    /// Takes the username and the password of HTTP Basic.
    pub(super) fn offer_basic(&mut self, username: &[u8], password: &[u8]) {
        self.offer_username(username);
        if let Some(kept) = self.offer_password(password) {
            kept.end_at_colon();
        }
    }

    fn add_password(&mut self, value: &[u8], is_exact: bool) -> Option<&mut Password> {
        self.passwords_offered = self.passwords_offered.saturating_add(1);
        let origin = if is_exact { u64::MAX } else { 0 };
        self.passwords.add(value, origin, || Password::new(value.to_vec()))
    }

    /// How many passwords were offered so far.
    pub(super) fn passwords_offered(&self) -> usize {
        self.passwords_offered
    }

    /// Whether anything could be the password.
    pub(super) fn could_have_password(&self) -> bool {
        self.passwords_offered > 0 || self.has_operator
    }

    /// Whether a login needs a username, and all that there is of one is a cookie that is called as
    /// the password.
    pub(super) fn has_only_password_cookies(&self) -> bool {
        self.passwords_offered == self.passwords_in_cookies
            && !self.has_operator
            && !self.username_names.is_empty()
            && !self.has_username_cookie
            && self.usernames.is_empty()
    }

    pub(super) fn conditions_met(&self) -> bool {
        self.conditions.iter().all(|sought| sought.could_hold(self.could_have_password()))
    }

    pub(super) fn method_named(&self) -> bool {
        self.method_named
    }

    pub(super) fn is_ambiguous(&self) -> bool {
        // `grant_type` twice: a token refresh may succeed under anyone's credentials.
        let contradicted = self.conditions.iter().any(|sought| sought.is_met && sought.has_other);
        contradicted || self.usernames.is_ambiguous() || self.passwords.is_ambiguous()
    }

    /// The fewest pairs that contain every value. Only the application knows which belong together;
    /// each value is looked up and counted on its own.
    pub(super) fn candidates(self) -> Vec<Candidate> {
        let (usernames, passwords) = (self.usernames.into_values(), self.passwords.into_values());
        let count = usernames.len().max(passwords.len());
        let mut usernames = usernames.into_iter().cycle();
        let mut passwords = passwords.into_iter().cycle();
        std::iter::repeat_with(|| Candidate {
            username: usernames.next(),
            password: passwords.next(),
        })
        .take(count)
        .collect()
    }
}

/// The configured names, each once: form and JSON have most of them in common.
fn distinct<'a>(names: impl Iterator<Item = &'a ConfiguredName>) -> Vec<&'a ConfiguredName> {
    let mut fields = Vec::with_capacity(8);
    for field in names {
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields
}

/// One bit for each configured name at each place.
fn origin(place: FieldPlace, field: usize) -> u64 {
    let bit = field.min(31) * 2 + usize::from(place == FieldPlace::Address);
    1 << bit
}

/// Whether some application takes `given` for the wanted value: without letter case, and without
/// what the most tolerant one trims.
pub(super) fn is_value(wanted: &[u8], given: &[u8]) -> bool {
    given.eq_ignore_ascii_case(wanted)
        || password::spellings(given).any(|spelling| spelling.eq_ignore_ascii_case(wanted))
}
