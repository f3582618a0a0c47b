//! Waiting for a condition, with a time limit.

use std::time::{Duration, Instant};

/// The time limit. It is generous, because a busy machine must not fail a test.
const BOUND: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(10);

/// Polls `condition` until it holds. `what` completes the sentence "waited until …".
///
/// # Panics
/// If the condition does not hold within the time limit. The message names `what`.
pub async fn eventually<F>(what: &str, mut condition: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < BOUND, "waited {BOUND:?} in vain until {what}");
        tokio::time::sleep(POLL).await;
    }
}
