//! Attempts that were let through and have no outcome yet.
//!
//! A thousand parallel requests would all pass before the first slow failure is counted. So
//! each is charged at the decision and settled at the response. A short list holds (pair tag,
//! age); a repeated pair counts once, because it is one guess. Charges that do not fit are
//! only counted, in two generations, so charges without a response lapse even under steady
//! traffic.
//!
//! A listed charge lapses after [`LAPSE_SECONDS`], a counted one after one to two times that.
//! The count saturates at 515, far above any limit that pending attempts should enforce.
//!
//! Some attempts will never have an outcome: a later filter refused them, upstream did not answer
//! in time, the client has gone. Their charges are *lost*: they lapse like any other, but no answer
//! takes them back earlier. [`PendingList::seconds_until`] tells how long a client must wait.

use std::fmt;

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::Tag;

/// Seconds after which an attempt without an outcome is forgotten.
pub(crate) const LAPSE_SECONDS: u32 = 60;

/// Charges in the list.
const LISTED: usize = 5;

/// How an attempt was charged. The response settles it with this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charge {
    /// In the list.
    Listed,
    /// Its pair was in the list already.
    Repeated,
    /// The list was full: counted.
    Counted,
}

/// The list, and the count of charges that did not fit.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct PendingList {
    listed: [Listed; LISTED],
    counted: u8,
    counted_before: u8,
    /// Seconds since the current count began.
    age: u8,
    /// The last counted charge that something became of is lost: all of them seem to be.
    is_lost: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Listed {
    /// 0 is a free place.
    tag: u16,
    age: u8,
    is_lost: bool,
}

/// The bit that marks a lost charge beside its age.
const LOST_BIT: u8 = 1 << 7;
const _: () = assert!(LAPSE_SECONDS <= LOST_BIT as u32);

impl PendingList {
    pub(crate) const BYTES: usize = LISTED * 3 + 3;

    /// Charges an attempt with this pair.
    pub(crate) fn add(&mut self, pair: Tag) -> Charge {
        let tag = pair.short();
        if let Some(listed) = self.listed.iter_mut().find(|listed| listed.tag == tag) {
            listed.age = 0;
            return Charge::Repeated;
        }
        if let Some(free) = self.listed.iter_mut().find(|listed| listed.tag == 0) {
            *free = Listed { tag, age: 0, is_lost: false };
            return Charge::Listed;
        }
        if self.counted == 0 && self.counted_before == 0 {
            self.age = 0;
        }
        self.counted = self.counted.saturating_add(1);
        Charge::Counted
    }

    /// Takes a charge back. A charge that has lapsed is gone already.
    pub(crate) fn settle(&mut self, pair: Tag, charge: Charge) {
        let listed = self.listed_mut(pair);
        match (charge, listed) {
            // A pair whose first attempt was lost has its outcome now.
            (Charge::Repeated, Some(listed)) if listed.is_lost => *listed = Listed::default(),
            (Charge::Listed, Some(listed)) => *listed = Listed::default(),
            (Charge::Listed | Charge::Repeated, _) => {}
            // Older charges first: responses come roughly in order.
            (Charge::Counted, _) => {
                let before = self.counted_before.min(1);
                self.counted_before -= before;
                self.counted = self.counted.saturating_sub(1 - before);
                self.is_lost = false;
            }
        }
    }

    /// Marks a charge as lost: no response will settle it, so it lapses.
    pub(crate) fn lose(&mut self, pair: Tag, charge: Charge) {
        match (charge, self.listed_mut(pair)) {
            (Charge::Counted, _) => self.is_lost = self.all_counted() > 0,
            (_, Some(listed)) => listed.is_lost = true,
            (_, None) => {}
        }
    }

    fn listed_mut(&mut self, pair: Tag) -> Option<&mut Listed> {
        let tag = pair.short();
        self.listed.iter_mut().find(|listed| listed.tag == tag)
    }

    fn all_counted(&self) -> u8 {
        self.counted.saturating_add(self.counted_before)
    }

