//! An entry: what is known about one identity, its counters, bans and pending attempts, or where
//! an account got in from.
//!
//! An entry is read from a slot, advanced to the present, read or changed, and written back
//! ([`crate::state::table`]). It knows its own time: a change happens at the second that the
//! entry was advanced to. [`clock`] says what happens when the clock steps back. Counters
//! that the entry's kind does not have ([`counters`]) read as zero, and a change of them does
//! nothing.

pub(crate) mod ban;
pub(crate) mod clock;
pub(crate) mod codec;
pub(crate) mod counters;
pub(crate) mod distinct;
mod failed_passwords;
pub(crate) mod familiar;
pub(crate) mod forgive;
mod layout;
mod mistyped;
mod packed;
pub(crate) mod pending;
pub(crate) mod visits;
mod window;

use crate::time::{Millis, Window};

use crate::state::identity::Tag;
use crate::state::kind::EntryKind;
use ban::{Ban, ShadowBan, Strikes, Terms};
use clock::ClockStep;
use counters::{Counter, CounterKind, UpdatedBy};
use failed_passwords::FailedPasswords;
use familiar::{FORGOTTEN_AFTER, FamiliarTags};
use layout::{most_cells, rows, uses};
use mistyped::MistypedMark;
use packed::PackedCount;
use pending::{Charge, PendingList};
use visits::OpenVisits;
use window::{Anchors, WindowCounter, WindowStep};

/// Counters of the kind that has the most.
const COUNTERS: usize = most_cells(CounterKind::Count);
/// Distinct counters of the kind that has the most.
const DISTINCTS: usize = most_cells(CounterKind::Distinct);

/// People who get in from an address in a day that is shared.
const SHARED_BY: u32 = 5;

/// What is known about one identity, at one second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    kind: EntryKind,
    touched: u32,
    anchors: Anchors,
    counters: [WindowCounter; COUNTERS],
    distinct: [PackedCount; DISTINCTS],
    ban: Option<Ban>,
    shadow: Option<ShadowBan>,
    strikes: Strikes,
    pending: PendingList,
    visits: OpenVisits,
    familiar: FamiliarTags,
    failed_passwords: FailedPasswords,
    mistyped: MistypedMark,
}

impl Entry {
    /// The entry of an unknown identity.
    #[must_use]
    pub fn empty(kind: EntryKind, now: Millis) -> Self {
        Self {
            kind,
            touched: now.seconds(),
            anchors: Anchors::default(),
            counters: [WindowCounter::default(); COUNTERS],
            distinct: [PackedCount::default(); DISTINCTS],
            ban: None,
            shadow: None,
            strikes: Strikes::default(),
            pending: PendingList::default(),
            visits: OpenVisits::default(),
            familiar: FamiliarTags::default(),
            failed_passwords: FailedPasswords::default(),
            mistyped: MistypedMark::default(),
        }
    }

    /// The second, since the epoch, that the entry was advanced to.
    #[must_use]
    pub fn now(&self) -> u32 {
        self.touched
    }

    // --- counters ---

    /// Events of a counter in a window; 0 if that is not kept.
    #[must_use]
    pub fn count(&self, counter: Counter, window: Window) -> u32 {
        let counter = self.cell(counter, CounterKind::Count, window);
        counter
            .and_then(|cell| self.counters.get(cell))
            .map_or(0, |counter| counter.estimate(self.anchors.phase(window, self.touched)))
    }

    /// Counts one event, in all windows of the counter.
    pub fn add(&mut self, counter: Counter) {
        if !self.keeps(counter, CounterKind::Count) {
            return;
        }
        for (cell, window) in counter.cells() {
            self.anchors.anchor(window, self.touched);
            if let Some(counter) = self.counters.get_mut(cell) {
                counter.add();
            }
        }
    }

    /// Takes one event back, in all windows of the counter.
    pub fn take_back(&mut self, counter: Counter) {
        if !self.keeps(counter, CounterKind::Count) {
            return;
        }
        for (cell, _) in counter.cells() {
            self.counters.get_mut(cell).into_iter().for_each(WindowCounter::take_back);
        }
    }

    /// Distinct values of a counter in a window; 0 if that is not kept.
    #[must_use]
    pub fn distinct(&self, counter: Counter, window: Window) -> u32 {
        self.distinct_cell(counter, window)
            .map_or(0, |distinct| distinct.estimate(self.anchors.phase(window, self.touched)))
    }

    /// Distinct values with this one included, so `over: 10` matches at the eleventh itself; 0
    /// if that is not kept.
    #[must_use]
    pub fn distinct_with(&self, counter: Counter, window: Window, tag: Tag) -> u32 {
        self.distinct_cell(counter, window).map_or(0, |distinct| {
            distinct.estimate_with(tag, self.anchors.phase(window, self.touched))
        })
    }

    /// Whether a value is one of those that a counter holds in a window. Where values are estimated a
    /// new one may look old.
    pub(crate) fn holds(&self, counter: Counter, window: Window, tag: Tag) -> bool {
        let distinct = self.distinct(counter, window);
        distinct > 0 && self.distinct_with(counter, window, tag) == distinct
    }

