//! The comparison as a table and as JSON.

use serde::Serialize;

use crate::format;
use crate::replay::ReplayCounts;
use crate::replay::report::{aligned, percent};

/// All policies over one trace.
#[derive(Debug, Serialize)]
pub(super) struct TraceComparison {
    /// The trace's file.
    pub trace: String,
    /// Lines that are not an attempt.
    pub bad_lines: u64,
    /// The results, in the order of the policies.
    pub policies: Vec<ComparedPolicy>,
}

impl TraceComparison {
    /// Whether no line was an attempt at an endpoint of any policy.
    pub(super) fn is_empty(&self) -> bool {
        let attempts = |ComparedPolicy { attack, people, others, .. }: &ComparedPolicy| {
            attack.attempts + people.attempts + others.attempts
        };
        self.policies.iter().all(|row| attempts(row) == 0)
    }
}

/// One policy over one trace.
#[derive(Debug, Serialize)]
pub(super) struct ComparedPolicy {
    /// Its name or file.
    pub policy: String,
    /// Attempts with a label `attack/…`.
    pub attack: LabelGroup,
    /// Those with a label `benign/…`.
    pub people: LabelGroup,
    /// All others.
    pub others: LabelGroup,
}

/// The sum of several labels' counts; see `LabelCounts` for what each means.
#[derive(Debug, Default, Serialize)]
pub(super) struct LabelGroup {
    attempts: u64,
    stopped: u64,
    blocked: u64,
    challenged: u64,
    successes: u64,
    successes_stopped: u64,
}

impl ComparedPolicy {
    /// Sums the counts of a replay by group.
    pub(super) fn new(policy: &str, counts: &ReplayCounts) -> Self {
        let mut row = Self {
            policy: policy.to_owned(),
            attack: LabelGroup::default(),
            people: LabelGroup::default(),
            others: LabelGroup::default(),
        };
        for (name, label) in &counts.labels {
            let group = match name.split('/').next() {
                Some("attack") => &mut row.attack,
                Some("benign") => &mut row.people,
                _ => &mut row.others,
            };
            group.attempts += label.attempts;
            group.stopped += label.stopped;
            group.blocked += label.block;
            group.challenged += label.challenge;
            group.successes += label.successes;
            group.successes_stopped += label.successes_stopped;
        }
        row
    }
}

/// The comparison as a table of percentages.
pub(super) fn text(comparisons: &[TraceComparison]) -> String {
    let one = |TraceComparison { trace, policies, .. }: &TraceComparison| {
        let size = policies.first().map_or_else(String::new, |row| {
            let ComparedPolicy { attack, people, others, .. } = row;
            format!(
                "{} attempts of attacks, {} of people, {} of neither",
                format::count(attack.attempts),
                format::count(people.attempts),
                format::count(others.attempts)
            )
        });
        let columns = Columns::of(policies);
        let rows: Vec<_> = std::iter::once(columns.head())
            .chain(policies.iter().map(|it| columns.cells(it)))
            .collect();
        format!("{trace}: {size}\n{}", aligned(&rows))
    };
    comparisons.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// What a trace can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Columns {
    /// All attempts have a label.
    Labelled,
    /// Some have none that says who made them.
    Mixed,
    /// None has: a decision record, or a log.
    Unlabelled,
}

impl Columns {
    fn of(policies: &[ComparedPolicy]) -> Self {
        let any = |of: fn(&ComparedPolicy) -> u64| policies.iter().any(|row| of(row) > 0);
        match (any(|it| it.attack.attempts + it.people.attempts), any(|it| it.others.attempts)) {
            (false, true) => Self::Unlabelled,
            (true, true) => Self::Mixed,
            (_, false) => Self::Labelled,
        }
    }

    fn head(self) -> Vec<String> {
        let names: &[&str] = match self {
            Self::Unlabelled => &["POLICY", "STOPPED %", "BLOCKED %", "CHALLENGED %"],
            Self::Labelled | Self::Mixed => &[
                "POLICY",
                "ATTACK STOPPED %",
                "TAKEOVERS STOPPED %",
                "PEOPLE STOPPED %",
                "BLOCKED %",
                "CHALLENGED %",
            ],
        };
        let mixed = (self == Self::Mixed).then_some("OTHERS STOPPED %");
        names.iter().copied().chain(mixed).map(str::to_owned).collect()
    }

    fn cells(self, row: &ComparedPolicy) -> Vec<String> {
        let ComparedPolicy { policy, attack, people, others } = row;
        let stopped = |of: &LabelGroup| percent(of.stopped, of.attempts);
        let how = |of: &LabelGroup| [of.blocked, of.challenged].map(|it| percent(it, of.attempts));
        let mut cells = vec![policy.clone()];
        if self == Self::Unlabelled {
            cells.push(stopped(others));
            cells.extend(how(others));
            return cells;
        }
        let takeovers = percent(attack.successes_stopped, attack.successes);
        cells.extend([stopped(attack), takeovers, stopped(people)]);
        cells.extend(how(people));
        if self == Self::Mixed {
            cells.push(stopped(others));
        }
        cells
    }
}

/// The comparison as JSON, with counts.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub(super) fn json(comparisons: &[TraceComparison]) -> anyhow::Result<String> {
    let json = serde_json::json!({ "traces": comparisons });
    Ok(serde_json::to_string_pretty(&json)? + "\n")
}
