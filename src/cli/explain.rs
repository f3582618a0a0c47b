//! `unstuff explain`: the rules of a policy, and what their signals mean.
//!
//! As a table, or with `--format json` in the form of a configuration, so that the built-in rules
//! can be copied and changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use textwrap::{Options, fill};
use unstuff_engine::config::{self, duration};
use unstuff_engine::decision::signals::{Signal, SignalRow};
use unstuff_engine::policy::{Condition, Mode, Policy, Rule, Scope};

use crate::config_input;
use crate::stdout::{self, OutputFormat};

mod attempt;

/// The longest line of a reason: it fits a terminal and is easy to read.
const WIDTH: usize = 96;

/// Print the rules of a configuration, the reason for each, and what their signals mean
///
/// With --attempt, print which of them match a login, and the value of each signal beside its limit.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  unstuff explain
  unstuff explain unstuff.json --attempt \"$(grep '\"verdict\":\"block\"' envoy.log | tail -1)\" --after envoy.log
  unstuff explain --attempt '{\"ip.usernames\": 12, \"ip.distinct_failures\": 9, \"device.known\": false}'

Exit status: 0 done, 1 the configuration is invalid, 2 an error.")]
pub(crate) struct ExplainArgs {
    /// A configuration in JSON, - is standard input; without one, the built-in default
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The format: text is a table, JSON can be copied into a configuration
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// A login: a line of a decision record, a line of a trace (with --after), or a JSON object with the
    /// values of signals by name
    #[arg(long, value_name = "LINE")]
    attempt: Option<String>,
    /// What came before the login, a record or a trace: it is replayed up to there, so every value is
    /// known; can be repeated
    #[arg(long, value_name = "TRACE", requires = "attempt")]
    after: Vec<PathBuf>,
}

