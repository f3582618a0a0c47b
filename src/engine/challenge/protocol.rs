//! The names of the cookie, the headers and the query fields that clients and the challenge use.
//!
//! A pass has two names on purpose. Browsers store the cookie themselves; its `__Host-` prefix
//! guarantees that this host has set it over a secure connection. API clients send a header.

/// The cookie that holds a browser's pass.
pub const PASS_COOKIE: &str = "__Host-unstuff-pass";

/// The header that carries an API client's pass.
pub const PASS_HEADER: &str = "x-unstuff-pass";

/// The header that carries a solution together with the repeated login.
pub const SOLUTION_HEADER: &str = "x-unstuff-solution";

/// The header that carries a solution to be exchanged for a pass.
pub const REDEEM_HEADER: &str = "x-unstuff-redeem";

/// The header with which the script of a login page asks for a puzzle, before any login.
pub const PUZZLE_HEADER: &str = "x-unstuff-puzzle";

/// The query field that carries a completed wait.
pub(super) const WAIT_FIELD: &str = "unstuff-wait";

/// The query field that carries the answer of an external challenge.
pub(super) const ANSWER_FIELD: &str = "unstuff-answer";

/// The query field that asks whether the browser kept the pass that it was given just before.
pub(super) const KEPT_FIELD: &str = "unstuff-kept";

/// The value of [`REDEEM_HEADER`] with which a script asks the same.
pub(super) const KEPT: &[u8] = b"kept";

/// The mark in the address of a login page that a person comes back to after a login was challenged:
/// the page can say why it asks again.
pub(super) const MARK_AGAIN: &str = "unstuff=again";

/// The same after the page itself was challenged. A page with either mark is not challenged, so that
/// nobody goes round in circles.
pub(super) const MARK_READY: &str = "unstuff=ready";

/// The name of the field of both marks.
pub(super) const MARK_FIELD: &[u8] = b"unstuff";
