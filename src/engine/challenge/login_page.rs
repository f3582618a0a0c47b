//! The login page that is challenged in attack mode, before anything is typed (`"at": "page"`).
//!
//! Only a page that a browser is about to show to a person counts: a GET with `sec-fetch-mode: navigate`
//! (Fetch Metadata, W3C), which browsers send where the connection is secure. Crawlers, previews and
//! monitors do not send it, a HEAD shows nothing, and a page that is fetched ahead may never be shown.
//! What gets past the page in this way gains nothing, because its login is challenged as ever.

use super::protocol::MARK_FIELD;
use crate::request::endpoint_match::queries;
use crate::request::headers::Headers;
use crate::request::urlencoded;

/// Headers of browsers that fetch a page ahead, whatever their value.
const FETCHED_AHEAD: [&str; 4] = ["sec-purpose", "purpose", "x-purpose", "x-moz"];

/// Whether a request asks for a page that is about to be shown, and that nobody was challenged for.
#[must_use]
pub(crate) fn is_about_to_be_shown(headers: Headers<'_>) -> bool {
    headers.first(":method") == Some(b"GET")
        && headers.first("sec-fetch-mode") == Some(b"navigate")
        && FETCHED_AHEAD.iter().all(|name| headers.first(name).is_none())
        && !is_marked(headers)
}

/// Whether a person comes from a challenge.
fn is_marked(headers: Headers<'_>) -> bool {
    queries(headers).flat_map(urlencoded::pairs).any(|(name, _)| *name == *MARK_FIELD)
}
