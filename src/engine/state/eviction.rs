//! The choice of the entry that makes room for a new one in a full slot.
//!
//! Expired entries go first. Next go entries that only count, lowest count first; ties go
//! to the least recently touched. Entries with strikes or a shadow ban go after these.
//! Banned entries go last, the ban that ends soonest first. So an attacker must out-count
//! an entry to push it out.

use crate::state::entry::Entry;
use crate::time::Millis;

/// What the way of a new entry held before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriorOccupant {
    /// Nothing.
    Free,
    /// An entry that had expired.
    Expired,
    /// An entry that is lost now.
    Evicted,
}

/// Chooses among the entries of a full slot. Returns the position of the one that a new
/// entry replaces, and whether anything is lost with it.
pub fn eviction_victim(
    entries: impl Iterator<Item = Entry>,
    now: Millis,
) -> (usize, PriorOccupant) {
    let ranks = entries.enumerate().map(|(way, mut entry)| {
        let touched = entry.now();
        entry.advance(now);
        (EvictionRank::of(&entry, touched), way)
    });
    match ranks.min() {
        Some((EvictionRank::Expired, way)) => (way, PriorOccupant::Expired),
        Some((_, way)) => (way, PriorOccupant::Evicted),
        None => (0, PriorOccupant::Evicted),
    }
}

/// The worth of an entry: the lowest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum EvictionRank {
    Expired,
    Counted { weight: u32, touched: u32 },
    Suspected { weight: u32, touched: u32 },
    Banned { until: u32 },
}

impl EvictionRank {
    /// The rank of an entry, advanced to the present, that was last touched at `touched`.
    fn of(entry: &Entry, touched: u32) -> Self {
        let weight = entry.weight();
        if let Some(ban) = entry.ban() {
            Self::Banned { until: ban.until }
        } else if entry.shadow_ban().is_some() || entry.strikes() > 0 {
            Self::Suspected { weight, touched }
        } else if entry.is_empty() {
            Self::Expired
        } else {
            Self::Counted { weight, touched }
        }
    }
}
