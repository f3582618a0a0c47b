//! The credential fields of an endpoint.

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