    /// How many attempts are pending.
    pub(crate) fn count(&self) -> u32 {
        let listed = self.listed.iter().map(|listed| u32::from(listed.tag != 0)).sum::<u32>();
        listed + u32::from(self.counted) + u32::from(self.counted_before)
    }

    /// How many pending attempts are not of these pairs.
    pub(crate) fn count_besides(&self, pairs: &[Tag]) -> u32 {
        let theirs = |listed: &&Listed| pairs.iter().any(|pair| pair.short() == listed.tag);
        let listed = self.listed.iter().filter(theirs).count();
        self.count().saturating_sub(u32::try_from(listed).unwrap_or(0))
    }

    /// The seconds until `excess` fewer attempts are pending that are not of these pairs. An attempt
    /// that is not lost is expected to take as long again as it has taken, at least a second.
    pub(crate) fn seconds_until(&self, excess: u32, pairs: &[Tag]) -> u32 {
        let others = self
            .listed
            .iter()
            .filter(|it| it.tag != 0 && !pairs.iter().any(|pair| pair.short() == it.tag));
        let left = LAPSE_SECONDS.saturating_sub(u32::from(self.age));
        let until = |lapse: u32| if self.is_lost { lapse } else { 1 };
        let counted = [
            (until(left), u32::from(self.counted_before)),
            (until(left + LAPSE_SECONDS), u32::from(self.counted)),
        ];
        // Each wait with how many have it, the shortest first.
        let mut waits: Vec<(u32, u32)> = Vec::new();
        let all = others.map(|it| (it.wait(), 1)).chain(counted.into_iter().filter(|it| it.1 > 0));
        for (wait, count) in all {
            waits.insert(waits.partition_point(|(earlier, _)| *earlier <= wait), (wait, count));
        }
        let mut fewer = 0;
        let ended = waits.iter().find(|(_, count)| {
            fewer += count;
            fewer >= excess.max(1)
        });
        ended.or(waits.last()).map_or(1, |(wait, _)| *wait).max(1)
    }

    /// Ages all charges.
    pub(crate) fn age(&mut self, seconds: u32) {
        if *self == Self::default() {
            return;
        }
        let older = |age: u8| u32::from(age).saturating_add(seconds);
        for listed in self.listed.iter_mut().filter(|listed| listed.tag != 0) {
            match u8::try_from(older(listed.age)) {
                Ok(age) if u32::from(age) < LAPSE_SECONDS => listed.age = age,
                _ => *listed = Listed::default(),
            }
        }
        let age = older(self.age);
        match age / LAPSE_SECONDS {
            0 => {}
            1 => self.counted_before = std::mem::take(&mut self.counted),
            _ => (self.counted, self.counted_before) = (0, 0),
        }
        self.is_lost &= self.all_counted() > 0;
        self.age = u8::try_from(age % LAPSE_SECONDS).unwrap_or(0);
    }

    pub(crate) fn encode(&self, out: &mut ByteWriter<'_>) {
        for listed in &self.listed {
            out.u16(listed.tag);
            out.u8(listed.age | if listed.is_lost { LOST_BIT } else { 0 });
        }
        let lost = if self.is_lost { LOST_BIT } else { 0 };
        out.put([self.counted, self.counted_before, self.age | lost]);
    }

    pub(crate) fn decode(from: &mut ByteReader<'_>) -> Self {
        let bytes: [u8; Self::BYTES] = from.take();
        let mut from = ByteReader(&bytes);
        let listed = std::array::from_fn(|_| {
            let (tag, age) = (from.u16(), from.u8());
            // A free place has no age, so that equal contents are equal.
            if tag == 0 { Listed::default() } else { Listed::decode(tag, age) }
        });
        let [counted, counted_before, age] = from.take();
        let (age, is_lost) = (age & !LOST_BIT, age & LOST_BIT != 0);
        Self { listed, counted, counted_before, age, is_lost }
    }
}

impl Listed {
    fn decode(tag: u16, age: u8) -> Self {
        Self { tag, age: age & !LOST_BIT, is_lost: age & LOST_BIT != 0 }
    }

