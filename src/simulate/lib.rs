//! Simulated logins: labelled traces of people and attackers, for `replay` to measure policies
//! with.
//!
//! People follow published base rates; attacks have the shapes in which attacks were observed.
//! Every figure is a parameter with a source. A trace must not give away its labels: only the
//! address, the username, cookies and, where a scenario says so, the fingerprint differ between
//! attacks and people. Otherwise a policy would be tuned to the simulator. The same seed gives
//! the same bytes, and adding a scenario leaves everybody else's attempts unchanged.
//!
//! A trace does not react: clients that a replay challenges or blocks try no less and no more.
//!
//! ```
//! use unstuff_simulate::TracePlan;
//!
//! let mut trace = Vec::new();
//! let plan = TracePlan::new(&["school".to_owned()], &["people.typo=3%".to_owned()], 24.0)?;
//! let totals = plan.write(1, 200, &mut trace, |_| ())?;
//! assert!(totals["benign/school"].attempts > 0);
//! # anyhow::Ok(())
//! ```

mod attack;
mod attempt;
mod catalogue;
mod crowd;
mod mailing;
mod parameters;
mod people;
mod plan;
mod random;
mod school;
mod script;
mod stale;
mod writer;

pub use attack::{AttackParameters, ClientDisguise, RateShape};
pub use catalogue::{Scenario, ScenarioKind, scenarios};
pub use crowd::{CrowdParameters, CrowdStart};
pub use mailing::MailingParameters;
pub use parameters::{Amount, Fraction, ParameterRow, Parameters, StartTime, TimeSpan};
pub use people::PeopleParameters;
pub use plan::{PEOPLE, TracePlan};
pub use school::SchoolParameters;
pub use script::ScriptParameters;
pub use stale::StaleParameters;
pub use writer::{LabelTotals, TotalsByLabel};
