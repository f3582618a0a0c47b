//! Responses of upstream: those that are still to come, and what a status means.
//!
//! A trace knows upstream's response as a status and a response time, and perhaps headers or the
//! outcome. The policy decides what a response means, by the engine's own reading of it, unless the
//! trace has the outcome.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use unstuff_engine::attempt::Attempt;
use unstuff_engine::outcome::{self, Outcome, UpstreamResponse};
use unstuff_engine::policy::{Endpoint, EndpointId, Policy};
use unstuff_engine::request::headers::{Header, Headers};
use unstuff_engine::time::Millis;
use unstuff_trace::TraceLine;

use super::cookies::HashedName;
use super::recorded::RecordedReply;

/// A response of upstream that is still to come.
#[derive(Debug)]
pub(super) struct PendingResponse {
    /// What the trace knows of it.
    pub recorded: RecordedResponse,
    /// The attempt that it answers.
    pub attempt: Attempt,
    /// The client that keeps a device cookie if the attempt succeeds.
    pub browser: Option<HashedName>,
    /// The gateway that it comes through, as an index.
    pub gateway: usize,
    /// What a record says of it, if it is of one.
    pub reply: Option<Box<RecordedReply>>,
}

/// What a trace knows of a response of upstream.
#[derive(Clone, Debug)]
pub(super) struct RecordedResponse {
    status: u16,
    /// Headers, mostly none.
    headers: Vec<(String, String)>,
    outcome: Option<Outcome>,
}

impl RecordedResponse {
    /// The response on a line.
    pub(super) fn of(line: &TraceLine) -> Self {
        Self {
            status: line.answered(),
            headers: line.response_headers.clone(),
            outcome: line.outcome,
        }
    }

    /// The response as the engine takes it at `now`.
    pub(super) fn at<'a>(&self, headers: &'a [Header], now: Millis) -> UpstreamResponse<'a> {
        UpstreamResponse::recorded(Headers::new(headers), now, self.outcome)
    }
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

    /// Adds a response of a record, which says when it came: at `time`, as the worker's event of this
    /// number.
    pub(super) fn push_as(&mut self, time: Millis, event: u64, response: PendingResponse) {
        self.heap.push(Reverse(QueuedResponse { due: (time, event), response }));
    }

    /// Removes the next response that came before an event. Returns it with its time.
    pub(super) fn pop_before(&mut self, event: (Millis, u64)) -> Option<(Millis, PendingResponse)> {
        if self.heap.peek()?.0.due >= event {
            return None;
        }
        self.heap.pop().map(|Reverse(queued)| (queued.due.0, queued.response))
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
    outcomes: Vec<Vec<Outcome>>,
}

impl StatusTable {
    /// The table of a policy.
    pub(super) fn new(policy: &Policy) -> Self {
        let headers: Vec<[Header; 1]> = (0..STATUSES).map(headers).collect();
        let of_endpoint =
            |endpoint| headers.iter().map(|headers| judged(endpoint, headers)).collect();
        Self { outcomes: policy.endpoints.iter().map(of_endpoint).collect(), headers }
    }

    /// The headers of a response.
    pub(super) fn headers(&self, response: &RecordedResponse) -> Cow<'_, [Header]> {
        let headers = self.headers.get(usize::from(response.status));
        let status = headers.map_or(&[][..], <[Header; 1]>::as_slice);
        if response.headers.is_empty() {
            return Cow::Borrowed(status);
        }
        let header = |(name, value): &(String, String)| {
            (name.to_ascii_lowercase().into_bytes(), value.clone().into_bytes())
        };
        let others = response.headers.iter().map(header);
        Cow::Owned(status.iter().cloned().chain(others).collect())
    }

    /// What a response means at the endpoint, assuming that the endpoint's outcomes are recognised.
    /// In an attack, a success is an account takeover.
    pub(super) fn outcome(
        &self,
        (id, endpoint): (EndpointId, &Endpoint),
        response: &RecordedResponse,
    ) -> Outcome {
        if let Some(outcome) = response.outcome {
            return outcome;
        }
        if !response.headers.is_empty() {
            return judged(endpoint, &self.headers(response));
        }
        let by_status = self.outcomes.get(id.position());
        let outcome = by_status.and_then(|it| it.get(usize::from(response.status)));
        outcome.copied().unwrap_or(Outcome::Unknown)
    }
}

fn judged(endpoint: &Endpoint, headers: &[Header]) -> Outcome {
    let response = UpstreamResponse::recorded(Headers::new(headers), Millis(0), None);
    outcome::judge(endpoint, &response, true)
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
            let recorded = RecordedResponse { status, headers: Vec::new(), outcome: None };
            let attempt = Attempt::default();
            queue.push(
                Millis(time),
                PendingResponse { recorded, attempt, browser: None, gateway: 0, reply: None },
            );
        }
        let mut due = |until| {
            std::iter::from_fn(|| queue.pop_until(Millis(until)))
                .map(|(_, response)| response.recorded.status)
                .collect::<Vec<_>>()
        };
        assert!(due(9).is_empty());
        assert_eq!(due(15), [201, 202, 203]);
        assert_eq!(due(u64::MAX), [204, 205]);
    }
}
