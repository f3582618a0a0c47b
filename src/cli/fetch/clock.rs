//! The time of day, for dates in `Retry-After` and the times of files.

use std::time::SystemTime;

/// The time of day.
#[allow(clippy::disallowed_methods, reason = "a native tool that talks to servers and files")]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}
