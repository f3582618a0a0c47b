//! What the region of accounts has learnt so far: whether it may call anything unfamiliar.
//!
//! A region that is new, one that sees a third of the logins, and one that is too small for its
//! site have the same effect: people come to accounts that it does not remember, or from places
//! that it has not seen. So it measures that. Of people's successes, each once an account, address
//! and day, it counts those at accounts without an entry by unknown devices (*strangers*), and
//! those at accounts with an entry from a network and with a fingerprint that are not in it
//! (*elsewhere*). As long as there are too many of either, the value is unknown. That takes days:
//! until most people have come once, and in any case one.
//!
//! A small site has few successes, among which one more or less is chance. So a count is too many
//! only if it is above its limit by [`SIGMAS`] standard deviations.
//!
//! An entry that is evicted turns its owner into a stranger, so a region that is too small says
//! unknown for accounts without an entry, and goes on to tell for those that it has.
//!
//! **An attack teaches nothing here.** Successes count only while no endpoint of theirs is in
//! attack mode, and the record does not fade meanwhile. An attacker with accounts of an own can
//! make people look restless, which switches this knowledge off, and never makes anybody familiar.
//! Successes in attack mode are counted apart, and can only narrow what is challenged: a day on which
//! people come from elsewhere must not cost more challenges than the budget.
//!
//! Each worker adds its own counts to one small record, at most once in ten seconds. A restart
//! begins anew.

use std::cell::Cell;

use super::SuccessShape;
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::number_list::number_list;
use crate::state::record::{Record, SCHEMA};
use crate::state::stores::Store;
use crate::state::stores::cas::CasStep;
use crate::time::Millis;

const KEY: &str = "unstuff/learnt";

/// A worker adds its counts and reads the others' once in so many seconds.
const EXCHANGE_SECONDS: u32 = 10;

/// The least time of learning, in seconds: people's days differ from their nights.
const LEAST_SECONDS: u32 = 86_400;

/// Successes needed to say anything.
const FEWEST_SUCCESSES: f64 = 20.0;

/// The most of people's successes, in per cent, that are strangers' where an account without an
/// entry counts as unfamiliar. An account counts twice a day at most, so those who come once weigh
/// more than among attempts: these are a third of that.
const STRANGERS_PERCENT: f64 = 8.0;

/// The most of people's successes, in per cent, that come from elsewhere where that counts as
/// unfamiliar. In a region that has learnt it is 0.7.
const ELSEWHERE_PERCENT: f64 = 3.0;

/// By how many standard deviations a count must be above its limit.
const SIGMAS: f64 = 2.0;

/// Counts fade by this time constant, in seconds.
const FADE_SECONDS: f64 = 86_400.0;

/// The most seconds between two exchanges that fade anything. So a site with ten logins a day keeps
/// enough of them, and every site keeps its counts over an attack.
const MOST_FADED: u32 = 3_600;

/// What the region may call unfamiliar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Learnt {
    /// A place that an account with an entry does not know.
    pub origins: bool,
    /// Every place, for an account without an entry.
    pub accounts: bool,
    /// What is unexpected.
    pub reach: Reach,
}

/// How far a login may be called unexpected without challenging more people than the budget
/// allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Not at all: breached passwords alone are evidence.
    #[default]
    Nothing,
    /// From a network and with a fingerprint that the account never used, and at accounts without
    /// an entry.
    Unfamiliar,
    /// Also from a network that the account never used, with a fingerprint that it did.
    Networks,
}

number_list! {
    /// People's successes: each once an account, address and day.
    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    pub(crate) struct SuccessCounts of f64 {
        pub all,
        /// At accounts without an entry, by unknown devices.
        pub strangers,
        /// At accounts with an entry, from elsewhere. By any device, because a cookie from there counts
        /// for nothing.
        pub elsewhere,
        /// At accounts with an entry, from another network alone, by unknown devices.
        pub roaming,
    }
}

impl SuccessCounts {
    pub(crate) fn one(shape: SuccessShape, known_device: bool) -> Self {
        let count = |holds: bool| f64::from(u8::from(holds));
        let unknown = |it: SuccessShape| count(!known_device && shape == it);
        Self {
            all: 1.0,
            strangers: unknown(SuccessShape::Stranger),
            elsewhere: count(shape == SuccessShape::Elsewhere),
            roaming: unknown(SuccessShape::Roaming),
        }
    }

    /// How far a budget reaches, which is a share of people's logins in per cent. It is measured at
    /// accounts with an entry: the others may be an attacker's, and have a limit of their own.
    fn reach(&self, budget: u8) -> Reach {
        let budget = f64::from(budget);
        if self.is_above(self.elsewhere, budget) || budget <= 0.0 {
            Reach::Nothing
        } else if self.is_above(self.elsewhere + self.roaming, budget) {
            Reach::Unfamiliar
        } else {
            Reach::Networks
        }
    }

    /// Whether so many are more than a share of all, in per cent, beyond chance.
    fn is_above(&self, count: f64, percent: f64) -> bool {
        count - SIGMAS * count.sqrt() > self.all * percent / 100.0
    }