    /// Distinct values with all of these included; 0 if that is not kept.
    #[must_use]
    pub fn distinct_with_all(&self, counter: Counter, window: Window, tags: &[Tag]) -> u32 {
        match tags {
            [] => self.distinct(counter, window),
            [tag] => self.distinct_with(counter, window, *tag),
            [tags @ .., last] => {
                let mut with = self.clone();
                for tag in tags {
                    with.insert(counter, *tag);
                }
                with.distinct_with(counter, window, *last)
            }
        }
    }

    /// Adds a value to a counter, in all its windows. Returns true if the value is new to the
    /// current generation of the shortest one, so a value that comes every day is new every
    /// day. Where values are estimated a new one may look old, never the other way round.
    pub fn insert(&mut self, counter: Counter, tag: Tag) -> bool {
        if !self.keeps(counter, CounterKind::Distinct) {
            return false;
        }
        let mut new = None;
        for (cell, window) in counter.cells() {
            self.anchors.anchor(window, self.touched);
            if let Some(distinct) = self.distinct.get_mut(cell) {
                let first = distinct.insert(tag);
                new.get_or_insert(first);
            }
        }
        new.unwrap_or(false)
    }

    /// Whether so many people have got in from an address in a day that it is not one client's.
    pub(crate) fn is_shared(&self) -> bool {
        self.count(Counter::IpCredit, Window::Day) >= SHARED_BY
    }

    // --- pending ---

    /// Attempts let through that have no outcome yet.
    #[must_use]
    pub fn pending(&self) -> u32 {
        self.pending.count()
    }

    /// The same without attempts of these pairs: the attempt at hand may repeat one.
    #[must_use]
    pub fn pending_besides(&self, pairs: &[Tag]) -> u32 {
        self.pending.count_besides(pairs)
    }

    /// Charges an attempt that is let through, if the kind is charged.
    pub fn charge(&mut self, pair: Tag) -> Charge {
        if self.kind.is_charged() { self.pending.add(pair) } else { Charge::Repeated }
    }

    /// Takes a charge back at the response.
    pub fn settle(&mut self, pair: Tag, charge: Charge) {
        self.pending.settle(pair, charge);
    }

    /// Marks a charge that no response will take back: it lapses.
    pub fn lose_charge(&mut self, pair: Tag, charge: Charge) {
        self.pending.lose(pair, charge);
    }

    /// The seconds until so many fewer attempts are pending that are not of these pairs.
    #[must_use]
    pub fn seconds_until_fewer(&self, excess: u32, pairs: &[Tag]) -> u32 {
        self.pending.seconds_until(excess, pairs)
    }

    // --- bans ---

    /// The ban in force.
    #[must_use]
    pub fn ban(&self) -> Option<&Ban> {
        self.ban.as_ref()
    }

    /// The shadow ban in force. It is void if its rule is enforced by now: see
    /// [`Entry::void_shadow_ban`].
    #[must_use]
    pub fn shadow_ban(&self) -> Option<&ShadowBan> {
        self.shadow.as_ref()
    }

    /// Bans that ended within a day or so: see `ban`.
    #[must_use]
    pub fn strikes(&self) -> u8 {
        self.strikes.count
    }

    /// Begins a ban. Returns false if the kind cannot be banned, or if there is a ban of the
    /// same rule (late failures must not renew it) or a longer one.
    pub fn begin_ban(&mut self, terms: Terms) -> bool {
        let ban = Ban::begin(self.touched, terms, self.strikes);
        let stands = self.ban.is_some_and(|old| old.rule == ban.rule || old.until >= ban.until);
        if stands || !self.kind.can_be_banned() {
            return false;
        }
        self.ban = Some(ban);
        true
    }

    /// Begins a shadow ban. Returns false as [`Entry::begin_ban`] does.
    pub fn begin_shadow_ban(&mut self, rule: u16, seconds: u32) -> bool {
        let ban = ShadowBan::begin(self.touched, rule, seconds);
        let stands = self.shadow.is_some_and(|old| old.rule == rule || old.until >= ban.until);
        if stands || !self.kind.can_be_banned() {
            return false;
        }
        self.shadow = Some(ban);
        true
    }

    /// Drops the ban, because its rule is gone or in shadow by now. It leaves no strike.
    pub fn void_ban(&mut self) {
        self.ban = None;
    }

    /// Ends the ban because its ground is gone: it leaves no strike, and what was counted is
    /// forgotten as after any ban.
    pub(crate) fn lift_ban(&mut self) {
        self.ban = None;
        self.clear_outcomes();
    }

    /// Drops the shadow ban, because its rule is enforced by now.
    pub fn void_shadow_ban(&mut self) {
        self.shadow = None;
    }

