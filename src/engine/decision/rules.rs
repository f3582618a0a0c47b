//! The rules that match an attempt.
//!
//! Every rule is evaluated, even if a more severe one already matches: a verdict names all of its
//! rules, and the matches of rules in shadow are counted.
//!
//! A rule may be evaluated twice. Logins that upstream has not answered yet are *pending*. If
//! counted as failures, they can stop the current attempt: otherwise a thousand parallel requests
//! would pass before the first slow failure is counted. They are no evidence, so a match that
//! depends on them bans nobody.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::decision::signals::{Signal, Subject, UpdatedBy};
use crate::policy::{Action, Banned, Condition, Mode, Rule};
use crate::state::Entry;
use crate::state::entry::ban::Terms;
use crate::time::Window;

/// Whether logins that upstream has not answered yet count as failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// They do not count.
    Ignored,
    /// They count as failures.
    Counted,
}

/// The values of an attempt's signals.
pub trait Signals {
    /// The value of a flag; `None` if it is unknown, and for other signals.
    fn flag(&self, signal: Signal) -> Option<bool>;

    /// A count within a window, including the current attempt. 0 for flags.
    fn count(&self, signal: Signal, within: Window, pending: Unanswered) -> u32;

    /// The failures and logins that a share consists of.
    fn share(&self, signal: Signal, within: Window) -> Share;

    /// How much successes raise the limit of a count, at `per_success` each.
    fn excused(&self, signal: Signal, within: Window, per_success: u32) -> u32;

    /// Whether any count differs with [`Unanswered::Counted`].
    fn any_pending(&self) -> bool;
}

/// The counts of a share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Failed logins.
    pub failed: u32,
    /// All logins.
    pub all: u32,
}

/// How a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleMatch {
    /// By answers of upstream.
    Confirmed,
    /// Only if the logins that are not answered yet fail.
    Provisional,
}

/// Whether and how `rule` matches.
#[must_use]
pub fn evaluate(rule: &Rule, signals: &impl Signals) -> Option<RuleMatch> {
    let all = |pending| rule.when.iter().all(|condition| condition.holds(signals, pending));
    if all(Unanswered::Ignored) {
        Some(RuleMatch::Confirmed)
    } else if rule.then.stops() && signals.any_pending() && all(Unanswered::Counted) {
        Some(RuleMatch::Provisional)
    } else {
        None
    }
}

/// Whether it depends on `signal` alone whether `rule` matches: every other condition may hold.
#[must_use]
pub fn hinges_on(rule: &Rule, signal: Signal, signals: &impl Signals) -> bool {
    let holds = |condition: &Condition| {
        condition.signal() == signal || condition.holds(signals, Unanswered::Counted)
    };
    rule.asks_for(signal) && rule.when.iter().all(holds)
}

impl Rule {
    /// Whether the rule is counted but does not act. `top` is the policy's mode.
    #[must_use]
    pub fn in_shadow(&self, top: Mode) -> bool {
        top == Mode::Shadow || self.mode == Mode::Shadow
    }

    /// Whether the rule asks for breached credentials, so that upstream is told about them.
    #[must_use]
    pub fn asks_for_breach(&self) -> bool {
        self.when.iter().any(|condition| {
            let Condition::Is { signal, wanted: true } = condition else { return false };
            matches!(
                signal,
                Signal::PasswordBreached
                    | Signal::PasswordBreachedLive
                    | Signal::CredentialsBreached
            )
        })
    }

    /// Whether a condition is on this signal.
    #[must_use]
    pub fn asks_for(&self, signal: Signal) -> bool {
        self.when.iter().any(|condition| condition.signal() == signal)
    }

    /// Whether a condition is about the client's address or the network around it.
    #[must_use]
    pub fn is_about_address(&self) -> bool {
        let about = |condition: &Condition| condition.signal().row().subject;
        self.when.iter().any(|condition| matches!(about(condition), Subject::Ip | Subject::Network))
    }

    /// Whether it blocks by what many clients did together: those of a network, or with one
    /// fingerprint.
    #[must_use]
    pub fn blocks_many_clients(&self) -> bool {
        let about = |condition: &Condition| condition.signal().row().subject;
        let of_many = |subject| matches!(subject, Subject::Network | Subject::Fingerprint);
        self.then == Action::Block && self.when.iter().any(|condition| of_many(about(condition)))
    }

    /// Whether it bans fingerprints.
    #[must_use]
    pub fn bans_fingerprints(&self) -> bool {
        self.ban.is_some_and(|ban| ban.banned == Banned::Fingerprint)
    }

    /// The tag by which a stored ban refers to its rule, under this policy and later ones: 16 bits
    /// of the name's hash. It is not keyed, because it must be the same in every process.
    #[must_use]
    pub fn tag(&self) -> u16 {
        Self::tag_of(&self.name)
    }

