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
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Listed {
    /// 0 is a free place.
    tag: u16,
    age: u8,
}

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
            *free = Listed { tag, age: 0 };
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
        match charge {
            Charge::Repeated => {}
            Charge::Listed => {
                let tag = pair.short();
                if let Some(listed) = self.listed.iter_mut().find(|listed| listed.tag == tag) {
                    *listed = Listed::default();
                }
            }
            // Older charges first: responses come roughly in order.
            Charge::Counted if self.counted_before > 0 => self.counted_before -= 1,
            Charge::Counted => self.counted = self.counted.saturating_sub(1),
        }
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
        self.age = u8::try_from(age % LAPSE_SECONDS).unwrap_or(0);
    }

    pub(crate) fn encode(&self, out: &mut ByteWriter<'_>) {
        for listed in &self.listed {
            out.u16(listed.tag);
            out.u8(listed.age);
        }
        out.put([self.counted, self.counted_before, self.age]);
    }

    pub(crate) fn decode(from: &mut ByteReader<'_>) -> Self {
        let bytes: [u8; Self::BYTES] = from.take();
        let mut from = ByteReader(&bytes);
        let listed = std::array::from_fn(|_| {
            let (tag, age) = (from.u16(), from.u8());
            // A free place has no age, so that equal contents are equal.
            if tag == 0 { Listed::default() } else { Listed { tag, age } }
        });
        let [counted, counted_before, age] = from.take();
        Self { listed, counted, counted_before, age }
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
