//! The challenge on the wire: its answers and its counts.

use unstuff_engine::challenge::{ChallengeEvent, ChallengeResponse, Randomness};

use crate::host;
use crate::metrics::{self, Metric, Metrics};

/// Random bytes for one response; none if the host has none.
pub(crate) fn random() -> Option<Randomness> {
    let mut random = Randomness::default();
    getrandom::fill(&mut random).is_ok().then_some(random)
}

/// Sends an answer and counts what happened.
pub(crate) fn send(
    response: &ChallengeResponse,
    marker: &str,
    cors: &[(&str, &str)],
    metrics: &Metrics,
) {
    response.events.iter().for_each(|event| metrics.count(metric(*event)));
    let mut headers = vec![(marker, response.name)];
    headers.extend(response.headers.iter().map(|(name, value)| (*name, value.as_str())));
    headers.extend_from_slice(cors);
    host::send_reply(response.status, "unstuff", &headers, &response.body);
}

/// What counts an event.
pub(crate) const fn metric(event: ChallengeEvent) -> Metric {
    match event {
        ChallengeEvent::Issued => Metric::ChallengeIssued,
        ChallengeEvent::Fetched => Metric::ChallengeFetched,
        ChallengeEvent::HandedOver => Metric::ChallengeHandedOver,
        ChallengeEvent::Solved => Metric::ChallengeSolved,
        ChallengeEvent::Waited => Metric::ChallengeWaited,
        ChallengeEvent::Returned => Metric::ChallengeReturned,
        ChallengeEvent::Used => Metric::PassUsed,
        ChallengeEvent::Refused(refusal) => metrics::refusal(refusal),
    }
}