    /// The tag of a rule of this name.
    pub(crate) fn tag_of(name: &str) -> u16 {
        let mut hasher = SipHasher13::new();
        hasher.write(name.as_bytes());
        let [low, high, ..] = hasher.finish().to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    /// Begins the rule's ban in an entry, if it has one.
    pub(crate) fn begin_ban(&self, top: Mode, entry: &mut Entry) {
        let Some(ban) = self.ban else { return };
        if self.in_shadow(top) {
            entry.begin_shadow_ban(self.tag(), ban.seconds);
        } else {
            entry.begin_ban(Terms { rule: self.tag(), seconds: ban.seconds, rate: self.rate() });
        }
    }

    /// The rate of events that begins the ban, from its first condition on outcomes. The
    /// configuration is checked to have one, because pressure bans nobody.
    fn rate(&self) -> u16 {
        let outcome = self.when.iter().find_map(|condition| match *condition {
            Condition::Over { signal, over, within, .. }
                if signal.row().updated_by() == Some(UpdatedBy::Outcome) =>
            {
                Some(Terms::rate(over, within))
            }
            Condition::Share { within, at_least, .. } => Some(Terms::rate(at_least, within)),
            _ => None,
        });
        outcome.unwrap_or(u16::MAX)
    }
}

impl Condition {
    #[inline(never)]
    pub(crate) fn holds(&self, signals: &impl Signals, pending: Unanswered) -> bool {
        match *self {
            Self::Is { signal, wanted } => signals.flag(signal) == Some(wanted),
            Self::Share { signal, over, within, at_least } => {
                let Share { failed, all } = signals.share(signal, within);
                all >= at_least.max(1) && u64::from(failed) * 100 > u64::from(over) * u64::from(all)
            }
            Self::Over { signal, over, within, per_success } => {
                let count = signals.count(signal, within, pending);
                let excused = |worth| signals.excused(signal, within, worth);
                // The credit is looked up only if the limit is exceeded, which is rare.
                count > over
                    && (per_success == 0 || count > over.saturating_add(excused(per_success)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Action, Mode};

    /// Failures confirmed, failures pending, credit, and whether the password is breached.
    struct FixedSignals(u32, u32, u32, bool);

    impl Signals for FixedSignals {
        fn flag(&self, signal: Signal) -> Option<bool> {
            match signal {
                Signal::PasswordBreached => Some(self.3),
                _ => None,
            }
        }

        fn count(&self, signal: Signal, _: Window, pending: Unanswered) -> u32 {
            match (signal, pending) {
                (Signal::IpFailures, Unanswered::Ignored) => self.0,
                (Signal::IpFailures, Unanswered::Counted) => self.0 + self.1,
                _ => 0,
            }
        }

        fn share(&self, _: Signal, _: Window) -> Share {
            Share { failed: self.0, all: self.0 + self.1 }
        }

        fn excused(&self, _: Signal, _: Window, per_success: u32) -> u32 {
            self.2 * per_success
        }

        fn any_pending(&self) -> bool {
            self.1 > 0
        }
    }

    fn rule(then: Action, per_success: u32, breached: Option<bool>) -> Rule {
        let over = Condition::Over {
            signal: Signal::IpFailures,
            over: 10,
            within: Window::Hour,
            per_success,
        };
        let flag =
            breached.map(|wanted| Condition::Is { signal: Signal::PasswordBreached, wanted });
        Rule {
            name: "r".into(),
            about: None,
            when: std::iter::once(over).chain(flag).collect(),
            then,
            ban: None,
            mode: Mode::Enforce,
            exempts_allowed: true,
            exempts_known_devices: false,
            exempts_familiar_networks: false,
            exempts_familiar_clients: false,
            challenges_api: false,
            scope: crate::policy::Scope::Gateway,
        }
    }

    #[test]
    fn over_ten_holds_from_the_eleventh() {
        let rule = rule(Action::Block, 0, None);
        assert_eq!(evaluate(&rule, &FixedSignals(10, 0, 0, false)), None);
        assert_eq!(evaluate(&rule, &FixedSignals(11, 0, 0, false)), Some(RuleMatch::Confirmed));
    }

    #[test]
    fn pending_logins_stop_the_attempt_but_prove_nothing() {
        let known = FixedSignals(3, 8, 0, false);
        assert_eq!(evaluate(&rule(Action::Block, 0, None), &known), Some(RuleMatch::Provisional));
        assert_eq!(evaluate(&rule(Action::Annotate, 0, None), &known), None);
    }

    #[test]
    fn each_success_raises_the_limit() {
        let rule = rule(Action::Block, 9, None);
        assert_eq!(evaluate(&rule, &FixedSignals(28, 0, 2, false)), None);
        assert_eq!(evaluate(&rule, &FixedSignals(29, 0, 2, false)), Some(RuleMatch::Confirmed));
    }

    #[test]
    fn a_share_needs_logins_to_mean_anything() {
        let signal = Signal::FingerprintFailedShare;
        let share = Condition::Share { signal, over: 95, within: Window::Hour, at_least: 50 };
        let rule = Rule { when: vec![share], ..rule(Action::Block, 0, None) };
        assert_eq!(evaluate(&rule, &FixedSignals(49, 0, 0, false)), None, "too few");
        assert_eq!(evaluate(&rule, &FixedSignals(50, 0, 0, false)), Some(RuleMatch::Confirmed));
        assert_eq!(evaluate(&rule, &FixedSignals(95, 5, 0, false)), None, "95 % is not over 95 %");
        assert_eq!(evaluate(&rule, &FixedSignals(96, 4, 0, false)), Some(RuleMatch::Confirmed));
    }

    #[test]
    fn unknown_matches_neither_value() {
        for wanted in [true, false] {
            let unknown = Condition::Is { signal: Signal::AccountFamiliarNetwork, wanted };
            let rule = Rule { when: vec![unknown], ..rule(Action::Annotate, 0, None) };
            assert_eq!(evaluate(&rule, &FixedSignals(0, 0, 0, false)), None);
        }
    }

    #[test]
    fn all_conditions_must_hold() {
        let known = FixedSignals(11, 0, 0, false);
        assert_eq!(evaluate(&rule(Action::Block, 0, Some(true)), &known), None);
        assert_eq!(
            evaluate(&rule(Action::Block, 0, Some(false)), &known),
            Some(RuleMatch::Confirmed)
        );
    }
}
