//! `--list`: scenarios, and every parameter with its value, meaning and source.

use std::fmt::Write;

use super::attack::AttackParameters;
use super::catalogue::{self, Kind, Scenario};
use super::plan::{PEOPLE, Plan};
use super::settings::{Parameters, Row};

/// All scenarios in a line each, and how to see more.
pub fn overview() -> String {
    let mut text =
        String::from("Scenarios, on top of ordinary people (several can be combined):\n\n");
    for mut scenario in catalogue::all() {
        let _ = writeln!(text, "  {:<18} {}", scenario.name, scenario.what);
        let changes = changes(&mut scenario);
        if !changes.is_empty() {
            let _ = writeln!(text, "  {:<18}   {}", "", changes.join(" "));
        }
    }
    text.push_str("\nWhat an attack has unless its line above says otherwise (--set SCENARIO.NAME=VALUE):\n\n");
    table(&mut text, AttackParameters::default().rows());
    text.push_str("\nWhat people are like (--set people.NAME=VALUE):\n\n");
    table(&mut text, super::people::PeopleParameters::default().rows());
    text.push_str("\n`unstuff simulate --list SCENARIO…` shows all that can be set for these.\n");
    text
}

/// All parameters of a plan.
pub fn details(plan: &mut Plan) -> String {
    let mut text = String::new();
    for scenario in &mut plan.scenarios {
        let _ = writeln!(text, "{}: {}\n", scenario.name, scenario.what);
        if let Some(parameters) = scenario.kind.parameters() {
            table(&mut text, parameters.rows());
            text.push('\n');
        }
    }
    let _ = writeln!(text, "{PEOPLE}: what they are like\n");
    table(&mut text, plan.people.rows());
    text
}

/// What a scenario has of its own: all of a small one, what differs of an attack.
fn changes(scenario: &mut Scenario) -> Vec<String> {
    let usual = match scenario.kind {
        Kind::Attack(..) => AttackParameters::default().rows(),
        _ => Vec::new(),
    };
    let same =
        |row: &Row| usual.iter().any(|other| other.name == row.name && other.value == row.value);
    let rows = scenario.kind.parameters().map(|parameters| parameters.rows()).unwrap_or_default();
    rows.into_iter()
        .filter(|row| !same(row))
        .map(|row| format!("{}={}", row.name, row.value))
        .collect()
}

fn table(text: &mut String, rows: Vec<Row>) {
    for Row { name, value, what, source } in rows {
        let _ =
            writeln!(text, "  {:<28} {what}\n  {:<28}   [{source}]", format!("{name}={value}"), "");
    }
}
