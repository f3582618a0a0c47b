//! The visits of an account that no success has ended: at most two, in seven bytes.
//!
//! A visit is the attempts of one account from one address until there is none for
//! [`VISIT_SECONDS`]. The list holds an address's tag, the seconds since its last attempt, how the
//! visit counts for the endpoint, and how many wrong passwords it has tried: a client that gets in
//! in the end was no guesser. A third address takes the place of the visit that is idle longest,
//! which then stays unresolved. Tags have 12 bits: one visit in 4,000 is taken for the other.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::Tag;

use super::Entry;
use super::counters::Counter;

/// How long a visit waits for its next attempt.
pub(crate) const VISIT_SECONDS: u32 = 900;

/// Visits in the list.
const LISTED: usize = 2;

const TAG_BITS: u32 = 12;
const AGE_BITS: u32 = 10;

/// The most guesses that a visit holds.
const MOST_GUESSES: u8 = 15;

/// How a visit counts for the endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum VisitState {
    /// Not, or there is no visit.
    #[default]
    Uncounted,
    /// It failed, on an unknown device.
    Failed,
    /// It was stopped before anything failed, on an unknown device.
    Stopped,
    /// It failed, on a known device.
    KnownFailed,
}

/// The open visits of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OpenVisits([Option<OpenVisit>; LISTED]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenVisit {
    tag: u32,
    age: u32,
    state: VisitState,
    guesses: u8,
}

fn short(from: Tag) -> u32 {
    from.wide() >> (u32::BITS - TAG_BITS)
}

impl OpenVisits {
    pub(crate) const BYTES: usize = LISTED * 3 + 1;

    /// An attempt from an address failed or was stopped. If it opens a visit, that counts with
    /// `state`. Returns how the visit counted before and counts now.
    pub(crate) fn open(&mut self, from: Tag, state: VisitState) -> (VisitState, VisitState) {
        let tag = short(from);
        if let Some(visit) = self.0.iter_mut().flatten().find(|visit| visit.tag == tag) {
            let before = visit.state;
            visit.age = 0;
            // What was stopped first and fails then counts by its failure.
            if before == VisitState::Stopped && state == VisitState::Failed {
                visit.state = state;
            }
            return (before, visit.state);
        }
        let idle = |place: &Option<OpenVisit>| place.map_or(u32::MAX, |visit| visit.age);
        if let Some(place) = self.0.iter_mut().max_by_key(|place| idle(place)) {
            *place = Some(OpenVisit { tag, age: 0, state, guesses: 0 });
        }
        (VisitState::Uncounted, state)
    }

    /// So many other passwords failed in the visit from an address.
    pub(crate) fn guess(&mut self, from: Tag, passwords: u32) {
        let tag = short(from);
        let more = u8::try_from(passwords).unwrap_or(MOST_GUESSES);
        for visit in self.0.iter_mut().flatten().filter(|visit| visit.tag == tag) {
            visit.guesses = visit.guesses.saturating_add(more).min(MOST_GUESSES);
        }
    }

    /// A login from an address succeeded and ends its visit. Returns how the visit counted before
    /// and counts now, and how many passwords had failed in it.
    pub(crate) fn close(&mut self, from: Tag) -> ((VisitState, VisitState), u8) {
        let tag = short(from);
        let place = self.0.iter_mut().find(|place| place.is_some_and(|visit| visit.tag == tag));
        let visit = place.and_then(Option::take);
        let before = visit.map(|visit| visit.state).unwrap_or_default();
        ((before, VisitState::Uncounted), visit.map_or(0, |visit| visit.guesses))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    pub(crate) fn age(&mut self, seconds: u32) {
        for place in &mut self.0 {
            *place = place.and_then(|visit| {
                let age = visit.age.saturating_add(seconds);
                (age < VISIT_SECONDS).then_some(OpenVisit { age, ..visit })
            });
        }
    }

    pub(crate) fn encode(&self, out: &mut ByteWriter<'_>) {
        for place in &self.0 {
            // One second more, so that a free place is zero.
            out.u24(place.map_or(0, |visit| {
                let state = visit.state as u32;
                state << (TAG_BITS + AGE_BITS) | visit.tag << AGE_BITS | (visit.age + 1)
            }));
        }
        let [first, second] = self.0.map(|place| place.map_or(0, |visit| visit.guesses));
        out.u8(first << 4 | second);
    }

    pub(crate) fn decode(from: &mut ByteReader<'_>) -> Self {
        let mut visits = std::array::from_fn(|_| {
            let bits = from.u24();
            let state = match bits >> (TAG_BITS + AGE_BITS) {
                1 => VisitState::Failed,
                2 => VisitState::Stopped,
                3 => VisitState::KnownFailed,
                _ => VisitState::Uncounted,
            };
            let tag = bits >> AGE_BITS & ((1 << TAG_BITS) - 1);
            let age = (bits & ((1 << AGE_BITS) - 1)).checked_sub(1)?;
            (age < VISIT_SECONDS).then_some(OpenVisit { tag, age, state, guesses: 0 })
        });
        let guesses = from.u8();
        for (place, guesses) in visits.iter_mut().zip([guesses >> 4, guesses & MOST_GUESSES]) {
            place.iter_mut().for_each(|visit: &mut OpenVisit| visit.guesses = guesses);
        }
        Self(visits)
    }
}

impl Entry {
    /// An attempt from an address failed or was stopped, see [`OpenVisits::open`].
    pub(crate) fn open_visit(&mut self, from: Tag, state: VisitState) -> (VisitState, VisitState) {
        if self.kind.has_visits() { self.visits.open(from, state) } else { Default::default() }
    }

