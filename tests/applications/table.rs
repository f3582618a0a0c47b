//! The tables of all applications, for people, and the attacks as JSON.

use serde_json::{Value, json};

use crate::invisible::{DELAY_BAR_MS, LoginTimes, PeopleRow, delay_of_all};
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

/// Prints the attacks.
pub(crate) fn print(rows: &[AttackRow]) {
    print_table(HEAD, rows.iter().map(AttackRow::cells).collect());
}

const PEOPLE_HEAD: [&str; 6] = [
    "application",
    "mistypes",
    "the script is",
    "challenged, ms",
    "not challenged, ms",
    "delay, ms",
];

/// Prints how long the logins of people take, and the verdict on all of them.
pub(crate) fn print_people(rows: &[PeopleRow]) {
    let cells = |row: &PeopleRow| {
        let ms = |ms: Option<f64>| ms.map_or("NOT IN".to_owned(), |ms| format!("{ms:.0}"));
        let medians = row.times.as_ref().map(LoginTimes::medians);
        [
            row.application.clone(),
            if row.is_in { "in" } else { "NOT IN" }.to_owned(),
            row.script.to_string(),
            ms(medians.map(|(challenged, _)| challenged)),
            ms(medians.map(|(_, free)| free)),
            ms(row.times.as_ref().map(LoginTimes::delay)),
        ]
    };
    print_table(PEOPLE_HEAD, rows.iter().map(cells).collect());
    match delay_of_all(rows) {
        Some(delay) => {
            let verdict = if delay <= DELAY_BAR_MS { "holds" } else { "DOES NOT HOLD" };
            println!(
                "\nmedian delay of all applications: {delay:.0} ms; at most {DELAY_BAR_MS:.0} ms {verdict}"
            );
        }
        None => println!("\nSOMEBODY WAS NOT LET IN"),
    }
}

/// Prints a table in the form of Markdown.
fn print_table<const N: usize>(head: [&str; N], cells: Vec<[String; N]>) {
    let width = |n: usize| cells.iter().map(|row| row[n].len()).fold(head[n].len(), usize::max);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |row: &[String]| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        println!("| {} |", padded.collect::<Vec<_>>().join(" | "));
    };
    line(&head.map(str::to_owned));
    line(&widths.map(|width| "-".repeat(width)));
    for row in &cells {
        line(row);
    }
}
