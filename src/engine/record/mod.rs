//! Decision records: one line of JSON for each login, which replays.
//!
//! A line says what was sent, as far as it may be kept, what was decided and on which values, and what
//! became of it. It holds no password, no username, and nothing that can be turned into one without the
//! record's key ([`keys`]). It holds what a replay needs to decide the same again
//! ([`identities`]), with the order of decisions, outcomes and ticks. The lines of a worker form a chain
//! ([`chain`]).
//!
//! The engine makes the lines, and who calls it writes them. `docs/record.md` is the format's page.

pub mod chain;
pub mod identities;
pub(crate) mod json;
pub(crate) mod keys;
mod login;
pub mod quota;
mod request;

use std::cell::{Cell, RefCell};

use chain::{Chain, WORKER_BYTES};
use json::Members;
use keys::HourKey;
pub use keys::RecordKey;
pub(crate) use login::DraftParts;
pub use login::{LoginDraft, MeasuredLogin};
use quota::{LineQuota, LineSort};
pub(crate) use request::RecordedRequest;

use crate::decision::facts::Facts;
use crate::decision::verdict::{Cause, Verdict};
use crate::outcome::Outcome;
use crate::policy::{Action, Policy};
use crate::state::HashKey;
use crate::time::Millis;

/// How decisions are recorded.
#[derive(Clone, Debug)]
pub struct RecordPolicy {
    /// What tags and chains are made with.
    pub key: RecordKey,
    /// Which logins have a line.
    pub logins: RecordedLogins,
    /// Where lines go.
    pub sink: RecordSink,
    /// How much of a client's address a line has.
    pub address: AddressForm,
    /// The headers of the fingerprint are a tag, not their values.
    pub has_keyed_headers: bool,
    /// Lines have a tag that compares passwords across accounts.
    pub compares_accounts: bool,
    /// The most lines a second and worker of logins that got in, and as many of others that were
    /// allowed.
    pub allowed_per_second: u32,
    /// The most lines a second and worker of each other verdict.
    pub per_second: u32,
}

/// Which logins have a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedLogins {
    /// Each.
    All,
    /// Those with a verdict other than allow, in shadow mode too.
    Flagged,
    /// All logins of a share of the accounts, in per cent.
    Sample(u8),
}

/// Where lines go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordSink {
    /// To the proxy's own log.
    Log,
    /// To filter state, which the proxy's access log prints.
    AccessLog,
}

/// How much of a client's address a line has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressForm {
    /// All of it.
    Whole,
    /// Its /24 or /48.
    Network,
    /// A tag.
    Keyed,
}

/// What tells one worker's record from another's.
#[derive(Clone, Copy, Debug)]
pub struct RecorderStart<'a> {
    /// Random: names the worker's chain.
    pub worker: [u8; WORKER_BYTES],
    /// The module's version.
    pub version: &'a str,
    /// The configuration, of which the first line has a digest.
    pub configuration: &'a [u8],
}

/// Who answered a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnsweredBy {
    /// Upstream.
    Upstream,
    /// The proxy or another filter; upstream may have seen the login.
    Proxy,
    /// The proxy; no upstream has seen the login.
    ProxyUnseen,
    /// This module: the login was stopped.
    Module,
    /// Nobody: the client hung up.
    Nobody,
}

impl AnsweredBy {
    /// The name in a line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Proxy => "proxy",
            Self::ProxyUnseen => "proxy_unseen",
            Self::Module => "module",
            Self::Nobody => "nobody",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Upstream, Self::Proxy, Self::ProxyUnseen, Self::Module, Self::Nobody]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

/// What a response shows, whatever is believed of its endpoint so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownOutcome {
    /// The same, whether or not the endpoint's outcomes are recognised.
    Plain(Outcome),
    /// A success, once the endpoint's outcomes are recognised.
    SuccessIfRecognised,
}

impl ShownOutcome {
    /// The name in a line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain(outcome) => outcome.name(),
            Self::SuccessIfRecognised => "success_if_recognised",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let plain = [Outcome::Success, Outcome::Failure, Outcome::Unknown].map(Self::Plain);
        plain.into_iter().chain([Self::SuccessIfRecognised]).find(|it| it.name() == name)
    }
}

/// The answer to a login.
#[derive(Clone, Copy, Debug)]
pub struct LoginAnswer {
    /// Who gave it.
    pub by: AnsweredBy,
    /// Its status, if there is one.
    pub status: Option<u16>,
    /// What was learnt from it.
    pub outcome: Outcome,
    /// What it shows.
    pub shown: Option<ShownOutcome>,
}

/// Makes one worker's lines.
#[derive(Debug)]
pub struct LoginRecorder {
    policy: RecordPolicy,
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
    pub(crate) fn shared_tags(&self, state: &HashKey, now: Millis, facts: &Facts) -> Vec<u32> {
        if !self.policy.compares_accounts {
            return Vec::new();
        }
        let held = self.hour.get().filter(|held| held.is_of(now));
        let hour = held.unwrap_or_else(|| HourKey::at(&self.policy.key, state, now));
        self.hour.set(Some(hour));
        facts.distinct_passwords().iter().map(|pair| hour.password(&pair.1)).collect()
    }

    /// The engine has exchanged counts with other workers.
    pub(crate) fn note_tick(&self, now: Millis) {
        self.ticks.set(self.ticks.get() + 1);
        self.ticked.set(now);
    }

    /// The number of this event, the ticks so far, and the milliseconds since the last one.
    fn order(&self, now: Millis) -> [u64; 3] {
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
        self.chain.borrow_mut().seal(members.as_str())
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

#[cfg(test)]
mod tests;
