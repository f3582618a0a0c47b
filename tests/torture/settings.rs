//! The settings of a run: how long, from which seed, and whether one request is sent alone.

use std::time::Duration;

/// What `make torture` and `make soak` pass on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunSettings {
    /// How long requests are sent.
    pub duration: Duration,
    /// The seed of every request.
    pub seed: u64,
    /// The number of the request that is sent alone.
    pub only: Option<u64>,
}

impl RunSettings {
    /// `MINUTES`, `SEED` and `REQUEST`, or so many seconds from seed 1.
    ///
    /// # Panics
    /// If one of them is no number.
    pub(crate) fn from_environment(seconds: u64) -> Self {
        let duration = variable::<f64>("MINUTES").map(|minutes| minutes * 60.0);
        Self {
            duration: duration.map_or(Duration::from_secs(seconds), Duration::from_secs_f64),
            seed: variable("SEED").unwrap_or(1),
            only: variable("REQUEST"),
        }
    }
}

fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}
