//! The report of a replay: as text, as JSON, as an HTML page.
//!
//! All three come from one [`ReplayReport`]. Labels are all that they repeat of a trace.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};
use unstuff_engine::time::Millis;

use super::ReplayInputs;
use super::burden::PeopleBurden;
use super::counts::{LabelCounts, ReplayCounts, RuleCounts};
use super::coverage::CoverageGap;
use super::timeline::{AttemptResult, RuleRole, Timeline};

mod axis;
mod chart;
mod html;
mod text;

pub(crate) use html::html;
pub(crate) use text::{aligned, percent, text};

/// A report; in JSON, its fields have this order.
#[derive(Debug, Serialize)]
pub(crate) struct ReplayReport {
    /// Lines that are at an endpoint.
    pub attempts: u64,
    /// Lines that are at no endpoint.
    pub unmatched: u64,
    /// Wall time in seconds.
    pub seconds: f64,
    /// Lines per second of wall time.
    pub attempts_per_second: f64,
    /// Counts by label.
    pub labels: BTreeMap<String, LabelCounts>,
    /// The burden on people: labels that begin with `benign/`.
    pub people: PeopleBurden,
    /// Counts by rule, in the policy's order.
    #[serde(serialize_with = "in_order")]
    pub rules: Vec<(String, RuleCounts)>,
    /// What the trace does not record, and the rules that can never match because of it.
    pub gaps: Vec<CoverageGap>,
    /// The size of the state.
    pub state: StateUsage,
    /// Lines that are not an attempt.
    pub bad_lines: u64,
    /// What only people are shown.
    #[serde(skip)]
    pub charts: ReportCharts,
}

/// The size of the state.
#[derive(Debug, Serialize)]
pub(crate) struct StateUsage {
    /// Its size at the end, in bytes of the host's memory. It never shrinks.
    pub bytes: u64,
    /// Entries that were evicted.
    pub evictions: u64,
    /// The largest size that the policy allows, in bytes.
    #[serde(skip)]
    pub ceiling: u64,
}

/// What only people are shown.
#[derive(Debug)]
pub(crate) struct ReportCharts {
    /// The policy and the filters.
    pub inputs: ReplayInputs,
    /// Time of the first and the last line.
    pub span: Option<(Millis, Millis)>,
    /// A series for each of [`ReplayReport::labels`].
    pub labels: Timeline<{ AttemptResult::COUNT }>,
    /// A series for each of [`ReplayReport::rules`].
    pub rules: Timeline<{ RuleRole::COUNT }>,
}

impl ReplayReport {
    /// The report of these counts.
    pub(crate) fn new(counts: ReplayCounts, bad_lines: u64, inputs: ReplayInputs) -> Self {
        let attempts = counts.labels.values().map(|label| label.attempts).sum();
        let lines: u64 = attempts + counts.unmatched;
        Self {
            attempts,
            unmatched: counts.unmatched,
            seconds: counts.seconds,
            attempts_per_second: lines as f64 / counts.seconds.max(1e-9),
            labels: counts.labels,
            people: counts.people,
            rules: counts.rules,
            gaps: counts.coverage.gaps(),
            state: StateUsage {
                bytes: counts.state_bytes,
                evictions: counts.evictions,
                ceiling: counts.state_ceiling,
            },
            bad_lines,
            charts: ReportCharts {
                inputs,
                span: counts.span,
                labels: counts.labels_over_time,
                rules: counts.rules_over_time,
            },
        }
    }

    /// Whether no line was an attempt, at an endpoint or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.attempts == 0 && self.unmatched == 0
    }

    /// The names of the rules that never matched, if there are any.
    fn never_matched(&self) -> Option<String> {
        let never = self.rules.iter().filter(|(_, rule)| !rule.has_matched());
        let names: Vec<&str> = never.map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Notes for the person who replays, in any format; one line each.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.bad_lines > 0 {
            notes.push(format!("bad lines, left out: {}", self.bad_lines));
        }
        if self.is_empty() {
            notes.push("no line is an attempt: nothing was replayed".to_owned());
        }
        if self.attempts == 0 && self.unmatched > 0 {
            notes.push(
                "no line is at an endpoint of the policy: compare the endpoints with the trace's \
                 host, method and path (absent: any host, POST, /login)"
                    .to_owned(),
            );
        }
        let decided: u64 = self.rules.iter().map(|(_, rule)| rule.decided).sum();
        let matched: u64 = self.rules.iter().map(|(_, rule)| rule.matched).sum();
        if decided == 0 && matched > 0 {
            notes.push(
                "rules matched and none acted: the policy is in shadow mode; --enforce shows \
                 what it would do"
                    .to_owned(),
            );
        }
        notes
    }
}

/// The report as JSON.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub(crate) fn json(report: &ReplayReport) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

/// A time, to the minute.
pub(crate) fn utc(time: Millis) -> String {
    formatted(time, "%Y-%m-%d %H:%M")
}

/// A time in a format of `strftime`.
fn formatted(time: Millis, format: &str) -> String {
    let time = i64::try_from(time.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map_or_else(|| "?".to_owned(), |time| time.strftime(format).to_string())
}

fn in_order<S: Serializer>(
    rules: &[(String, RuleCounts)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(rules.len()))?;
    for (name, rule) in rules {
        map.serialize_entry(name, rule)?;
    }
    map.end()
}
