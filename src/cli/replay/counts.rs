//! The counts of a replay: by label, by rule, over time, and the size of the state.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use serde::Serialize;
use unstuff_engine::attempt::{Changes, Decision};
use unstuff_engine::outcome::Outcome;
use unstuff_engine::policy::{Action, Policy};
use unstuff_engine::time::Millis;
use unstuff_trace::TraceLine;

use super::burden::{BurdenCounts, PeopleBurden};
use super::coverage::TraceCoverage;
use super::timeline::{AttemptResult, RuleRole, Timeline};

/// The counts of one label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LabelCounts {
    /// All attempts; the sum of the four verdicts that follow.
    pub attempts: u64,
    /// Attempts that were allowed.
    pub allow: u64,
    /// Attempts that reached upstream with an annotation.
    pub annotate: u64,
    /// Attempts that were challenged; those without a solution count as `stopped`, too.
    pub challenge: u64,
    /// Attempts that were blocked.
    pub block: u64,
    /// Attempts that did not reach upstream.
    pub stopped: u64,
    /// Attempts whose response is a success: in an attack, account takeovers.
    pub successes: u64,
    /// Successes that were stopped.
    pub successes_stopped: u64,
    /// The number of attempts before the first stopped one; none if none was stopped.
    pub before_first_stop: Option<u64>,
}

/// The counts of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct RuleCounts {
    /// Attempts for which the rule matched or its ban stood, in shadow mode or not.
    pub matched: u64,
    /// Attempts whose verdict the rule decided, standing bans included.
    pub decided: u64,
}

/// One attempt, as it is counted.
pub(crate) struct CountedAttempt<'a> {
    /// Its line.
    pub line: &'a TraceLine,
    /// The engine's decision.
    pub decision: &'a Decision,
    /// Whether it did not reach upstream.
    pub stopped: bool,
    /// What its response means, if it reaches upstream.
    pub outcome: Outcome,
}

/// All counts of a replay.
#[derive(Debug)]
pub(crate) struct ReplayCounts {
    /// Attempts at no endpoint.
    pub unmatched: u64,
    /// Counts by label.
    pub labels: BTreeMap<String, LabelCounts>,
    /// What the trace does not record.
    pub coverage: TraceCoverage,
    /// The burden on people.
    pub people: PeopleBurden,
    /// Counts by rule, with its name, in the policy's order.
    pub rules: Vec<(String, RuleCounts)>,
    /// Results over time; a series for each label, in the order of `labels`.
    pub labels_over_time: Timeline<{ AttemptResult::COUNT }>,
    /// Matches over time; a series for each rule, in the order of `rules`.
    pub rules_over_time: Timeline<{ RuleRole::COUNT }>,
    /// Time of the first and the last line.
    pub span: Option<(Millis, Millis)>,
    /// The size of the state at the end, in bytes of the host's memory. It never shrinks.
    pub state_bytes: u64,
    /// The largest size that the policy allows, in bytes.
    pub state_ceiling: u64,
    /// Entries that were evicted.
    pub evictions: u64,
    /// Wall time in seconds.
    pub seconds: f64,
    began: Instant,
    burden: BurdenCounts,
    /// The index of a label's counts in `counts`, until `finish`.
    indexes: HashMap<String, usize>,
    counts: Vec<LabelCounts>,
}

impl ReplayCounts {
    /// Counts of zero.
    #[allow(clippy::disallowed_methods, reason = "wall time of the tool, not of the trace")]
    pub(crate) fn new(policy: &Policy, coverage: TraceCoverage, state_ceiling: u64) -> Self {
        let rules = policy.rules.iter().map(|rule| (rule.name.clone(), RuleCounts::default()));
        Self {
            unmatched: 0,
            labels: BTreeMap::new(),
            coverage,
            people: PeopleBurden::default(),
            burden: BurdenCounts::default(),
            rules: rules.collect(),
            labels_over_time: Timeline::default(),
            rules_over_time: Timeline::default(),
            span: None,
            state_bytes: 0,
            state_ceiling,
            evictions: 0,
            seconds: 0.0,
            began: Instant::now(),
            indexes: HashMap::default(),
            counts: Vec::new(),
        }
    }

