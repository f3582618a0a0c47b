//! The budget of live lookups: how many all workers of a process have asked in this second.

use crate::state::bytes::{ByteReader, ByteWriter};
use crate::state::record::Record;
use crate::state::stores::Store;
use crate::state::stores::cas::CasStep;
use crate::time::Millis;

const KEY: &str = "unstuff/live";

/// A record further ahead of the clock than this many seconds is from before the clock was set
/// back. One that is less far ahead is of a worker that read the clock a moment later.
const MAX_AHEAD: u32 = 2;

/// The questions of one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LookupBudget {
    /// In seconds since the epoch.
    second: u32,
    asked: u32,
}

impl LookupBudget {
    /// Takes one question out of this second's budget. False if there is none left, or if that
    /// cannot be known.
    pub(crate) fn take(store: &impl Store, per_second: u32, now: Millis) -> bool {
        let taken = Self::update_with(store, KEY, |before| {
            let budget = before.unwrap_or_default().at(now.seconds());
            if budget.asked >= per_second {
                return CasStep::unchanged(false);
            }
            CasStep::store(Self { asked: budget.asked.saturating_add(1), ..budget }, true)
        });
        taken.result && !taken.written.is_lost()
    }

    fn at(self, second: u32) -> Self {
        let ahead = self.second.checked_sub(second);
        if ahead.is_some_and(|ahead| ahead <= MAX_AHEAD) { self } else { Self { second, asked: 0 } }
    }
}

impl Record for LookupBudget {
    const MAGIC: [u8; 3] = *b"UsQ";
    const SCHEMA: u8 = 1;
    const PAYLOAD_BYTES: usize = 4 + 4;

    fn encode(&self, out: &mut ByteWriter<'_>) {
        out.u32(self.second);
        out.u32(self.asked);
    }

    fn decode(from: &mut ByteReader<'_>) -> Option<Self> {
        Some(Self { second: from.u32(), asked: from.u32() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stores::memory::MemoryStore;

    fn taken(store: &MemoryStore, tries: u32, now: u64) -> usize {
        (0..tries).filter(|_| LookupBudget::take(store, 3, Millis(now))).count()
    }

    #[test]
    fn each_second_has_its_budget_whoever_asks() {
        let store = MemoryStore::new();
        assert_eq!(taken(&store, 10, 50_000), 3);
        assert_eq!(taken(&store, 10, 50_999), 0);
        assert_eq!(taken(&store, 10, 51_000), 3);
        assert_eq!(taken(&store, 10, 50_999), 0, "a worker that read the clock before");
        assert_eq!(taken(&store, 10, 10_000), 3, "the clock was set back");
    }
}
