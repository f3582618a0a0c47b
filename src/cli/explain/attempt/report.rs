//! A login's rules as a table and as JSON.

use serde_json::{Value, json};
use unstuff_engine::decision::measured::SignalValue;
use unstuff_engine::decision::rules::Share;
use unstuff_engine::policy::{Mode, Policy, Rule};

use super::{ExplainedAttempt, ExplainedCondition, ExplainedRule, RuleState};
use crate::explain::{in_words, mode, table};

/// A table, with the rules that match in front.
pub(in crate::explain) fn to_text(policy: &Policy, explained: &ExplainedAttempt) -> String {
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
pub(in crate::explain) fn to_json(policy: &Policy, explained: &ExplainedAttempt) -> Value {
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
