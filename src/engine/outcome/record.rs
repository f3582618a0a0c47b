//! The outcome record: whether an endpoint's answers tell failures from successes.
//!
//! A success is positive evidence only where failures are seen as such. An endpoint whose
//! upstream answered 401 to at least [`DENIED_USERNAMES`] distinct usernames is
//! **recognised**: what it does not deny, it accepts. An endpoint where [`QUIET_ATTEMPTS`]
//! attempts brought no failure is **not recognised** (WordPress answers a failed login with
//! 200): this is logged, and its answers grant nothing.
//!
//! There is one small record per endpoint name. It stops counting once it has its answers, so
//! workers do not write it at every login: at most some 600 writes in the life of a process,
//! then only reads, and no reads by a caller that remembers the answer, as the engine does.
//! There is no delete: a renamed endpoint leaves its record, about 180 host bytes.

use std::fmt;

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::{HashKey, Tag, Tagged};
use crate::state::record::{Record, SCHEMA};
use crate::state::stores::Store;
use crate::state::stores::cas::{CasStep, Written};

/// Distinct usernames with a 401 that make an endpoint recognised.
pub const DENIED_USERNAMES: usize = 20;

/// Attempts without a failure after which an endpoint counts as not recognised.
pub const QUIET_ATTEMPTS: u16 = 200;

/// An answer of upstream to a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpstreamAnswer {
    /// A 401 to this username. A 403 is only a failure: it may be of a CSRF check.
    Denied(Tag),
    /// Any other failure.
    Failure,
    /// Anything else.
    Other,
}

/// What is known about an endpoint's answers.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct OutcomeRecord {
    attempts: u16,
    failures: u16,
    /// 0 is a free place.
    denied: [u16; DENIED_USERNAMES],
}

impl OutcomeRecord {
    /// Learns from an answer. Returns what is known then, and whether it was written: only
    /// news is.
    pub(crate) fn learn<S>(
        store: &S,
        key: &HashKey,
        name: &str,
        answer: UpstreamAnswer,
    ) -> (Self, Written)
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

    /// Whether failures are seen as such, so anything else is success.
    #[must_use]
    pub(crate) fn recognised(&self) -> bool {
        self.denied.iter().all(|tag| *tag != 0)
    }

    /// Whether so many attempts brought no failure that answers cannot be told apart.
    #[must_use]
    pub(crate) fn not_recognised(&self) -> bool {
        self.attempts >= QUIET_ATTEMPTS && self.failures == 0
    }

    /// Attempts seen, up to [`QUIET_ATTEMPTS`].
    #[must_use]
    pub(crate) fn attempts(&self) -> u16 {
        self.attempts
    }

    /// Failures seen, up to [`QUIET_ATTEMPTS`].
    #[must_use]
    pub(crate) fn failures(&self) -> u16 {
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
            // Its own place or the first free one: places fill from the front.
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
    fn twenty_distinct_denied_usernames_are_recognised() {
        let store = MemoryStore::new();
        for i in 0..19 {
            let (record, _) =
                OutcomeRecord::learn(&store, &key(), "web", UpstreamAnswer::Denied(user(i)));
            assert!(!record.recognised(), "after {}", i + 1);
            // The same username again, and a 403: neither is a new username.
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
            let (record, _) = OutcomeRecord::learn(&store, &key(), "blog", UpstreamAnswer::Other);
            assert_eq!(record.not_recognised(), i == 200, "after {i}");
        }
        let (record, _) = OutcomeRecord::learn(&store, &key(), "blog", UpstreamAnswer::Failure);
        assert!(!record.not_recognised(), "there was a failure");
    }

    #[test]
    fn record_with_its_answers_is_not_written_again() {
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
}
