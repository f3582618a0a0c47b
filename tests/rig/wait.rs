//! Waiting for a condition, with a bound.

use std::time::{Duration, Instant};

/// How long anything on loopback may take before a test calls it missing. Generous, since
/// a busy machine must not fail a test.
const BOUND: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(10);

/// Polls `condition` until it holds.
///
/// # Panics
/// After 30 s, naming `what` was waited for.
pub async fn eventually<F>(what: &str, mut condition: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < BOUND, "waited {BOUND:?} in vain for this: {what}");
        tokio::time::sleep(POLL).await;
    }
}
