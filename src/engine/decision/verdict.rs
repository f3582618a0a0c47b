//! The verdict on an attempt: the action, and the rules behind it.
//!
//! The most severe action of the enforced rules that match wins. The action that rules in shadow
//! would have taken is kept separately.

use std::borrow::Cow;

use crate::policy::{Action, Mode, Policy, Reply, Rule, RuleId};

/// What decided a verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// The rules that match the attempt, if any do.
    #[default]
    Rules,
    /// A ban that began with an earlier attempt.
    Ban,
    /// A limit that is reached only if the logins that upstream has not answered yet fail. The
    /// client may retry when they are answered or have lapsed.
    Pending,
    /// An upgrade or CONNECT at a login location.
    Upgrade,
    /// A pass: without it the attempt would have been challenged.
    Passed,
}

impl Cause {
    /// The name in records and in what a replay writes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Ban => "ban",
            Self::Pending => "pending",
            Self::Upgrade => "upgrade",
            Self::Passed => "passed",
        }
    }
}

/// A rule that led to a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule.
    pub rule: RuleId,
    /// The rule is in shadow: it did not act.
    pub shadow: bool,
}

/// What is breached, as the header `exposed-credential-check` tells upstream. The values are
/// Cloudflare's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposed {
    /// The username together with the password.
    Pair,
    /// The password.
    Password,
}

impl Exposed {
    /// The header's value.
    #[must_use]
    pub const fn header_value(self) -> &'static str {
        match self {
            Self::Pair => "1",
            Self::Password => "4",
        }
    }
}

/// The action on an attempt, and the rules behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The action.
    pub action: Action,
    /// The kind of cause.
    pub cause: Cause,
    /// The rule behind the action. `None` for `Allow` and upgrades.
    pub decided: Option<RuleId>,
    /// All rules that match, in the policy's order.
    pub reasons: Vec<Reason>,
    /// The action if shadow rules acted. Never milder than `action`.
    pub shadow_action: Action,
    /// What upstream is told about breached credentials.
    pub exposed: Option<Exposed>,
    /// Where pending attempts stop this one: the seconds until enough of them are answered or have
    /// lapsed.
    pub wait_seconds: u32,
}

impl Verdict {
    /// The verdict on an attempt that no rule matches.
    #[must_use]
    pub fn allow() -> Self {
        Self::default()
    }

    /// Adds a rule that matches. `top` is the policy's mode, which a rule cannot exceed.
    pub(crate) fn add(&mut self, id: RuleId, rule: &Rule, action: Action, cause: Cause, top: Mode) {
        let shadow = top == Mode::Shadow || rule.mode == Mode::Shadow;
        // A ban in shadow and its rule may both match.
        if !self.reasons.iter().any(|reason| reason.rule == id) {
            self.reasons.push(Reason { rule: id, shadow });
        }
        self.shadow_action = self.shadow_action.max(action);
        // Ties are broken in favour of confirmed matches, then by the policy's order.
        let firmer = action == self.action && self.cause == Cause::Pending && cause == Cause::Rules;
        if !shadow && (action > self.action || firmer) {
            (self.action, self.cause, self.decided) = (action, cause, Some(id));
        }
    }

    /// Admits a challenged attempt that carries a pass. Upstream is told the rules behind the
    /// challenge.
    pub(crate) fn admit(&mut self) {
        if self.action == Action::Challenge {
            (self.action, self.cause) = (Action::Annotate, Cause::Passed);
        }
        // The pass would have satisfied a challenge in shadow too.
        if self.shadow_action == Action::Challenge {
            self.shadow_action = Action::Annotate;
        }
    }

    /// The reply to a stopped client. `None` if the attempt is let through.
    #[must_use]
    pub fn reply<'p>(&self, policy: &'p Policy) -> Option<Cow<'p, Reply>> {
        let replies = &policy.replies;
        match (self.action, self.cause) {
            (Action::Allow | Action::Annotate, _) => None,
            (_, Cause::Pending) => {
                let retry_after = Some(self.wait_seconds.max(1));
                Some(Cow::Owned(Reply { retry_after, ..replies.block.clone() }))
            }
            (Action::Challenge, _) => Some(Cow::Borrowed(&replies.challenge)),
            (Action::Block, _) => Some(Cow::Borrowed(&replies.block)),
        }
    }

    /// The value of the marker header on the filter's own replies.
    #[must_use]
    pub fn reply_name(&self) -> &'static str {
        if self.cause == Cause::Pending { "throttle" } else { self.action.name() }
    }

    /// The rules that led to the verdict, for a header or a log line: names joined by
    /// commas, `shadow:` before those that did not act, `upgrade` for a refused upgrade, `passed`
    /// in front where a pass let in what they would have challenged.
    #[must_use]
    pub fn reasons_text(&self, policy: &Policy) -> String {
        let mut text = String::new();
        match self.cause {
            Cause::Upgrade => text.push_str("upgrade"),
            Cause::Passed => text.push_str("passed"),
            Cause::Rules | Cause::Ban | Cause::Pending => {}
        }
        for reason in &self.reasons {
            let Some(rule) = policy.rule(reason.rule) else { continue };
            if !text.is_empty() {
                text.push(',');
            }
            if reason.shadow {
                text.push_str("shadow:");
            }
            text.push_str(&rule.name);
        }
        text
    }
}

#[cfg(test)]
mod tests;
