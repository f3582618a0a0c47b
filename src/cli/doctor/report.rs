//! A diagnosis for a person, and for a program.

use serde_json::{Value, json};
use unstuff_engine::config::{Configured, Severity};
use unstuff_engine::policy::Mode;

use super::diagnosis::Diagnosis;
use crate::format;

/// Lines for a terminal.
pub(super) fn text(diagnosis: &Diagnosis, url: &str) -> String {
    let mut text = format!("Envoy {} at {url}\n", diagnosis.envoy);
    for plugin in &diagnosis.plugins {
        let state = plugin.outcome.as_ref().map_or_else(|_| "refused".to_owned(), summary);
        text += &format!("{}: {state}\n", plugin.title);
    }
    if !diagnosis.plugins.is_empty() {
        let module = diagnosis.module.as_deref().unwrap_or("unknown");
        let attempts = format::count(diagnosis.attempts);
        text += &format!("version {module}, {attempts} attempts since Envoy started\n");
    }
    text.push('\n');
    for it in diagnosis.findings.iter().filter(|it| it.severity != Severity::Info) {
        text += &format!("{}: {}: {}\n", it.severity.name(), it.place, it.text);
    }
    let (warnings, reminders) =
        (diagnosis.count(Severity::Warning), diagnosis.count(Severity::Reminder));
    text + &match (warnings, reminders) {
        (0, 0) => "nothing is wrong, as far as Envoy tells\n".to_owned(),
        _ => format!("warnings: {warnings}, reminders: {reminders}\n"),
    }
}

/// The same as an object.
pub(super) fn json(diagnosis: &Diagnosis) -> Value {
    let plugins = diagnosis
        .plugins
        .iter()
        .map(|plugin| json!({ "title": plugin.title, "accepted": plugin.outcome.is_ok() }));
    let findings = diagnosis
        .findings
        .iter()
        .map(|it| json!({ "severity": it.severity.name(), "place": it.place, "text": it.text }));
    json!({
        "envoy": diagnosis.envoy,
        "module": diagnosis.module,
        "attempts": diagnosis.attempts,
        "plugins": plugins.collect::<Vec<_>>(),
        "findings": findings.collect::<Vec<_>>(),
    })
}

/// What a configuration does, in a few words.
fn summary(Configured { policy, .. }: &Configured) -> String {
    let mode = if policy.mode == Mode::Enforce { "enforce" } else { "shadow" };
    let shadow = policy.rules.iter().filter(|rule| rule.in_shadow(policy.mode)).count();
    format!(
        "mode {mode}, {}, {} ({shadow} in shadow)",
        counted(policy.endpoints.len(), "endpoint"),
        counted(policy.rules.len(), "rule")
    )
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
