//! The credential fields of an endpoint.

use super::names::ConfiguredName;

/// The fields that hold an endpoint's credentials.
#[derive(Clone, Debug, Default)]
pub struct CredentialFields {
    /// Names of form fields, in the body and in the query.
    pub form: Option<FieldNames>,
    /// JSON pointers.
    pub json: Option<FieldNames>,
    /// Names of query parameters.
    pub query: Option<FieldNames>,
    /// The login field of GraphQL.
    pub graphql: Option<GraphqlFields>,
    /// The calls of WordPress' `xmlrpc.php`.
    pub xmlrpc: bool,
    /// HTTP Basic authentication.
    pub basic: bool,
}

impl CredentialFields {
    /// Whether credentials are looked for in the body.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.form.is_some() || self.json.is_some() || self.graphql.is_some() || self.xmlrpc
    }

    /// Whether only `Authorization` is read.
    #[must_use]
    pub fn only_basic(&self) -> bool {
        !self.reads_body() && self.query.is_none()
    }
}

/// The names of a login's two fields. Each has a list, because the common login locations do not
/// agree on one name; all of them are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldNames {
    /// The username's; empty for a page that asks for the password only.
    pub username: Vec<ConfiguredName>,
    /// The password's; at least one.
    pub password: Vec<ConfiguredName>,
}

/// The names of a login in GraphQL. Each has a list; all of them are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphqlFields {
    /// The field that logs in, such as `login` of `mutation { login(…) }`.
    pub field: Vec<String>,
    /// The argument, or the key of an input object, that holds the username.
    pub username: Vec<String>,
    /// The same for the password; at least one.
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
