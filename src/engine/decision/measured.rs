//! The values behind a decision: each condition of a rule with what its signal was.

use crate::decision::rules::{self, RuleMatch, Share, Signals, Unanswered};
use crate::policy::{Condition, Rule, RuleId};

/// A rule and the values of its signals.
#[derive(Clone, Debug)]
pub struct MeasuredRule {
    /// The rule.
    pub rule: RuleId,
    /// How it matches, if it does.
    pub rule_match: Option<RuleMatch>,
    /// The rule exempts the client.
    pub is_exempt: bool,
    /// Its conditions, in its order.
    pub conditions: Vec<MeasuredCondition>,
}

/// A condition and the value of its signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasuredCondition {
    /// The condition.
    pub condition: Condition,
    /// The value.
    pub value: SignalValue,
    /// Whether the condition holds on evidence.
    pub holds: bool,
}

/// The value of a signal for one condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalValue {
    /// A flag; `None` if it is unknown.
    Flag(Option<bool>),
    /// A count.
    Count {
        /// The attempt at hand included.
        count: u32,
        /// How much more it is if the logins that are not answered yet fail.
        pending: u32,
        /// How much successes raise the limit.
        excused: u32,
    },
    /// A share.
    Share(Share),
}

/// What a rule's conditions are about, measured.
#[must_use]
pub fn measure(id: RuleId, rule: &Rule, signals: &impl Signals) -> MeasuredRule {
    let measured = |condition: &Condition| MeasuredCondition {
        condition: *condition,
        value: value(condition, signals),
        holds: condition.holds(signals, Unanswered::Ignored),
    };
    MeasuredRule {
        rule: id,
        rule_match: rules::evaluate(rule, signals),
        is_exempt: false,
        conditions: rule.when.iter().map(measured).collect(),
    }
}

fn value(condition: &Condition, signals: &impl Signals) -> SignalValue {
    match *condition {
        Condition::Is { signal, .. } => SignalValue::Flag(signals.flag(signal)),
        Condition::Share { signal, within, .. } => {
            SignalValue::Share(signals.share(signal, within))
        }
        Condition::Over { signal, within, per_success, .. } => {
            let count = signals.count(signal, within, Unanswered::Ignored);
            let counted = signals.count(signal, within, Unanswered::Counted);
            let excused = match per_success {
                0 => 0,
                worth => signals.excused(signal, within, worth),
            };
            SignalValue::Count { count, pending: counted.saturating_sub(count), excused }
        }
    }
}
