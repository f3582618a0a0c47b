//! Responses of upstream: those that are still to come, and what a status means.
//!
//! A trace knows upstream's response as a status and a response time. The policy decides what a
//! status means, by the engine's own reading of a response.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use unstuff_engine::attempt::Attempt;
use unstuff_engine::outcome::{self, Outcome, UpstreamResponse};
use unstuff_engine::policy::{Endpoint, EndpointId, Policy};
use unstuff_engine::request::headers::{Header, Headers};
use unstuff_engine::time::Millis;

use super::cookies::HashedName;

/// A response of upstream that is still to come.
#[derive(Debug)]
pub(super) struct PendingResponse {
    /// Its status.
    pub status: u16,
    /// The attempt that it answers.
    pub attempt: Attempt,
    /// The client that keeps a device cookie if the attempt succeeds.
    pub browser: Option<HashedName>,
    /// The gateway that it comes through, as an index.
    pub gateway: usize,
}

/// The responses that are still to come, in order of time. Ties are broken by attempt order.
#[derive(Debug, Default)]
pub(super) struct ResponseQueue {
    heap: BinaryHeap<Reverse<QueuedResponse>>,
    pushed: u64,
}

#[derive(Debug)]
struct QueuedResponse {
    /// When it comes, and the order of its attempt.
    due: (Millis, u64),
    response: PendingResponse,
}

impl ResponseQueue {
    /// Adds a response that comes at `time`.
    pub(super) fn push(&mut self, time: Millis, response: PendingResponse) {
        self.pushed += 1;
        self.heap.push(Reverse(QueuedResponse { due: (time, self.pushed), response }));
    }

    /// Removes the next response that is due at `now`. Returns it with its time.
    pub(super) fn pop_until(&mut self, now: Millis) -> Option<(Millis, PendingResponse)> {
        if self.heap.peek()?.0.due.0 > now {
            return None;
        }
        self.heap.pop().map(|Reverse(queued)| (queued.due.0, queued.response))
    }
}

impl PartialEq for QueuedResponse {
    fn eq(&self, other: &Self) -> bool {
        self.due == other.due
    }
}

impl Eq for QueuedResponse {}

impl PartialOrd for QueuedResponse {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for QueuedResponse {
    fn cmp(&self, other: &Self) -> Ordering {
        self.due.cmp(&other.due)
    }
}

/// The statuses that a trace can have, as a range of indexes.
const STATUSES: u16 = 600;

/// What each status means under a policy.
pub(super) struct StatusTable {
    /// The headers of a response, by status.
    headers: Vec<[Header; 1]>,
    /// By endpoint and status.
    successes: Vec<Vec<bool>>,
}

impl StatusTable {
    /// The table of a policy.
    pub(super) fn new(policy: &Policy) -> Self {
        let headers: Vec<[Header; 1]> = (0..STATUSES).map(headers).collect();
        let is_success = |endpoint: &Endpoint, headers: &[Header]| {
            let response = UpstreamResponse::recorded(Headers::new(headers), Millis(0));
            outcome::judge(endpoint, &response, true) == Outcome::Success
        };
        let of_endpoint =
            |endpoint| headers.iter().map(|headers| is_success(endpoint, headers)).collect();
        Self { successes: policy.endpoints.iter().map(of_endpoint).collect(), headers }
    }

    /// The headers of a response with this status.
    pub(super) fn headers(&self, status: u16) -> Headers<'_> {
        let headers = self.headers.get(usize::from(status));
        Headers::new(headers.map_or(&[], <[Header; 1]>::as_slice))
    }

    /// Whether this status is a success at the endpoint, assuming that the endpoint's outcomes
    /// are recognised. In an attack, a success is an account takeover.
    pub(super) fn is_success(&self, endpoint: EndpointId, status: u16) -> bool {
        let by_status = self.successes.get(endpoint.position());
        by_status.and_then(|it| it.get(usize::from(status))).copied().unwrap_or(false)
    }
}

fn headers(status: u16) -> [Header; 1] {
    [(b":status".to_vec(), status.to_string().into_bytes())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_come_in_order_of_time_then_of_attempts() {
        let mut queue = ResponseQueue::default();
        for (time, status) in [(20, 204), (10, 201), (20, 205), (10, 202), (15, 203)] {
            let response =
                PendingResponse { status, attempt: Attempt::default(), browser: None, gateway: 0 };
            queue.push(Millis(time), response);
        }
        let mut due = |until| {
            std::iter::from_fn(|| queue.pop_until(Millis(until)))
                .map(|(_, response)| response.status)
                .collect::<Vec<_>>()
        };
        assert!(due(9).is_empty());
        assert_eq!(due(15), [201, 202, 203]);
        assert_eq!(due(u64::MAX), [204, 205]);
    }
}
