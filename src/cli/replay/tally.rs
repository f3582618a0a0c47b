//! What is counted: per label, per rule, over time, and what the state took.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use foldhash::fast::FixedState;
use serde::Serialize;
use unstuff_engine::attempt::{Changes, Decision};
use unstuff_engine::policy::{Action, Policy};
use unstuff_engine::time::Millis;

use super::timeline::{Fate, Timeline, Touch};

/// The counts of one label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Label {
    /// All of them; the sum of the four verdicts that follow.
    pub attempts: u64,
    /// Let through.
    pub allow: u64,
    /// Let through, and upstream was told.
    pub annotate: u64,
    /// Challenged; those that did not solve it are among `stopped`.
    pub challenge: u64,
    /// Refused.
    pub block: u64,
    /// Never seen by upstream.
    pub stopped: u64,
    /// Attempts whose status is a success: in an attack, takeovers.
    pub successes: u64,
    /// Those that were stopped.
    pub successes_stopped: u64,
    /// Attempts before the first one that was stopped; none if none was.
    pub before_first_stop: Option<u64>,
}

/// The counts of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Attempts for which it held, or its ban stood, in shadow or not.
    pub matched: u64,
    /// Attempts whose verdict it is behind, its standing bans included.
    pub decided: u64,
}

/// One attempt as it is counted.
#[derive(Debug)]
pub struct Seen<'a> {
    /// When it was made.
    pub time: Millis,
    /// What was decided.
    pub decision: &'a Decision,
    /// Upstream never saw it.
    pub stopped: bool,
    /// Its status is a success.
    pub success: bool,
}

/// All counts of a replay.
#[derive(Debug)]
pub struct Tally {
    /// Attempts at no endpoint.
    pub unmatched: u64,
    /// By label.
    pub labels: BTreeMap<String, Label>,
    /// The rules with their names, in the policy's order.
    pub rules: Vec<(String, Rule)>,
    /// What happened when: the labels' in their order, and the rules'.
    pub labels_over_time: Timeline<{ Fate::COUNT }>,
    /// See `labels_over_time`.
    pub rules_over_time: Timeline<{ Touch::COUNT }>,
    /// Time of the first and the last line.
    pub span: Option<(Millis, Millis)>,
    /// What the state took in the end, in bytes of a host. (It never shrinks.)
    pub state_bytes: u64,
    /// What it may take at most.
    pub state_ceiling: u64,
    /// Entries lost to make room.
    pub evictions: u64,
    /// Wall time.
    pub seconds: f64,
    began: Instant,
    /// Where a label's counts are, while counting.
    places: HashMap<String, usize, FixedState>,
    counts: Vec<Label>,
}

impl Tally {
    /// Nothing counted yet.
    #[allow(clippy::disallowed_methods, reason = "wall time of the tool, not of the trace")]
    pub fn new(policy: &Policy, state_ceiling: u64) -> Self {
        let rules = policy.rules.iter().map(|rule| (rule.name.clone(), Rule::default()));
        Self {
            unmatched: 0,
            labels: BTreeMap::new(),
            rules: rules.collect(),
            labels_over_time: Timeline::default(),
            rules_over_time: Timeline::default(),
            span: None,
            state_bytes: 0,
            state_ceiling,
            evictions: 0,
            seconds: 0.0,
            began: Instant::now(),
            places: HashMap::default(),
            counts: Vec::new(),
        }
    }

    /// Counts a line that is at no endpoint.
    pub fn unmatched(&mut self, time: Millis) {
        self.unmatched += 1;
        self.reach(time);
    }

    /// Counts an attempt.
    pub fn attempt(&mut self, label: &str, seen: &Seen<'_>) {
        let &Seen { time, decision, stopped, success } = seen;
        self.reach(time);
        self.changed(&decision.changes);
        let place = self.place(label);
        if let Some(label) = self.counts.get_mut(place) {
            label.add(decision.verdict.action, stopped, success);
        }
        let fate = Fate::of(decision.verdict.action, stopped);
        self.labels_over_time.add(place, time, fate as usize);
        for reason in &decision.verdict.reasons {
            let Some((_, rule)) = self.rules.get_mut(reason.rule) else { continue };
            let decided = decision.verdict.decided == Some(reason.rule);
            rule.matched += 1;
            rule.decided += u64::from(decided);
            let touch = if decided { Touch::Decided } else { Touch::Matched };
            self.rules_over_time.add(reason.rule, time, touch as usize);
        }
    }

    /// Counts what happened to the state.
    pub fn changed(&mut self, changes: &Changes) {
        self.evictions += u64::from(changes.evicted);
    }

    /// Counts no more.
    pub fn finish(mut self, state_bytes: u64) -> Self {
        self.state_bytes = state_bytes;
        self.seconds = self.began.elapsed().as_secs_f64();
        let mut places: Vec<_> = std::mem::take(&mut self.places).into_iter().collect();
        places.sort_unstable();
        let order: Vec<usize> = places.iter().map(|(_, place)| *place).collect();
        self.labels_over_time.reorder(&order);
        let counts = std::mem::take(&mut self.counts);
        let label =
            |(name, place): (String, usize)| (name, counts.get(place).cloned().unwrap_or_default());
        self.labels = places.into_iter().map(label).collect();
        self
    }

    fn place(&mut self, label: &str) -> usize {
        if let Some(place) = self.places.get(label) {
            return *place;
        }
        self.counts.push(Label::default());
        self.places.insert(label.to_owned(), self.counts.len() - 1);
        self.counts.len() - 1
    }

    fn reach(&mut self, time: Millis) {
        let (first, _) = *self.span.get_or_insert((time, time));
        self.span = Some((first, time));
        self.labels_over_time.reach(time);
        self.rules_over_time.reach(time);
    }
}

impl Rule {
    /// Whether it ever held.
    pub fn held(&self) -> bool {
        self.matched > 0
    }
}

impl Label {
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
