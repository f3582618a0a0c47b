//! The fleet's suspicion: an attack that is spread over gateways shows too little at each of them.
//!
//! A gateway's suspicion is how much of what begins attack mode it has seen. It is a matter of counts:
//! where the shares do not stand out from the gateway's own baseline, or a fault explains them, there is
//! none. A gateway tells the service its suspicion in per cent, and tells it anew in each window of
//! [`TELL_WINDOW`], so the service's count is the sum of what all gateways suspect at the moment: the
//! sum of their CUSUMs, as in Y. Mei, "Efficient scalable schemes for monitoring a large number of data
//! streams", Biometrika 97 (2010). Over [`SUSPICION_LIMIT`], which is what one gateway needs alone, the
//! suspicion that begins attack mode falls from 1 to [`LEAST`] at those that are told so.
//!
//! **One gateway alone begins nothing at others.** It adds at most [`MOST_PERCENT`], and one per cent. And
//! a gateway whose own shares are normal has no suspicion, whatever the others have seen.
//!
//! Less than [`LEAST`] is not told: now and then people give up, at each of many gateways. Who tells
//! first in a window does not hear of what the others add. So each adds one per cent more in the
//! window's second half, because the service counts no question for nothing.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::Record;
use crate::state::stores::cas::CasStep;
use crate::state::{Store, Tag, Written};
use crate::time::{Millis, Window};

/// The suspicion that begins attack mode at a gateway alone.
pub(super) const ALONE: f64 = 1.0;

/// The least suspicion that is told, and that begins attack mode over the fleet's limit: three visits
/// that are not resolved, or three failures. Two of a person's are no news.
pub(super) const LEAST: f64 = 0.15;

/// The most that one gateway adds in a window, in per cent. With more, the noise of the others would
/// do beside a gateway that is attacked alone; with half, two gateways never exceeded the limit.
const MOST_PERCENT: u32 = 60;

/// The suspicion of all gateways together, in per cent, above which the fleet is under attack.
pub const SUSPICION_LIMIT: u32 = 100;

/// The window of the service's count.
pub(crate) const TELL_WINDOW: Window = Window::Minute;

/// How long what the service says of the fleet holds, in seconds.
const HOLDS_SECONDS: u32 = 60;

/// What the fleet was told of an endpoint, or of all together, and what it said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SuspicionRecord {
    /// The number of the window in which it was last told.
    window: u32,
    /// What it was told then, in per cent.
    told: u32,
    /// The second until which the fleet's limit counts as exceeded.
    over_until: u32,
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Addition {
    pub window: u32,
    pub percent: u32,
}

impl SuspicionRecord {
    /// The suspicion that begins attack mode now.
    pub(super) fn needed(store: &impl Store, key: &str, now: Millis) -> f64 {
        let until = Self::read(store, key).unwrap_or_default().over_until;
        let now = now.seconds();
        // A clock that has stepped back must not make it hold for longer.
        let holds = now < until && until - now <= HOLDS_SECONDS;
        if holds { LEAST } else { ALONE }
    }

    /// What the fleet has not been told yet of a suspicion. It counts as told from now on.
    pub(super) fn tell(
        store: &impl Store,
        key: &str,
        suspicion: f64,
        now: Millis,
    ) -> Option<Addition> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let percent = ((suspicion * 100.0) as u32).min(MOST_PERCENT);
        let width = TELL_WINDOW.seconds();
        let (window, elapsed) = (now.seconds() / width, now.seconds() % width);
        let percent = percent + u32::from(elapsed >= width / 2);
        let updated = Self::update_with(store, key, |stored| {
            let stored = stored.unwrap_or_default();
            let told = if stored.window == window { stored.told } else { 0 };
            if suspicion < LEAST || percent <= told {
                return CasStep::unchanged(0);
            }
            CasStep::store(Self { window, told: percent, ..stored }, percent - told)
        });
        let is_told = updated.written == Written::Stored;
        is_told.then_some(Addition { window, percent: updated.result })
    }

    /// Takes in that the fleet's limit is exceeded.
    pub(super) fn note_over(store: &impl Store, key: &str, now: Millis) {
        let over_until = now.seconds().saturating_add(HOLDS_SECONDS);
        Self::update_with(store, key, |stored| {
            CasStep::store(Self { over_until, ..stored.unwrap_or_default() }, ())
        });
    }
}

impl Record for SuspicionRecord {
    const MAGIC: [u8; 3] = *b"UsA";
    const SCHEMA: u8 = 1;
    const PAYLOAD_BYTES: usize = 12;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        [self.window, self.told, self.over_until].into_iter().for_each(|number| out.u32(number));
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        Some(Self { window: from.u32(), told: from.u32(), over_until: from.u32() })
    }
}

/// The key of an endpoint's record.
pub(super) fn key(endpoint: Tag) -> String {
    format!("unstuff/f/{:08x}", endpoint.wide())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::memory::MemoryStore;

    const MINUTE: Millis = Millis(1_760_000_400_000);

    fn told(store: &MemoryStore, suspicion: f64, seconds: u64) -> u32 {
        let addition = SuspicionRecord::tell(store, "key", suspicion, MINUTE.plus_seconds(seconds));
        addition.map_or(0, |it| it.percent)
    }

    #[test]
    fn each_increase_is_told_once_and_a_window_begins_anew() {
        let store = MemoryStore::new();
        let said = [0.14, 0.2, 0.2, 0.26, 0.1, 0.26].map(|it| told(&store, it, 0));
        assert_eq!(said, [0, 20, 0, 6, 0, 0]);
        assert_eq!(told(&store, 0.26, 60), 26);
    }

    #[test]
    fn second_half_of_a_window_asks_once_more() {
        let store = MemoryStore::new();
        let said = [0, 29, 30, 59].map(|second| told(&store, 0.2, second));
        assert_eq!(said, [20, 0, 1, 0]);
        assert_eq!(told(&store, 0.14, 90), 0, "nothing is told of less");
    }

    #[test]
    fn one_gateway_alone_does_not_exceed_the_limit() {
        let store = MemoryStore::new();
        let said: u32 = (0..60).map(|second| told(&store, f64::MAX, second)).sum();
        assert_eq!(said, MOST_PERCENT + 1);
        assert!(said < SUSPICION_LIMIT && 2 * MOST_PERCENT > SUSPICION_LIMIT);
    }

    #[test]
    fn limit_holds_for_a_minute_after_the_service_last_said_so() {
        let store = MemoryStore::new();
        let is_over =
            |seconds| SuspicionRecord::needed(&store, "key", MINUTE.plus_seconds(seconds)) < ALONE;
        assert!(!is_over(0));
        SuspicionRecord::note_over(&store, "key", MINUTE);
        assert!(is_over(0) && is_over(59) && !is_over(60));
        let day_before = Millis(MINUTE.0 - 86_400_000);
        assert!(SuspicionRecord::needed(&store, "key", day_before) >= ALONE);
    }
}
