//! The values of arguments: variables, their defaults, and input objects.

use super::document::Arguments;
use super::value::GraphqlValue;
use crate::request::credentials::batch::LoginValues;
use crate::request::credentials::fields::GraphqlFields;

/// The most values that are looked at in one request. A large variable that is named again and
/// again would cost its size each time.
const MAX_STEPS: u32 = 100_000;

/// Finds the credentials among arguments.
pub(super) struct ArgumentResolver<'a> {
    pub(super) fields: &'a GraphqlFields,
    /// The objects of variables, one of which the server takes.
    pub(super) variables: &'a [&'a GraphqlValue],
    /// How many values were looked at in this request.
    pub(super) steps: u32,
}

/// Which credential is looked for, and where.
#[derive(Clone, Copy)]
struct ArgumentLookup<'l> {
    names: &'l [String],
    defaults: &'l [(String, GraphqlValue)],
    /// The value of a key of that name.
    is_named: bool,
    /// A variable's value: what looks like a variable in it is none.
    is_variable: bool,
}

impl<'a> ArgumentResolver<'a> {
    /// Whether a request had more than could be looked at.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps > MAX_STEPS
    }

    /// The credentials of one call.
    pub(super) fn login(&mut self, arguments: &Arguments, defaults: &Arguments) -> LoginValues {
        let mut values = LoginValues::default();
        let lookup =
            |names| ArgumentLookup { names, defaults, is_named: false, is_variable: false };
        let GraphqlFields { username, password, .. } = self.fields;
        let inexact = &mut values.is_inexact;
        self.entries(arguments, lookup(username), &mut values.usernames, inexact);
        self.entries(arguments, lookup(password), &mut values.passwords, inexact);
        values
    }

    /// The credentials among the variables, of a document that is not here.
    pub(super) fn variables_alone(&mut self) -> LoginValues {
        let mut values = LoginValues::default();
        let lookup =
            |names| ArgumentLookup { names, defaults: &[], is_named: false, is_variable: true };
        let GraphqlFields { username, password, .. } = self.fields;
        for object in self.variables {
            let inexact = &mut values.is_inexact;
            self.value(object, lookup(username), &mut values.usernames, inexact);
            self.value(object, lookup(password), &mut values.passwords, inexact);
        }
        values
    }

    fn entries(
        &mut self,
        entries: &[(String, GraphqlValue)],
        lookup: ArgumentLookup<'_>,
        into: &mut Vec<Vec<u8>>,
        inexact: &mut bool,
    ) {
        for (key, value) in entries {
            // Names are exact in GraphQL; a server in Go may bind an object in any letter case.
            let folded = lookup.names.iter().any(|name| name.eq_ignore_ascii_case(key));
            let before = into.len();
            let is_named = lookup.is_named || folded;
            self.value(value, ArgumentLookup { is_named, ..lookup }, into, inexact);
            *inexact |= folded && into.len() > before && !lookup.names.contains(key);
        }
    }

    fn value(
        &mut self,
        value: &GraphqlValue,
        lookup: ArgumentLookup<'_>,
        into: &mut Vec<Vec<u8>>,
        inexact: &mut bool,
    ) {
        self.steps = self.steps.saturating_add(1);
        if self.is_exhausted() {
            return;
        }
        match value {
            GraphqlValue::Text(text) if lookup.is_named => into.push(text.clone().into_bytes()),
            GraphqlValue::Inexact(text) if lookup.is_named => {
                into.push(text.clone().into_bytes());
                *inexact = true;
            }
            GraphqlValue::Nothing | GraphqlValue::Text(_) | GraphqlValue::Inexact(_) => {}
            GraphqlValue::List(values) => {
                for value in values {
                    self.value(value, lookup, into, inexact);
                }
            }
            GraphqlValue::Object(entries) => self.entries(entries, lookup, into, inexact),
            GraphqlValue::Variable(_) if lookup.is_variable => {}
            GraphqlValue::Variable(name) => {
                let lookup = ArgumentLookup { is_variable: true, ..lookup };
                let mut is_given = !self.variables.is_empty();
                for object in self.variables {
                    self.steps = self.steps.saturating_add(1);
                    let GraphqlValue::Object(entries) = object else { continue };
                    is_given &= self.named(entries, name, lookup, into, inexact);
                }
                // A server that takes another object of variables takes the default.
                if !is_given {
                    self.named(lookup.defaults, name, lookup, into, inexact);
                }
            }
        }
    }

    /// The entries of this name; returns whether there are any.
    fn named(
        &mut self,
        entries: &[(String, GraphqlValue)],
        name: &str,
        lookup: ArgumentLookup<'_>,
        into: &mut Vec<Vec<u8>>,
        inexact: &mut bool,
    ) -> bool {
        let mut is_given = false;
        for (key, value) in entries {
            self.steps = self.steps.saturating_add(1);
            if self.is_exhausted() {
                break;
            }
            if key == name {
                is_given = true;
                self.value(value, lookup, into, inexact);
            }
        }
        is_given
    }
}
