//! The challenge on the wire: its answers, its counts, and its traces in requests.

use unstuff_engine::challenge::{
    ChallengeEvent, ChallengeResponse, PASS_COOKIE, PASS_HEADER, REDEEM_HEADER, Randomness,
    SOLUTION_HEADER,
};
use unstuff_engine::request::cookies;
use unstuff_engine::request::headers::Headers;
use unstuff_engine::tokens::device;

use crate::host;
use crate::metrics::{self, Metric, Metrics};

/// Headers that are for us alone.
const OWN_HEADERS: [&str; 3] = [PASS_HEADER, SOLUTION_HEADER, REDEEM_HEADER];

/// Takes passes and solutions out of a request: upstream has no use for them, and its logs
/// are no place for them.
pub(crate) fn hide(headers: Headers<'_>) {
    for name in OWN_HEADERS {
        if headers.first(name).is_some() {
            host::remove_request_header(name);
        }
    }
    match cookies::without(headers, &[PASS_COOKIE, device::COOKIE]) {
        Some(rest) if rest.is_empty() => host::remove_request_header("cookie"),
        Some(rest) => host::replace_request_header("cookie", &rest),
        None => {}
    }
}

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
    let mut headers = vec![(marker, response.name), ("cache-control", "no-store")];
    headers.extend(response.headers.iter().map(|(name, value)| (*name, value.as_str())));
    headers.extend_from_slice(cors);
    host::send_reply(response.status, "unstuff", &headers, &response.body);
}

/// What counts an event.
pub(crate) const fn metric(event: ChallengeEvent) -> Metric {
    match event {
        ChallengeEvent::Issued => Metric::ChallengeIssued,
        ChallengeEvent::HandedOver => Metric::ChallengeHandedOver,
        ChallengeEvent::Solved => Metric::ChallengeSolved,
        ChallengeEvent::Waited => Metric::ChallengeWaited,
        ChallengeEvent::Returned => Metric::ChallengeReturned,
        ChallengeEvent::Used => Metric::PassUsed,
        ChallengeEvent::Refused(refusal) => metrics::refusal(refusal),
    }
}
