//! The bans that this worker has seen, so that the headers of everybody else cost no look at the
//! state.
//!
//! It decides nothing: a client that it holds is looked up in the state, and so is every client
//! once its body has come. A ban that another worker began is therefore enforced a body later here,
//! the first time.

use std::cell::Cell;

use crate::state::{Entry, Place};
use crate::time::Millis;

/// How many bans are remembered: two that fall together cost a body more for one of them.
const PLACES: usize = 1_024;

/// Places of entries with a ban, each until the ban ends.
pub(crate) struct SeenBans(Box<[Cell<Option<SeenBan>>]>);

#[derive(Clone, Copy)]
struct SeenBan {
    place: Place,
    /// In seconds since the epoch.
    until: u32,
}

impl Default for SeenBans {
    fn default() -> Self {
        Self((0..PLACES).map(|_| Cell::default()).collect())
    }
}

impl SeenBans {
    /// Notes an entry's ban, if it has one.
    pub(crate) fn note(&self, place: Place, entry: &Entry) {
        let seen = entry.ban().map(|ban| SeenBan { place, until: ban.until });
        if let (Some(seen), Some(cell)) = (seen, self.cell(place)) {
            cell.set(Some(seen));
        }
    }

    /// Whether the entry at a place was seen with a ban that has not ended.
    pub(crate) fn holds(&self, place: Place, now: Millis) -> bool {
        let seen = self.cell(place).and_then(Cell::get);
        seen.is_some_and(|seen| seen.place == place && now.seconds() < seen.until)
    }

    fn cell(&self, place: Place) -> Option<&Cell<Option<SeenBan>>> {
        // The mark is a keyed hash, so its first bytes spread evenly.
        let [low, high, ..] = *place.mark();
        self.0.get(usize::from(u16::from_le_bytes([low, high])) % PLACES)
    }
}
