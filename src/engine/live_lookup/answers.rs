//! The answers that one worker remembers: a keyed tag of the password and one bit each.
//!
//! A bounded table in which an answer pushes out another one. Two passwords of one tag share an
//! answer, one in a million lookups with a full table.

use std::cell::Cell;

use crate::breached::Sha1Digest;
use crate::state::identity::{HashKey, Tag, Tagged};
use crate::time::Millis;

/// How many answers are remembered. They take 64 KiB of each worker.
const PLACES: usize = 4_096;

/// Answers, each until it is too old.
pub(crate) struct RememberedAnswers {
    places: Box<[Cell<Option<RememberedAnswer>>]>,
    remember_seconds: u32,
}

#[derive(Clone, Copy)]
struct RememberedAnswer {
    tag: Tag,
    is_breached: bool,
    /// In seconds since the epoch.
    since: u32,
}

impl RememberedAnswers {
    /// Remembers answers for so long.
    pub(crate) fn new(remember_seconds: u32) -> Self {
        Self { places: (0..PLACES).map(|_| Cell::default()).collect(), remember_seconds }
    }

    /// Notes the answer about a password.
    pub(crate) fn note(&self, key: &HashKey, digest: &Sha1Digest, is_breached: bool, now: Millis) {
        let tag = tag(key, digest);
        if let Some(place) = self.place(tag) {
            place.set(Some(RememberedAnswer { tag, is_breached, since: now.seconds() }));
        }
    }

    /// The answer about a password, if there was one lately.
    pub(crate) fn get(&self, key: &HashKey, digest: &Sha1Digest, now: Millis) -> Option<bool> {
        let tag = tag(key, digest);
        let answer = self.place(tag)?.get().filter(|answer| answer.tag == tag)?;
        // The clock may have stepped back: then the age of an answer is not known.
        let age = now.seconds().checked_sub(answer.since)?;
        (age < self.remember_seconds).then_some(answer.is_breached)
    }

    fn place(&self, tag: Tag) -> Option<&Cell<Option<RememberedAnswer>>> {
        self.places.get(tag.wide() as usize % PLACES)
    }
}

fn tag(key: &HashKey, digest: &Sha1Digest) -> Tag {
    key.tag(Tagged::Password, digest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 16] = [3; 16];

    fn password(n: u32) -> Sha1Digest {
        Sha1Digest::of(format!("password {n}").as_bytes())
    }

    #[test]
    fn answer_is_remembered_until_it_is_too_old_and_never_from_the_future() {
        let (answers, key) = (RememberedAnswers::new(60), HashKey::new(KEY));
        answers.note(&key, &password(1), true, Millis(100_000));
        answers.note(&key, &password(2), false, Millis(100_000));
        for (now, known) in [(100, true), (159, true), (160, false), (99, false)] {
            let get = |n| answers.get(&key, &password(n), Millis(now * 1000));
            assert_eq!(get(1), known.then_some(true), "{now}");
            assert_eq!(get(2), known.then_some(false), "{now}");
            assert_eq!(get(3), None);
        }
    }

    #[test]
    fn passwords_by_the_million_take_no_more_memory() {
        let (answers, key) = (RememberedAnswers::new(60), HashKey::new(KEY));
        (0..20_000).for_each(|n| answers.note(&key, &password(n), n % 2 == 0, Millis(1000)));
        let known = (0..20_000).filter_map(|n| {
            answers.get(&key, &password(n), Millis(1000)).map(|breached| (n, breached))
        });
        let known: Vec<_> = known.collect();
        assert!(known.len() <= PLACES, "{}", known.len());
        assert!(known.iter().all(|(n, breached)| *breached == (n % 2 == 0)));
    }
}
