//! The report of a replay: for a person, for a program, for a browser.
//!
//! All three are made from one [`Report`]. Labels and rule names are all that they repeat of
//! a trace.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use unstuff_engine::time::Millis;

use super::About;
use super::tally::{Label, Rule, Tally};
use super::timeline::{Fate, Timeline, Touch};

mod axis;
mod chart;
mod html;
mod text;

pub use html::html;
pub use text::{percent, table, text};

/// A report; as JSON, its fields in their order.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Lines that are at an endpoint.
    pub attempts: u64,
    /// Lines that are at none.
    pub unmatched: u64,
    /// Wall time.
    pub seconds: f64,
    /// By wall time.
    pub attempts_per_second: f64,
    /// Counts by label.
    pub labels: BTreeMap<String, Label>,
    /// Counts by rule, in the policy's order.
    #[serde(serialize_with = "in_order")]
    pub rules: Vec<(String, Rule)>,
    /// What the state took.
    pub state: State,
    /// Lines that are no attempt.
    pub bad_lines: u64,
    /// What the charts show.
    #[serde(skip)]
    pub charts: Charts,
}

/// What the state took.
#[derive(Debug, Serialize)]
pub struct State {
    /// In bytes of a host, in the end; it never shrinks.
    pub bytes: u64,
    /// Entries of others that were lost to make room.
    pub evictions: u64,
    /// What it may take at most.
    #[serde(skip)]
    pub ceiling: u64,
}

/// What is only shown to people.
#[derive(Debug)]
pub struct Charts {
    /// What was replayed with what.
    pub about: About,
    /// Time of the first and the last line.
    pub span: Option<(Millis, Millis)>,
    /// Series in the order of [`Report::labels`].
    pub labels: Timeline<{ Fate::COUNT }>,
    /// Series in the order of [`Report::rules`].
    pub rules: Timeline<{ Touch::COUNT }>,
}

impl Report {
    /// The report of what was counted.
    pub fn new(tally: Tally, bad_lines: u64, about: About) -> Self {
        let attempts = tally.labels.values().map(|label| label.attempts).sum();
        let lines: u64 = attempts + tally.unmatched;
        Self {
            attempts,
            unmatched: tally.unmatched,
            seconds: tally.seconds,
            attempts_per_second: lines as f64 / tally.seconds.max(1e-9),
            labels: tally.labels,
            rules: tally.rules,
            state: State {
                bytes: tally.state_bytes,
                evictions: tally.evictions,
                ceiling: tally.state_ceiling,
            },
            bad_lines,
            charts: Charts {
                about,
                span: tally.span,
                labels: tally.labels_over_time,
                rules: tally.rules_over_time,
            },
        }
    }

    /// Whether no line was an attempt, at an endpoint or not.
    pub fn is_empty(&self) -> bool {
        self.attempts == 0 && self.unmatched == 0
    }

    /// The rules that held for no attempt, if there are any.
    fn never_held(&self) -> Option<String> {
        let never = self.rules.iter().filter(|(_, rule)| !rule.held());
        let names: Vec<&str> = never.map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// What the one who replays should know, whatever the format; a line each.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.bad_lines > 0 {
            notes.push(format!("bad lines, left out: {}", self.bad_lines));
        }
        if self.is_empty() {
            notes.push("no line is an attempt: there was nothing to replay".to_owned());
        }
        if self.attempts == 0 && self.unmatched > 0 {
            notes.push(
                "no line is at an endpoint of the policy: compare its endpoints with host, \
                 method and path of the trace (absent: any, POST, /login)"
                    .to_owned(),
            );
        }
        let decided: u64 = self.rules.iter().map(|(_, rule)| rule.decided).sum();
        let matched: u64 = self.rules.iter().map(|(_, rule)| rule.matched).sum();
        if decided == 0 && matched > 0 {
            notes.push(
                "rules held and none acted: the policy is in shadow mode; --enforce shows what \
                 it would do"
                    .to_owned(),
            );
        }
        notes
    }
}

/// The report for a program.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub fn json(report: &Report) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

/// A time of the trace, to the minute.
pub fn utc(time: Millis) -> String {
    moment(time, "%Y-%m-%d %H:%M")
}

/// A time of the trace in a format of `strftime`.
fn moment(time: Millis, format: &str) -> String {
    let time = i64::try_from(time.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or_else(|| "?".to_owned(), |time| time.strftime(format).to_string())
}

fn in_order<S: Serializer>(rules: &[(String, Rule)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(rules.len()))?;
    for (name, rule) in rules {
        map.serialize_entry(name, rule)?;
    }
    map.end()
}
