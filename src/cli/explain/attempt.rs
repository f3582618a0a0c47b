//! `unstuff explain --attempt`: which rules match a login, and the value of each signal beside its limit.
//!
//! The values come from a replay of what was before, if there is one. Otherwise they are what a line
//! tells: a record's line has those of the rules that matched when it was written, and what the login
//! shows by itself; a description has what is written there. A rule whose values are not known neither
//! matches nor does not.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};
use unstuff_engine::decision::measured::{MeasuredRule, SignalValue};
use unstuff_engine::decision::rules::{RuleMatch, Share};
use unstuff_engine::decision::signals::{Signal, TABLE};
use unstuff_engine::policy::{Condition, Mode, Policy, Rule};
use unstuff_engine::time::Window;
use unstuff_trace::{RecordedLine, TraceLine};

use super::{in_words, mode, table};
use crate::replay;

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
            let given = GivenSignals::of_description(line)
                .with_context(|| format!("--attempt: neither a login ({problem})"))?;
            if !after.is_empty() {
                bail!("--after: a description of values needs nothing before it");
            }
            given.rules(policy)
        }
    };
    Ok(ExplainedAttempt { rules })
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

/// Values that are known from a line. A window of `None` is every window.
#[derive(Default)]
struct GivenSignals {
    values: BTreeMap<(Signal, Option<Window>), SignalValue>,
    is_allowed: bool,
}

impl GivenSignals {
    /// What a record's line tells. The windows of its counts are those of the policy's rules of the same
    /// names.
    fn of_record(
        policy: &Policy,
        recorded: &RecordedLine,
        told: &[(Signal, Option<bool>)],
    ) -> Self {
        let mut given = Self { is_allowed: recorded.is_allowed, ..Self::default() };
        for rule in &recorded.rules {
            let same = policy.rules.iter().find(|it| it.name == rule.rule);
            for condition in same.iter().flat_map(|it| &it.when) {
                let signal = condition.signal();
                let value = rule.values.get(signal.row().name);
                if let Some(value) = value.and_then(|it| value_of(signal, it)) {
                    given.values.insert((signal, window_of(condition)), value);
                }
            }
        }
        let state = |name: &str| Some(recorded.credentials.iter().any(|it| it == name));
        let read = [
            (Signal::CredentialsAbsent, state("absent")),
            (Signal::CredentialsUnreadable, state("unreadable")),
            (Signal::CredentialsAmbiguous, state("ambiguous")),
            (Signal::SiteUnderAttack, Some(recorded.is_under_attack)),
            (Signal::PasswordBreachedLive, recorded.live_lookup),
        ];
        let known = told.iter().chain(&read).filter(|_| !recorded.is_unread);
        for (signal, flag) in known.filter_map(|(signal, flag)| Some((*signal, (*flag)?))) {
            given.values.insert((signal, None), SignalValue::Flag(Some(flag)));
        }
        given
    }

    /// What a description tells: signals by name, each with a value for every window, or with an object
    /// of values by window.
    fn of_description(text: &str) -> anyhow::Result<Self> {
        let described: Map<String, Value> = serde_json::from_str(text).context(
            "nor a JSON object with the values of signals, such as {\"ip.failures\": 12}",
        )?;
        let mut given = Self::default();
        for (name, value) in &described {
            let Some(signal) = Signal::named(name) else {
                let known: Vec<_> = TABLE.iter().map(|row| row.name).collect();
                bail!(
                    "nor values of signals: unknown signal {name:?}; known are {}",
                    known.join(", ")
                );
            };
            let by_window = value.as_object().cloned().unwrap_or_default();
            for (window, value) in &by_window {
                let found = Window::ALL.into_iter().find(|it| it.name() == window);
                let window = found.with_context(|| format!("{name}: unknown window {window:?}"))?;
                given.values.insert((signal, Some(window)), read(signal, value)?);
            }
            if by_window.is_empty() {
                given.values.insert((signal, None), read(signal, value)?);
            }
        }
        Ok(given)
    }

