//! The password record: whether an endpoint has ever been sent a password.
//!
//! An endpoint whose configuration misspells the password's field sees no password, and stops
//! nobody. So an endpoint at which [`ABSENT_REQUESTS`] requests held nothing that could be the
//! password, and none ever did, is named in the log once.
//!
//! Each worker notes what it sees without any call to the host, and adds its news to one small
//! record per endpoint name on the tick. It stops once the record has its answer: a few writes in
//! the life of a process. There is no delete: a renamed endpoint leaves its record, about 150 host
//! bytes.

use std::cell::Cell;

use crate::policy::EndpointId;
use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::identity::{HashKey, Tagged};
use crate::state::record::{Record, SCHEMA};
use crate::state::stores::Store;
use crate::state::stores::cas::{CasStep, Written};

/// Requests without a password, and never one with, after which an endpoint is warned of.
pub const ABSENT_REQUESTS: u16 = 50;

/// What is known about the passwords of an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PasswordRecord {
    /// Requests without a password, up to [`ABSENT_REQUESTS`].
    absent: u16,
    /// There was a password.
    found: bool,
}

impl PasswordRecord {
    /// Whether the endpoint turned out to be without passwords.
    fn is_without_passwords(self) -> bool {
        self.absent >= ABSENT_REQUESTS && !self.found
    }

    /// Whether more requests change nothing.
    fn has_its_answer(self) -> bool {
        self.absent >= ABSENT_REQUESTS || self.found
    }

    fn plus(self, news: Self) -> Self {
        if self.has_its_answer() {
            return self;
        }
        Self {
            absent: self.absent.saturating_add(news.absent).min(ABSENT_REQUESTS),
            found: news.found,
        }
    }
}

impl Record for PasswordRecord {
    const MAGIC: [u8; 3] = *b"UsP";
    const SCHEMA: u8 = SCHEMA;
    const PAYLOAD_BYTES: usize = 2 + 2;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.u16(self.absent);
        out.u16(self.found.into());
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        Some(Self { absent: from.u16(), found: from.u16() != 0 })
    }
}

/// One worker's view of the passwords of all endpoints.
pub(crate) struct PasswordMonitor {
    endpoints: Vec<EndpointPasswords>,
}

struct EndpointPasswords {
    /// The key of its record.
    key: String,
    /// What this worker has seen since its last tick.
    news: Cell<PasswordRecord>,
    /// The record has its answer.
    is_settled: Cell<bool>,
}

impl PasswordMonitor {
    /// A monitor of the endpoints with these names.
    pub(crate) fn new<'a>(key: &HashKey, names: impl Iterator<Item = &'a str>) -> Self {
        let endpoint = |name: &str| EndpointPasswords {
            key: format!("unstuff/pw/{:08x}", key.tag(Tagged::Endpoint, name.as_bytes()).wide()),
            news: Cell::default(),
            is_settled: Cell::default(),
        };
        Self { endpoints: names.map(endpoint).collect() }
    }

    /// Notes a request at an endpoint, with a password or without.
    pub(crate) fn note(&self, endpoint: EndpointId, absent: bool) {
        if let Some(at) = self.endpoints.get(endpoint.position()).filter(|it| !it.is_settled.get())
        {
            at.news
                .set(at.news.get().plus(PasswordRecord { absent: absent.into(), found: !absent }));
        }
    }

    /// Adds this worker's news to the records. Returns the endpoints that turned out to be without
    /// passwords, each to one worker.
    pub(crate) fn tick(&self, store: &impl Store) -> Vec<EndpointId> {
        let turned_out = |endpoint: &EndpointPasswords| endpoint.exchange(store);
        let all = self.endpoints.iter().enumerate().filter(|(_, endpoint)| turned_out(endpoint));
        all.map(|(position, _)| EndpointId::new(position)).collect()
    }
}

impl EndpointPasswords {
    fn exchange(&self, store: &impl Store) -> bool {
        let news = self.news.get();
        if self.is_settled.get() || news == PasswordRecord::default() {
            return false;
        }
        let updated = PasswordRecord::update_with(store, &self.key, |before| {
            let record = before.unwrap_or_default();
            let after = record.plus(news);
            if before == Some(after) {
                CasStep::unchanged(after)
            } else {
                CasStep::store(after, after)
            }
        });
        if matches!(updated.written, Written::Stored | Written::Unchanged) {
            self.news.set(PasswordRecord::default());
            self.is_settled.set(updated.result.has_its_answer());
        }
        updated.written == Written::Stored && updated.result.is_without_passwords()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::memory::{CountingStore, MemoryStore};

    fn worker() -> PasswordMonitor {
        PasswordMonitor::new(&HashKey::new([3; 16]), ["web", "api"].into_iter())
    }

    fn web() -> EndpointId {
        EndpointId::new(0)
    }

    #[test]
    fn fifty_requests_without_a_password_at_two_workers_are_told_once() {
        let (store, one, two) = (MemoryStore::new(), worker(), worker());
        for n in 1..=25 {
            one.note(web(), true);
            two.note(web(), true);
            assert_eq!(one.tick(&store), []);
            assert_eq!(two.tick(&store), if n == 25 { vec![web()] } else { vec![] });
        }
        for worker in [one, two, worker()] {
            (0..100).for_each(|_| worker.note(web(), true));
            assert_eq!(worker.tick(&store), []);
        }
    }

    #[test]
    fn endpoint_that_was_ever_sent_a_password_is_not_told() {
        let (store, one, two) = (MemoryStore::new(), worker(), worker());
        one.note(web(), false);
        one.tick(&store);
        (0..100).for_each(|_| two.note(web(), true));
        assert_eq!(two.tick(&store), []);
    }

    #[test]
    fn tick_without_news_and_after_the_answer_costs_nothing() {
        let (store, worker) = (CountingStore::new(MemoryStore::new()), worker());
        worker.tick(&store);
        assert_eq!(store.take(), (0, 0));
        worker.note(web(), false);
        worker.tick(&store);
        store.take();
        for absent in [true, false] {
            worker.note(web(), absent);
            worker.tick(&store);
        }
        assert_eq!(store.take(), (0, 0));
    }
}
