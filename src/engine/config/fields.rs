//! Reader of an endpoint's `credentials` and `body`: where the login's fields are.

use super::problem::Problem;
use super::reader::ConfigValue;
use crate::request::credentials::{
    BodyCondition, ConfiguredName, CredentialFields, FieldNames, GraphqlFields, QueryCondition,
};

/// Names of form fields for an endpoint without `credentials`: those of Django, Laravel, Spring,
/// Symfony (with `_`) and most guides. The list is short because each name is read, and two values that differ make
/// an attempt ambiguous (`login` is often the button).
const FORM_USERNAMES: &[&str] = &["username", "email", "user", "_username"];
const FORM_PASSWORDS: &[&str] = &["password", "passwd", "pass", "pwd", "_password"];

/// The same for JSON. Grafana says `user`, Strapi `identifier`; Devise and the RealWorld
/// specification put both fields below `user`.
const JSON_USERNAMES: &[&str] =
    &["/username", "/email", "/user", "/identifier", "/user/email", "/user/username"];
const JSON_PASSWORDS: &[&str] = &["/password", "/user/password"];

/// The fields of an endpoint without `credentials`.
pub(super) fn common() -> CredentialFields {
    let names = |names: &[&str]| names.iter().map(|&name| ConfiguredName::of(name)).collect();
    CredentialFields {
        form: Some(FieldNames { username: names(FORM_USERNAMES), password: names(FORM_PASSWORDS) }),
        json: Some(FieldNames { username: names(JSON_USERNAMES), password: names(JSON_PASSWORDS) }),
        query: None,
        graphql: None,
        xmlrpc: false,
        basic: false,
    }
}

/// Reads `credentials`.
pub(super) fn read(value: &ConfigValue<'_>) -> Option<CredentialFields> {
    let given = value.object()?;
    let get = |key, field| given.get(key).and_then(|value| names(&value, field));
    let switch = |key| given.get(key).and_then(|value| value.boolean()).unwrap_or(false);
    let fields = CredentialFields {
        form: get("form", name),
        json: get("json", pointer),
        query: get("query", name),
        graphql: given.get("graphql").and_then(|value| graphql(&value)),
        xmlrpc: switch("xmlrpc"),
        basic: switch("basic"),
    };
    let says_where =
        ["form", "json", "query", "graphql"].iter().any(|key| given.get(key).is_some());
    if !says_where && !fields.basic && !fields.xmlrpc {
        return value.refuse(
            Problem::new("no credentials are read")
                .allowed(
                    "one or more of form, json, query, graphql, \"xmlrpc\": true and \"basic\": true",
                )
                .fix("leave the key out to read common field names"),
        );
    }
    Some(fields)
}

fn graphql(value: &ConfigValue<'_>) -> Option<GraphqlFields> {
    let given = value.object()?;
    let read = |value: ConfigValue<'_>| -> Vec<String> {
        value.one_or_more().iter().filter_map(graphql_name).collect()
    };
    let field = given.need("field").map(read);
    let username = given.get("username").map(read).unwrap_or_default();
    let password = given.need("password").map(read)?;
    Some(GraphqlFields { field: field?, username, password })
}

fn graphql_name(value: &ConfigValue<'_>) -> Option<String> {
    let text = value.text()?;
    let is_name = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    if !text.is_empty() && text.bytes().all(is_name) {
        return Some(text.to_owned());
    }
    let last = text.rsplit(['.', '/']).next().filter(|last| !last.is_empty());
    let problem = Problem::new("not a name in GraphQL").allowed("letters, digits and _");
    value.refuse(match last.filter(|last| last.bytes().all(is_name)) {
        Some(last) => problem.fix(format!("try {last:?}: a name is looked for at any depth")),
        None => problem,
    })
}

type Field = fn(&ConfigValue<'_>) -> Option<String>;

fn names(value: &ConfigValue<'_>, field: Field) -> Option<FieldNames> {
    let given = value.object()?;
    let read = |value: ConfigValue<'_>| -> Vec<ConfiguredName> {
        let names = value.one_or_more();
        names.iter().filter_map(field).map(|name| ConfiguredName::of(&name)).collect()
    };
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

/// Reads `match.query`: parameters, and the values that each may have.
pub(super) fn query_conditions(value: &ConfigValue<'_>) -> Vec<QueryCondition> {
    let Some(given) = value.map() else { return Vec::new() };
    if given.is_empty() {
        value.report(
            Problem::new("no parameter is named").fix("leave the key out where every query fits"),
        );
    }
    let text = |value: ConfigValue<'_>| value.text().map(str::to_owned);
    let condition = |(name, value): (&str, ConfigValue<'_>)| QueryCondition {
        name: name.to_owned(),
        values: value.one_or_more().into_iter().filter_map(text).collect(),
    };
    given.iter().map(condition).collect()
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
