//! The built-in challenge: a puzzle or a wait that a suspected client pays before it may log in.
//!
//! ```text
//! login ─▶ challenged ─▶ page or document with a puzzle ─▶ solved ─▶ pass ─▶ login, admitted
//!                             └ without JavaScript: a wait ──┘
//! ```
//!
//! It needs no third party and no state per client: each token is signed and carries all of its
//! claims ([`token`]). Only tokens that were earned by work or by waiting are remembered, in a
//! bounded set of `spent_tokens`; the `wait_limiter` bounds how many waits are redeemed, and
//! `surcharge` makes puzzles harder for a network that is given many.
//!
//! A login page can hold the script of `client_script`, which fetches its puzzle while a person types
//! (`puzzle_request`): the login then has a pass before it is challenged. In attack mode the page itself
//! may be challenged (`login_page`).
//!
//! The [`Challenger`] issues challenges ([`Challenger::challenge`]), exchanges what a client has
//! earned for a pass (`redemption`), and admits logins with a pass (`admission`). Time,
//! randomness and storage are arguments. The rules decide whether a login is challenged; a block
//! wins over any pass.
//!
//! **Limits.** Proof of work puts a price on attempts; an attacker who pays is admitted as often
//! as they pay. With N replicas a pass is worth up to N times its attempts, because spent tokens
//! are counted per process. A pass says nothing about who holds it.

mod admission;
mod allowance;
mod binding;
mod challenger;
pub(crate) mod client_script;
mod form;
mod handover;
pub mod injection;
mod language;
pub(crate) mod login_page;
pub(crate) mod page;
mod policy;
mod problem;
mod protocol;
pub mod puzzle;
pub(crate) mod puzzle_request;
pub(crate) mod redemption;
mod refusal;
mod response;
mod security_policy;
pub(crate) mod spent_tokens;
pub(crate) mod surcharge;
pub mod token;
pub(crate) mod wait_limiter;
mod way_back;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use admission::{Admission, FleetPass};
pub(crate) use allowance::PassAllowance;
pub use binding::{BindingPolicy, TokenBinding};
pub use challenger::{ChallengeSubject, Challenger, Randomness};
pub use client_script::ClientScript;
pub use form::{ChallengeForm, Clients};
pub use language::Language;
pub use policy::{ChallengePolicy, ChallengedAt, Handover, NoScript};
pub use protocol::{PASS_COOKIE, PASS_HEADER, PUZZLE_HEADER, REDEEM_HEADER, SOLUTION_HEADER};
pub use redemption::{Presented, Redemption};
pub use refusal::Refusal;
pub use response::{ChallengeEvent, ChallengeResponse};
pub use surcharge::SurchargePolicy;
pub(crate) use way_back::SentAddress;
pub use way_back::WayBack;
