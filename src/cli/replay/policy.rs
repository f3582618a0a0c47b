//! The policy that is replayed.

use std::path::Path;

use unstuff_engine::config;
use unstuff_engine::policy::{Mode, Policy};

use crate::config_input;

/// A policy with its name in reports.
#[derive(Clone, Debug)]
pub(crate) struct ChosenPolicy {
    /// The file, or the name of a policy that is built in.
    pub name: String,
    /// The policy.
    pub policy: Policy,
}

/// Reads the policy in `file`; without a file, the default policy, enforced. Prints the problems of
/// a policy that is rejected and returns none.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn choose(file: Option<&Path>, enforce: bool) -> anyhow::Result<Option<ChosenPolicy>> {
    let Some(file) = file else { return Ok(parse("default", b"{}").map(ChosenPolicy::enforced)) };
    let chosen = parse(&file.display().to_string(), &config_input::read(file)?);
    Ok(if enforce { chosen.map(ChosenPolicy::enforced) } else { chosen })
}

/// Parses a policy. Prints the problems of one that is rejected and returns none.
pub(crate) fn parse(name: &str, bytes: &[u8]) -> Option<ChosenPolicy> {
    match config::parse(bytes) {
        Ok(configured) => Some(ChosenPolicy { name: name.to_owned(), policy: configured.policy }),
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{name}: {problem}"));
            None
        }
    }
}

impl ChosenPolicy {
    /// The policy without shadow modes.
    pub(crate) fn enforced(mut self) -> Self {
        self.policy.mode = Mode::Enforce;
        self.policy.rules.iter_mut().for_each(|rule| rule.mode = Mode::Enforce);
        self
    }
}
