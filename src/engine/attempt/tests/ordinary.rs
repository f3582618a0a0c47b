//! Ordinary requests under the default configuration: none is stopped, from a new address, once.

use unstuff_fixtures::ordinary_requests::{OrdinaryRequest, ordinary_requests};

use super::*;

/// What stops the request, if something does.
fn stopped_by(request: &OrdinaryRequest, ip: &str) -> Option<String> {
    let site = Site::new(r#"{"mode":"enforce"}"#);
    let mut headers = header_list(&[
        (":method", &request.method),
        (":path", &request.target),
        (":authority", "shop.example"),
        ("user-agent", "Mozilla/5.0"),
    ]);
    let more = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    headers.extend(header_list(&more.collect::<Vec<_>>()));
    let mut attempt = Attempt::default();
    let peer = format!("{ip}:1234");
    let host = site.host();
    let is_end = request.body.is_empty();
    let step = site.engine.request_headers(
        &host,
        &mut attempt,
        Headers::new(&headers),
        peer.as_bytes(),
        is_end,
    );
    let step = match step {
        Step::Hold => {
            let body = Body::Complete(request.body.as_bytes());
            site.engine.request_body(&host, &mut attempt, body)
        }
        step => step,
    };
    let Step::Decided(decision) = step else { return None };
    let verdict = decision.verdict;
    let reasons = || verdict.reasons_text(site.engine.policy());
    verdict.action.stops().then(|| format!("{}: {}", request.what, reasons()))
}

#[test]
fn ordinary_requests_are_not_stopped() {
    let requests = ordinary_requests();
    let numbered = requests.iter().enumerate();
    let stopped: Vec<String> =
        numbered.filter_map(|(at, it)| stopped_by(it, &format!("203.0.113.{at}"))).collect();
    assert!(requests.len() > 50 && stopped.is_empty(), "{stopped:#?}");
}