/// Explains one configuration, or prints its problems.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn run(args: ExplainArgs) -> anyhow::Result<ExitCode> {
    let bytes = args.file.as_deref().map_or(Ok(Vec::new()), config_input::read)?;
    let policy = match config::parse(&bytes) {
        Ok(configured) => configured.policy,
        Err(problems) => {
            problems.iter().for_each(|problem| eprintln!("{problem}"));
            return Ok(ExitCode::FAILURE);
        }
    };
    if let Some(line) = &args.attempt {
        let explained = attempt::explain(&policy, line, &args.after)?;
        stdout::print(&match args.format {
            OutputFormat::Text => attempt::to_text(&policy, &explained),
            OutputFormat::Json => format!("{:#}\n", attempt::to_json(&policy, &explained)),
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    stdout::print(&match args.format {
        OutputFormat::Text => to_text(&policy),
        OutputFormat::Json => format!("{:#}\n", to_json(&policy)),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn to_text(policy: &Policy) -> String {
    let mut rows = vec![["RULE", "WHEN", "THEN", "BAN", "MODE"].map(str::to_owned).to_vec()];
    for rule in &policy.rules {
        rows.extend(rule_rows(rule));
    }
    let mut text = table(&rows);
    text.push('\n');
    for rule in &policy.rules {
        if let Some(about) = &rule.about {
            text.push_str(&reason(&rule.name, about));
        }
    }
    let signals = signals(policy).into_iter().map(|row| vec![row.name.into(), row.about.into()]);
    text.push_str(&table(&signals.collect::<Vec<_>>()));
    text.push_str("\nThe most severe action of the matching rules wins.\n");
    if asks_for_budget(policy) {
        let budget = policy.challenge_budget;
        let _ = writeln!(
            text,
            "challenge_budget {budget}: account.unexpected holds for at most {budget} % of people's logins."
        );
    }
    if policy.mode == Mode::Shadow {
        text.push_str("mode shadow: no rule is enforced, not even one with mode enforce.\n");
    }
    text
}

/// A row for each condition; the first has the rule's name and action.
fn rule_rows(rule: &Rule) -> Vec<Vec<String>> {
    let ban = rule.ban.map(|ban| format!("{} for {}", ban.banned.name(), duration(ban.seconds)));
    let conditions = rule.when.iter().enumerate().map(|(index, condition)| {
        if index > 0 {
            return vec![String::new(), format!("and {}", in_words(condition))];
        }
        vec![
            rule.name.clone(),
            in_words(condition),
            rule.then.name().to_owned(),
            ban.clone().unwrap_or_else(|| "-".to_owned()),
            mode(rule.mode).to_owned(),
        ]
    });
    conditions.collect()
}

fn in_words(condition: &Condition) -> String {
    match *condition {
        Condition::Is { signal, wanted: true } => signal.row().name.to_owned(),
        Condition::Is { signal, wanted: false } => format!("not {}", signal.row().name),
        Condition::Over { signal, over, within, per_success } => {
            let credit = match per_success {
                0 => String::new(),
                worth => format!(" + {worth} per success"),
            };
            format!("{} over {over}{credit} within {}", signal.row().name, within.name())
        }
        Condition::Share { signal, over, within, at_least } => format!(
            "{} over {over} % of at least {at_least} within {}",
            signal.row().name,
            within.name()
        ),
    }
}

/// A rule's name and, below it, the reason for the rule.
fn reason(name: &str, about: &str) -> String {
    let indent = Options::new(WIDTH).initial_indent("  ").subsequent_indent("  ");
    format!("{name}\n{}\n\n", fill(about, indent))
}

/// A table whose columns are as wide as their widest cell.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column| rows.iter().filter_map(|row| row.get(column)).map(String::len).max();
    let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn to_json(policy: &Policy) -> Value {
    let signals: Map<_, _> = signals(policy)
        .into_iter()
        .map(|row| (row.name.to_owned(), Value::from(row.about)))
        .collect();
    let rules: Value = policy.rules.iter().map(rule_to_json).collect();
    let mut json = json!({ "mode": mode(policy.mode), "rules": rules, "signals": signals });
    if let Some(json) = json.as_object_mut().filter(|_| asks_for_budget(policy)) {
        json.insert("challenge_budget".into(), policy.challenge_budget.into());
    }
    json
}

fn rule_to_json(rule: &Rule) -> Value {
    let when: Map<_, _> = rule.when.iter().map(condition_to_json).collect();
    let mut json = Map::new();
    json.insert("name".into(), rule.name.clone().into());
    if let Some(about) = &rule.about {
        json.insert("about".into(), about.clone().into());
    }
    json.insert("when".into(), when.into());
    json.insert("then".into(), rule.then.name().into());
    if let Some(ban) = rule.ban {
        json.insert("ban".into(), ban.banned.name().into());
        json.insert("for".into(), duration(ban.seconds).into());
    }
    json.insert("mode".into(), mode(rule.mode).into());
    let exempt = [
        (rule.exempts_allowed, "allowed"),
        (rule.exempts_known_devices, "device"),
        (rule.exempts_familiar_networks, "familiar_network"),
        (rule.exempts_familiar_clients, "familiar_client"),
    ];
    let exempt: Vec<_> = exempt.into_iter().filter(|(up, _)| *up).map(|(_, word)| word).collect();
    json.insert("exempt".into(), exempt.into());
    if rule.challenges_api {
        json.insert("challenge_api".into(), true.into());
    }
    if rule.scope == Scope::Fleet {
        json.insert("scope".into(), "fleet".into());
    }
    json.into()
}

fn condition_to_json(condition: &Condition) -> (String, Value) {
    match *condition {
        Condition::Is { signal, wanted } => (signal.row().name.to_owned(), wanted.into()),
        Condition::Over { signal, over, within, per_success } => {
            let mut json = json!({ "over": over, "within": within.name() });
            if let (1.., Some(json)) = (per_success, json.as_object_mut()) {
                json.insert("per_success".into(), per_success.into());
            }
            (signal.row().name.to_owned(), json)
        }
        Condition::Share { signal, over, within, at_least } => (
            signal.row().name.to_owned(),
            json!({ "over": over, "within": within.name(), "at_least": at_least }),
        ),
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Shadow => "shadow",
    }
}

/// Whether the budget for challenges changes what the rules do.
fn asks_for_budget(policy: &Policy) -> bool {
    let asked = |condition: &Condition| condition.signal() == Signal::AccountUnexpected;
    policy.rules.iter().flat_map(|rule| &rule.when).any(asked)
}

/// The signals that the rules use, each once.
fn signals(policy: &Policy) -> Vec<&'static SignalRow> {
    let asked = policy.rules.iter().flat_map(|rule| &rule.when).map(Condition::signal);
    let once: BTreeMap<Signal, _> = asked.map(|signal| (signal, signal.row())).collect();
    once.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(config: &[u8]) -> Policy {
        config::parse(config).expect("a valid configuration").policy
    }

    #[test]
    fn default_policy_is_a_table_with_reasons() {
        let text = to_text(&policy(b"{}"));
        let lines: Vec<_> = text.lines().collect();
        let words: Vec<_> = lines[1].split_whitespace().collect();
        assert_eq!(
            words.join(" "),
            "ip-stuffing ip.usernames over 10 within 1h block ip for 2h enforce"
        );
        assert!(lines[2].contains("and ip.distinct_failures over 8 + 3 per success within 1h"));
        assert!(
            text.contains("distinct (username, password) pairs that failed from one address"),
            "{text}"
        );
        assert!(text.contains("mode shadow: no rule is enforced"), "{text}");
        for rule in policy(b"{}").rules {
            let about = rule.about.expect("a reason");
            let (first, _) = about.split_once(' ').expect("words");
            assert!(text.contains(&format!("\n{}\n  {first} ", rule.name)), "{}", rule.name);
        }
    }

    #[test]
    fn rules_as_json_are_an_equivalent_configuration() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/config/good");
        for file in std::fs::read_dir(folder).expect("the fixtures") {
            let path = file.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let bytes = config_input::read(&path).expect("the fixture");
            let given = policy(&bytes);
            let explained = to_json(&given);
            // What rules need beside them, such as a fleet, stays.
            let mut config = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({}));
            for key in ["mode", "rules"] {
                config[key] = explained[key].clone();
            }
            let again = policy(config.to_string().as_bytes());
            assert_eq!(explained, to_json(&again), "{}", path.display());
            // Compares everything in a rule, so that nothing is left out of the JSON by mistake.
            let rules = |policy: &Policy| -> Vec<String> {
                let mut rules = policy.rules.clone();
                rules.iter_mut().for_each(|rule| rule.when.sort_by_key(Condition::signal));
                rules.iter().map(|rule| format!("{rule:?}")).collect()
            };
            for (given, again) in rules(&given).iter().zip(&rules(&again)) {
                assert_eq!(given, again, "{}", path.display());
            }
        }
    }
}
