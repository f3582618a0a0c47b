//! The request headers and cookies that are Unstuff's own: none that a client sends reaches upstream.
//!
//! Every request is looked at, and most have none of them. So the names are compared in one pass, and
//! the host is called only about what is there.

use unstuff_engine::challenge::{
    PASS_COOKIE, PASS_HEADER, PUZZLE_HEADER, REDEEM_HEADER, SOLUTION_HEADER,
};
use unstuff_engine::request::cookies;
use unstuff_engine::request::header_names::HeaderNames;
use unstuff_engine::request::headers::Headers;
use unstuff_engine::short_list;
use unstuff_engine::tokens::device;

use crate::host;

/// First the headers with which upstream is told of the verdict, whose copies are spoofed. Then what
/// is presented to the challenge: upstream has no use for it, and its logs are no place for it.
static NAMES: HeaderNames<&str> = HeaderNames::new(&[
    ("x-unstuff-verdict", "x-unstuff-verdict"),
    ("x-unstuff-reasons", "x-unstuff-reasons"),
    ("exposed-credential-check", "exposed-credential-check"),
    (PASS_HEADER, PASS_HEADER),
    (SOLUTION_HEADER, SOLUTION_HEADER),
    (REDEEM_HEADER, REDEEM_HEADER),
    (PUZZLE_HEADER, PUZZLE_HEADER),
]);

/// Removes them from a request with these headers.
pub(crate) fn remove(headers: Headers<'_>) {
    // A call removes all copies.
    let mut sent = Vec::new();
    let own = headers.iter().filter_map(|(name, _)| NAMES.meaning(name));
    own.for_each(|name| short_list::insert(&mut sent, name));
    sent.into_iter().for_each(host::remove_request_header);
    match cookies::without(headers, &[PASS_COOKIE, device::COOKIE]) {
        Some(rest) if rest.is_empty() => host::remove_request_header("cookie"),
        Some(rest) => host::replace_request_header("cookie", &rest),
        None => {}
    }
}
