//! Rules by the values that a line tells: a record's, or a description of a login.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};
use unstuff_engine::config::nearest;
use unstuff_engine::decision::measured::SignalValue;
use unstuff_engine::decision::rules::Share;
use unstuff_engine::decision::signals::{Signal, SignalMeasure, TABLE};
use unstuff_engine::policy::{Condition, Policy, Rule};
use unstuff_engine::time::Window;
use unstuff_trace::RecordedLine;

use super::{ExplainedCondition, ExplainedRule, RuleState};

/// Values that are known from a line. A window of `None` is every window.
#[derive(Default)]
pub(super) struct GivenSignals {
    values: BTreeMap<(Signal, Option<Window>), SignalValue>,
    is_allowed: bool,
}

impl GivenSignals {
    /// What a record's line tells. The windows of its counts are those of the policy's rules of the same
    /// names.
    pub(super) fn of_record(
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
    pub(super) fn of_description(described: &Map<String, Value>) -> anyhow::Result<Self> {
        let mut given = Self::default();
        for (name, value) in described {
            let Some(signal) = Signal::named(name) else {
                let known = || TABLE.iter().map(|row| row.name);
                match nearest(name, known()) {
                    Some(meant) => bail!("unknown signal {name:?}: did you mean {meant:?}?"),
                    None => bail!(
                        "unknown signal {name:?}; known are {}",
                        known().collect::<Vec<_>>().join(", ")
                    ),
                }
            };
            let by_window = value.as_object().cloned().unwrap_or_default();
            for (window, value) in &by_window {
                let found = Window::ALL.into_iter().find(|it| it.name() == window);
                let window = found.with_context(|| {
                    let known: Vec<_> = Window::ALL.iter().map(|it| it.name()).collect();
                    format!("{name}: unknown window {window:?}; known are {}", known.join(", "))
                })?;
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

    pub(super) fn rules(&self, policy: &Policy) -> Vec<ExplainedRule> {
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
        let wanted = match signal.row().measure() {
            None => "true or false",
            Some(SignalMeasure::Share) => "[failed, all], such as [19, 20]",
            Some(_) => "a count, such as 12, or [count, pending, excused]",
        };
        format!("{}: {value} is no value of it; give {wanted}", signal.row().name)
    })
}

/// A value as lines and descriptions have it.
fn value_of(signal: Signal, value: &Value) -> Option<SignalValue> {
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
