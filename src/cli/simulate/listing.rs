//! `--list`: scenarios, and every parameter with its value, meaning and source.

use std::fmt::Write;

use unstuff_simulate::{
    AttackParameters, PEOPLE, ParameterRow, Parameters, PeopleParameters, Scenario, ScenarioKind,
    TracePlan, scenarios,
};

/// All scenarios in a line each, and how to see more.
pub(super) fn overview() -> String {
    let mut text =
        String::from("Scenarios, each in addition to ordinary people (they can be combined):\n\n");
    for mut scenario in scenarios() {
        let _ = writeln!(text, "  {:<18} {}", scenario.name, scenario.what);
        let changes = changes(&mut scenario);
        if !changes.is_empty() {
            let _ = writeln!(text, "  {:<18}   {}", "", changes.join(" "));
        }
    }
    text.push_str(
        "\nThe parameters of an attack, unless its line above differs (--set SCENARIO.NAME=VALUE):\n\n",
    );
    table(&mut text, AttackParameters::default().rows());
    text.push_str("\nThe parameters of people (--set people.NAME=VALUE):\n\n");
    table(&mut text, PeopleParameters::default().rows());
    text.push_str("\n`unstuff simulate --list SCENARIO...` shows all that can be set for these.\n");
    text
}

/// All parameters of a plan.
pub(super) fn details(plan: &mut TracePlan) -> String {
    let mut text = String::new();
    for scenario in &mut plan.scenarios {
        let _ = writeln!(text, "{}: {}\n", scenario.name, scenario.what);
        if let Some(parameters) = scenario.kind.parameters() {
            table(&mut text, parameters.rows());
            text.push('\n');
        }
    }
    let _ = writeln!(text, "{PEOPLE}: the parameters of people\n");
    table(&mut text, plan.people.rows());
    text
}

/// The parameters to show in a scenario's line: all of a small scenario, of an attack those that
/// differ from an attack's defaults.
fn changes(scenario: &mut Scenario) -> Vec<String> {
    let defaults = match scenario.kind {
        ScenarioKind::Attack(..) => AttackParameters::default().rows(),
        _ => Vec::new(),
    };
    let is_default = |row: &ParameterRow| {
        defaults.iter().any(|other| other.name == row.name && other.value == row.value)
    };
    let rows = scenario.kind.parameters().map(|parameters| parameters.rows()).unwrap_or_default();
    rows.into_iter()
        .filter(|row| !is_default(row))
        .map(|row| format!("{}={}", row.name, row.value))
        .collect()
}

fn table(text: &mut String, rows: Vec<ParameterRow>) {
    for ParameterRow { name, value, what, source } in rows {
        let _ =
            writeln!(text, "  {:<28} {what}\n  {:<28}   [{source}]", format!("{name}={value}"), "");
    }
}
