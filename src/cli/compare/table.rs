//! What is compared, and how it is shown.

use serde::Serialize;

use crate::format;
use crate::replay::Tally;
use crate::replay::report::{percent, table};

/// The policies over one trace.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// The trace's file.
    pub trace: String,
    /// Its lines that are no attempt.
    pub bad_lines: u64,
    /// In the order in which they were given.
    pub policies: Vec<Row>,
}

impl Comparison {
    /// Whether no line was an attempt at an endpoint of any policy.
    pub fn is_empty(&self) -> bool {
        let attempts = |Row { attack, people, others, .. }: &Row| {
            attack.attempts + people.attempts + others.attempts
        };
        self.policies.iter().all(|row| attempts(row) == 0)
    }
}

/// One policy over one trace.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name or file.
    pub policy: String,
    /// Attempts with a label `attack/…`.
    pub attack: Group,
    /// Those with a label `benign/…`.
    pub people: Group,
    /// All others.
    pub others: Group,
}

/// Counts of several labels together; see [`crate::replay`] for what each means.
#[derive(Debug, Default, Serialize)]
pub struct Group {
    attempts: u64,
    stopped: u64,
    blocked: u64,
    challenged: u64,
    successes: u64,
    successes_stopped: u64,
}

impl Row {
    /// Sums a replay up.
    pub fn new(policy: &str, tally: &Tally) -> Self {
        let mut row = Self {
            policy: policy.to_owned(),
            attack: Group::default(),
            people: Group::default(),
            others: Group::default(),
        };
        for (name, label) in &tally.labels {
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

/// The comparison for a person: shares in percent.
pub fn text(comparisons: &[Comparison]) -> String {
    let one = |Comparison { trace, policies, .. }: &Comparison| {
        let size = policies.first().map_or_else(String::new, |row| {
            let Row { attack, people, others, .. } = row;
            format!(
                "{} of attack, {} of people, {} of neither",
                format::count(attack.attempts),
                format::count(people.attempts),
                format::count(others.attempts)
            )
        });
        let head = [
            "POLICY",
            "ATTACK STOPPED %",
            "TAKEOVERS STOPPED %",
            "PEOPLE STOPPED %",
            "BLOCKED %",
            "CHALLENGED %",
        ];
        let head = head.map(str::to_owned).to_vec();
        let rows: Vec<_> = std::iter::once(head).chain(policies.iter().map(cells)).collect();
        format!("{trace}: {size}\n{}", table(&rows))
    };
    comparisons.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn cells(row: &Row) -> Vec<String> {
    let Row { policy, attack, people, .. } = row;
    vec![
        policy.clone(),
        percent(attack.stopped, attack.attempts),
        percent(attack.successes_stopped, attack.successes),
        percent(people.stopped, people.attempts),
        percent(people.blocked, people.attempts),
        percent(people.challenged, people.attempts),
    ]
}

/// The comparison for a program: counts.
///
/// # Errors
/// Never in practice: everything in it can be written as JSON.
pub fn json(comparisons: &[Comparison]) -> anyhow::Result<String> {
    let json = serde_json::json!({ "traces": comparisons });
    Ok(serde_json::to_string_pretty(&json)? + "\n")
}