    /// The seconds until it is probably gone.
    fn wait(&self) -> u32 {
        let age = u32::from(self.age);
        let left = LAPSE_SECONDS.saturating_sub(age);
        if self.is_lost { left } else { age.min(left) }
    }
}

/// Pair tags derive from passwords: only the count is printed.
impl fmt::Debug for PendingList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PendingList({})", self.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::identity::HashKey;

    fn pair(i: u32) -> Tag {
        HashKey::new([9; 16]).pair(b"user", &i.to_le_bytes())
    }

    #[test]
    fn repeated_pair_counts_once() {
        let mut pending = PendingList::default();
        assert_eq!(pending.add(pair(1)), Charge::Listed);
        assert_eq!(pending.add(pair(1)), Charge::Repeated);
        assert_eq!(pending.count(), 1);
        pending.settle(pair(1), Charge::Repeated);
        assert_eq!(pending.count(), 1);
        pending.settle(pair(1), Charge::Listed);
        assert_eq!(pending.count(), 0);
    }

    #[test]
    fn parallel_burst_is_counted_beyond_the_list() {
        let mut pending = PendingList::default();
        let charges: Vec<Charge> = (0..100).map(|i| pending.add(pair(i))).collect();
        assert_eq!(pending.count(), 100);
        for (i, charge) in (0..).zip(charges) {
            pending.settle(pair(i), charge);
        }
        assert_eq!(pending, PendingList::default());
    }

    #[test]
    fn charge_without_response_lapses() {
        let mut pending = PendingList::default();
        pending.add(pair(1));
        pending.age(30);
        pending.add(pair(2));
        pending.age(29);
        assert_eq!(pending.count(), 2);
        pending.age(1);
        assert_eq!(pending.count(), 1);
        pending.age(u32::MAX);
        assert_eq!(pending.count(), 0);
    }

    #[test]
    fn wait_is_for_as_many_charges_as_exceed() {
        let mut pending = PendingList::default();
        for i in 0..3 {
            let charge = pending.add(pair(i));
            pending.lose(pair(i), charge);
            pending.age(10);
        }
        pending.add(pair(3));
        // Ages 30, 20, 10 and lost; one that has just begun.
        let waits = [1, 2, 3, 4, 9].map(|excess| pending.seconds_until(excess, &[]));
        assert_eq!(waits, [1, 30, 40, 50, 50]);
        assert_eq!(pending.seconds_until(2, &[pair(0)]), 40, "besides the pair at hand");
        pending.age(20);
        assert_eq!(pending.seconds_until(2, &[]), 20, "as long again as it has taken");
    }

    #[test]
    fn lost_charges_beyond_the_list_are_waited_for() {
        let mut pending = PendingList::default();
        for i in 0..8 {
            let charge = pending.add(pair(i));
            pending.lose(pair(i), charge);
        }
        pending.age(20);
        assert_eq!([5, 6, 8].map(|excess| pending.seconds_until(excess, &[])), [40, 100, 100]);
        pending.age(40);
        assert_eq!(pending.count(), 3);
        assert_eq!(pending.seconds_until(1, &[]), 60);
        pending.age(60);
        assert_eq!(pending, PendingList { age: pending.age, ..PendingList::default() });
    }

    #[test]
    fn answer_to_a_repeated_attempt_settles_the_lost_one() {
        let mut pending = PendingList::default();
        let first = pending.add(pair(1));
        pending.lose(pair(1), first);
        let again = pending.add(pair(1));
        assert_eq!((again, pending.count()), (Charge::Repeated, 1));
        pending.settle(pair(1), again);
        assert_eq!(pending.count(), 0);
    }

    #[test]
    fn lost_responses_do_not_add_up_under_steady_traffic() {
        let mut pending = PendingList::default();
        // One a second, never answered.
        for i in 0..10_000 {
            pending.age(1);
            pending.add(pair(i));
            assert!(pending.count() <= 120, "{} after {i} s", pending.count());
        }
        assert!(pending.count() >= 60);
    }

    #[test]
    fn count_saturates() {
        let mut pending = PendingList::default();
        for i in 0..2_000 {
            pending.add(pair(i));
        }
        assert_eq!(pending.count(), 5 + 255);
    }
}