    fn value(&self, condition: &Condition) -> Option<SignalValue> {
        let (signal, window) = (condition.signal(), window_of(condition));
        let of = |window| self.values.get(&(signal, window)).copied();
        of(window).or_else(|| of(None))
    }

    fn flag(&self, signal: Signal) -> bool {
        self.values.get(&(signal, None)) == Some(&SignalValue::Flag(Some(true)))
    }

    fn exempts(&self, rule: &Rule) -> bool {
        (rule.exempts_allowed && self.is_allowed)
            || (rule.exempts_known_devices && self.flag(Signal::DeviceKnown))
            || (rule.exempts_familiar_networks && self.flag(Signal::AccountFamiliarNetwork))
            || (rule.exempts_familiar_clients && self.flag(Signal::AccountFamiliarClient))
    }

    fn rules(&self, policy: &Policy) -> Vec<ExplainedRule> {
        policy.rules.iter().map(|rule| self.rule(rule)).collect()
    }

    fn rule(&self, rule: &Rule) -> ExplainedRule {
        let explained = |condition: &Condition| {
            let value = self.value(condition);
            let holds = value.and_then(|value| holds(condition, value));
            ExplainedCondition { condition: *condition, value, holds }
        };
        let conditions: Vec<_> = rule.when.iter().map(explained).collect();
        let state = if self.exempts(rule) {
            RuleState::Exempt
        } else if conditions.iter().any(|it| it.holds == Some(false)) {
            RuleState::MatchesNot
        } else if conditions.iter().all(|it| it.holds == Some(true)) {
            RuleState::Matches
        } else {
            RuleState::Unknown
        };
        ExplainedRule { state, conditions }
    }
}

fn window_of(condition: &Condition) -> Option<Window> {
    match *condition {
        Condition::Is { .. } => None,
        Condition::Over { within, .. } | Condition::Share { within, .. } => Some(within),
    }
}

/// Whether a condition holds with this value; `None` if the value is of another sort, or unknown.
fn holds(condition: &Condition, value: SignalValue) -> Option<bool> {
    match (*condition, value) {
        (Condition::Is { wanted, .. }, SignalValue::Flag(flag)) => flag.map(|flag| flag == wanted),
        (Condition::Over { over, .. }, SignalValue::Count { count, excused, .. }) => {
            Some(count > over.saturating_add(excused))
        }
        (Condition::Share { over, at_least, .. }, SignalValue::Share(Share { failed, all })) => {
            let is_over = u64::from(failed) * 100 > u64::from(over) * u64::from(all);
            Some(all >= at_least.max(1) && is_over)
        }
        _ => None,
    }
}

fn read(signal: Signal, value: &Value) -> anyhow::Result<SignalValue> {
    value_of(signal, value).with_context(|| {
        format!(
            "{}: give true or false, a count, [count, pending, excused], or [failed, all] of a share",
            signal.row().name
        )
    })
}

/// A value as lines and descriptions have it.
fn value_of(signal: Signal, value: &Value) -> Option<SignalValue> {
    use unstuff_engine::decision::signals::SignalMeasure;
    let number = |value: &Value| u32::try_from(value.as_u64()?).ok();
    match (signal.row().measure(), value) {
        (None, Value::Null) => Some(SignalValue::Flag(None)),
        (None, value) => value.as_bool().map(|flag| SignalValue::Flag(Some(flag))),
        (Some(SignalMeasure::Share), Value::Array(parts)) => match parts.as_slice() {
            [failed, all] => {
                Some(SignalValue::Share(Share { failed: number(failed)?, all: number(all)? }))
            }
            _ => None,
        },
        (Some(SignalMeasure::Share), _) => None,
        (Some(_), Value::Array(parts)) => match parts.as_slice() {
            [count, pending, excused] => Some(SignalValue::Count {
                count: number(count)?,
                pending: number(pending)?,
                excused: number(excused)?,
            }),
            _ => None,
        },
        (Some(_), value) => {
            Some(SignalValue::Count { count: number(value)?, pending: 0, excused: 0 })
        }
    }
}

