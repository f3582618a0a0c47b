//! One worker's record: what is written when.

use std::cell::{Cell, RefCell};

use super::chain::Chain;
use super::hour::HourKey;
use super::json::Members;
use super::quota::{LineQuota, LineSort};
use super::{LoginAnswer, LoginDraft, RecordPolicy, RecordSink, RecordedLogins, RecorderStart};
use crate::decision::facts::Facts;
use crate::decision::verdict::{Cause, Verdict};
use crate::outcome::Outcome;
use crate::policy::{Action, Policy};
use crate::state::{HashKey, Store};
use crate::time::Millis;

/// Makes one worker's lines.
#[derive(Debug)]
pub struct LoginRecorder {
    pub(super) policy: RecordPolicy,
    chain: RefCell<Chain>,
    /// The first line's members, until it is written.
    opening: RefCell<Option<Members>>,
    quota: LineQuota,
    hour: Cell<Option<HourKey>>,
    /// Decisions and outcomes so far.
    events: Cell<u64>,
    ticks: Cell<u64>,
    ticked: Cell<Millis>,
    /// The minute of the last heartbeat.
    beaten: Cell<Option<u32>>,
}

impl LoginRecorder {
    /// Begins a worker's record, if the policy asks for one.
    #[inline(never)]
    pub(crate) fn start(
        policy: &Policy,
        state: &HashKey,
        start: &RecorderStart<'_>,
    ) -> Option<Self> {
        let record = policy.record.clone()?;
        let mut opening = Members::default();
        opening.word("kind", "start");
        opening.text("version", start.version.as_bytes());
        opening.hex("configuration", &record.key.configuration(start.configuration));
        opening.word("key", &record.key.id());
        opening.word("process", &record.key.process(state));
        let sink = if record.sink == RecordSink::Log { "log" } else { "access_log" };
        opening.word("to", sink);
        let (logins, percent) = match record.logins {
            RecordedLogins::All => ("all", None),
            RecordedLogins::Flagged => ("flagged", None),
            RecordedLogins::Sample(percent) => ("sample", Some(percent)),
        };
        opening.word("logins", logins);
        percent.into_iter().for_each(|it| opening.number("percent", it.into()));
        opening.flag("compares_accounts", record.compares_accounts);
        Some(Self {
            chain: RefCell::new(Chain::new(&record.key, &start.worker)),
            opening: RefCell::new(Some(opening)),
            quota: LineQuota::new(record.allowed_per_second, record.per_second),
            hour: Cell::new(None),
            events: Cell::new(0),
            ticks: Cell::new(0),
            ticked: Cell::new(Millis(0)),
            beaten: Cell::new(None),
            policy: record,
        })
    }

    /// Where lines go.
    #[must_use]
    pub fn sink(&self) -> RecordSink {
        self.policy.sink
    }

    /// Adds the tags under the record's key to the facts, by which the state then counts, too: so a
    /// replay, which knows no password, counts the same.
    #[inline(never)]
    pub(crate) fn tag(&self, facts: &mut Facts) {
        for pair in &mut facts.pairs {
            let tag = |digest| self.policy.key.password(pair.username.as_deref(), digest);
            pair.tag = pair.password.as_ref().map(tag);
        }
        facts.unread_tag = facts.unread.as_ref().map(|sent| self.policy.key.sent(sent));
    }

    /// Whether a login has a line.
    pub(crate) fn wants(&self, verdict: &Verdict, facts: &Facts) -> bool {
        match self.policy.logins {
            RecordedLogins::All => true,
            RecordedLogins::Flagged => {
                verdict.shadow_action > Action::Allow || verdict.cause == Cause::Passed
            }
            RecordedLogins::Sample(percent) => {
                let name = facts.pairs.iter().find_map(|pair| pair.username.as_deref());
                let tag = self.policy.key.username(name.unwrap_or_default());
                u64::from_le_bytes(tag) % 100 < percent.into()
            }
        }
    }