    /// Counts a line that is at no endpoint.
    pub(crate) fn unmatched(&mut self, time: Millis) {
        self.unmatched += 1;
        self.reach(time);
    }

    /// Counts an attempt.
    pub(crate) fn attempt(&mut self, attempt: &CountedAttempt<'_>) {
        let &CountedAttempt { line, decision, stopped, outcome } = attempt;
        let time = line.time;
        let label = line.label.as_deref().unwrap_or(TraceLine::LABEL);
        self.reach(time);
        self.changed(&decision.changes);
        self.coverage.attempt(line, outcome);
        let is_hit = matches!(decision.verdict.action, Action::Challenge | Action::Block);
        if let Some(user) = &line.user {
            self.burden.attempt(label, user, is_hit);
        }
        let index = self.index(label);
        if let Some(label) = self.counts.get_mut(index) {
            label.add(decision.verdict.action, stopped, outcome == Outcome::Success);
        }
        let result = AttemptResult::of(decision.verdict.action, stopped);
        self.labels_over_time.add(index, time, result as usize);
        for reason in &decision.verdict.reasons {
            let Some((_, rule)) = self.rules.get_mut(reason.rule.position()) else { continue };
            let decided = decision.verdict.decided == Some(reason.rule);
            rule.matched += 1;
            rule.decided += u64::from(decided);
            let role = if decided { RuleRole::ReplayedDecision } else { RuleRole::Matched };
            self.rules_over_time.add(reason.rule.position(), time, role as usize);
        }
    }

    /// Counts changes of the state.
    pub(crate) fn changed(&mut self, changes: &Changes) {
        self.evictions += u64::from(changes.evicted);
    }

    /// Ends the counting.
    pub(crate) fn finish(mut self, state_bytes: u64) -> Self {
        self.state_bytes = state_bytes;
        self.people = self.burden.burden();
        self.seconds = self.began.elapsed().as_secs_f64();
        let mut indexes: Vec<_> = std::mem::take(&mut self.indexes).into_iter().collect();
        indexes.sort_unstable();
        let order: Vec<usize> = indexes.iter().map(|(_, index)| *index).collect();
        self.labels_over_time.reorder(&order);
        let counts = std::mem::take(&mut self.counts);
        let label =
            |(name, index): (String, usize)| (name, counts.get(index).cloned().unwrap_or_default());
        self.labels = indexes.into_iter().map(label).collect();
        self
    }

    fn index(&mut self, label: &str) -> usize {
        if let Some(index) = self.indexes.get(label) {
            return *index;
        }
        self.counts.push(LabelCounts::default());
        self.indexes.insert(label.to_owned(), self.counts.len() - 1);
        self.counts.len() - 1
    }

    fn reach(&mut self, time: Millis) {
        let (first, _) = *self.span.get_or_insert((time, time));
        self.span = Some((first, time));
        self.labels_over_time.reach(time);
        self.rules_over_time.reach(time);
    }
}

impl RuleCounts {
    /// Whether the rule ever matched.
    pub(crate) fn has_matched(&self) -> bool {
        self.matched > 0
    }
}

impl LabelCounts {
    fn add(&mut self, action: Action, stopped: bool, success: bool) {
        if stopped && self.before_first_stop.is_none() {
            self.before_first_stop = Some(self.attempts);
        }
        self.attempts += 1;
        *match action {
            Action::Allow => &mut self.allow,
            Action::Annotate => &mut self.annotate,
            Action::Challenge => &mut self.challenge,
            Action::Block => &mut self.block,
        } += 1;
        self.stopped += u64::from(stopped);
        self.successes += u64::from(success);
        self.successes_stopped += u64::from(success && stopped);
    }
}
