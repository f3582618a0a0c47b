//! Distinct values in a sliding window, in 36 bytes: exact up to 16, estimated above.
//!
//! **Up to 16** values are a list of 16-bit keyed tags, each with a flag that says whether
//! it was seen in the current generation or only in the previous one. Exact, but for two
//! values that share a tag (one list of 16 in 550 holds such a pair, and counts one less).
//!
//! **The 17th** turns the list into two bitmaps of 144 bits, one a generation (linear
//! counting, Whang et al. 1990). The first 17 values are put in bits of their own, so that
//! the estimate goes on from 17 without a jump; a further bit stands for `144 / (bits still
//! clear)` values, the expected number of draws that set it. Measured (see the tests): a
//! standard error of at most 8.5 % up to 250 values, so that 95 % of estimates are within
//! 18 %. Adding a value never lowers an estimate. With all bits set the estimate stays at
//! [`SATURATED`]: "at least about 800".
//!
//! **Across generations** a value seen in both counts once. With *c* the estimate of the
//! current generation, *u* that of both together, and *e* of the width *w* elapsed:
//!
//! ```text
//! c + (u − c) × (1 − e / w), rounded down
//! ```
//!
//! which is what `window` does for counts, but for the values that came again.
//! Bitmaps stay until both generations are empty: their tags are lost, and an estimate is
//! within one of the truth at ten values anyway.

use std::fmt;

use super::bytes::{Reader, Writer};
use super::identity::Tag;
use super::window::Phase;

/// Values that are counted exactly.
pub const EXACT: usize = 16;

/// The estimate at which a bitmap with all bits set stays.
pub const SATURATED: u32 = ESTIMATES[BITS] as u32;

const BITS: usize = 144;
const WORDS: usize = BITS / 16;

/// The distinct values of one signal over one window.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distinct {
    List {
        /// 0 is a free place.
        tags: [u16; EXACT],
        /// Bit *i*: `tags[i]` was seen in the current generation.
        current: u16,
    },
    Bitmaps {
        current: Bitmap,
        previous: Bitmap,
    },
}

impl Default for Distinct {
    fn default() -> Self {
        Self::List { tags: [0; EXACT], current: 0 }
    }
}

impl Distinct {
    pub const BYTES: usize = 36;

    /// Notes that the value of this tag was seen now; true if it is the first time in the
    /// current generation.
    pub fn insert(&mut self, tag: Tag) -> bool {
        let tag = tag.short();
        match self {
            Self::List { tags, current } => {
                let found = tags.iter().position(|held| *held == tag);
                let place = found.or_else(|| tags.iter().position(|held| *held == 0));
                match place.and_then(|i| tags.get_mut(i).map(|held| (i, held))) {
                    Some((i, held)) => {
                        let again = *current & (1 << i) != 0;
                        *held = tag;
                        *current |= 1 << i;
                        !again
                    }
                    None => {
                        *self = Self::spread(tags, *current, tag);
                        true
                    }
                }
            }
            Self::Bitmaps { current, .. } => {
                let again = current.has(home(tag));
                current.set(home(tag));
                !again
            }
        }
    }

    /// The bitmaps of a full list and one value more, each value in a bit of its own.
    fn spread(tags: &[u16; EXACT], seen: u16, newest: u16) -> Self {
        let (mut current, mut previous) = (Bitmap::default(), Bitmap::default());
        let flagged = tags.iter().enumerate().map(|(i, tag)| (*tag, seen & (1 << i) != 0));
        for (tag, in_current) in flagged.chain([(newest, true)]) {
            let taken = current.or(previous);
            // Where its own bit is taken, the next one free: a value that comes again finds
            // its own bit set and changes nothing.
            let free = (0..BITS).map(|i| (home(tag) + i) % BITS).find(|bit| !taken.has(*bit));
            let side = if in_current { &mut current } else { &mut previous };
            side.set(free.unwrap_or(0));
        }
        Self::Bitmaps { current, previous }
    }