    /// Counts a stopped attempt, and extends the ban if stopped attempts come faster than the
    /// rate that began it. Returns true if the ban was extended.
    pub fn stopped(&mut self) -> bool {
        let Some(counter) = self.kind.stopped() else { return false };
        self.add(counter);
        let stopped = self.count(counter, Window::TenMinutes);
        let Some(ban) = &mut self.ban else { return false };
        let before = ban.until;
        ban.extend(self.touched, stopped);
        ban.until > before
    }

    // --- time ---

    /// Brings the entry to the present: windows slide, charges lapse, bans end.
    pub fn advance(&mut self, now: Millis) {
        match ClockStep::between(self.touched, now.seconds()) {
            ClockStep::Held | ClockStep::Forward(0) => {}
            ClockStep::Forward(seconds) => self.forward(seconds),
            ClockStep::SetBack(seconds) => {
                self.touched = self.touched.saturating_sub(seconds);
                self.anchors.set_back(seconds);
                self.strikes.set_back(seconds);
                if let Some(Ban { began, until, .. }) = &mut self.ban {
                    ban::set_back(began, until, seconds);
                }
                if let Some(ShadowBan { began, until, .. }) = &mut self.shadow {
                    ban::set_back(began, until, seconds);
                }
            }
        }
    }

    fn forward(&mut self, seconds: u32) {
        let before = self.touched;
        self.touched = before.saturating_add(seconds);
        for window in Window::ALL {
            if uses(self.kind, window) {
                self.step(window);
            }
        }
        if self.kind.is_charged() {
            self.pending.age(seconds);
        }
        self.visits.age(seconds);
        self.mistyped.age(seconds, self.touched);
        if self.count(Counter::UsernameFailures, Window::Day) == 0 {
            self.failed_passwords = FailedPasswords::default();
        }
        if seconds >= FORGOTTEN_AFTER {
            self.familiar = FamiliarTags::default();
        }
        if self.shadow.is_some_and(|ban| ban.until <= self.touched) {
            self.shadow = None;
        }
        match self.ban {
            Some(ban) if ban.until <= self.touched => {
                self.ban = None;
                self.strikes.strike(ban.until);
                self.strikes.forget(ban.until, self.touched);
                self.clear_outcomes();
            }
            // The strike of a ban is counted when it ends.
            Some(_) => {}
            None if self.strikes.count > 0 => self.strikes.forget(before, self.touched),
            None => {}
        }
    }

    fn step(&mut self, window: Window) {
        let step = self.anchors.step(window, self.touched);
        if step == WindowStep::Same {
            return;
        }
        let mut empty = true;
        for row in rows(self.kind) {
            let Some(cell) = row.counter.cell(window) else { continue };
            match row.measure {
                CounterKind::Count => {
                    if let Some(counter) = self.counters.get_mut(cell) {
                        counter.step(step);
                        empty &= counter.is_empty();
                    }
                }
                CounterKind::Distinct => {
                    if let Some(distinct) = self.distinct.get_mut(cell) {
                        distinct.step(step);
                        empty &= distinct.is_empty();
                    }
                }
            }
        }
        if empty {
            self.anchors.release(window);
        }
    }

    fn clear_outcomes(&mut self) {
        let outcomes = |row: &&counters::CounterRow| row.updated_by == UpdatedBy::Outcome;
        for row in rows(self.kind).iter().filter(outcomes) {
            for (cell, _) in row.counter.cells() {
                match row.measure {
                    CounterKind::Count => self.counters.get_mut(cell).map(std::mem::take).map(drop),
                    CounterKind::Distinct => {
                        self.distinct.get_mut(cell).map(std::mem::take).map(drop)
                    }
                };
            }
        }
    }

    // --- eviction ---

    /// Whether the entry says no more than an empty one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ban.is_none()
            && self.shadow.is_none()
            && self.strikes.count == 0
            && self.pending.count() == 0
            && self.visits.is_empty()
            && self.familiar.is_empty()
            && self.failed_passwords.is_empty()
            && self.mistyped.is_empty()
            && self.counters.iter().all(|counter| counter.is_empty())
            && self.distinct.iter().all(PackedCount::is_empty)
    }

    /// The sum of all counters, each over its longest window.
    pub(crate) fn weight(&self) -> u32 {
        rows(self.kind).iter().fold(0u32, |weight, row| {
            let Some(window) = row.windows.last() else { return weight };
            weight.saturating_add(match row.measure {
                CounterKind::Count => self.count(row.counter, *window),
                CounterKind::Distinct => self.distinct(row.counter, *window),
            })
        })
    }

    fn keeps(&self, counter: Counter, measure: CounterKind) -> bool {
        counter.row().kind == self.kind && counter.row().measure == measure
    }

    fn cell(&self, counter: Counter, measure: CounterKind, window: Window) -> Option<usize> {
        if self.keeps(counter, measure) { counter.cell(window) } else { None }
    }

    fn distinct_cell(&self, counter: Counter, window: Window) -> Option<&PackedCount> {
        self.cell(counter, CounterKind::Distinct, window).and_then(|cell| self.distinct.get(cell))
    }
}

#[cfg(test)]
mod tests;
