//! Attempts as lines of a trace.

use std::collections::BTreeMap;
use std::io::{self, Write};

use unstuff_engine::time::Millis;
use unstuff_trace::TraceLine;

use super::attempt::{SUCCESS, SimulatedAttempt};
use super::people::population::Population;
use super::people::rhythm::BEGIN;

/// The host of all attempts, one that is reserved for examples.
const HOST: &str = "example.com";

/// The number of attempts with one label, and how many of them succeed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LabelTotals {
    /// Attempts.
    pub attempts: u64,
    /// Successes.
    pub successes: u64,
}

/// Totals by label.
pub type TotalsByLabel = BTreeMap<&'static str, LabelTotals>;

/// Writes attempts as lines. `progress` gets the time of every thousandth attempt, in
/// milliseconds after the beginning.
///
/// # Errors
/// `out` cannot be written.
pub(crate) fn write_lines(
    mut out: impl Write,
    population: &Population,
    attempts: impl Iterator<Item = SimulatedAttempt>,
    mut progress: impl FnMut(u64),
) -> io::Result<TotalsByLabel> {
    let mut by_label = TotalsByLabel::new();
    let mut written = 0_u64;
    for attempt in attempts {
        let totals = by_label.entry(attempt.label).or_default();
        totals.attempts += 1;
        totals.successes += u64::from(attempt.status == SUCCESS);
        written += 1;
        if written % 1000 == 0 {
            progress(attempt.at);
        }
        line(population, attempt).write(&mut out)?;
    }
    Ok(by_label)
}

/// An attempt as a line. All lines have the same fields, whether of an attack or of people;
/// only `client` is absent where no cookies are kept.
fn line(population: &Population, attempt: SimulatedAttempt) -> TraceLine {
    let (user_agent, language) = population.browsers.headers(attempt.agent);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    TraceLine {
        time: Millis(BEGIN + attempt.at),
        ip: attempt.ip,
        user: Some(attempt.user),
        password: None,
        password_sha1: Some(attempt.password.digest()),
        breached: Some(attempt.password.leaked()),
        pair_breached: Some(attempt.pair_leaked),
        headers: Some(vec![header("user-agent", user_agent), header("accept-language", language)]),
        host: Some(HOST.to_owned()),
        method: Some(TraceLine::METHOD.to_owned()),
        path: Some(path(attempt.endpoint)),
        status: Some(attempt.status),
        response_headers: Vec::new(),
        outcome: None,
        response_ms: attempt.response_ms,
        client: attempt.client.map(browser),
        copies: attempt.copies.map(browser),
        known_device: attempt.known_device,
        solves: Some(attempt.solves),
        label: Some(attempt.label.to_owned()),
        recorded: None,
        unknown: None,
    }
}

/// The path of a login location.
fn path(endpoint: u64) -> String {
    match endpoint {
        0 => TraceLine::PATH.to_owned(),
        area => format!("/area-{area}{}", TraceLine::PATH),
    }
}

/// The name of a browser.
fn browser(client: u64) -> String {
    format!("c-{client:016x}")
}