/// A table, with the rules that match in front.
pub(super) fn to_text(policy: &Policy, explained: &ExplainedAttempt) -> String {
    let mut rows =
        vec![["RULE", "MATCHES", "VALUE", "LIMIT", "THEN", "MODE"].map(str::to_owned).to_vec()];
    let mut of_rules: Vec<_> = policy.rules.iter().zip(&explained.rules).collect();
    of_rules.sort_by_key(|(_, it)| match it.state {
        RuleState::Matches | RuleState::MatchesIfPendingFail => 0,
        RuleState::Exempt => 1,
        RuleState::Unknown => 2,
        RuleState::MatchesNot => 3,
    });
    for (rule, it) in &of_rules {
        for (index, condition) in it.conditions.iter().enumerate() {
            let first = |text: &str| if index == 0 { text.to_owned() } else { String::new() };
            rows.push(vec![
                first(&rule.name),
                first(it.state.name()),
                value_text(condition),
                in_words(&condition.condition),
                first(rule.then.name()),
                first(mode(rule.mode)),
            ]);
        }
    }
    let mut text = table(&rows);
    let matching = of_rules.iter().filter(|(_, it)| it.state == RuleState::Matches);
    let severest = matching.map(|(rule, _)| rule).max_by_key(|rule| rule.then);
    text.push_str(&match severest {
        None => "\nNo rule is known to match.\n".to_owned(),
        Some(rule) => format!("\nThe most severe match: {} ({}).\n", rule.name, rule.then.name()),
    });
    if of_rules.iter().any(|(_, it)| it.state == RuleState::Unknown) {
        text.push_str("?: the line does not tell the value; --after with what came before does.\n");
    }
    if policy.mode == Mode::Shadow {
        text.push_str("mode shadow: no rule is enforced, not even one with mode enforce.\n");
    }
    text
}

fn value_text(condition: &ExplainedCondition) -> String {
    let text = match condition.value {
        None | Some(SignalValue::Flag(None)) => return "?".to_owned(),
        Some(SignalValue::Flag(Some(flag))) => flag.to_string(),
        Some(SignalValue::Count { count, pending, excused }) => {
            let more = [(pending, "pending"), (excused, "excused")];
            let more = more.iter().filter(|(count, _)| *count > 0);
            more.fold(count.to_string(), |text, (count, what)| format!("{text}, {count} {what}"))
        }
        Some(SignalValue::Share(Share { failed, all })) => format!("{failed} of {all}"),
    };
    if condition.holds == Some(true) { format!("{text} *") } else { text }
}

/// The same for programs.
pub(super) fn to_json(policy: &Policy, explained: &ExplainedAttempt) -> Value {
    let rule = |(rule, it): (&Rule, &ExplainedRule)| {
        let condition = |it: &ExplainedCondition| {
            json!({
                "signal": it.condition.signal().row().name,
                "limit": in_words(&it.condition),
                "value": it.value.map(value_json),
                "holds": it.holds,
            })
        };
        let conditions: Vec<_> = it.conditions.iter().map(condition).collect();
        json!({
            "rule": rule.name, "matches": it.state.name(), "then": rule.then.name(),
            "mode": mode(rule.mode), "conditions": conditions,
        })
    };
    let rules: Vec<_> = policy.rules.iter().zip(&explained.rules).map(rule).collect();
    json!({ "mode": mode(policy.mode), "rules": rules })
}

fn value_json(value: SignalValue) -> Value {
    match value {
        SignalValue::Flag(flag) => flag.into(),
        SignalValue::Count { count, pending, excused } => {
            json!({ "count": count, "pending": pending, "excused": excused })
        }
        SignalValue::Share(Share { failed, all }) => json!({ "failed": failed, "all": all }),
    }
}

#[cfg(test)]
mod tests;