    fn plus(self, more: Self) -> Self {
        self.with(&more, |to, more| to + more)
    }

    fn faded(self, keep: f64) -> Self {
        Self::of(self.list().map(|count| count * keep))
    }
}

/// Successes that fade.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct FadingSuccesses {
    /// The second of the last one.
    written: u32,
    counts: SuccessCounts,
}

impl FadingSuccesses {
    fn plus(self, news: SuccessCounts, now: u32) -> Self {
        if news == SuccessCounts::default() {
            return self;
        }
        let seconds = now.saturating_sub(self.written).min(MOST_FADED);
        let keep = 1.0 - f64::from(seconds) / FADE_SECONDS;
        Self { written: now, counts: self.counts.faded(keep).plus(news) }
    }
}

/// What all workers have learnt.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct LearningRecord {
    /// The second of the first success without an attack; 0 if there was none.
    began: u32,
    calm: FadingSuccesses,
    in_attack: FadingSuccesses,
}

/// A worker's successes since its last exchange.
#[derive(Clone, Copy, Default, PartialEq)]
struct LearningNews {
    calm: SuccessCounts,
    in_attack: SuccessCounts,
}

impl LearningRecord {
    fn plus(self, news: LearningNews, now: u32) -> Self {
        let began = match self.began {
            0 if news.calm == SuccessCounts::default() => 0,
            0 => now,
            // A clock that was set back far begins anew as well.
            began => began.min(now),
        };
        Self {
            began,
            calm: self.calm.plus(news.calm, now),
            in_attack: self.in_attack.plus(news.in_attack, now),
        }
    }

    fn learnt(&self, now: Millis, budget: u8) -> Learnt {
        let successes = &self.calm.counts;
        let SuccessCounts { all, strangers, elsewhere, .. } = *successes;
        let enough = self.began > 0
            && now.seconds().saturating_sub(self.began) >= LEAST_SECONDS
            && all >= FEWEST_SUCCESSES;
        Learnt {
            origins: enough && !successes.is_above(elsewhere, ELSEWHERE_PERCENT),
            accounts: enough && !successes.is_above(strangers, STRANGERS_PERCENT),
            reach: if enough {
                successes.reach(budget).min(self.in_attack.counts.reach(budget))
            } else {
                Reach::Nothing
            },
        }
    }
}

impl Record for LearningRecord {
    const MAGIC: [u8; 3] = *b"UsF";
    const SCHEMA: u8 = SCHEMA;
    const PAYLOAD_BYTES: usize = 4 + 2 * (4 + 8 * SuccessCounts::LENGTH);

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.u32(self.began);
        for FadingSuccesses { written, counts } in [self.calm, self.in_attack] {
            out.u32(written);
            counts.list().into_iter().for_each(|count| out.put(count.to_le_bytes()));
        }
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        let began = from.u32();
        let mut successes = || {
            let written = from.u32();
            let counts = [(); SuccessCounts::LENGTH].map(|()| f64::from_le_bytes(from.take()));
            let is_sound = counts.iter().all(|count| count.is_finite() && *count >= 0.0);
            is_sound.then(|| FadingSuccesses { written, counts: SuccessCounts::of(counts) })
        };
        Some(Self { began, calm: successes()?, in_attack: successes()? })
    }
}

/// One worker's view of what has been learnt.
#[derive(Default)]
pub(crate) struct FamiliarityMonitor {
    /// What this worker has seen since its last exchange.
    news: Cell<LearningNews>,
    record: Cell<LearningRecord>,
    exchanged: Cell<Option<u32>>,
}

impl FamiliarityMonitor {
    /// Notes a success, the first of its account from its address today. `is_calm`: no endpoint of
    /// its attempt is in attack mode.
    pub(crate) fn note(&self, success: SuccessCounts, is_calm: bool) {
        let mut news = self.news.get();
        let of = if is_calm { &mut news.calm } else { &mut news.in_attack };
        *of = of.plus(success);
        self.news.set(news);
    }

    /// What may be called unfamiliar, and unexpected within the budget.
    pub(crate) fn learnt(&self, now: Millis, budget: u8) -> Learnt {
        self.record.get().learnt(now, budget)
    }

    /// Adds this worker's counts to the record, and reads it. Call it once a second.
    pub(crate) fn tick(&self, store: &impl Store, now: Millis) {
        let now = now.seconds();
        if self.exchanged.get().is_some_and(|last| last.abs_diff(now) < EXCHANGE_SECONDS) {
            return;
        }
        self.exchanged.set(Some(now));
        let news = self.news.take();
        let record = if news == LearningNews::default() {
            LearningRecord::read(store, KEY).unwrap_or_default()
        } else {
            let updated = LearningRecord::update_with(store, KEY, |stored| {
                let next = stored.unwrap_or_default().plus(news, now);
                CasStep::store(next, next)
            });
            updated.result
        };
        self.record.set(record);
    }
}

#[cfg(test)]
mod tests;