    /// The tags that compare passwords across accounts, if the policy asks for them.
    #[inline(never)]
    pub(crate) fn shared_tags(&self, facts: &Facts) -> Vec<u32> {
        let Some(hour) = self.hour.get() else { return Vec::new() };
        facts.distinct_passwords().iter().map(|pair| hour.password(&pair.1)).collect()
    }

    /// Whether lines compare accounts and the key of this hour is not at hand.
    #[must_use]
    pub fn needs_hour_key(&self, now: Millis) -> bool {
        self.policy.compares_accounts && !self.hour.get().is_some_and(|held| held.is_of(now))
    }

    /// Takes the key of this hour: the one that the workers of the process share, or this one, if none
    /// has stored another. Without it lines compare no accounts.
    pub fn take_hour_key(&self, store: &impl Store, now: Millis, random: Option<[u8; 32]>) {
        self.hour.set(random.and_then(|random| HourKey::agreed(store, now, random)));
    }

    /// The engine has exchanged counts with other workers.
    pub(crate) fn note_tick(&self, now: Millis) {
        self.ticks.set(self.ticks.get() + 1);
        self.ticked.set(now);
    }

    /// The number of this event, the ticks so far, and the milliseconds since the last one.
    pub(super) fn order(&self, now: Millis) -> [u64; 3] {
        self.events.set(self.events.get() + 1);
        let since = now.0.saturating_sub(self.ticked.get().0);
        let since = if self.ticks.get() == 0 { 0 } else { since };
        [self.events.get(), self.ticks.get(), since]
    }

    /// Ends a login's line with its answer. Nothing if there are too many lines in this second.
    #[inline(never)]
    pub(crate) fn finish(
        &self,
        now: Millis,
        draft: LoginDraft,
        answer: &LoginAnswer,
    ) -> Vec<String> {
        let order = self.order(now);
        let sort = match answer.outcome {
            Outcome::Success => LineSort::GotIn,
            _ => LineSort::Verdict(draft.action),
        };
        if !self.quota.take(sort, now) {
            return Vec::new();
        }
        let mut lines = self.opened(now);
        lines.push(self.seal(&draft.answered(now, answer, order)));
        lines
    }

    /// The lines that are due without a login: a heartbeat each minute, and what was left out.
    #[inline(never)]
    pub(crate) fn tick(&self, now: Millis) -> Vec<String> {
        let mut lines = self.opened(now);
        let left_out: Vec<_> = self.quota.left_out().collect();
        if !left_out.is_empty() {
            let mut members = note("left_out", now);
            for (sort, count) in left_out {
                members.number(sort.name(), count);
            }
            lines.push(self.seal(&members));
        }
        let minute = now.seconds() / 60;
        match self.beaten.replace(Some(minute)) {
            Some(last) if last != minute => lines.push(self.heartbeat(now)),
            _ => {}
        }
        lines
    }

    /// The last line: the worker takes another configuration, or ends.
    pub(crate) fn end(&self, now: Millis) -> Vec<String> {
        if self.chain.borrow().lines() == 0 {
            return Vec::new();
        }
        vec![self.seal(&note("end", now))]
    }

    /// How many lines there are.
    pub(crate) fn lines(&self) -> u64 {
        self.chain.borrow().lines()
    }

    /// The first line, if it is not written.
    fn opened(&self, now: Millis) -> Vec<String> {
        let Some(mut members) = self.opening.take() else { return Vec::new() };
        members.seconds("time", now.0);
        vec![self.seal(&members)]
    }

    #[inline(never)]
    fn heartbeat(&self, now: Millis) -> String {
        let mut members = note("heartbeat", now);
        members.number("epoch", self.chain.borrow().epoch());
        let line = self.seal(&members);
        self.chain.borrow_mut().evolve();
        line
    }

    #[inline(never)]
    fn seal(&self, members: &Members) -> String {
        self.chain.borrow_mut().seal(members.as_bytes())
    }
}

/// Begins a line that is no login.
#[inline(never)]
fn note(kind: &str, now: Millis) -> Members {
    let mut members = Members::default();
    members.word("kind", kind);
    members.seconds("time", now.0);
    members
}
