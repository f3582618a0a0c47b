//! Whether an endpoint's answers can be told apart: the "outcome recognised" record.
//!
//! Success is positive evidence only where failure is seen as such. An endpoint that was
//! seen to answer 401 from upstream to at least [`DENIED_USERNAMES`] distinct usernames is
//! **recognised**: what it does not deny, it accepts. One at which [`QUIET_ATTEMPTS`]
//! attempts brought no failure is **not recognised** (WordPress answers a failed login with
//! 200): it is logged and grants nothing.
//!
//! The record is one small value per endpoint name. Every worker would write it at every
//! login, so it stops counting where it has its answers: at most some 600 writes in the
//! life of a process, then reads only, and none by a caller that remembers that it had its
//! answer, as the engine does. There is no delete: an endpoint that is renamed
//! leaves its record (about 180 host bytes).
//!
//! Its value: `"UsE"`, schema (1), attempts (2), failures (2), 20 username tags (2 each).

use std::fmt;

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::{HashKey, Tag, Tagged};
use crate::state::record::{Record, SCHEMA};
use crate::state::stores::Store;
use crate::state::stores::cas::{CasStep, Written};

/// Distinct usernames answered 401 that make an endpoint recognised.
pub const DENIED_USERNAMES: usize = 20;

/// Attempts without a failure after which an endpoint counts as not recognised.
pub const QUIET_ATTEMPTS: u16 = 200;

/// An answer of upstream to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamAnswer {
    /// A 401 to this username. A 403 is only a failure: it may be a CSRF check's.
    Denied(Tag),
    /// Any other failure.
    Failure,
    /// Anything else.
    Other,
}

/// What is known about an endpoint's answers.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct OutcomeRecord {
    attempts: u16,
    failures: u16,
    /// 0 is a free place.
    denied: [u16; DENIED_USERNAMES],
}

impl OutcomeRecord {
    /// Learns from an answer, and returns what is known by now. Writes only what is news.
    pub fn learn<S>(store: &S, key: &HashKey, name: &str, answer: UpstreamAnswer) -> (Self, Written)
    where
        S: Store + ?Sized,
    {
        let updated = Self::update_with(store, &storage_key(key, name), |before| {
            let mut record = before.unwrap_or_default();
            record.note(answer);
            if before == Some(record) {
                CasStep::unchanged(record)
            } else {
                CasStep::store(record, record)
            }
        });
        (updated.result, updated.written)
    }

    /// Whether its failures are seen as such, so that the rest is success.
    #[must_use]
    pub fn recognised(&self) -> bool {
        self.denied.iter().all(|tag| *tag != 0)
    }

    /// Whether so many attempts brought no failure that its answers must be opaque.
    #[must_use]
    pub fn not_recognised(&self) -> bool {
        self.attempts >= QUIET_ATTEMPTS && self.failures == 0
    }

    /// Attempts seen, up to [`QUIET_ATTEMPTS`].
    #[must_use]
    pub fn attempts(&self) -> u16 {
        self.attempts
    }

    /// Failures seen, up to [`QUIET_ATTEMPTS`].
    #[must_use]
    pub fn failures(&self) -> u16 {
        self.failures
    }

    fn note(&mut self, answer: UpstreamAnswer) {
        let more = |n: u16| n.saturating_add(1).min(QUIET_ATTEMPTS);
        self.attempts = more(self.attempts);
        if answer != UpstreamAnswer::Other {
            self.failures = more(self.failures);
        }
        if let UpstreamAnswer::Denied(username) = answer {
            let tag = username.short();
            // Its own place if it has one, else the first free one: they fill from the front.
            let place = self.denied.iter_mut().find(|held| **held == tag || **held == 0);
            if let Some(held) = place {
                *held = tag;
            }
        }
    }
}

impl Record for OutcomeRecord {
    const MAGIC: [u8; 3] = *b"UsE";
    const SCHEMA: u8 = SCHEMA;
    const PAYLOAD_BYTES: usize = 2 + 2 + 2 * DENIED_USERNAMES;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.u16(self.attempts);
        out.u16(self.failures);
        self.denied.iter().for_each(|tag| out.u16(*tag));
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        let (attempts, failures) = (from.u16(), from.u16());
        Some(Self { attempts, failures, denied: std::array::from_fn(|_| from.u16()) })
    }
}

impl fmt::Debug for OutcomeRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let denied = self.denied.iter().filter(|tag| **tag != 0).count();
        let Self { attempts, failures, .. } = self;
        write!(f, "OutcomeRecord({attempts} attempts, {failures} failures, {denied} denied)")
    }
}

fn storage_key(key: &HashKey, name: &str) -> String {
    format!("unstuff/end/{:08x}", key.tag(Tagged::Endpoint, name.as_bytes()).wide())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::memory::{CountingStore, MemoryStore};

    fn key() -> HashKey {
        HashKey::new([3; 16])
    }

    fn user(i: u32) -> Tag {
        key().tag(Tagged::Password, &i.to_le_bytes())
    }

    #[test]
    fn twenty_distinct_usernames_denied_make_it_recognised() {
        let store = MemoryStore::new();
        for i in 0..19 {
            let (endpoint, _) =
                OutcomeRecord::learn(&store, &key(), "web", UpstreamAnswer::Denied(user(i)));
            assert!(!endpoint.recognised(), "after {}", i + 1);
            // Again the same, and a 403: neither is a new username.
            OutcomeRecord::learn(&store, &key(), "web", UpstreamAnswer::Denied(user(i)));
            OutcomeRecord::learn(&store, &key(), "web", UpstreamAnswer::Failure);
        }
        let (web, _) =
            OutcomeRecord::learn(&store, &key(), "web", UpstreamAnswer::Denied(user(19)));
        assert!(web.recognised());
        let (blog, _) =
            OutcomeRecord::learn(&store, &key(), "blog", UpstreamAnswer::Denied(user(19)));
        assert!(!blog.recognised());
    }

    #[test]
    fn two_hundred_attempts_without_a_failure_are_not_recognised() {
        let store = MemoryStore::new();
        for i in 1..=200 {
            let (endpoint, _) = OutcomeRecord::learn(&store, &key(), "blog", UpstreamAnswer::Other);
            assert_eq!(endpoint.not_recognised(), i == 200, "after {i}");
        }
        let (endpoint, _) = OutcomeRecord::learn(&store, &key(), "blog", UpstreamAnswer::Failure);
        assert!(!endpoint.not_recognised(), "a failure was seen after all");
    }

    #[test]
    fn it_stops_writing_when_it_has_its_answers() {
        let store = CountingStore::new(MemoryStore::new());
        for i in 0..1_000 {
            OutcomeRecord::learn(&store, &key(), "web", UpstreamAnswer::Denied(user(i)));
        }
        let (_, writes) = store.take();
        assert!(writes <= 600, "{writes}");
        let (_, written) =
            OutcomeRecord::learn(&store, &key(), "web", UpstreamAnswer::Denied(user(5_000)));
        assert_eq!(written, Written::Unchanged);
    }

    #[test]
    fn junk_reads_as_nothing_known() {
        use crate::state::stores::Expected;
        let store = MemoryStore::new();
        store.write(&storage_key(&key(), "web"), b"junk", Expected::Absent).unwrap();
        let (endpoint, written) =
            OutcomeRecord::learn(&store, &key(), "web", UpstreamAnswer::Failure);
        let known = (endpoint.attempts(), endpoint.failures(), endpoint.recognised());
        assert_eq!((known, written), ((1, 1, false), Written::Stored));
    }
}
