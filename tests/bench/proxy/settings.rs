//! What the environment asks for: `ROUNDS`, `ROWS`, `SECONDS`.

use std::env;
use std::time::Duration;

use crate::rows::{BenchRow, ROWS};

/// The rounds that a result needs to be kept.
const LEAST_ROUNDS: usize = 5;

/// The seconds that a result needs to be kept.
const LEAST_SECONDS: u64 = 3;

/// How much is measured.
pub(crate) struct BenchSettings {
    /// Rounds over all rows.
    pub rounds: usize,
    /// The rows.
    pub rows: Vec<BenchRow>,
    /// How long each figure of a row is measured in a round.
    pub duration: Duration,
}

impl BenchSettings {
    /// Reads the environment.
    ///
    /// # Panics
    /// If a row does not exist or a number is none. The message names what does.
    pub(crate) fn from_environment() -> Self {
        let number = |name: &str| {
            let given = env::var(name).ok().filter(|text| !text.is_empty())?;
            let number: Option<u64> = given.parse().ok().filter(|number| *number > 0);
            Some(number.unwrap_or_else(|| panic!("{name}={given} is no number above 0")))
        };
        let names = env::var("ROWS").unwrap_or_default();
        let names: Vec<&str> = names.split([' ', ',']).filter(|name| !name.is_empty()).collect();
        let known = ROWS.map(|row| row.name);
        for name in &names {
            assert!(known.contains(name), "ROWS: no row {name}; there are {}", known.join(" "));
        }
        let is_asked = |row: &BenchRow| names.is_empty() || names.contains(&row.name);
        Self {
            rounds: number("ROUNDS").map_or(LEAST_ROUNDS, |it| usize::try_from(it).expect("few")),
            rows: ROWS.into_iter().filter(is_asked).collect(),
            duration: Duration::from_secs(number("SECONDS").unwrap_or(LEAST_SECONDS)),
        }
    }

    /// Whether all is measured as often and as long as a result needs to be kept in the repository.
    pub(crate) fn are_whole(&self) -> bool {
        self.rounds >= LEAST_ROUNDS
            && self.rows.len() == ROWS.len()
            && self.duration >= Duration::from_secs(LEAST_SECONDS)
    }
}
