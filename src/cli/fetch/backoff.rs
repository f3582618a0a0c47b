//! Backoff: the number of tries, and the waits between them.
//!
//! Waits grow exponentially and have jitter, so workers that failed together do not come back
//! together. A server that says when to come back (`Retry-After`, seconds or a date) is not
//! asked earlier. Random numbers and time are arguments.

use std::time::{Duration, SystemTime};

/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// The longest `Retry-After` that a run waits for. If a server asks for more, the run ends, and a
/// later run continues.
pub(super) const LONGEST_ASKED: Duration = Duration::from_secs(15 * 60);

/// Tries and waits of one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    /// The number of tries per range; at least one.
    pub tries: u32,
    /// The wait after the first try; doubled after each further one.
    pub first_wait: Duration,
}

impl Backoff {
    /// The wait after `tried` tries. `chance` is in 0..1 and shortens it by up to half.
    pub(super) fn wait(&self, tried: u32, chance: f64) -> Duration {
        let doubled = 1_u32.checked_shl(tried.saturating_sub(1)).unwrap_or(u32::MAX);
        let whole = self.first_wait.saturating_mul(doubled).min(LONGEST);
        whole.mul_f64(1.0 - chance / 2.0)
    }
}

/// Parses a `Retry-After`: seconds, or an HTTP date (RFC 9110, 10.2.3). For a past date the wait
/// is zero. None if the value is neither.
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_jitter_takes_at_most_half() {
        let backoff = Backoff { tries: 8, first_wait: Duration::from_millis(500) };
        let waits = [1, 2, 3, 6, 7, 40, u32::MAX].map(|tried| backoff.wait(tried, 0.0).as_millis());
        assert_eq!(waits, [500, 1000, 2000, 16_000, 30_000, 30_000, 30_000]);
        assert_eq!(backoff.wait(2, 1.0).as_millis(), 500);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sat, 21 Nov 2026 22:00:00 GMT").unwrap();
        let read = |value| retry_after(value, now);
        assert_eq!(read("120"), Some(Duration::from_secs(120)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(read("Sat, 21 Nov 2026 22:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sat, 21 Nov 2026 21:00:00 GMT"), Some(Duration::ZERO));
        for value in ["", "soon", "-1", "1.5", "99999999999999999999999"] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
