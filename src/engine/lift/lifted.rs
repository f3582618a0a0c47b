//! What was lifted, as a line for the log.

use std::fmt;

use crate::state::entry::forgive::Grudge;

/// An identity that an operator named, and what was held against it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiftedIdentity {
    /// The address or the network; the place in the configuration of what names people.
    name: String,
    bans: u32,
    /// The rules of those bans.
    rules: Vec<String>,
    failures: u32,
    /// The state could not be written.
    is_lost: bool,
    /// The rule that bans the network around an address, which nobody has named.
    pub(super) network_banned_by: Option<String>,
}

impl LiftedIdentity {
    pub(super) fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// Adds what one entry held.
    pub(super) fn add(&mut self, grudge: &Grudge, rule: Option<String>, is_lost: bool) {
        self.bans = self.bans.saturating_add(u32::from(grudge.ban.is_some()));
        self.failures = self.failures.saturating_add(grudge.failures);
        self.is_lost |= is_lost;
        self.rules.extend(rule.filter(|rule| !self.rules.contains(rule)));
    }
}

impl fmt::Display for LiftedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, bans, failures, .. } = self;
        write!(f, "lift: {name}: ")?;
        match (bans, failures) {
            (0, 0) => f.write_str("nothing was held against it")?,
            _ => write!(f, "forgotten: bans {bans}, failures {failures}")?,
        }
        if !self.rules.is_empty() {
            write!(f, ", by {}", self.rules.join(", "))?;
        }
        if self.is_lost {
            f.write_str("; not all of it could be written: try again with another \"id\"")?;
        }
        if let Some(rule) = &self.network_banned_by {
            write!(
                f,
                "; the network around it is banned by {rule}: name that under \"networks\" as well"
            )?;
        }
        Ok(())
    }
}
