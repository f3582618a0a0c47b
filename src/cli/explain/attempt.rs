//! `unstuff explain --attempt`: which rules match a login, and the value of each signal beside its limit.
//!
//! The values come from a replay of what was before, if there is one. Otherwise they are what a line
//! tells: a record's line has those of the rules that matched when it was written, and what the login
//! shows by itself; a description has what is written there. A rule whose values are not known neither
//! matches nor does not.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;
use unstuff_engine::decision::measured::{MeasuredRule, SignalValue};
use unstuff_engine::decision::rules::RuleMatch;
use unstuff_engine::decision::signals::Signal;
use unstuff_engine::policy::{Condition, Policy, Rule};
use unstuff_trace::TraceLine;

use crate::replay;

mod given;
mod report;

use given::GivenSignals;
pub(super) use report::{to_json, to_text};

/// A login's rules, in the policy's order.
pub(super) struct ExplainedAttempt {
    rules: Vec<ExplainedRule>,
}

/// Whether a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RuleState {
    Matches,
    /// Only if the logins that are not answered yet fail.
    MatchesIfPendingFail,
    MatchesNot,
    /// The client is exempt from it.
    Exempt,
    /// Not all of its values are known.
    Unknown,
}

impl RuleState {
    const fn name(self) -> &'static str {
        match self {
            Self::Matches => "yes",
            Self::MatchesIfPendingFail => "if pending logins fail",
            Self::MatchesNot => "no",
            Self::Exempt => "exempt",
            Self::Unknown => "unknown",
        }
    }
}

struct ExplainedRule {
    state: RuleState,
    conditions: Vec<ExplainedCondition>,
}

struct ExplainedCondition {
    condition: Condition,
    value: Option<SignalValue>,
    holds: Option<bool>,
}

/// Explains a login under a policy.
///
/// # Errors
/// The line is no login, or what was before cannot be read.
pub(super) fn explain(
    policy: &Policy,
    line: &str,
    after: &[PathBuf],
) -> anyhow::Result<ExplainedAttempt> {
    let login = unstuff_trace::parse(line.as_bytes());
    let rules = match (login, after) {
        (Ok(login), [_, ..]) => replayed(policy, &login, after)?,
        (
            Ok(TraceLine {
                recorded: Some(recorded), breached, pair_breached, known_device, ..
            }),
            [],
        ) => {
            let told = [
                (Signal::PasswordBreached, breached),
                (Signal::CredentialsBreached, pair_breached),
                (Signal::DeviceKnown, Some(known_device)),
            ];
            GivenSignals::of_record(policy, &recorded, &told).rules(policy)
        }
        (Ok(_), []) => bail!(
            "--attempt: a line of a trace has no counts; say with --after what came before, or give the \
             values of signals"
        ),
        (Err(problem), after) => {
            let given = described(line, &problem.to_string()).context("--attempt")?;
            if !after.is_empty() {
                bail!("--after: a description of values needs nothing before it");
            }
            given.rules(policy)
        }
    };
    Ok(ExplainedAttempt { rules })
}

/// The values of a description. What is neither that nor a login is one of three mistakes.
fn described(line: &str, problem: &str) -> anyhow::Result<GivenSignals> {
    match serde_json::from_str(line) {
        Ok(Value::Object(fields)) if fields.contains_key("record") => bail!(
            "this line of a record is no login but of the kind {}; give one of the kind \"login\"",
            fields.get("kind").unwrap_or(&Value::Null)
        ),
        // Names of signals have a dot, and those of a line of a trace have none.
        Ok(Value::Object(fields)) if fields.keys().any(|name| name.contains('.')) => {
            GivenSignals::of_description(&fields)
        }
        Ok(Value::Object(_)) => bail!("not a login: {problem}"),
        _ => {
            let is_file = Path::new(line).is_file();
            let hint =
                if is_file { "; it is the name of a file: give one of its lines" } else { "" };
            let begin: String = line.chars().take(60).collect();
            bail!(
                "{begin:?} is no JSON object{hint}; give a login's line of a record or a trace, or \
                 values of signals, such as {{\"ip.failures\": 12}}"
            )
        }
    }
}

/// The rules as a replay of what was before measures them.
fn replayed(
    policy: &Policy,
    login: &TraceLine,
    after: &[PathBuf],
) -> anyhow::Result<Vec<ExplainedRule>> {
    let measured = replay::measured(policy.clone(), login, after)?;
    let measured = measured.context("--attempt: the login is at no endpoint of the policy")?;
    let of = |(id, rule): (_, &Rule)| {
        let found = measured.iter().find(|it| it.rule == id);
        found.map_or_else(|| ExplainedRule::unknown(rule), ExplainedRule::measured)
    };
    Ok(policy.rules_with_ids().map(of).collect())
}

impl ExplainedRule {
    fn measured(measured: &MeasuredRule) -> Self {
        let state = match measured.rule_match {
            _ if measured.is_exempt => RuleState::Exempt,
            Some(RuleMatch::Confirmed) => RuleState::Matches,
            Some(RuleMatch::Provisional) => RuleState::MatchesIfPendingFail,
            None => RuleState::MatchesNot,
        };
        let conditions = measured.conditions.iter().map(|it| ExplainedCondition {
            condition: it.condition,
            value: Some(it.value),
            holds: Some(it.holds),
        });
        Self { state, conditions: conditions.collect() }
    }

    fn unknown(rule: &Rule) -> Self {
        let unknown = |condition: &Condition| ExplainedCondition {
            condition: *condition,
            value: None,
            holds: None,
        };
        Self { state: RuleState::Unknown, conditions: rule.when.iter().map(unknown).collect() }
    }
}

#[cfg(test)]
mod tests;
