//! Which policy is replayed.

use std::path::Path;

use unstuff_engine::config;
use unstuff_engine::policy::{Mode, Policy};

use crate::config_input;

/// A policy with a name for reports.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The file, or what the policy is known as.
    pub name: String,
    /// The policy.
    pub policy: Policy,
}

/// The policy in `file`; without one the default policy, enforced. None, after its problems
/// were said, if it is rejected.
///
/// # Errors
/// The file cannot be read.
pub fn choose(file: Option<&Path>, enforce: bool) -> anyhow::Result<Option<Chosen>> {
    let Some(file) = file else { return Ok(parse("default", b"{}").map(Chosen::enforced)) };
    let chosen = parse(&file.display().to_string(), &config_input::read(file)?);
    Ok(if enforce { chosen.map(Chosen::enforced) } else { chosen })
}

/// The policy in these bytes; none, after its problems were said, if it is rejected.
pub fn parse(name: &str, bytes: &[u8]) -> Option<Chosen> {
    match config::parse(bytes) {
        Ok(configured) => Some(Chosen { name: name.to_owned(), policy: configured.policy }),
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{name}: {problem}"));
            None
        }
    }
}

impl Chosen {
    /// Without shadow modes.
    pub fn enforced(mut self) -> Self {
        self.policy.mode = Mode::Enforce;
        self.policy.rules.iter_mut().for_each(|rule| rule.mode = Mode::Enforce);
        self
    }
}
