//! The verdict on an attempt: what is done, and why.
//!
//! The most severe action among the enforced rules that hold wins. What rules in shadow
//! would have done is kept beside it, never mixed in.

use crate::policy::{Action, Mode, Policy, Reply, Rule, RuleId};

/// What decided a verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// The rules that hold for this attempt (or none that acts).
    #[default]
    Rules,
    /// A ban that stands from before.
    Ban,
    /// A limit that is reached only if the logins that upstream has not answered yet have
    /// failed: the client may come back in a second.
    Pending,
    /// An upgrade or CONNECT at a login location.
    Upgrade,
    /// It would have been challenged, but brought a pass.
    Passed,
}

/// A rule that led to a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule.
    pub rule: RuleId,
    /// It is in shadow: it would have acted, and did not.
    pub shadow: bool,
}

/// What is known from a breach, as `exposed-credential-check` says it: the values that
/// Cloudflare made known.
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

/// What is done to an attempt, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is done.
    pub action: Action,
    /// What decided it.
    pub cause: Cause,
    /// The rule behind the action; none for `Allow` and upgrades.
    pub decided: Option<RuleId>,
    /// All rules that hold, in the policy's order.
    pub reasons: Vec<Reason>,
    /// What would have been done had shadow rules acted; never milder than `action`.
    pub shadow_action: Action,
    /// What upstream is to be told of a breach.
    pub exposed: Option<Exposed>,
}

impl Verdict {
    /// An attempt that no rule speaks of.
    #[must_use]
    pub fn allow() -> Self {
        Self::default()
    }

    /// Adds a rule that holds. `top`: the policy's own mode, which a rule cannot exceed.
    pub(crate) fn add(&mut self, id: RuleId, rule: &Rule, action: Action, cause: Cause, top: Mode) {
        let shadow = top == Mode::Shadow || rule.mode == Mode::Shadow;
        // A ban in shadow and its rule may both hold.
        if !self.reasons.iter().any(|reason| reason.rule == id) {
            self.reasons.push(Reason { rule: id, shadow });
        }
        self.shadow_action = self.shadow_action.max(action);
        // Of two rules with the same action the one on evidence speaks, then the first.
        let firmer = action == self.action && self.cause == Cause::Pending && cause == Cause::Rules;
        if !shadow && (action > self.action || firmer) {
            (self.action, self.cause, self.decided) = (action, cause, Some(id));
        }
    }

    /// Lets a challenged attempt in that brought a pass. Upstream is told what led to the
    /// challenge.
    pub(crate) fn admit(&mut self) {
        if self.action == Action::Challenge {
            (self.action, self.cause) = (Action::Annotate, Cause::Passed);
        }
        // A shadow rule that challenges would have let it in, too.
        if self.shadow_action == Action::Challenge {
            self.shadow_action = Action::Annotate;
        }
    }

    /// What a stopped client is told; none where the attempt is let through.
    #[must_use]
    pub fn reply<'p>(&self, policy: &'p Policy) -> Option<&'p Reply> {
        match (self.action, self.cause) {
            (Action::Allow | Action::Annotate, _) => None,
            (_, Cause::Pending) => Some(&policy.replies.throttle),
            (Action::Challenge, _) => Some(&policy.replies.challenge),
            (Action::Block, _) => Some(&policy.replies.block),
        }
    }

    /// The marker header's value on a reply of our own.
    #[must_use]
    pub fn reply_name(&self) -> &'static str {
        if self.cause == Cause::Pending { "throttle" } else { self.action.name() }
    }

    /// The rules that led to the verdict, for a header or a log line: names joined by
    /// commas, `shadow:` before those that did not act, `upgrade` for a refused upgrade, `passed` in
    /// front where a pass let in what they would have challenged.
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
