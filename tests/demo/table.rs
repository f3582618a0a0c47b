//! The demo's table: one row for each step, printed as it happens.

use std::fmt::Arguments;
use std::io::{self, IsTerminal, Write as _};

/// One row.
pub(crate) struct TableRow {
    /// The client's address.
    pub from: String,
    /// What happened.
    pub what: String,
    /// The statuses that the client received.
    pub answers: String,
    /// What reached the application.
    pub annotations: String,
    /// The expectation that was not met, if any.
    pub missed: Option<String>,
}

/// The widths of all columns but the last, which has no limit.
const WIDTHS: [usize; 3] = [12, 39, 20];

/// Prints rows, in colour on a terminal.
pub(crate) struct DemoTable {
    colour: bool,
}

impl DemoTable {
    /// Prints the title and the head.
    pub(crate) fn begin(title: &str) -> Self {
        // https://no-color.org
        let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let table = Self { colour: is_wanted && io::stdout().is_terminal() };
        write(format_args!("\n  {}\n", table.paint("1", title)));
        let head = row(["from", "what happens", "answers"], "what the application gets");
        write(format_args!("     {}", table.paint("2", &head)));
        let rules = WIDTHS.map(|width| "─".repeat(width));
        let rules = row([&rules[0], &rules[1], &rules[2]], &"─".repeat(36));
        write(format_args!("     {}", table.paint("2", &rules)));
        table
    }

    /// Prints a row.
    pub(crate) fn print(&self, line: &TableRow) {
        let mark =
            if line.missed.is_none() { self.paint("32", "✔") } else { self.paint("31", "✘") };
        let text = row([&line.from, &line.what, &line.answers], &line.annotations);
        write(format_args!("  {mark}  {}", text.trim_end()));
        if let Some(missed) = &line.missed {
            write(format_args!("     {}", self.paint("31", &format!("expected: {missed}"))));
        }
    }

    /// Prints the summary.
    pub(crate) fn end(&self, text: &str) {
        write(format_args!("\n     {}\n", self.paint("2", text)));
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn row(cells: [&str; 3], last: &str) -> String {
    let padded = cells.iter().zip(WIDTHS).map(|(cell, width)| format!("{cell:width$}  "));
    padded.chain([last.to_owned()]).collect()
}

/// A closed output does not end the demo, which has an application and an Envoy to end.
fn write(line: Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{line}");
}
