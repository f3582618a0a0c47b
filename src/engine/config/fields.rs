//! Reader of an endpoint's `credentials` and `body`: where the login's fields are.

use super::problem::Problem;
use super::reader::ConfigValue;
use crate::request::credentials::{BodyCondition, CredentialFields, FieldNames};

/// Names of form fields for an endpoint without `credentials`: those of Django, Laravel, Spring
/// and most guides. The list is short because each name is read, and two values that differ make
/// an attempt ambiguous (`login` is often the button).
const FORM_USERNAMES: &[&str] = &["username", "email", "user"];
const FORM_PASSWORDS: &[&str] = &["password", "passwd", "pass", "pwd"];

/// The same for JSON. Grafana says `user`, Strapi `identifier`; Devise and the RealWorld
/// specification put both fields below `user`.
const JSON_USERNAMES: &[&str] =
    &["/username", "/email", "/user", "/identifier", "/user/email", "/user/username"];
const JSON_PASSWORDS: &[&str] = &["/password", "/user/password"];

/// The fields of an endpoint without `credentials`.
pub(super) fn common() -> CredentialFields {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    CredentialFields {
        form: Some(FieldNames { username: names(FORM_USERNAMES), password: names(FORM_PASSWORDS) }),
        json: Some(FieldNames { username: names(JSON_USERNAMES), password: names(JSON_PASSWORDS) }),
        query: None,
        basic: false,
    }
}

/// Reads `credentials`.
pub(super) fn read(value: &ConfigValue<'_>) -> Option<CredentialFields> {
    let given = value.object()?;
    let get = |key, field| given.get(key).and_then(|value| names(&value, field));
    let fields = CredentialFields {
        form: get("form", name),
        json: get("json", pointer),
        query: get("query", name),
        basic: given.get("basic").and_then(|basic| basic.boolean()).unwrap_or(false),
    };
    let says_where = ["form", "json", "query"].iter().any(|key| given.get(key).is_some());
    if !says_where && !fields.basic {
        return value.refuse(
            Problem::new("no credentials are read")
                .allowed("one or more of form, json, query, and \"basic\": true")
                .fix("leave the key out to read common field names"),
        );
    }
    Some(fields)
}

type Field = fn(&ConfigValue<'_>) -> Option<String>;

fn names(value: &ConfigValue<'_>, field: Field) -> Option<FieldNames> {
    let given = value.object()?;
    let read = |value: ConfigValue<'_>| value.one_or_more().iter().filter_map(field).collect();
    let username = given.get("username").map(read).unwrap_or_default();
    let password = given.need("password").map(read)?;
    Some(FieldNames { username, password })
}

fn name(value: &ConfigValue<'_>) -> Option<String> {
    match value.text()? {
        "" => value.refuse(Problem::new("an empty field name")),
        text => Some(text.to_owned()),
    }
}

/// A JSON pointer.
pub(super) fn pointer(value: &ConfigValue<'_>) -> Option<String> {
    let text = value.text()?;
    if text.starts_with('/') {
        return Some(text.to_owned());
    }
    value.refuse(
        Problem::new("not a JSON pointer")
            .allowed("/ and a key, for each level (RFC 6901)")
            .fix(format!("try {:?}", format!("/{}", text.replace('.', "/")))),
    )
}

/// Reads `body`: fields, and the value that each must have.
pub(super) fn conditions(value: &ConfigValue<'_>) -> Vec<BodyCondition> {
    let Some(given) = value.map() else { return Vec::new() };
    let condition = |(field, value): (&str, ConfigValue<'_>)| {
        let value = value.text()?.to_owned();
        Some(BodyCondition { field: field.to_owned(), value })
    };
    if given.is_empty() {
        value.report(
            Problem::new("no field is named").fix("leave the key out where every body is a login"),
        );
    }
    given.iter().filter_map(condition).collect()
}