    /// How many distinct values the window holds, see the module's text.
    pub fn estimate(&self, phase: Phase) -> u32 {
        let (current, both) = match self {
            Self::List { tags, current } => {
                let held = tags.iter().filter(|tag| **tag != 0).count();
                (current.count_ones(), u32::try_from(held).unwrap_or(0))
            }
            Self::Bitmaps { current, previous } => {
                (current.estimate(), current.or(*previous).estimate())
            }
        };
        current + phase.fade(both.saturating_sub(current))
    }

    /// The estimate as it would be with this value included.
    pub fn estimate_with(mut self, tag: Tag, phase: Phase) -> u32 {
        self.insert(tag);
        self.estimate(phase)
    }

    /// A new generation begins.
    pub fn turn(&mut self) {
        match self {
            Self::List { tags, current } => {
                for (i, tag) in tags.iter_mut().enumerate() {
                    if *current & (1 << i) == 0 {
                        *tag = 0;
                    }
                }
                *current = 0;
            }
            Self::Bitmaps { current, .. } if current.is_empty() => *self = Self::default(),
            Self::Bitmaps { current, previous } => *previous = std::mem::take(current),
        }
    }

    /// Whether the bytes of [`Self::encode`] are bitmaps; kept apart, for 36 bytes are full.
    pub fn is_estimated(&self) -> bool {
        matches!(self, Self::Bitmaps { .. })
    }

    pub fn encode(&self, out: &mut Writer<'_>) {
        match self {
            Self::List { tags, current } => {
                tags.iter().for_each(|tag| out.u16(*tag));
                out.u16(*current);
                out.u16(0);
            }
            Self::Bitmaps { current, previous } => {
                current.0.iter().chain(&previous.0).for_each(|word| out.u16(*word));
            }
        }
    }

    pub fn decode(estimated: bool, from: &mut Reader<'_>) -> Self {
        if estimated {
            let mut side = || Bitmap(std::array::from_fn(|_| from.u16()));
            Self::Bitmaps { current: side(), previous: side() }
        } else {
            let tags: [u16; EXACT] = std::array::from_fn(|_| from.u16());
            let flags = from.u16();
            // A flag without a tag (junk) would be counted as a value.
            let held = (0..EXACT).zip(&tags).filter(|(_, tag)| **tag != 0);
            let mask = held.fold(0u16, |mask, (i, _)| mask | 1 << i);
            Self::List { tags, current: flags & mask }
        }
    }
}

/// Tags may stem from passwords: only the shape is printed.
impl fmt::Debug for Distinct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { tags, .. } => {
                write!(f, "List({})", tags.iter().filter(|tag| **tag != 0).count())
            }
            Self::Bitmaps { current, previous } => {
                write!(f, "Bitmaps({}, {})", current.estimate(), previous.estimate())
            }
        }
    }
}

/// The bit of a tag.
fn home(tag: u16) -> usize {
    (usize::from(tag) * BITS) >> 16
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Bitmap([u16; WORDS]);

impl Bitmap {
    fn set(&mut self, bit: usize) {
        if let Some(word) = self.0.get_mut(bit / 16) {
            *word |= 1 << (bit % 16);
        }
    }

    fn has(&self, bit: usize) -> bool {
        self.0.get(bit / 16).is_some_and(|word| word & (1 << (bit % 16)) != 0)
    }

    fn or(mut self, other: Self) -> Self {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
        self
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn estimate(&self) -> u32 {
        let set: u32 = self.0.iter().map(|word| word.count_ones()).sum();
        ESTIMATES.get(set as usize).copied().map_or(SATURATED, u32::from)
    }
}

/// How many values so many set bits stand for: the first 17 one each, every further bit
/// the expected number of draws that sets it. Whole numbers, so that all targets agree.
#[allow(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    reason = "evaluated at compile time; at most 800"
)]
const ESTIMATES: [u16; BITS + 1] = {
    let mut table = [0; BITS + 1];
    let mut thousandths = 0;
    let mut set = 0;
    while set < BITS {
        thousandths += if set <= EXACT { 1_000 } else { 1_000 * BITS / (BITS - set) };
        set += 1;
        table[set] = ((thousandths + 500) / 1_000) as u16;
    }
    table
};

#[cfg(test)]
#[path = "distinct_tests.rs"]
mod tests;
