//! Reading of a request: whether it is a login, which client sends it, and its credentials.
//!
//! All of these bytes are the client's, so nothing here trusts them: names are compared without
//! letter case, values are bytes before they are text, and every reading that an application might
//! choose is a candidate.

pub mod client;
pub mod cookies;
pub mod credentials;
pub mod endpoint_match;
pub mod header_names;
pub mod header_pairs;
pub mod headers;
pub(crate) mod percent;
pub(crate) mod unicode_forms;
pub(crate) mod urlencoded;
