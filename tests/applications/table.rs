//! The table of all applications, for people and as JSON.

use serde_json::{Value, json};

use crate::manifest::ToolName;
use crate::tool::AttackResult;

/// One application and one tool.
pub(crate) struct AttackRow {
    /// The application and its version.
    pub application: String,
    /// Whether the person got in.
    pub person: bool,
    /// The tool.
    pub tool: ToolName,
    /// The most attempts that may reach the application.
    pub limit: usize,
    /// Without the module.
    pub without: Option<AttackResult>,
    /// With the module.
    pub with: Option<AttackResult>,
}

impl AttackRow {
    /// Whether the person is in, the tool is stopped within the limit, and the same tool gets in
    /// without the module: else the attack would prove nothing.
    pub(crate) fn holds(&self) -> bool {
        let stopped = self.with.is_some_and(|with| !with.got_in && with.reached <= self.limit);
        self.person && stopped && self.without.is_some_and(|without| without.got_in)
    }

    fn cells(&self) -> [String; 6] {
        let reached = |result: Option<AttackResult>| match result {
            Some(result) => {
                let found = if result.got_in { ", got in" } else { "" };
                format!("{} of {}{found}", result.reached, result.sent)
            }
            None => "-".to_owned(),
        };
        [
            self.application.clone(),
            if self.person { "in" } else { "NOT IN" }.to_owned(),
            self.tool.label().to_owned(),
            reached(self.without),
            reached(self.with),
            if self.holds() { "stopped" } else { "NOT STOPPED" }.to_owned(),
        ]
    }

    /// The row as JSON.
    pub(crate) fn json(&self) -> Value {
        let result = |result: Option<AttackResult>| {
            result.map(|it| json!({ "sent": it.sent, "reached": it.reached, "got_in": it.got_in }))
        };
        json!({
            "application": self.application,
            "person_in": self.person,
            "tool": self.tool.label(),
            "limit": self.limit,
            "without": result(self.without),
            "with": result(self.with),
            "holds": self.holds()
        })
    }
}

const HEAD: [&str; 6] =
    ["application", "person", "tool", "without Unstuff", "with Unstuff", "verdict"];

/// Prints the table in the form of Markdown.
pub(crate) fn print(rows: &[AttackRow]) {
    let cells: Vec<[String; 6]> = rows.iter().map(AttackRow::cells).collect();
    let widths: Vec<usize> = HEAD
        .iter()
        .enumerate()
        .map(|(n, head)| cells.iter().map(|row| row[n].len()).fold(head.len(), usize::max))
        .collect();
    let line = |row: &[String]| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        println!("| {} |", padded.collect::<Vec<_>>().join(" | "));
    };
    line(&HEAD.map(str::to_owned));
    line(&widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>());
    for row in &cells {
        line(row);
    }
}
