//! The decision: from what an attempt shows and what the counters know to a verdict.
//!
//! [`facts`] are what the attempt shows by itself. The `ledger` reads the counters of
//! everyone involved and gives each of the [`signals`] its value. [`rules`] compare the
//! signals with their limits, and the [`verdict`] names the rules that matched.
//! What was [`measured`] explains a verdict. The [`password_record`] tells endpoints that are sent no passwords.

pub mod facts;
pub(crate) mod ledger;
pub mod measured;
pub mod password_record;
pub mod rules;
pub(crate) mod seen_bans;
pub mod signals;
pub mod verdict;
