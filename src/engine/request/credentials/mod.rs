//! Credentials: every candidate that some application might read, never just one.
//!
//! Applications disagree on which of two `password` fields counts, on the case and the shape of
//! names, on whether query or body wins, and on what is JSON and what is a form. A filter that
//! reads one value can be shown a decoy. So whatever could be a configured field is a candidate:
//! wherever some application looks (`urlencoded`, `json`, `basic`, cookies), under every name that
//! some parser takes for it (`names`), with every distinct value (`collect`). What does not carry
//! exactly the configured name makes the login ambiguous. A body that cannot be read, or that
//! applications read differently, is flagged (`media`, `read`).
//!
//! A request can hold many logins: aliases in `graphql`, calls in `xmlrpc`, an array of JSON. Those
//! keep their own username and password (`batch`, `several`), and each counts.
//!
//! Limits: compressed bodies and other serialisations are not read. The work is linear in the length
//! of the body, which the caller bounds.

mod basic;
mod batch;
mod collect;
mod fields;
mod found_values;
mod graphql;
mod invisible;
mod json;
mod json_path;
mod mailbox;
mod media;
mod multipart;
mod names;
mod password;
mod query_condition;
mod read;
mod reading;
mod sent_name;
mod several;
#[cfg(test)]
mod tests;
mod username;
mod xmlrpc;

pub use fields::{BodyCondition, CredentialFields, FieldNames, GraphqlFields};
pub use mailbox::mailbox;
pub use names::ConfiguredName;
pub use password::Password;
pub use query_condition::QueryCondition;
pub use read::read;
pub use reading::{Body, Candidate, Credentials, MAX_CANDIDATES, Reading};
pub use username::{MAX_USERNAME_BYTES, normalise_username};

use crate::request::endpoint_match;

/// Whether the header of this name matters for credentials: only these are kept while a body is
/// held.
#[must_use]
pub fn reads(header: &[u8]) -> bool {
    let own = ["authorization", "content-encoding", "content-type", "cookie"];
    endpoint_match::names_a_path(header)
        || own.iter().any(|name| header.eq_ignore_ascii_case(name.as_bytes()))
}