    /// So many other passwords failed, in the visit from an address if there is one.
    pub(crate) fn guess(&mut self, from: Option<Tag>, passwords: u32) {
        (0..passwords).for_each(|_| self.add(Counter::UsernameDistinctFailures));
        from.into_iter().for_each(|from| self.visits.guess(from, passwords));
    }

    /// A login from an address succeeded, see [`OpenVisits::close`]. What failed in its visit was
    /// no guess.
    pub(crate) fn close_visit(&mut self, from: Tag) -> (VisitState, VisitState) {
        let (states, guesses) = self.visits.close(from);
        (0..guesses).for_each(|_| self.take_back(Counter::UsernameDistinctFailures));
        states
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{HashKey, Tagged};

    fn from(address: u8) -> Tag {
        HashKey::new([7; 16]).tag(Tagged::Endpoint, &[address])
    }

    const NONE: VisitState = VisitState::Uncounted;
    const FAILED: VisitState = VisitState::Failed;
    const STOPPED: VisitState = VisitState::Stopped;

    #[test]
    fn visit_is_opened_once_and_ended_once() {
        let mut visits = OpenVisits::default();
        assert_eq!(visits.open(from(1), FAILED), (NONE, FAILED));
        assert_eq!(visits.open(from(1), FAILED), (FAILED, FAILED));
        assert_eq!(visits.close(from(2)).0, (NONE, NONE), "another address");
        assert_eq!(visits.close(from(1)).0, (FAILED, NONE));
        assert_eq!(visits.close(from(1)).0, (NONE, NONE));
        assert!(visits.is_empty());
    }

    #[test]
    fn visit_tells_how_many_passwords_failed_in_it() {
        let mut visits = OpenVisits::default();
        for (address, guesses) in [(1, 2), (2, 200), (1, 3)] {
            visits.open(from(address), FAILED);
            visits.guess(from(address), guesses);
        }
        visits.guess(from(3), 1);
        assert_eq!([1, 2, 3, 1].map(|address| visits.close(from(address)).1), [5, 15, 0, 0]);
    }

    #[test]
    fn visit_lasts_a_quarter_of_an_hour_after_its_last_attempt() {
        let mut visits = OpenVisits::default();
        visits.open(from(1), FAILED);
        visits.age(899);
        assert_eq!(visits.open(from(1), FAILED), (FAILED, FAILED));
        visits.age(900);
        assert_eq!(visits.open(from(1), FAILED), (NONE, FAILED), "a new visit");
    }

    #[test]
    fn stopped_visit_that_fails_counts_by_its_failure() {
        let mut visits = OpenVisits::default();
        visits.open(from(1), STOPPED);
        assert_eq!(visits.open(from(1), FAILED), (STOPPED, FAILED));
        assert_eq!(visits.open(from(1), STOPPED), (FAILED, FAILED));
        assert_eq!(visits.close(from(1)).0, (FAILED, NONE));
    }

    #[test]
    fn third_address_takes_the_place_of_the_visit_that_is_idle_longest() {
        let mut visits = OpenVisits::default();
        for address in 1..=3 {
            visits.open(from(address), FAILED);
            visits.age(10);
        }
        let ended = [1, 2, 3].map(|address| visits.close(from(address)).0.0);
        assert_eq!(ended, [NONE, FAILED, FAILED]);
    }

    #[test]
    fn stored_visits_are_read_the_same() {
        let mut visits = OpenVisits::default();
        for state in [STOPPED, VisitState::KnownFailed, NONE] {
            let mut bytes = [0; OpenVisits::BYTES];
            visits.encode(&mut ByteWriter(&mut bytes));
            assert_eq!(OpenVisits::decode(&mut ByteReader(&bytes)), visits);
            visits.open(from(state as u8), state);
            visits.guess(from(state as u8), 3 + 5 * state as u32);
            visits.age(321);
        }
    }
}
